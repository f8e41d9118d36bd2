import type { Request, Response } from 'express';
import { AppError } from '#contracts/errors.ts';
import type { Metrics } from '#server/platform/metrics.ts';

const heartbeatMs = 25_000;
/** A stream ends after about this; the page comes back by itself and is authenticated anew. Spread, so that not all come at once. */
const longestMs = 3600_000;
/** A reader further behind than this is cut off; it asks again after reconnecting. */
const maxBacklogBytes = 64 * 1024;

export interface LiveLimits {
  /** In this process. */
  total: number;
  /** A whole venue may share one address. */
  perAddress: number;
  /** Open pages of one person; the oldest gives way. */
  perUser: number;
}
const defaultLimits: LiveLimits = { total: 20_000, perAddress: 10_000, perUser: 12 };

export type LiveStreams = ReturnType<typeof createLiveStreams>;

/** One open page. */
export class LiveStream {
  readonly userId: string | null;
  readonly endsAt: number;
  readonly #res: Response;
  readonly #closers: (() => void)[] = [];
  /** What waits for a slow reader, the latest of each key; null: the reader keeps up. */
  #waiting: Map<string, string | Buffer> | null = null;
  #behindSince = 0;

  constructor(res: Response, userId: string | null, endsAt: number) {
    this.#res = res;
    this.userId = userId;
    this.endsAt = endsAt;
    res.on('close', () => {
      for (const close of this.#closers) close();
      this.#closers.length = 0;
      this.#waiting = null;
    });
  }

  /** What must arrive. A reader who is too far behind is cut off. */
  send(chunk: string | Buffer): void {
    if (this.#res.writableEnded) return;
    if (this.#res.writableLength > maxBacklogBytes) this.#res.destroy();
    else this.#res.write(chunk);
  }

  /** What counts only in its latest form: while the reader is behind, `whenBehind` waits under the key, once. */
  sendLatest(key: string, chunk: string | Buffer, whenBehind: string | Buffer = chunk): void {
    if (this.#res.writableEnded) return;
    if (this.#waiting) this.#waiting.set(key, whenBehind);
    else {
      this.#res.write(chunk);
      this.#measure();
    }
  }

  /** A long message fills a buffer for a moment; only who leaves a lot unread is behind. */
  #measure(): void {
    if (this.#res.writableLength <= maxBacklogBytes) return;
    this.#waiting = new Map();
    this.#behindSince = Date.now();
    this.#res.once('drain', () => {
      const waiting = this.#waiting;
      this.#waiting = null;
      if (!waiting || waiting.size === 0 || this.#res.writableEnded) return;
      this.#res.write([...waiting.values()].join(''));
      this.#measure();
    });
  }

  /** Keeps proxies awake; ends what had its time, or has read nothing since the last beats. */
  beat(now: number): void {
    if (now > this.endsAt) this.end();
    else if (!this.#waiting) this.sendLatest('', ':\n\n');
    else if (now - this.#behindSince > 2 * heartbeatMs) this.#res.destroy();
  }

  onClose(closer: () => void): void {
    if (this.#res.destroyed) closer();
    else this.#closers.push(closer);
  }
  end(last?: string): void {
    if (!this.#res.writableEnded) this.#res.end(last);
  }
}

/**
 * The open server-sent event streams of this process: limits, one heartbeat for all, back-pressure, an end with the server.
 * What they say is their openers' business.
 */
export function createLiveStreams({
  limits: given,
  metrics,
}: {
  limits?: Partial<LiveLimits>;
  metrics?: Metrics;
} = {}) {
  const limits = { ...defaultLimits, ...given };
  const streams = new Set<LiveStream>();
  const byUser = new Map<string, Set<LiveStream>>();
  const byAddress = new Map<string, number>();
  const open = metrics?.gauge('live_streams', 'Open server-sent event streams');
  let closed = false;

  const heartbeat = setInterval(() => {
    const now = Date.now();
    for (const stream of streams) stream.beat(now);
  }, heartbeatMs);
  heartbeat.unref();

  function register(stream: LiveStream, address: string): void {
    streams.add(stream);
    byAddress.set(address, (byAddress.get(address) ?? 0) + 1);
    open?.set(streams.size);
    const { userId } = stream;
    const mine = userId === null ? undefined : (byUser.get(userId) ?? new Set<LiveStream>());
    if (userId !== null && mine) {
      byUser.set(userId, mine.add(stream));
      // Told so: it would come back at once otherwise and put out the next one.
      if (mine.size > limits.perUser) [...mine][0]!.end('event: replaced\ndata: {}\n\n');
    }
    stream.onClose(() => {
      streams.delete(stream);
      open?.set(streams.size);
      const left = (byAddress.get(address) ?? 1) - 1;
      if (left > 0) byAddress.set(address, left);
      else byAddress.delete(address);
      mine?.delete(stream);
      if (userId !== null && mine?.size === 0 && byUser.get(userId) === mine) byUser.delete(userId);
    });
  }

  return {
    /** Turns the response into a stream until either side ends it. Throws stream.too_many, server.unavailable. */
    open(req: Request, res: Response, userId: string | null): LiveStream {
      if (closed) throw new AppError('server.unavailable');
      const address = req.ip ?? 'unknown';
      if (streams.size >= limits.total || (byAddress.get(address) ?? 0) >= limits.perAddress)
        throw new AppError('stream.too_many', { retryAfter: 30 });
      const stream = new LiveStream(res, userId, Date.now() + longestMs * (0.8 + Math.random() * 0.4));
      register(stream, address);
      res.writeHead(200, {
        'Content-Type': 'text/event-stream; charset=utf-8',
        // no-transform keeps compression away: it would hold events back.
        'Cache-Control': 'no-cache, no-transform',
        'X-Accel-Buffering': 'no',
      });
      res.write('retry: 3000\n: hello\n\n');
      return stream;
    },
    count: (): number => streams.size,
    /** Ends every stream, so that the server can stop; pages reconnect to whoever is there then. */
    close(): void {
      closed = true;
      clearInterval(heartbeat);
      for (const stream of streams) stream.end();
    },
  };
}

/** Streams by what they follow; a stream that closes leaves. */
export class Topics {
  readonly #streams = new Map<string, Set<LiveStream>>();

  add(topic: string, stream: LiveStream): void {
    const all = this.#streams.get(topic) ?? new Set<LiveStream>();
    this.#streams.set(topic, all.add(stream));
    stream.onClose(() => {
      all.delete(stream);
      if (all.size === 0 && this.#streams.get(topic) === all) this.#streams.delete(topic);
    });
  }
  has(topic: string): boolean {
    return this.#streams.has(topic);
  }
  names(): Iterable<string> {
    return this.#streams.keys();
  }
  of(topic: string): Iterable<LiveStream> {
    return this.#streams.get(topic) ?? [];
  }
  *all(): Iterable<LiveStream> {
    for (const streams of this.#streams.values()) yield* streams;
  }
}
