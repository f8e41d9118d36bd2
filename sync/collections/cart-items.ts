import { z } from 'zod';
import { type CartItemDoc, cartItemDocVersion, isSame } from '#contracts/sync/cart-items.ts';
import type { Checkpoint, Replicated } from '#contracts/sync/documents.ts';
import type { DbOrTrx, Trx } from '#server/platform/db.ts';
import { scopes } from '#server/platform/sync-revision.ts';
import type { SyncCollection } from '../collection.ts';
import { ownerOf } from '../owner.ts';

interface Line {
  photoId: string;
  eventId: string;
  isSelected: boolean;
  revision: number;
  addedAt: Date;
  deleted: boolean;
}
/** What the cart module does for replication. */
export interface CartLines {
  pullLines(db: DbOrTrx, userId: string, after: Checkpoint, limit: number): Promise<Line[]>;
  findLine(db: DbOrTrx, userId: string, photoId: string): Promise<Line | undefined>;
  applyLine(
    trx: Trx,
    userId: string,
    wanted: { photoId: string; isSelected: boolean; deleted: boolean },
  ): Promise<Line | undefined>;
}

const toDoc = (line: Line): Replicated<CartItemDoc> => ({
  id: line.photoId,
  eventId: line.eventId,
  isSelected: line.isSelected,
  addedAt: line.addedAt.toISOString(),
  revision: line.revision,
  _deleted: line.deleted,
});

const schema = z.object({
  id: z.uuid(),
  eventId: z.string(),
  isSelected: z.boolean(),
  addedAt: z.string(),
  revision: z.number(),
  _deleted: z.boolean(),
});

/** The lines of the viewer's cart. Every writer of a cart holds its row, so that is what a push holds, too. */
export const cartItemsCollection = (cart: CartLines): SyncCollection<CartItemDoc> => ({
  name: 'cart_items',
  version: cartItemDocVersion,
  access: 'session',
  async open(context) {
    const userId = ownerOf(context);
    return {
      scope: scopes.cart(userId),
      pull: async (db, after, limit) => (await cart.pullLines(db, userId, after, limit)).map(toDoc),
    };
  },
  push: {
    schema,
    isSame,
    async lock(trx, context) {
      const userId = ownerOf(context);
      await trx
        .insertInto('carts')
        .values({ user_id: userId })
        .onConflict((c) => c.column('user_id').doNothing())
        .execute();
      await trx.selectFrom('carts').select('id').where('user_id', '=', userId).forUpdate().execute();
    },
    async find(trx, context, id) {
      const line = await cart.findLine(trx, ownerOf(context), id);
      return line && toDoc(line);
    },
    async apply(trx, context, wanted) {
      const line = await cart.applyLine(trx, ownerOf(context), {
        photoId: wanted.id,
        isSelected: wanted.isSelected,
        deleted: wanted._deleted,
      });
      return line && toDoc(line);
    },
    tombstone: (id) => ({ id, eventId: '', isSelected: false, addedAt: epoch, revision: 0, _deleted: true }),
  },
});

const epoch = '1970-01-01T00:00:00.000Z';
