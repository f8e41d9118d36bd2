import { sql } from 'kysely';
import type { DbOrTrx } from '#server/platform/db.ts';

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
  had_gps: boolean;
}

/** Live grants with what they open, oldest first. */
export async function deliverables(
  db: DbOrTrx,
  filter: { grantId?: string; orderId?: string; photoId?: string; userId?: string },
  kind: 'original' | 'clean' = 'original',
): Promise<Deliverable[]> {
  return (
    db
      .selectFrom('download_grants as g')
      .innerJoin('photos as p', 'p.id', 'g.photo_id')
      .leftJoin('photo_files as f', (join) => join.onRef('f.photo_id', '=', 'g.photo_id').on('f.kind', '=', kind))
      .leftJoin('photo_metadata as m', 'm.photo_id', 'g.photo_id')
      .select(['g.id', 'g.order_id', 'g.photo_id', 'g.user_id', 'g.max_downloads', 'g.download_count'])
      .select(['p.file_name', 'f.object_key', 'f.content_type', 'f.bytes'])
      // Not looked at yet counts as having one.
      .select(sql<boolean>`coalesce(m.had_gps, true)`.as('had_gps'))
      .where('g.revoked_at', 'is', null)
      .$if(filter.grantId !== undefined, (q) => q.where('g.id', '=', filter.grantId!))
      .$if(filter.orderId !== undefined, (q) => q.where('g.order_id', '=', filter.orderId!))
      .$if(filter.photoId !== undefined, (q) => q.where('g.photo_id', '=', filter.photoId!))
      .$if(filter.userId !== undefined, (q) => q.where('g.user_id', '=', filter.userId!))
      .orderBy('p.taken_at')
      .orderBy('p.file_name')
      .orderBy('g.id')
      .execute()
  );
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
