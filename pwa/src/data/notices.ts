import type { NoticeMessage } from '#contracts/http/notices.ts';
import { LiveStream } from './live-stream.ts';

type Listener = (notice: NoticeMessage) => void;
const listeners = new Set<Listener>();
let stream: LiveStream | null = null;

/**
 * Live notices of this person. The connection stands only while somebody listens. A `resync` comes whenever it was opened
 * anew: look again at what you wait for. Returns the function that stops listening.
 */
export function onNotice(listener: Listener): () => void {
  listeners.add(listener);
  stream ??= new LiveStream(
    '/api/notices/stream',
    {},
    {
      onMessage: (data) => {
        let notice: NoticeMessage;
        try {
          notice = JSON.parse(data) as NoticeMessage;
        } catch {
          return; // not a notice
        }
        for (const each of [...listeners]) each(notice);
      },
      onOpen: () => {
        for (const each of [...listeners]) each({ type: 'resync' });
      },
    },
    ['notice', 'message'],
  );
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      stream?.stop();
      stream = null;
    }
  };
}
