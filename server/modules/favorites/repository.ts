import { type SqlBool, sql } from 'kysely';
import type { DbOrTrx } from '#server/platform/db.ts';
import type { Cursor } from '#server/platform/pages.ts';
import { afterCheckpoint } from '#server/platform/sync-revision.ts';

export const find = (db: DbOrTrx, userId: string, photoId: string) =>
  db
    .selectFrom('favorites')
    .selectAll()
    .where('user_id', '=', userId)
    .where('photo_id', '=', photoId)
    .executeTakeFirst();

export const findMany = (db: DbOrTrx, userId: string, photoIds: readonly string[]) =>
  db.selectFrom('favorites').selectAll().where('user_id', '=', userId).where('photo_id', 'in', photoIds).execute();

/** Live favourites of photos that can still be seen, newest first; `limit + 1` rows. */
export const list = (
  db: DbOrTrx,
  userId: string,
  eventId: string | undefined,
  cursor: Cursor | undefined,
  limit: number,
) =>
  db
    .selectFrom('favorites')
    .innerJoin('photos', 'photos.id', 'favorites.photo_id')
    .selectAll('favorites')
    .where('favorites.user_id', '=', userId)
    .where('favorites.deleted_at', 'is', null)
    .where('photos.deleted_at', 'is', null)
    .where('photos.status', '=', 'approved')
    .$if(eventId !== undefined, (q) => q.where('favorites.event_id', '=', eventId!))
    .$if(cursor !== undefined, (q) =>
      q.where(sql<SqlBool>`(favorites.created_at, favorites.photo_id) < (${cursor!.at}, ${cursor!.id})`),
    )
    .orderBy('favorites.created_at', 'desc')
    .orderBy('favorites.photo_id', 'desc')
    .limit(limit + 1)
    .execute();

export const pull = (db: DbOrTrx, userId: string, after: { revision: number; id: string }, limit: number) =>
  db
    .selectFrom('favorites')
    .selectAll()
    .where('user_id', '=', userId)
    .where(afterCheckpoint('favorites', after, 'photo_id'))
    .orderBy('revision')
    .orderBy('photo_id')
    .limit(limit)
    .execute();
