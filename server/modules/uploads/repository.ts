import { type Selectable, type SqlBool, sql } from 'kysely';
import type { DbOrTrx } from '#server/platform/db.ts';
import type { Uploads } from '#server/platform/db-types.ts';
import type { Cursor } from '#server/platform/pages.ts';

export type UploadRow = Selectable<Uploads>;
export type UploadStatus = 'receiving' | 'received' | 'completed' | 'duplicate' | 'failed' | 'cancelled';
export const unfinished = ['receiving', 'received'] as const;

export const insertUpload = (
  db: DbOrTrx,
  row: { id: string; event_id: string; user_id: string; file_name: string; bytes: number; status: UploadStatus },
) => db.insertInto('uploads').values(row).execute();

export const findUpload = (db: DbOrTrx, id: string): Promise<UploadRow | undefined> =>
  db.selectFrom('uploads').selectAll().where('id', '=', id).executeTakeFirst();

/** Moves an unfinished upload on; false when it had ended already. */
export async function moveUpload(
  db: DbOrTrx,
  id: string,
  from: readonly UploadStatus[],
  change: { status: UploadStatus; photo_id?: string; error_code?: string },
): Promise<boolean> {
  const result = await db
    .updateTable('uploads')
    .set({ ...change, updated_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('status', 'in', from)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

const hasOriginal = sql<boolean>`exists (select 1 from photo_files f where f.photo_id = photos.id and f.kind = 'original')`;

/** Live photo with these bytes in the event, and whether its original is here. */
export const findPhotoByHash = (db: DbOrTrx, eventId: string, sha256: Buffer) =>
  db
    .selectFrom('photos')
    .select(['id', hasOriginal.as('has_original')])
    .where('event_id', '=', eventId)
    .where('sha256', '=', sha256)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();

/** Those whose original is here: the others are still wanted. */
export const findPhotosByHash = (db: DbOrTrx, eventId: string, sha256: readonly Buffer[]) =>
  db
    .selectFrom('photos')
    .select(['id', 'sha256'])
    .where('event_id', '=', eventId)
    .where('sha256', 'in', sha256)
    .where(hasOriginal)
    .where('deleted_at', 'is', null)
    .execute();

export const listUploads = (
  db: DbOrTrx,
  userId: string,
  eventId: string | undefined,
  cursor: Cursor | undefined,
  limit: number,
) =>
  db
    .selectFrom('uploads')
    .leftJoin('photos', 'photos.id', 'uploads.photo_id')
    .selectAll('uploads')
    .select('photos.status as photo_status')
    .where('uploads.user_id', '=', userId)
    .$if(eventId !== undefined, (q) => q.where('uploads.event_id', '=', eventId!))
    .$if(cursor !== undefined, (q) =>
      q.where(sql<SqlBool>`(uploads.created_at, uploads.id) < (${cursor!.at}, ${cursor!.id})`),
    )
    .orderBy('uploads.created_at', 'desc')
    .orderBy('uploads.id', 'desc')
    .limit(limit + 1)
    .execute();

/** Unfinished uploads that nothing happened to since `before`, oldest first. */
export const listUnfinished = (db: DbOrTrx, before: Date, limit: number): Promise<UploadRow[]> =>
  db
    .selectFrom('uploads')
    .selectAll()
    .where('status', 'in', unfinished)
    .where('updated_at', '<', before)
    .orderBy('updated_at')
    .limit(limit)
    .execute();
