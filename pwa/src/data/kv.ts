import { type Idb, openIdb } from './idb.ts';

/**
 * Answers seen before, in IndexedDB, there at first paint (RxDB comes later). Where the device does not keep them, memory does
 * for this visit, and hands them over as soon as the device keeps again.
 */
const STORES = ['cache', 'outbox'] as const;
/** `outbox`: what versions before `outbox/store.ts` left; a tab of such a version may still write to it. */
export type KvStore = (typeof STORES)[number];

const idb: Idb = openIdb('px', 1, (db) => {
  for (const store of STORES) db.createObjectStore(store);
});
/** What the device did not take: newer than what it has. */
const memory: Record<KvStore, Map<string, unknown>> = { cache: new Map(), outbox: new Map() };

export async function kvGet<T>(store: KvStore, key: string): Promise<T | undefined> {
  if (memory[store].has(key)) return memory[store].get(key) as T;
  try {
    return (await idb.run(store, 'readonly', (at) => at.objectStore(store).get(key))) as T | undefined;
  } catch {
    return undefined;
  }
}

let isFrozen = false;
/** Another tab signs out: answers that are still on their way here are no longer kept. */
export function kvFreeze(): void {
  isFrozen = true;
}

export async function kvSet(store: KvStore, key: string, value: unknown): Promise<void> {
  if (isFrozen) return;
  try {
    await idb.run(store, 'readwrite', (at) => at.objectStore(store).put(value, key));
    memory[store].delete(key);
  } catch {
    memory[store].set(key, value);
  }
}

export async function kvDelete(store: KvStore, key: string): Promise<void> {
  memory[store].delete(key);
  await idb.run(store, 'readwrite', (at) => at.objectStore(store).delete(key)).catch(() => undefined);
}

/** Every value, in key order. */
export async function kvAll<T>(store: KvStore): Promise<T[]> {
  const kept = await idb.run(store, 'readonly', (at) => at.objectStore(store).getAll()).catch(() => []);
  return [...kept, ...memory[store].values()] as T[];
}

/**
 * Asks the device whether it still keeps things, and hands over what memory held meanwhile. False: it does not.
 * Call when the page is looked at again: that is when WebKit has closed the database.
 */
export async function kvProbe(): Promise<boolean> {
  try {
    await idb.run('cache', 'readwrite', (at) => at.objectStore('cache').put(1, 'probe'));
    for (const store of STORES) for (const [key, value] of memory[store]) await kvSet(store, key, value);
    return true;
  } catch {
    return false;
  }
}

/** Sign-out: the next person at this device finds nothing. */
export async function kvClear(): Promise<void> {
  for (const store of STORES) {
    memory[store].clear();
    await idb.run(store, 'readwrite', (at) => at.objectStore(store).clear()).catch(() => undefined);
  }
}
