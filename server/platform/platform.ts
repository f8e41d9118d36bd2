import { sql } from 'kysely';
import { createCache } from './cache.ts';
import type { Config } from './config.ts';
import { createDb, createPool } from './db.ts';
import { createListener } from './listener.ts';
import { createLogger } from './logger.ts';
import { createMailer } from './mail.ts';
import { createMetrics } from './metrics.ts';
import { createQueues } from './queue.ts';
import { createStorage } from './storage.ts';

export type Platform = Awaited<ReturnType<typeof openPlatform>>;

const within = <T>(work: Promise<T>, ms: number): Promise<T> => {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

/** Everything outside that API and worker share, opened once by their main.ts. */
export async function openPlatform(config: Config, service: 'api' | 'worker') {
  const logger = createLogger(config.logLevel, service);
  const metrics = createMetrics(service);
  const pool = createPool(config.databaseUrl, config.databasePool);
  const db = createDb(pool);
  const cache = createCache(config.redisUrl);
  const storage = createStorage(config.s3);
  const queues = createQueues({ redisUrl: config.redisUrl, databaseUrl: config.databaseUrl }, { logger, metrics });
  const mailer = createMailer(config.mail);
  const listener = await createListener(config.databaseUrl, ['outbox', 'notices', 'sync'], logger);
  const dependencies = {
    database: () => sql`select 1`.execute(db),
    queue: () => queues.ready(),
    cache: () => cache.ping(),
    storage: () => storage.ready(),
    mail: () => mailer.verify(),
  };
  return {
    config,
    logger,
    metrics,
    pool,
    db,
    cache,
    storage,
    queues,
    mailer,
    listener,
    /** 'ok' or 'failed' per dependency; never why, since the answer is public. */
    async check(): Promise<Record<keyof typeof dependencies, 'ok' | 'failed'>> {
      const entries = await Promise.all(
        Object.entries(dependencies).map(async ([name, ask]) => {
          const state = await within(ask() as Promise<unknown>, 2_000).then(
            () => 'ok' as const,
            () => 'failed' as const,
          );
          return [name, state] as const;
        }),
      );
      return Object.fromEntries(entries) as Record<keyof typeof dependencies, 'ok' | 'failed'>;
    },
    /** Lets running jobs finish, then closes every connection. */
    async close(): Promise<void> {
      await queues.close();
      await listener.close();
      mailer.close();
      await cache.close();
      await db.destroy();
    },
  };
}
