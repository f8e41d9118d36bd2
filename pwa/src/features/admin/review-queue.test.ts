import assert from 'node:assert/strict';
import { type Decision, ReviewQueue } from './review-queue.ts';

function setUp(fail: (call: number) => unknown = () => null) {
  const calls: string[] = [];
  const refused: string[] = [];
  const attempt = (name: string): Promise<void> => {
    calls.push(name);
    const error = fail(calls.length);
    return error ? Promise.reject(error) : Promise.resolve();
  };
  const queue = new ReviewQueue({
    review: (ids: readonly string[], decision: Decision) => attempt(`${decision} ${ids.join(',')}`),
    undo: (ids) => attempt(`undo ${ids.join(',')}`),
    retryAfterMs: (error) => (error === 'busy' ? 60_000 : null),
    refused: (ids) => refused.push(...ids),
    changed: () => undefined,
  });
  return { queue, calls, refused };
}

describe('review queue', () => {
  it('gathers decisions into one call each way', async () => {
    const { queue, calls } = setUp();
    queue.decide(['a'], 'approve');
    queue.decide(['b'], 'reject');
    queue.decide(['c'], 'approve');
    await queue.flush();
    assert.deepEqual(calls, ['approve a,c', 'reject b']);
    assert.equal(queue.waiting, 0);
  });
  it('undoes without the server what has not left, and with it what has', async () => {
    const { queue, calls } = setUp();
    queue.decide(['a'], 'approve');
    assert.deepEqual(queue.undo(), ['a']);
    await queue.flush();
    assert.deepEqual(calls, []);
    queue.decide(['b'], 'approve');
    await queue.flush();
    queue.undo();
    await queue.flush();
    assert.deepEqual(calls, ['approve b', 'undo b']);
    assert.equal(queue.decisions.size, 0);
  });
  it('keeps decisions of a busy server and sends them again', async () => {
    const { queue, calls, refused } = setUp((call) => (call === 1 ? 'busy' : null));
    queue.decide(['a'], 'approve');
    await queue.flush();
    assert.equal(queue.waiting, 1);
    await queue.flush();
    assert.deepEqual(calls, ['approve a', 'approve a']);
    assert.deepEqual(refused, []);
  });
  it('takes refused decisions back', async () => {
    const { queue, refused } = setUp(() => 'no');
    queue.decide(['a', 'b'], 'reject');
    await queue.flush();
    assert.deepEqual(refused, ['a', 'b']);
    assert.equal(queue.decisions.size, 0);
  });
});
