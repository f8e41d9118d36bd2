/**
 * A tiny key-value store in IndexedDB, there at first paint (RxDB comes later): answers seen before, the outbox.
 * WebKit closes databases in the background, private mode refuses them: a failure reopens once, then memory serves.
 */
const NAME = 'px';
const STORES = ['cache', 'outbox'] as const;
export type KvStore = (typeof STORES)[number];

let opening: Promise<IDBDatabase> | null = null;
const memory: Record<KvStore, Map<string, unknown>> = { cache: new Map(), outbox: new Map() };

function open(): Promise<IDBDatabase> {
  opening ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const store of STORES) request.result.createObjectStore(store);
    };
    request.onsuccess = () => {
      const db = request.result;
      db.onclose = () => {
        opening = null;
      };
      db.onversionchange = () => {
        db.close();
        opening = null;
      };
      resolve(db);
    };
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error('IndexedDB is blocked'));
  });
  opening.catch(() => {
    opening = null;
  });
  return opening;
}

async function run<T>(
  store: KvStore,
  mode: IDBTransactionMode,
  act: (objects: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      const db = await open();
      return await new Promise<T>((resolve, reject) => {
        const transaction = db.transaction(store, mode);
        const request = act(transaction.objectStore(store));
        // A write counts when it is committed, not when it is accepted.
        if (mode === 'readonly') request.onsuccess = () => resolve(request.result);
        else transaction.oncomplete = () => resolve(request.result);
        transaction.onerror = () => reject(transaction.error);
        transaction.onabort = () => reject(transaction.error ?? new Error('aborted'));
      });
    } catch (error) {
      opening = null;
      if (attempt > 0) throw error;
    }
  }
}

export async function kvGet<T>(store: KvStore, key: string): Promise<T | undefined> {
  try {
    return (await run(store, 'readonly', (objects) => objects.get(key))) as T | undefined;
  } catch {
    return memory[store].get(key) as T | undefined;
  }
}

export async function kvSet(store: KvStore, key: string, value: unknown): Promise<void> {
  try {
    await run(store, 'readwrite', (objects) => objects.put(value, key));
  } catch {
    memory[store].set(key, value);
  }
}

export async function kvDelete(store: KvStore, key: string): Promise<void> {
  memory[store].delete(key);
  await run(store, 'readwrite', (objects) => objects.delete(key)).catch(() => undefined);
}

/** Every value, in key order. */
export async function kvAll<T>(store: KvStore): Promise<T[]> {
  try {
    return (await run(store, 'readonly', (objects) => objects.getAll())) as T[];
  } catch {
    return [...memory[store].values()] as T[];
  }
}

/** Sign-out: the next person at this device finds nothing. */
export async function kvClear(): Promise<void> {
  for (const store of STORES) {
    memory[store].clear();
    await run(store, 'readwrite', (objects) => objects.clear()).catch(() => undefined);
  }
}
