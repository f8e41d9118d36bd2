import {
  createRxDatabase,
  type RxCollection,
  type RxConflictHandler,
  type RxDatabase,
  type RxJsonSchema,
} from 'rxdb/plugins/core';
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie';
import type { Observable } from 'rxjs';
import * as cartItems from '#contracts/sync/cart-items.ts';
import type { Conflict, Replicated } from '#contracts/sync/documents.ts';
import * as events from '#contracts/sync/events.ts';
import * as favorites from '#contracts/sync/favorites.ts';
import { noteReplicaBirth } from '../idb.ts';

export type Collections = {
  events: RxCollection<events.EventDoc>;
  cart_items: RxCollection<cartItems.CartItemDoc>;
  favorites: RxCollection<favorites.FavoriteDoc>;
};
export type PxDatabase = RxDatabase<Collections>;
export type CollectionName = keyof Collections;

/** The contract's pure merge as RxDB asks for it: phone and server resolve a conflict alike. */
const handler = <Doc>(
  merge: (conflict: Conflict<Doc>) => Replicated<Doc>,
  isEqual: (a: Replicated<Doc>, b: Replicated<Doc>) => boolean,
): RxConflictHandler<Doc> => ({
  isEqual,
  resolve: async (conflict) => merge(conflict),
});

/** Read-only literals of the contracts as RxDB types them. */
const schema = <Doc>(literal: object): RxJsonSchema<Doc> => literal as RxJsonSchema<Doc>;

let opening: Promise<PxDatabase> | null = null;
const reopened = new Set<() => void>();
const PROBE_MS = 4_000;
/** A browser that never answers refuses; it is asked again after a while, for each question costs a wait. */
const OPEN_MS = 5_000;
const SILENT_MS = 60_000;
let silentUntil = 0;

/** The device's replica; opened once per tab, after the first picture. Rejects where IndexedDB is refused. */
export function database(): Promise<PxDatabase> {
  if (!opening && performance.now() < silentUntil) return Promise.reject(new Error('IndexedDB does not answer'));
  const asked = performance.now();
  opening ??= within(open(), OPEN_MS);
  opening.catch(() => {
    opening = null;
    if (performance.now() - asked >= OPEN_MS) silentUntil = performance.now() + SILENT_MS;
  });
  return opening;
}

async function open(isWiped = false): Promise<PxDatabase> {
  watchVisibility();
  const before = await indexedDB.databases?.().catch(() => null);
  if (isWiped || (before && !before.some(({ name }) => name?.startsWith('rxdb-dexie-px-replica')))) noteReplicaBirth();
  const db = await createRxDatabase<Collections>({
    name: 'px-replica',
    storage: getRxStorageDexie(),
    multiInstance: true,
    closeDuplicates: true,
  });
  await db.addCollections({
    events: {
      schema: schema<events.EventDoc>(events.eventDocSchema),
      conflictHandler: handler(events.merge, events.isEqual),
    },
    cart_items: {
      schema: schema<cartItems.CartItemDoc>(cartItems.cartItemDocSchema),
      conflictHandler: handler(cartItems.merge, cartItems.isEqual),
    },
    favorites: {
      schema: schema<favorites.FavoriteDoc>(favorites.favoriteDocSchema),
      conflictHandler: handler(favorites.merge, favorites.isEqual),
    },
  });
  // An older app replicated the photos of events too; now they are walls (data/wall), and these would only take up room.
  indexedDB.deleteDatabase('rxdb-dexie-px-replica--0--photos');
  return db;
}

export const within = <T>(work: Promise<T>, ms: number): Promise<T> => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

/** Whether the device still answers; browsers close databases of pages in the background, and not all say so. */
export async function isDatabaseAlive(): Promise<boolean> {
  if (!opening) return false;
  try {
    const db = await within(opening, PROBE_MS);
    await within(db.cart_items.storageInstance.findDocumentsById(['probe'], false), PROBE_MS);
    return true;
  } catch {
    return false;
  }
}

