/**
 * One IndexedDB database as the browsers really have it: WebKit closes it in the background, private windows refuse it, a full
 * disk fails in the middle, and some transactions never end. A failure reopens it once; what still fails rejects, and the
 * caller keeps its value in memory.
 */
export interface Idb {
  /** Runs in one transaction; resolves when it is committed (reads: when they are read). Never waits for ever. */
  run<T>(stores: string | string[], mode: IDBTransactionMode, act: (at: IDBTransaction) => IDBRequest<T>): Promise<T>;
  /** Lets go of the connection; the next use opens a new one. */
  reset(): void;
}

/** A tiny transaction takes milliseconds; one that takes so long was forgotten by the browser. */
const STUCK_MS = 5_000;
/** A browser that does not even answer `open` is not asked again for so long: each question costs the person a wait. */
const SILENT_MS = 60_000;

let makeRoom: (() => Promise<void>) | null = null;
/** What frees space on this device when a write finds none: previews go before anything that a person did. */
export function onFull(free: () => Promise<void>): void {
  makeRoom = free;
}

/** A write found no room: what can come again goes. For those that keep databases of their own. */
export const freeSpace = async (): Promise<void> => makeRoom?.().catch(() => undefined);

const wiped = new Set<() => void>();
/** Hears that the browser has thrown away what this origin kept, while the page is open. Returns the function that stops. */
export function onWiped(listener: () => void): () => void {
  wiped.add(listener);
  return () => wiped.delete(listener);
}

let births = 0;
/** How often the replica (data/db) had to be made anew in the life of this page; 0: it was there. */
export const replicaBirths = (): number => births;
export const noteReplicaBirth = (): void => {
  births += 1;
};

export const isQuota = (error: unknown): boolean => (error as { name?: string } | null)?.name === 'QuotaExceededError';

export function openIdb(name: string, version: number, upgrade: (db: IDBDatabase) => void): Idb {
  let opening: Promise<IDBDatabase> | null = null;
  let wasOpen = false;
  let silentUntil = 0;

  function reset(): void {
    const old = opening;
    opening = null;
    old?.then(
      (db) => db.close(),
      () => undefined,
    );
  }

  function open(): Promise<IDBDatabase> {
    if (performance.now() < silentUntil) return Promise.reject(new Silence());
    opening ??= limited(
      new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open(name, version);
        request.onupgradeneeded = ({ oldVersion }) => {
          upgrade(request.result);
          // It was there a moment ago. Before anything is read: what memory holds counts again from here on.
          if (wasOpen && oldVersion === 0) for (const listener of [...wiped]) listener();
        };
        request.onsuccess = () => {
          const db = request.result;
          wasOpen = true;
          // Closed by the browser: by the system in the background, or because it was thrown away. Opening it tells.
          db.onclose = () => {
            reset();
            open().catch(() => undefined);
          };
          // Somebody clears this device or brings a newer shape: step aside.
          db.onversionchange = () => {
            db.close();
            reset();
          };
          resolve(db);
        };
        request.onerror = () => reject(request.error);
        request.onblocked = () => reject(new Error('IndexedDB is blocked'));
      }),
    );
    opening.catch((error: unknown) => {
      opening = null;
      if (error instanceof Silence) silentUntil = performance.now() + SILENT_MS;
    });
    return opening;
  }

  const once = async <T>(
    stores: string | string[],
    mode: IDBTransactionMode,
    act: (at: IDBTransaction) => IDBRequest<T>,
  ): Promise<T> => {
    const db = await open();
    return limited(
      new Promise<T>((resolve, reject) => {
        const transaction = db.transaction(stores, mode);
        const request = act(transaction);
        // A write counts when it is committed, not when it is accepted.
        if (mode === 'readonly') request.onsuccess = () => resolve(request.result);
        else transaction.oncomplete = () => resolve(request.result);
        transaction.onerror = () => reject(transaction.error ?? request.error);
        transaction.onabort = () => reject(transaction.error ?? new Error('aborted'));
      }),
    );
  };

  return {
    reset,
    async run(stores, mode, act) {
      try {
        return await once(stores, mode, act);
      } catch (error) {
        if (performance.now() < silentUntil) throw error;
        if (isQuota(error)) await freeSpace();
        reset();
        return once(stores, mode, act);
      }
    },
  };
}

class Silence extends Error {
  override readonly message = 'IndexedDB does not answer';
}

function limited<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Silence()), STUCK_MS);
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}
