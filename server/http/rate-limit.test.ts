import assert from 'node:assert/strict';
import type { Request } from 'express';
import { AppError } from '#contracts/errors.ts';
import { createMemoryCache } from '#server/platform/cache.ts';
import { createRateLimit } from './rate-limit.ts';

type LimitName = Parameters<ReturnType<typeof createRateLimit>['check']>[1];
const from = (ip: string, userId?: string): Request =>
  ({ ip, viewer: userId ? { userId, role: 'customer' } : null }) as unknown as Request;

describe('rate limits', () => {
  /** How many requests in a row get through. */
  async function passes(request: Request, name: LimitName, most: number): Promise<number> {
    const limit = createRateLimit(createMemoryCache(), { perIp: 100_000 });
    for (let count = 0; count < most; count++)
      try {
        await limit.check(request, name);
      } catch (error) {
        assert.ok(error instanceof AppError && error.code === 'request.rate_limited');
        assert.ok((error.details as { retryAfter: number }).retryAfter > 0);
        return count;
      }
    return most;
  }

  it('shared pages have one of their own, for persons and, as wide as a venue, for addresses without a session', async () => {
    assert.equal(await passes(from('10.0.0.1', 'ann'), 'share', 200), 60);
    assert.equal(await passes(from('10.0.0.1'), 'share', 2000), 1200);
  });

  it('what one person used up leaves another one behind the same address alone', async () => {
    const limit = createRateLimit(createMemoryCache(), { perIp: 100_000 });
    for (let i = 0; i < 60; i++) await limit.check(from('10.0.0.1', 'ann'), 'share');
    await assert.rejects(limit.check(from('10.0.0.1', 'ann'), 'share'));
    await limit.check(from('10.0.0.1', 'ben'), 'share');
    await limit.check(from('10.0.0.1', 'ann'), 'default');
  });
});
