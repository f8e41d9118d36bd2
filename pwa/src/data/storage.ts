import { onFull } from './idb.ts';
import { kvProbe } from './kv.ts';
import { waiting } from './outbox.ts';
import { Store } from './store.ts';

/** How this device keeps things. full: previews were dropped to make room. memory: nothing is kept beyond this page. */
export type StorageState = 'kept' | 'full' | 'memory';
export const storageState = new Store<StorageState>('kept');

const ASKED = 'px.persist';
/** Of its quota: beyond this, previews go before the browser throws everything away. */
const NEARLY_FULL = 0.85;

/**
 * Asks the browser to keep what is stored: when something is here that would be missed (a chosen photo, a favourite, a search, an
 * order), once; some browsers ask the person.
 */
export function askToPersist(): void {
  try {
    if (localStorage.getItem(ASKED)) return;
    localStorage.setItem(ASKED, '1');
  } catch {
    return; // refused: there is nothing to persist
  }
  void navigator.storage?.persist?.().catch(() => false);
}

let drops = 0;
/** Previews first: they come again; what a person did does not. */
async function dropPictures(): Promise<void> {
  drops++;
  storageState.set('full');
  if ('caches' in globalThis) await caches.delete('px-pictures').catch(() => false);
  navigator.serviceWorker?.controller?.postMessage({ type: 'FREE_SPACE' });
}

async function look(): Promise<void> {
  // The probe itself may make room: that is still to be said.
  const dropsBefore = drops;
  const isKept = await kvProbe();
  if (!isKept) return storageState.set('memory');
  const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
  if (quota > 0 && usage / quota > NEARLY_FULL) await dropPictures();
  else if (drops === dropsBefore) storageState.set('kept');
}

/** Call once. Looks now and whenever the page is looked at again: that is when WebKit has closed what was open. */
export function watchStorage(): void {
  onFull(dropPictures);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void look();
  });
  waiting.watch((effects) => {
    if (effects.length > 0) askToPersist();
  });
  void look();
}
