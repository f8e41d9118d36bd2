import assert from 'node:assert/strict';
import type { FaceEngine } from '#face/types.ts';
import { shareEngine } from './engine.ts';

describe('worker-ai/engine', () => {
  it('lets one job in at a time, searches first, and goes on after an error', async () => {
    const shared = shareEngine({ name: 'onnx' } as FaceEngine);
    const order: string[] = [];
    let inside = 0;
    const job = (name: string, priority: 'high' | 'normal', fails = false) =>
      shared.use(priority, async () => {
        assert.equal(++inside, 1);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(name);
        inside--;
        if (fails) throw new Error(name);
      });
    const results = await Promise.allSettled([
      job('photo 1', 'normal', true),
      job('photo 2', 'normal'),
      job('photo 3', 'normal'),
      job('search', 'high'),
    ]);
    assert.deepEqual(order, ['photo 1', 'search', 'photo 2', 'photo 3']);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
    );
  });
});
