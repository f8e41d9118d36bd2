import type { Request } from 'express';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { AppError } from '#contracts/errors.ts';
import type { RouteDefinition } from '#contracts/http/route.ts';
import type { Cache } from '#server/platform/cache.ts';

/**
 * SPEC section 4: 100 requests a minute, 10 face searches a minute, 50 upload batches an hour, counted per user or guest session;
 * callers without a session and a whole venue behind one address fall under the much higher ceiling per IP.
 */
const limits = {
  default: { points: 100, duration: 60 },
  search: { points: 10, duration: 60 },
  upload: { points: 50, duration: 3600 },
  auth: { points: 30, duration: 60 },
  // Pages of bought photos: each look costs a picture, and whoever asks needs no session.
  share: { points: 60, duration: 60 },
} as const;
/** A whole venue behind one address may do so many times what one person may. */
const venueFactor = 20;
/** Approving photos by keyboard and uploading a card is more than a visitor does. */
const staffFactor = 10;
type LimitName = NonNullable<RouteDefinition['rateLimit']>;

export type RateLimit = ReturnType<typeof createRateLimit>;

export function createRateLimit(cache: Cache, settings: { perIp: number; scale?: number }) {
  const make = (keyPrefix: string, points: number, duration: number) =>
    cache.redis
      ? new RateLimiterRedis({
          storeClient: cache.redis,
          // Redis away: count in this process at once instead of waiting for it.
          rejectIfRedisNotReady: true,
          keyPrefix: `limit-${keyPrefix}`,
          points,
          duration,
          insuranceLimiter: new RateLimiterMemory({ points, duration }),
        })
      : new RateLimiterMemory({ keyPrefix, points, duration });
  const scaled = (prefix: string, factor: number) =>
    Object.fromEntries(
      Object.entries(limits).map(([name, { points, duration }]) => [
        name,
        make(`${prefix}${name}`, Math.ceil(points * factor * (settings.scale ?? 1)), duration),
      ]),
    );
  const byOwner = scaled('', 1);
  const byStaff = scaled('staff-', staffFactor);
  const byAddress = scaled('address-', venueFactor);
  const byIp = make('ip', settings.perIp, 60);
  const consume = async (limiter: typeof byIp, key: string) => {
    try {
      return await limiter.consume(key);
    } catch (result) {
      if (result instanceof RateLimiterRes) {
        const retryAfter = Math.ceil(result.msBeforeNext / 1000);
        throw new AppError('request.rate_limited', { retryAfter });
      }
      throw result;
    }
  };
  return {
    /** Throws request.rate_limited. */
    async check(req: Request, name: LimitName = 'default'): Promise<void> {
      if (name === 'none') return;
      await consume(byIp, req.ip ?? 'unknown');
      if (req.viewer) {
        const isStaff = req.viewer.role !== 'customer' && name === 'default';
        await consume((isStaff ? byStaff : byOwner)[name]!, req.viewer.userId);
      }
      // Signing in, searching and opening shared pages without a session: per address, as generous as a venue needs.
      else if (name !== 'default' && name !== 'upload') await consume(byAddress[name]!, req.ip ?? 'unknown');
    },
  };
}
