import { sql } from 'kysely';
import type { Db, DbOrTrx } from '#server/platform/db.ts';

/**
 * Downloads that have begun. A cut one goes on from any byte without counting again: for two days, and until three times
 * its bytes were sent, so that ranges are no way around the limit.
 */
export const resumeMs = 48 * 3_600_000;
const timesItsBytes = 3;

export interface Begun {
  orderId: string;
  kind: 'original' | 'archive';
  etag: string;
  grantIds: string[];
  userId: string | null;
  bytes: number;
}

/** Writes down that a download begins with a request for `length` bytes. */
export async function begin(db: DbOrTrx, begun: Begun, length: number, at: Date): Promise<string> {
  const row = await db
    .insertInto('downloads')
    .values({
      order_id: begun.orderId,
      kind: begun.kind,
      etag: begun.etag,
      grant_ids: begun.grantIds,
      user_id: begun.userId,
      bytes: begun.bytes,
      bytes_sent: length,
      requests: 1,
      started_at: at,
      last_at: at,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

/** Takes `length` more bytes from one that has begun; undefined when there is none with as many left. */
export async function goOn(
  db: Db,
  of: { orderId: string; etag: string; grantId?: string },
  length: number,
  at: Date,
): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    update downloads set bytes_sent = bytes_sent + ${length}, requests = requests + 1, last_at = ${at}
    where id = (select id from downloads
      where order_id = ${of.orderId} and etag = ${of.etag} and started_at > ${new Date(at.getTime() - resumeMs)}
        ${of.grantId ? sql`and ${of.grantId}::uuid = any(grant_ids)` : sql``}
        and bytes_sent + ${length} <= bytes * ${timesItsBytes}::int
      order by started_at desc limit 1 for update)
    returning id`.execute(db);
  return rows[0]?.id;
}

/** What was asked for and did not leave: a cut connection gives it back. */
export const giveBack = (db: Db, id: string, bytes: number) =>
  db
    .updateTable('downloads')
    .set({ bytes_sent: sql<number>`greatest(0, bytes_sent - ${bytes})` })
    .where('id', '=', id)
    .execute();

/** Archives of the order that were begun lately, newest first. */
export const archivesOf = (db: Db, orderId: string, at: Date) =>
  db
    .selectFrom('downloads')
    .select(['etag', 'grant_ids'])
    .where('order_id', '=', orderId)
    .where('kind', '=', 'archive')
    .where('started_at', '>', new Date(at.getTime() - resumeMs))
    .orderBy('started_at', 'desc')
    .limit(5)
    .execute();
