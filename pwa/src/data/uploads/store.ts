import { freeSpace, isQuota } from '../idb.ts';

/**
 * The upload queue as this device keeps it: one small row per file, and beside it what gives the bytes back after a reload (a
 * file handle where the browser has them, else a copy of small files).
 */
export type UploadState = 'new' | 'hashing' | 'ready' | 'sending' | 'done' | 'duplicate' | 'failed' | 'lost';

export interface UploadItem {
  id: string;
  userId: string;
  eventId: string;
  name: string;
  type: string;
  bytes: number;
  lastModified: number;
  /** Order in the list. */
  at: number;
  state: UploadState;
  /** Hex; missing for files too large to hash in memory. */
  sha256?: string;
  /** Where the server keeps the bytes that arrived. */
  uploadUrl?: string;
  photoId?: string;
  /** Error code of a failed file. */
  code?: string;
  /** Bytes that arrived, as far as known here; the server's answer decides. */
  sent: number;
}

/** What leads back to the bytes: a handle (asks for permission after a reload) or a copy. */
export type UploadSource = FileSystemFileHandle | File;

const NAME = 'px-uploads';
let opening: Promise<IDBDatabase> | null = null;

function open(): Promise<IDBDatabase> {
  opening ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('items', { keyPath: 'id' }).createIndex('user', 'userId');
      request.result.createObjectStore('sources');
    };
    request.onsuccess = () => {
      const db = request.result;
      const forget = (): void => {
        opening = null;
      };
      db.onclose = forget;
      db.onversionchange = () => {
        db.close();
        forget();
      };
      resolve(db);
    };
    request.onerror = () => reject(request.error);
  });
  opening.catch(() => {
    opening = null;
  });
  return opening;
}

type Stores = ('items' | 'sources')[];

/** Runs in one transaction, resolves when it is committed; a database that the system closed is opened once more. */
async function inTransaction<T>(
  stores: Stores,
  mode: IDBTransactionMode,
  act: (transaction: IDBTransaction) => IDBRequest<T> | undefined,
): Promise<T | undefined> {
  for (let attempt = 0; ; attempt++) {
    try {
      const db = await open();
      return await new Promise((resolve, reject) => {
        const transaction = db.transaction(stores, mode);
        const request = act(transaction);
        transaction.oncomplete = () => resolve(request?.result);
        transaction.onerror = () => reject(transaction.error);
        transaction.onabort = () => reject(transaction.error ?? new Error('aborted'));
      });
    } catch (error) {
      opening = null;
      if (attempt > 0) throw error;
      if (isQuota(error)) await freeSpace(); // previews go before a photographer's queue
    }
  }
}

export const loadItems = async (userId: string): Promise<UploadItem[]> =>
  ((await inTransaction(['items'], 'readonly', (transaction) =>
    transaction.objectStore('items').index('user').getAll(userId),
  )) as UploadItem[] | undefined) ?? [];

/** Files that have yet to arrive. */
export const countUnfinished = async (userId: string): Promise<number> =>
  (await loadItems(userId)).filter(({ state }) => state !== 'done' && state !== 'duplicate').length;

export async function saveItems(items: readonly UploadItem[]): Promise<void> {
  if (items.length === 0) return;
  await inTransaction(['items'], 'readwrite', (transaction) => {
    for (const item of items) transaction.objectStore('items').put(item);
    return undefined;
  });
}

/** Returns false when the browser cannot keep it (handles in private windows, quota): the file has to be chosen again later. */
export async function saveSource(id: string, source: UploadSource): Promise<boolean> {
  try {
    await inTransaction(['sources'], 'readwrite', (transaction) => transaction.objectStore('sources').put(source, id));
    return true;
  } catch {
    return false;
  }
}

export const loadSource = async (id: string): Promise<UploadSource | undefined> =>
  (await inTransaction(['sources'], 'readonly', (transaction) => transaction.objectStore('sources').get(id))) as
    | UploadSource
    | undefined;

export async function deleteSource(id: string): Promise<void> {
  await inTransaction(['sources'], 'readwrite', (transaction) => transaction.objectStore('sources').delete(id));
}

export async function deleteItems(ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await inTransaction(['items', 'sources'], 'readwrite', (transaction) => {
    for (const id of ids) {
      transaction.objectStore('items').delete(id);
      transaction.objectStore('sources').delete(id);
    }
    return undefined;
  });
}