let reopening: Promise<void> | null = null;
/** Opens anew what broke, or what the browser has thrown away; whoever uses it is told (`onReopened`). Rejects where it stays broken. */
export function reopenDatabase({ isWiped = false } = {}): Promise<void> {
  reopening ??= (async () => {
    const broken = opening;
    opening = null;
    // Closing what is broken may never end.
    await within(
      (broken ?? Promise.reject(new Error('never open'))).then((db) => db.close()),
      PROBE_MS,
    ).catch(() => undefined);
    opening = within(open(isWiped), OPEN_MS);
    await database();
    for (const listener of [...reopened]) listener();
  })().finally(() => {
    reopening = null;
  });
  return reopening;
}
/** Returns the function that stops listening. */
export function onReopened(listener: () => void): () => void {
  reopened.add(listener);
  return () => reopened.delete(listener);
}

/** A write that takes so long stands in a queue that no longer moves. */
const WRITE_MS = 5_000;
const HEAL_EVERY_MS = 5_000;
let healedAt = Number.NEGATIVE_INFINITY;

/** The storage failed: RxDB's queues stand still for good after that, a new instance has new ones. */
function heal(): void {
  if (!opening || performance.now() - healedAt < HEAL_EVERY_MS) return;
  healedAt = performance.now();
  void reopenDatabase().catch(() => undefined); // stays broken: the next failure, or look at this page, tries again
}

/** One change of the replica. Rejects when the device does not take it; the caller says it to the server by other means. */
export async function changeReplica(work: (db: PxDatabase) => Promise<void>): Promise<void> {
  try {
    await within(work(await database()), WRITE_MS);
  } catch (error) {
    heal();
    throw error;
  }
}

/** Of IndexedDB, Dexie or RxDB, which leave them unhandled inside. */
function isOfStorage(reason: unknown): boolean {
  const { name = '', rxdb, inner } = (reason ?? {}) as { name?: string; rxdb?: boolean; inner?: unknown };
  const isTheirs =
    rxdb === true || inner !== undefined || /^(DatabaseClosed|OpenFailed|PrematureCommit|Bulk)/.test(name);
  return isTheirs || /^(InvalidState|Unknown|QuotaExceeded|TransactionInactive)Error$/.test(name);
}
function hearFailures(): void {
  globalThis.addEventListener?.('unhandledrejection', (event) => {
    if (!isOfStorage(event.reason)) return;
    event.preventDefault();
    heal();
  });
}

let isWatching = false;
function watchVisibility(): void {
  if (isWatching) return;
  isWatching = true;
  hearFailures();
  document.addEventListener('visibilitychange', async () => {
    const looked = opening;
    if (document.visibilityState !== 'visible' || !looked || (await isDatabaseAlive())) return;
    // Sign-out may have removed it meanwhile.
    if (opening === looked) await reopenDatabase().catch(() => undefined);
  });
}

/** Answers of a query now and whenever they change, also after the database was opened anew. Returns the function that stops it. */
export async function observe<T>(
  query: (db: PxDatabase) => Observable<T>,
  onAnswer: (answer: T) => void,
): Promise<() => void> {
  let subscription = query(await database()).subscribe(onAnswer);
  const stopReopened = onReopened(async () => {
    subscription.unsubscribe();
    subscription = query(await database()).subscribe(onAnswer);
  });
  return () => {
    stopReopened();
    subscription.unsubscribe();
  };
}

/** Lets go of it, so that another tab may remove it. */
export async function closeDatabase(): Promise<void> {
  const open = opening;
  opening = null;
  await (await open)?.close();
}

/** The browser has thrown everything away: a new replica takes the place of the one that is open, if one is. */
export const reviveDatabase = async (): Promise<void> => (opening ? reopenDatabase({ isWiped: true }) : undefined);

/** Sign-out: nothing of this person stays on the device. */
export async function removeDatabase(): Promise<void> {
  const db = await database().catch(() => null);
  opening = null;
  await db?.remove();
}
