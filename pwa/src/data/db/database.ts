import {
  createRxDatabase,
  type RxCollection,
  type RxConflictHandler,
  type RxDatabase,
  type RxJsonSchema,
} from 'rxdb/plugins/core';
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie';
import * as cartItems from '#contracts/sync/cart-items.ts';
import type { Conflict, Replicated } from '#contracts/sync/documents.ts';
import * as events from '#contracts/sync/events.ts';
import * as favorites from '#contracts/sync/favorites.ts';

export type Collections = {
  events: RxCollection<events.EventDoc>;
  cart_items: RxCollection<cartItems.CartItemDoc>;
  favorites: RxCollection<favorites.FavoriteDoc>;
};
export type PxDatabase = RxDatabase<Collections>;

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

/** The device's replica; opened once per tab, after the first picture. Rejects where IndexedDB is refused. */
export function database(): Promise<PxDatabase> {
  opening ??= open();
  opening.catch(() => {
    opening = null;
  });
  return opening;
}

async function open(): Promise<PxDatabase> {
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

/** Sign-out: nothing of this person stays on the device. */
export async function removeDatabase(): Promise<void> {
  const db = await database().catch(() => null);
  opening = null;
  await db?.remove();
}
