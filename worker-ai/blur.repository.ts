import { sql } from 'kysely';
import type { Db } from '#server/platform/db.ts';
import { nextRevision, scopes } from '#server/platform/sync-revision.ts';

export interface Unblurred {
  photoId: string;
  eventId: string;
  /** Stored thumbnail; null where there is none. */
  objectKey: string | null;
}

/** Indexed photos without a blurred picture: what was indexed before there was one. Newest first: they are looked at. */
export const findUnblurred = (db: Db, limit: number): Promise<Unblurred[]> =>
  db
    .selectFrom('photos as p')
    .leftJoin('photo_files as f', (join) => join.onRef('f.photo_id', '=', 'p.id').on('f.kind', '=', 'small'))
    .select(['p.id as photoId', 'p.event_id as eventId', 'f.object_key as objectKey'])
    .where('p.thumb_hash', 'is', null)
    .where('p.pipeline_version', '>', 0)
    .where('p.deleted_at', 'is', null)
    .where('p.status', '<>', 'failed')
    .orderBy('p.created_at', 'desc')
    .limit(limit)
    .execute();

/** Phones hear of them by one revision for each event. An empty hash says that none can be made. Faces are not touched. */
export async function storeBlurs(db: Db, blurs: readonly { photoId: string; eventId: string; hash: Buffer }[]) {
  const events = new Set(blurs.map(({ eventId }) => eventId));
  for (const eventId of [...events].sort()) {
    const own = blurs.filter((blur) => blur.eventId === eventId);
    const ids = own.map(({ photoId }) => photoId);
    await db.transaction().execute(async (trx) => {
      await sql`select id from photos where id = any(${ids}::uuid[]) order by id for no key update`.execute(trx);
      const revision = await nextRevision(trx, scopes.eventPhotos(eventId));
      await sql`
        update photos p set thumb_hash = b.hash, revision = ${revision}
        from unnest(${ids}::uuid[], ${own.map(({ hash }) => hash)}::bytea[]) as b(id, hash)
        where p.id = b.id and p.thumb_hash is null and p.deleted_at is null`.execute(trx);
    });
  }
}
