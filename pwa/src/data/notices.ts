import type { NoticeMessage } from '#contracts/http/notices.ts';
import { follow } from './live.ts';

/**
 * Live notices of this person. The connection stands only while somebody listens. A `resync` comes whenever it was opened
 * anew: look again at what you wait for. Returns the function that stops listening.
 */
export const onNotice = (listener: (notice: NoticeMessage) => void): (() => void) =>
  follow('notices', {
    onNotice: (json) => listener(JSON.parse(json) as NoticeMessage),
    onNudge: () => listener({ type: 'resync' }),
  });
