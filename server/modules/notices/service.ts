import type { Response } from 'express';
import type { Listener } from '#server/platform/listener.ts';

export type Notices = ReturnType<typeof createNoticesService>;

const heartbeatMs = 25_000;
/** A stream ends after this; the browser comes back by itself and is authenticated anew. */
const longestMs = 3600_000;
/** A reader that does not keep up is cut off; it asks again after reconnecting. */
const maxBacklogBytes = 64 * 1024;
/** Open pages of one person; the oldest gives way. */
const maxStreamsPerUser = 12;

/** The open pages of this process, by user; fed by the channel `notices` (server/platform/notify.ts). */
export function createNoticesService({ listener }: { listener: Listener }) {
  const streams = new Map<string, Set<Response>>();
  let closed = false;

  function write(res: Response, text: string): void {
    if (res.writableLength > maxBacklogBytes) res.destroy();
    else res.write(text);
  }
  function broadcast(text: string): void {
    for (const open of streams.values()) for (const res of open) write(res, text);
  }
  const offs = [
    listener.on('notices', (payload) => {
      const { userId, notice } = JSON.parse(payload) as { userId: string; notice: unknown };
      for (const res of streams.get(userId) ?? []) write(res, `event: notice\ndata: ${JSON.stringify(notice)}\n\n`);
    }),
    listener.on('resync', () => broadcast('event: notice\ndata: {"type":"resync"}\n\n')),
  ];
  const heartbeat = setInterval(() => broadcast(': still here\n\n'), heartbeatMs);
  heartbeat.unref();

  return {
    /** Turns the response into this person's stream until either side ends it. */
    open(userId: string, res: Response): void {
      if (closed) {
        res.status(503).end();
        return;
      }
      res.status(200).set({
        'Content-Type': 'text/event-stream; charset=utf-8',
        // no-transform keeps compression away: it would hold events back.
        'Cache-Control': 'no-cache, no-transform',
        Connection: 'keep-alive',
        'X-Accel-Buffering': 'no',
      });
      res.flushHeaders();
      res.write('retry: 3000\n: hello\n\n');
      const mine = streams.get(userId) ?? new Set<Response>();
      streams.set(userId, mine);
      mine.add(res);
      if (mine.size > maxStreamsPerUser) {
        const [oldest] = mine;
        oldest!.end();
      }
      const limit = setTimeout(() => res.end(), longestMs);
      limit.unref();
      res.on('close', () => {
        clearTimeout(limit);
        mine.delete(res);
        if (mine.size === 0 && streams.get(userId) === mine) streams.delete(userId);
      });
    },
    count: (): number => [...streams.values()].reduce((sum, open) => sum + open.size, 0),
    /** Ends every stream, so that the server can stop. */
    close(): void {
      closed = true;
      clearInterval(heartbeat);
      for (const off of offs) off();
      for (const open of streams.values()) for (const res of open) res.end();
    },
  };
}
