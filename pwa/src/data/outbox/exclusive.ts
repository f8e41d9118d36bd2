/** Background Sync: the service worker drains under this name. */
export const SYNC_TAG = 'px-outbox';

/** One request takes 30 s at most; a holder beyond that is a tab that the system has frozen. */
const FROZEN_MS = 45_000;

/** One of all tabs and the service worker at a time, where Web Locks exist. Of a frozen holder the lock is taken. */
export async function exclusive<T>(work: () => Promise<T>): Promise<T> {
  if (typeof navigator === 'undefined' || !('locks' in navigator) || !navigator.locks) return work();
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), FROZEN_MS);
  let began = false;
  const run = (): Promise<T> => {
    began = true;
    clearTimeout(timer);
    return work();
  };
  try {
    return (await navigator.locks.request(SYNC_TAG, { signal: limit.signal }, run)) as T;
  } catch (error) {
    if (began) throw error;
    return (await navigator.locks.request(SYNC_TAG, { steal: true }, run)) as T;
  } finally {
    clearTimeout(timer);
  }
}
