import type { Request, Response } from 'express';
import { type LiveStream, type LiveStreams, Topics } from '#server/http/live-streams.ts';
import type { Listener } from '#server/platform/listener.ts';

export type Notices = ReturnType<typeof createNoticesService>;

const message = (json: string) => `event: notice\ndata: ${json}\n\n`;

/** Tells the open pages of this process, by user; fed by the channel `notices` (server/platform/notify.ts). */
export function createNoticesService({ listener, streams }: { listener: Listener; streams: LiveStreams }) {
  const byUser = new Topics();
  const offs = [
    listener.on('notices', (payload) => {
      const { userId, notice } = JSON.parse(payload) as { userId: string; notice: unknown };
      const text = message(JSON.stringify(notice));
      for (const stream of byUser.of(userId)) stream.send(text);
    }),
    listener.on('resync', () => {
      for (const stream of byUser.all()) stream.send(message('{"type":"resync"}'));
    }),
  ];
  const attach = (userId: string, stream: LiveStream): void => byUser.add(userId, stream);

  return {
    /** This stream hears what the person is told. */
    attach,
    /** Turns the response into this person's stream until either side ends it. Throws as LiveStreams.open. */
    open: (userId: string, req: Request, res: Response): void => attach(userId, streams.open(req, res, userId)),
    close(): void {
      for (const off of offs) off();
    },
  };
}
