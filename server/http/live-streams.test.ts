import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Request, Response } from 'express';
import { createLiveStreams, type LiveLimits } from './live-streams.ts';

/** A response whose reader takes nothing until told. */
class SlowResponse extends EventEmitter {
  writableLength = 0;
  writableEnded = false;
  destroyed = false;
  readonly taken: string[] = [];
  #unread: string[] = [];
  writeHead(): void {}
  write(chunk: string | Buffer): boolean {
    this.#unread.push(String(chunk));
    this.writableLength += chunk.length;
    return this.writableLength < 16_384;
  }
  read(): void {
    this.taken.push(...this.#unread);
    this.#unread = [];
    this.writableLength = 0;
    this.emit('drain');
  }
  end(chunk = ''): void {
    this.write(chunk);
    this.writableEnded = true;
    this.read();
    this.emit('close');
  }
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

describe('live streams', () => {
  const opened: ReturnType<typeof createLiveStreams>[] = [];
  function make(limits: Partial<LiveLimits> = {}) {
    const streams = createLiveStreams({ limits });
    opened.push(streams);
    return {
      streams,
      open(userId: string | null, ip = '10.0.0.1') {
        const res = new SlowResponse();
        const stream = streams.open({ ip } as Request, res as unknown as Response, userId);
        return { res, stream };
      },
    };
  }
  afterEach(() => {
    for (const streams of opened.splice(0)) streams.close();
  });
  const big = 'x'.repeat(70_000);

  it('keep only the latest of each kind for a reader who is behind, and cut off who misses what must arrive', () => {
    const { open } = make();
    const { res, stream } = open('ann');
    stream.sendLatest('photos', big);
    for (let n = 0; n < 100; n += 1) stream.sendLatest('photos', `docs ${n}`, 'look');
    stream.sendLatest('cart', 'cart');
    res.read();
    res.read();
    assert.deepEqual(res.taken.slice(1), [big, 'lookcart']);
    stream.sendLatest('photos', 'docs 100', 'look');
    res.read();
    assert.equal(res.taken.at(-1), 'docs 100');
    stream.send(big);
    stream.send('order paid');
    assert.equal(res.destroyed, true);
  });

  it('are at most so many of a process and an address; a person’s oldest gives way and is told so', () => {
    const { streams, open } = make({ total: 5, perAddress: 4, perUser: 2 });
    const [first] = [open('ann'), open('ann'), open('ann')];
    assert.equal(first!.res.taken.at(-1), 'event: replaced\ndata: {}\n\n');
    assert.equal(streams.count(), 2);
    open(null);
    open(null);
    assert.throws(() => open('bo'), { code: 'stream.too_many' });
    open('bo', '10.0.0.2');
    assert.throws(() => open('cy', '10.0.0.3'), { code: 'stream.too_many' });
    first!.res.emit('close');
    assert.equal(streams.count(), 5);
  });

  it('end with the server, which opens no more', () => {
    const { streams, open } = make();
    const { res } = open('ann');
    streams.close();
    assert.equal(res.writableEnded, true);
    assert.equal(streams.count(), 0);
    assert.throws(() => open('bo'), { code: 'server.unavailable' });
  });
});
