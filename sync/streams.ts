import type { Response } from 'express';
import type { Listener } from '#server/platform/listener.ts';

const heartbeatMs = 25_000;

interface Stream {
  res: Response;
  /** A RESYNC is waiting for the connection to drain; more of them would say nothing new. */
  isBehind: boolean;
}

/**
 * The open streams of this process by scope. Each hears `RESYNC` when its scope gets a new revision, when the database
 * connection was lost for a moment, and at its start: a stream says "pull now", never what.
 */
export function createStreams(listener: Listener) {
  const byScope = new Map<string, Set<Stream>>();

  function tell(stream: Stream): void {
    if (stream.isBehind) return;
    if (stream.res.write('data: RESYNC\n\n')) return;
    stream.isBehind = true;
    stream.res.once('drain', () => {
      stream.isBehind = false;
      tell(stream);
    });
  }
  const tellScope = (scope: string) => {
    for (const stream of byScope.get(scope) ?? []) tell(stream);
  };
  const everyStream = function* () {
    for (const streams of byScope.values()) yield* streams;
  };
  const offs = [
    listener.on('sync', tellScope),
    listener.on('resync', () => {
      for (const stream of everyStream()) tell(stream);
    }),
  ];
  const heartbeat = setInterval(() => {
    for (const stream of everyStream()) if (!stream.isBehind) stream.res.write(':\n\n');
  }, heartbeatMs);
  heartbeat.unref();

  return {
    open(scope: string, res: Response): void {
      const stream: Stream = { res, isBehind: false };
      const streams = byScope.get(scope) ?? new Set();
      byScope.set(scope, streams.add(stream));
      res.on('close', () => {
        streams.delete(stream);
        if (streams.size === 0 && byScope.get(scope) === streams) byScope.delete(scope);
      });
      res.writeHead(200, {
        'Content-Type': 'text/event-stream; charset=utf-8',
        'Cache-Control': 'no-cache, no-transform',
        'X-Accel-Buffering': 'no',
      });
      res.write('retry: 3000\n\n');
      tell(stream);
    },
    count: () => [...byScope.values()].reduce((sum, streams) => sum + streams.size, 0),
    /** Ends every stream; clients reconnect to whoever is there then. */
    close(): void {
      clearInterval(heartbeat);
      for (const off of offs) off();
      for (const stream of [...everyStream()]) stream.res.end();
    },
  };
}
