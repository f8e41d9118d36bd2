import { kvClear } from './kv.ts';
import { clearOutbox } from './outbox/store.ts';
import { refreshWaiting } from './outbox.ts';
import { setSession } from './session.ts';

/** Kept through a sign-out: what says nothing about a person. */
const IMPERSONAL = /^px\.(lang|theme)$/;
/** Pictures of this person, and of the events that they visited. */
const PERSONAL_CACHES = /^px-(pictures|originals)/;

/** Sign-out: the next person at this device finds nothing of this one. The caller has stopped what replicates. */
export async function clearEverything(): Promise<void> {
  setSession(null);
  await clearOutbox();
  await kvClear();
  for (const storage of ['localStorage', 'sessionStorage'] as const) {
    try {
      for (const key of Object.keys(globalThis[storage]))
        if (key.startsWith('px.') && !IMPERSONAL.test(key)) globalThis[storage].removeItem(key);
    } catch {
      // refused: nothing was kept there
    }
  }
  const { removeDatabase } = await import('./db/database.ts');
  await removeDatabase().catch(() => undefined);
  await removeUploads();
  await clearCaches().catch(() => undefined);
  await refreshWaiting();
}

/** A photographer's queue: the files stay on the card or disk they came from. */
const removeUploads = (): Promise<void> =>
  new Promise((resolve) => {
    try {
      const request = indexedDB.deleteDatabase('px-uploads');
      request.onsuccess = request.onerror = request.onblocked = () => resolve();
    } catch {
      resolve();
    }
  });

async function clearCaches(): Promise<void> {
  if (!('caches' in globalThis)) return;
  for (const name of await caches.keys()) if (PERSONAL_CACHES.test(name)) await caches.delete(name);
}

const tabs = typeof BroadcastChannel === 'function' ? new BroadcastChannel('px-device') : null;
/** Other tabs hold this person in memory. */
export function tellTabsToLeave(): void {
  tabs?.postMessage('signed-out');
}
/** Call once: this tab starts anew when another one signed out. */
export function leaveWithOthers(): void {
  tabs?.addEventListener('message', ({ data }) => {
    if (data === 'signed-out') window.location.assign('/');
  });
}
