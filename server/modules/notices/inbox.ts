import { type Expression, type SqlBool, sql } from 'kysely';
import type { InboxNotice } from '#contracts/http/notices.ts';
import type { Viewer } from '#server/http/viewer.ts';
import type { Db, Trx } from '#server/platform/db.ts';
import { notify } from '#server/platform/notify.ts';
import { decodeCursor, toPage } from '#server/platform/pages.ts';

export type Inbox = ReturnType<typeof createInbox>;

/** What happened to a person, kept for 90 days (housekeeping) so that it can be read in the app, whatever else was sent. */
export function createInbox({ db }: { db: Db }) {
  const countUnread = async (userId: string): Promise<number> => {
    const { count } = await db
      .selectFrom('notices')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('user_id', '=', userId)
      .where('read_at', 'is', null)
      .executeTakeFirstOrThrow();
    return count;
  };

  return {
    async list(viewer: Viewer, query: { cursor?: string | undefined; limit: number }) {
      const after = decodeCursor(query.cursor);
      const rows = await db
        .selectFrom('notices')
        .selectAll()
        .where((eb) => {
          const all: Expression<SqlBool>[] = [eb('user_id', '=', viewer.userId)];
          if (after) all.push(sql<boolean>`(created_at, id) < (${after.at}, ${after.id}::uuid)`);
          return eb.and(all);
        })
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(query.limit + 1)
        .execute();
      const page = toPage(
        rows,
        query.limit,
        (row) => ({ at: row.created_at, id: row.id }),
        (row): InboxNotice => ({
          id: row.id,
          kind: row.kind as InboxNotice['kind'],
          titleTh: row.title_th,
          titleEn: row.title_en,
          bodyTh: row.body_th,
          bodyEn: row.body_en,
          path: row.path,
          createdAt: row.created_at.toISOString(),
          readAt: row.read_at?.toISOString() ?? null,
        }),
      );
      return { ...page, unread: await countUnread(viewer.userId) };
    },
    /** Marks these as read, all without `ids`. Others' are left alone; the person's other pages are told. */
    async read(viewer: Viewer, ids: readonly string[] | undefined): Promise<{ unread: number }> {
      await db.transaction().execute(async (trx) => {
        const changed = await trx
          .updateTable('notices')
          .set({ read_at: sql<Date>`now()` })
          .where('user_id', '=', viewer.userId)
          .where('read_at', 'is', null)
          .$if(ids !== undefined, (q) => q.where('id', 'in', [...ids!]))
          .executeTakeFirst();
        if (changed.numUpdatedRows > 0n) await notify(trx, viewer.userId, { type: 'inbox.changed' });
      });
      return { unread: await countUnread(viewer.userId) };
    },
    /** A guest's notices go with them; what the account was told already is not told twice. */
    async joinGuest(trx: Trx, guestId: string, userId: string): Promise<void> {
      await sql`update notices g set user_id = ${userId} where g.user_id = ${guestId} and not exists (
        select 1 from notices m where m.user_id = ${userId} and m.dedupe_key = g.dedupe_key)`.execute(trx);
    },
  };
}
