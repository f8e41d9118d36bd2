import { sql } from 'kysely';
import { AppError } from '#contracts/errors.ts';
import type { Viewer } from '#server/http/viewer.ts';
import type { Db, DbOrTrx, Trx } from '#server/platform/db.ts';
import { decodeCursor, toPage } from '#server/platform/pages.ts';
import { movePushes, nextRevision, scopes } from '#server/platform/sync-revision.ts';
import type { PhotosService } from '../photos/service.ts';
import * as repository from './repository.ts';

export type FavoritesService = ReturnType<typeof createFavoritesService>;

export function createFavoritesService({ db, photos }: { db: Db; photos: PhotosService }) {
  /** Marks or unmarks; doing it again changes nothing. Throws photo.not_found for a photo that cannot be marked. */
  async function apply(trx: Trx, userId: string, photoId: string, isFavorite: boolean): Promise<void> {
    const before = await repository.find(trx, userId, photoId);
    if (isFavorite === (before !== undefined && before.deleted_at === null)) return;
    if (!isFavorite) {
      const revision = await nextRevision(trx, scopes.favorites(userId));
      await trx
        .updateTable('favorites')
        .set({ deleted_at: sql<Date>`now()`, revision })
        .where('user_id', '=', userId)
        .where('photo_id', '=', photoId)
        .execute();
      return;
    }
    const photo = await trx
      .selectFrom('photos')
      .select('event_id')
      .where('id', '=', photoId)
      .where('status', '=', 'approved')
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    if (!photo) throw new AppError('photo.not_found');
    const revision = await nextRevision(trx, scopes.favorites(userId));
    await trx
      .insertInto('favorites')
      .values({ user_id: userId, photo_id: photoId, event_id: photo.event_id, revision })
      .onConflict((c) =>
        c.columns(['user_id', 'photo_id']).doUpdateSet({ deleted_at: null, created_at: sql<Date>`now()`, revision }),
      )
      .execute();
  }

  return {
    /**
     * What a device wants of one mark. `given`: access tokens of the request. Throws photo.not_found or event.access_code_required for a
     * photo that the viewer may not see.
     */
    async change(trx: Trx, viewer: Viewer, photoId: string, isFavorite: boolean, given: readonly string[]) {
      if (isFavorite) await photos.requireViewable(photoId, 'preview', viewer, given, trx);
      await apply(trx, viewer.userId, photoId, isFavorite);
    },
    async add(viewer: Viewer, photoId: string, given: readonly string[]): Promise<void> {
      await photos.requireViewable(photoId, 'preview', viewer, given);
      await db.transaction().execute((trx) => apply(trx, viewer.userId, photoId, true));
    },
    async remove(viewer: Viewer, photoId: string): Promise<void> {
      await db.transaction().execute((trx) => apply(trx, viewer.userId, photoId, false));
    },

    async list(viewer: Viewer, query: { cursor?: string | undefined; limit: number; eventId?: string | undefined }) {
      const rows = await repository.list(db, viewer.userId, query.eventId, decodeCursor(query.cursor), query.limit);
      const page = toPage(
        rows,
        query.limit,
        (row) => ({ at: row.created_at, id: row.photo_id }),
        (row) => row,
      );
      const views = await photos.viewsOf(page.items.map((row) => row.photo_id));
      const viewOf = new Map(views.map((view) => [view.id, view]));
      const items = page.items.map((row) => ({
        photoId: row.photo_id,
        addedAt: row.created_at.toISOString(),
        photo: viewOf.get(row.photo_id)!,
      }));
      return { items, nextCursor: page.nextCursor };
    },

    /** Rows above a checkpoint, tombstones too, in (revision, photo) order. */
    pull: (at: DbOrTrx, userId: string, after: { revision: number; id: string }, limit: number) =>
      repository.pull(at, userId, after, limit),
    findMany: (at: DbOrTrx, userId: string, photoIds: readonly string[]) => repository.findMany(at, userId, photoIds),

    /** A guest signed in: what the guest marked is the account's now. */
    async joinGuest(trx: Trx, guestId: string, userId: string): Promise<void> {
      const marked = await trx
        .selectFrom('favorites')
        .innerJoin('photos', 'photos.id', 'favorites.photo_id')
        .select('photo_id')
        .where('user_id', '=', guestId)
        .where('favorites.deleted_at', 'is', null)
        .where('photos.status', '=', 'approved')
        .where('photos.deleted_at', 'is', null)
        .orderBy('photo_id')
        .execute();
      await movePushes(trx, scopes.favorites(guestId), scopes.favorites(userId));
      for (const { photo_id } of marked) await apply(trx, userId, photo_id, true);
      await trx.deleteFrom('favorites').where('user_id', '=', guestId).execute();
    },
  };
}
