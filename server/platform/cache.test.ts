import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type Cache, createMemoryCache, createRedisCache } from './cache.ts';

const backends: Record<string, () => Cache> = {
  'in process': () => createMemoryCache(),
  Redis: () => {
    assert.ok(process.env.TEST_REDIS_URL, 'TEST_REDIS_URL is not set: run through `npm test`');
    return createRedisCache(process.env.TEST_REDIS_URL, `test-${randomUUID()}:`);
  },
};
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

for (const [name, open] of Object.entries(backends)) {
  describe(`cache ${name}`, () => {
    let cache: Cache;
    before(() => {
      cache = open();
    });
    after(() => cache.close());

    it('keeps, replaces and removes', async () => {
      assert.equal(await cache.get('a'), null);
      await cache.set('a', '1');
      await cache.set('a', '2');
      assert.equal(await cache.get('a'), '2');
      await cache.delete('a');
      assert.equal(await cache.get('a'), null);
    });
    it('forgets after the time to live', async () => {
      await cache.set('short', 'x', 0.05);
      assert.equal(await cache.get('short'), 'x');
      await pause(90);
      assert.equal(await cache.get('short'), null);
    });
    it('takes once, even when asked in parallel', async () => {
      await cache.set('token', 'only');
      const taken = await Promise.all(Array.from({ length: 10 }, () => cache.take('token')));
      assert.deepEqual(
        taken.filter((value) => value !== null),
        ['only'],
      );
    });
    it('counts in parallel without losing one, and starts again after the time to live', async () => {
      const counts = await Promise.all(Array.from({ length: 20 }, () => cache.increment('n', 0.2)));
      assert.deepEqual(
        counts.sort((a, b) => a - b),
        Array.from({ length: 20 }, (_, i) => i + 1),
      );
      await pause(260);
      assert.equal(await cache.increment('n', 1), 1);
    });
    it('answers a ping', () => cache.ping());
  });
}

describe('cache in process', () => {
  it('is bounded: the oldest entry goes first', async () => {
    const cache = createMemoryCache(3);
    for (const key of ['a', 'b', 'c', 'd']) await cache.set(key, key);
    assert.equal(await cache.get('a'), null);
    assert.equal(await cache.get('d'), 'd');
  });
});
