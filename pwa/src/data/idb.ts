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

let makeRoom: (() => Promise<void>) | null = null;
/** What frees space on this device when a write finds none: previews go before anything that a person did. */
export function onFull(free: () => Promise<void>): void {
  makeRoom = free;
}

export const isQuota = (error: unknown): boolean => (error as { name?: string } | null)?.name === 'QuotaExceededError';

export function openIdb(name: string, version: number, upgrade: (db: IDBDatabase) => void): Idb {
  let opening: Promise<IDBDatabase> | null = null;

  function reset(): void {
    const old = opening;
    opening = null;
    old?.then(
      (db) => db.close(),
      () => undefined,
    );
  }

  function open(): Promise<IDBDatabase> {
    opening ??= limited(
      new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open(name, version);
        request.onupgradeneeded = () => upgrade(request.result);
        request.onsuccess = () => {
          const db = request.result;
          db.onclose = reset;
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
    opening.catch(() => {
      opening = null;
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
        if (isQuota(error) && makeRoom) await makeRoom().catch(() => undefined);
        reset();
        return once(stores, mode, act);
      }
    },
  };
}

function limited<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('IndexedDB does not answer')), STUCK_MS);
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}
