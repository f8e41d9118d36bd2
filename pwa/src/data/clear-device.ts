import { kvClear, kvFreeze } from './kv.ts';
import { clearOutbox } from './outbox/store.ts';
import { refreshWaiting } from './outbox.ts';
import { leaveSession, signingOut } from './session.ts';

/** Kept through a sign-out: what says nothing about a person. */
const IMPERSONAL = /^px\.(lang|theme)$/;
/** Pictures of this person, and of the events that they visited. */
const PERSONAL_CACHES = /^px-(pictures|originals)/;

/** Sign-out: the next person at this device finds nothing of this one. The caller has stopped what replicates. */
export async function clearEverything(): Promise<void> {
  leaveSession();
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
/** Other tabs hold this person in memory: first they stop writing, then, when the device is cleared, they start anew. */
export const tellTabsToStop = (): void => tabs?.postMessage('signing-out');
export const tellTabsToLeave = (): void => tabs?.postMessage('signed-out');
/** Call once: this tab stops when another one signs out (`onStop`), and starts anew when that is done. */
export function leaveWithOthers(onStop: () => Promise<unknown>): void {
  tabs?.addEventListener('message', ({ data }) => {
    if (data === 'signing-out') {
      signingOut.set(true);
      kvFreeze();
      void onStop()
        .then(closeDatabase)
        .catch(() => undefined);
    }
    if (data === 'signed-out') window.location.assign('/');
  });
}
const closeDatabase = async (): Promise<void> => (await import('./db/database.ts')).closeDatabase();
