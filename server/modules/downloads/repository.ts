import { sql } from 'kysely';
import type { DbOrTrx, Trx } from '#server/platform/db.ts';

export interface Grant {
  id: string;
  order_id: string;
  photo_id: string;
  user_id: string;
  max_downloads: number;
  download_count: number;
}
/** A grant with its original (or clean picture); `object_key` is null while that is still on its way. */
export interface Deliverable extends Grant {
  file_name: string;
  object_key: string | null;
  content_type: string | null;
  bytes: number | null;
  crc32: number | null;
  taken_at: Date;
}

/** Live grants with what they open, oldest first. */
export async function deliverables(
  db: DbOrTrx,
  filter: { grantId?: string; orderId?: string; photoId?: string; userId?: string },
  kind: 'original' | 'clean' = 'original',
): Promise<Deliverable[]> {
  return db
    .selectFrom('download_grants as g')
    .innerJoin('photos as p', 'p.id', 'g.photo_id')
    .leftJoin('photo_files as f', (join) => join.onRef('f.photo_id', '=', 'g.photo_id').on('f.kind', '=', kind))
    .select(['g.id', 'g.order_id', 'g.photo_id', 'g.user_id', 'g.max_downloads', 'g.download_count'])
    .select(['p.file_name', 'f.object_key', 'f.content_type', 'f.bytes', 'f.crc32'])
    .select(sql<Date>`coalesce(p.taken_at, p.created_at)`.as('taken_at'))
    .where('g.revoked_at', 'is', null)
    .$if(filter.grantId !== undefined, (q) => q.where('g.id', '=', filter.grantId!))
    .$if(filter.orderId !== undefined, (q) => q.where('g.order_id', '=', filter.orderId!))
    .$if(filter.photoId !== undefined, (q) => q.where('g.photo_id', '=', filter.photoId!))
    .$if(filter.userId !== undefined, (q) => q.where('g.user_id', '=', filter.userId!))
    .orderBy('p.taken_at')
    .orderBy('p.file_name')
    .orderBy('g.id')
    .execute();
}

/** Uses one download of each grant; answers those that had one left. */
export async function use(db: DbOrTrx, grantIds: readonly string[], at: Date): Promise<Set<string>> {
  if (grantIds.length === 0) return new Set();
  const rows = await db
    .updateTable('download_grants')
    .set({ download_count: sql<number>`download_count + 1`, last_downloaded_at: at })
    .where('id', 'in', [...grantIds])
    .where('revoked_at', 'is', null)
    .whereRef('download_count', '<', 'max_downloads')
    .returning('id')
    .execute();
  return new Set(rows.map((row) => row.id));
}

export async function startAgain(db: DbOrTrx, orderId: string): Promise<void> {
  const query = db.updateTable('download_grants').set({ download_count: 0 }).where('order_id', '=', orderId);
  await query.where('revoked_at', 'is', null).execute();
}

export async function photoExists(db: DbOrTrx, photoId: string): Promise<boolean> {
  return (await db.selectFrom('photos').select('id').where('id', '=', photoId).executeTakeFirst()) !== undefined;
}

export const saveCrc = (db: DbOrTrx, photoId: string, crc32: number) =>
  db.updateTable('photo_files').set({ crc32 }).where('photo_id', '=', photoId).where('kind', '=', 'original').execute();

/** Originals that somebody may download and whose CRC is not known yet. */
export const withoutCrc = (db: DbOrTrx, limit: number) =>
  db
    .selectFrom('photo_files as f')
    .select(['f.photo_id', 'f.object_key', 'f.bytes'])
    .where('f.kind', '=', 'original')
    .where('f.crc32', 'is', null)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('download_grants as g')
          .select('g.id')
          .whereRef('g.photo_id', '=', 'f.photo_id')
          .where('g.revoked_at', 'is', null),
      ),
    )
    .limit(limit)
    .execute();

/** Orders with an original that has landed and that nobody was told of. */
export async function ordersToTell(db: DbOrTrx, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('download_grants as g')
    .innerJoin('photo_files as f', 'f.photo_id', 'g.photo_id')
    .select('g.order_id')
    .distinct()
    .where('f.kind', '=', 'original')
    .where('g.delivered_at', 'is', null)
    .where('g.revoked_at', 'is', null)
    .limit(limit)
    .execute();
  return rows.map((row) => row.order_id);
}

/** Marks the order's originals that are there as delivered; answers those grants, and how many are still on their way. */
export async function deliver(trx: Trx, orderId: string, at: Date): Promise<{ ids: string[]; waiting: number }> {
  const delivered = await trx
    .updateTable('download_grants as g')
    .set({ delivered_at: at })
    .where('g.order_id', '=', orderId)
    .where('g.delivered_at', 'is', null)
    .where('g.revoked_at', 'is', null)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('photo_files as f')
          .select('f.photo_id')
          .whereRef('f.photo_id', '=', 'g.photo_id')
          .where('f.kind', '=', 'original'),
      ),
    )
    .returning('g.id')
    .execute();
  const { waiting } = await trx
    .selectFrom('download_grants')
    .select(sql<number>`count(*)::int`.as('waiting'))
    .where('order_id', '=', orderId)
    .where('delivered_at', 'is', null)
    .where('revoked_at', 'is', null)
    .executeTakeFirstOrThrow();
  return { ids: delivered.map((row) => row.id).sort(), waiting };
}
