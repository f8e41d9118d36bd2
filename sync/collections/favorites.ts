import { sql } from 'kysely';
import { z } from 'zod';
import type { Replicated } from '#contracts/sync/documents.ts';
import { type FavoriteDoc, favoriteDocVersion, isSame } from '#contracts/sync/favorites.ts';
import type { FavoritesService } from '#server/modules/favorites/service.ts';
import { scopes } from '#server/platform/sync-revision.ts';
import type { SyncCollection } from '../collection.ts';
import { ownerOf } from '../owner.ts';

interface Row {
  photo_id: string;
  event_id: string;
  created_at: Date;
  revision: number;
  deleted_at: Date | null;
}
const toDoc = (row: Row): Replicated<FavoriteDoc> => ({
  id: row.photo_id,
  eventId: row.event_id,
  addedAt: row.created_at.toISOString(),
  revision: row.revision,
  _deleted: row.deleted_at !== null,
});

const schema = z.object({
  id: z.uuid(),
  eventId: z.string(),
  addedAt: z.string(),
  revision: z.number(),
  _deleted: z.boolean(),
});

/** The viewer's favourites. */
export const favoritesCollection = (favorites: FavoritesService): SyncCollection<FavoriteDoc> => ({
  name: 'favorites',
  version: favoriteDocVersion,
  access: 'session',
  async open(context) {
    const userId = ownerOf(context);
    return {
      scope: scopes.favorites(userId),
      pull: async (db, after, limit) => (await favorites.pull(db, userId, after, limit)).map(toDoc),
    };
  },
  push: {
    schema,
    isSame,
    async lock(trx, context) {
      const scope = scopes.favorites(ownerOf(context));
      await trx
        .insertInto('sync_scopes')
        .values({ scope })
        .onConflict((c) => c.column('scope').doUpdateSet({ updated_at: sql<Date>`now()` }))
        .execute();
    },
    async find(trx, context, id) {
      const [row] = await favorites.findMany(trx, ownerOf(context), [id]);
      return row && toDoc(row);
    },
    async apply(trx, context, wanted) {
      const viewer = context.viewer!;
      await favorites.change(trx, viewer, wanted.id, !wanted._deleted, context.eventAccess);
      const [row] = await favorites.findMany(trx, ownerOf(context), [wanted.id]);
      return row && toDoc(row);
    },
    tombstone: (id) => ({ id, eventId: '', addedAt: '1970-01-01T00:00:00.000Z', revision: 0, _deleted: true }),
  },
});
