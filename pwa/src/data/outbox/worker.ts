import { request } from '../http.ts';
import { drain } from './drain.ts';
import type { Effect } from './effects.ts';
import { exclusive } from './exclusive.ts';
import { listEffects, putEffect, settleEffect } from './store.ts';

interface Who {
  user: { id: string; isGuest: boolean } | null;
}

/** The drain as the service worker runs it, with no page open: the same store, the same lock, the session of the cookie. Rejects
 * when something still waits, so that the browser tries again. */
export async function drainInWorker(): Promise<void> {
  let who: Who | null = null;
  const admit = async ({ owner }: Effect): Promise<boolean> => {
    who ??= await request<Who>('GET', '/api/auth/session');
    if (owner && !owner.isGuest) return who.user?.id === owner.id;
    if (!who.user) who = await request<Who>('POST', '/api/auth/guest');
    return true;
  };
  const tabs = typeof BroadcastChannel === 'function' ? new BroadcastChannel('px-outbox') : null;
  try {
    const end = await drain({
      list: listEffects,
      put: putEffect,
      settle: settleEffect,
      send: ({ method, path, params, body, key }) =>
        request(
          method,
          path,
          { body, idempotencyKey: key, timeoutMs: 30_000, ...(params && { params }) },
          { userId: who?.user?.id },
        ),
      admit,
      exclusive,
      onSettled: (outcome) => {
        tabs?.postMessage({ outcome });
        tabs?.postMessage('changed');
      },
    });
    if (end.why !== 'empty') throw new Error(`outbox: ${end.why}`);
  } finally {
    tabs?.close();
  }
}
