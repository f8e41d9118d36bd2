import { Redis } from 'ioredis';

/** String values with a time to live. Losing it loses speed, never data. */
export interface Cache {
  get(key: string): Promise<string | null>;
  set(key: string, value: string, ttlSeconds?: number): Promise<void>;
  delete(key: string): Promise<void>;
  /** Reads and removes in one step. */
  take(key: string): Promise<string | null>;
  /** Adds one, starting the time to live with the first; answers the new count. */
  increment(key: string, ttlSeconds: number): Promise<number>;
  ping(): Promise<void>;
  close(): Promise<void>;
  /** For libraries that speak to Redis themselves (rate limits); undefined in process. */
  readonly redis: Redis | undefined;
}

export function createRedisCache(redisUrl: string, prefix = 'tps:'): Cache {
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: 2, enableReadyCheck: true, keyPrefix: prefix });
  redis.on('error', () => {});
  return {
    redis,
    get: (key) => redis.get(key),
    async set(key, value, ttlSeconds) {
      if (ttlSeconds === undefined) await redis.set(key, value);
      else await redis.set(key, value, 'PX', Math.max(1, Math.round(ttlSeconds * 1000)));
    },
    async delete(key) {
      await redis.del(key);
    },
    // Not GETDEL, and below not PEXPIRE NX: Redis 6.0 knows neither, and BullMQ runs on it.
    async take(key) {
      const results = await redis.multi().get(key).del(key).exec();
      return (results?.[0]?.[1] as string | null | undefined) ?? null;
    },
    async increment(key, ttlSeconds) {
      const results = await redis
        .multi()
        .set(key, '0', 'PX', Math.max(1, Math.round(ttlSeconds * 1000)), 'NX')
        .incr(key)
        .exec();
      return Number(results?.[1]?.[1] ?? 0);
    },
    async ping() {
      await redis.ping();
    },
    async close() {
      await redis.quit().catch(() => redis.disconnect());
    },
  };
}

/** In-process: bounded, least recently set goes first. For one API process without Redis. */
export function createMemoryCache(maxEntries = 50_000): Cache {
  const entries = new Map<string, { value: string; expiresAt: number }>();
  const live = (key: string) => {
    const entry = entries.get(key);
    if (!entry) return undefined;
    if (entry.expiresAt > Date.now()) return entry;
    entries.delete(key);
    return undefined;
  };
  const put = (key: string, value: string, expiresAt: number) => {
    entries.delete(key);
    entries.set(key, { value, expiresAt });
    if (entries.size > maxEntries) entries.delete(entries.keys().next().value as string);
  };
  return {
    redis: undefined,
    get: async (key) => live(key)?.value ?? null,
    set: async (key, value, ttlSeconds) =>
      put(key, value, ttlSeconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + ttlSeconds * 1000),
    delete: async (key) => void entries.delete(key),
    async take(key) {
      const value = live(key)?.value ?? null;
      entries.delete(key);
      return value;
    },
    async increment(key, ttlSeconds) {
      const entry = live(key);
      const count = Number(entry?.value ?? 0) + 1;
      put(key, String(count), entry?.expiresAt ?? Date.now() + ttlSeconds * 1000);
      return count;
    },
    ping: async () => {},
    close: async () => entries.clear(),
  };
}

export const createCache = (redisUrl: string | undefined): Cache =>
  redisUrl ? createRedisCache(redisUrl) : createMemoryCache();
