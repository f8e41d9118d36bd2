import type { PushPayload } from '#contracts/http/notices.ts';

export interface ShownPush {
  title: string;
  options: NotificationOptions & { data: { path: string } };
}

const icon = '/icons/icon-192.png';

/** Only a path of this site is ever opened, whatever a message says. */
const pathOf = (url: unknown): string =>
  typeof url === 'string' && /^\/(?![/\\])/.test(url) ? url : '/account/notices';

/** What a push message looks like; null: it could not be read. */
export function shownPush(payload: PushPayload | null): ShownPush {
  if (!payload || typeof payload.title !== 'string' || payload.title === '')
    return { title: 'ThePixStock', options: { icon, badge: icon, data: { path: '/account/notices' } } };
  return {
    title: payload.title,
    options: {
      body: payload.body,
      lang: payload.lang,
      tag: payload.tag,
      icon,
      badge: icon,
      data: { path: pathOf(payload.url) },
    },
  };
}
