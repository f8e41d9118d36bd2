import { api } from './api.ts';
import type { Answer } from './contract.ts';
import { onNotice } from './notices.ts';
import { session } from './session.ts';
import { Store } from './store.ts';

export type InboxNotice = Answer<'GET /api/notices'>['items'][number];

/** How much of what happened the person has not read; the bell's number. */
export const unread = new Store(0);

export async function loadNotices(cursor?: string): Promise<Answer<'GET /api/notices'>> {
  const page = await api('GET /api/notices', { query: { cursor, limit: 30 } });
  unread.set(page.unread);
  return page;
}

export async function readAllNotices(): Promise<void> {
  unread.set((await api('POST /api/notices/read', { body: {} })).unread);
}

async function count(): Promise<void> {
  if (!session.value.user) {
    unread.set(0);
    return;
  }
  const page = await api('GET /api/notices', { query: { limit: 1 } }).catch(() => null);
  if (page) unread.set(page.unread);
}

/** Counts live for who has a session; strangers cost no connection. Call once. */
export function watchInbox(): void {
  let stop: (() => void) | null = null;
  let userId: string | null = null;
  const follow = (): void => {
    const next = session.value.user?.id ?? null;
    if (next === userId) return;
    userId = next;
    stop?.();
    stop = next
      ? onNotice((notice) => {
          if (notice.type === 'inbox.changed' || notice.type === 'resync') void count();
        })
      : null;
    if (!next) unread.set(0);
  };
  session.watch(follow);
  follow();
}
