import { sql } from 'kysely';
import type { DbOrTrx, Trx } from '#server/platform/db.ts';

/** Holds the event against everybody who describes or searches it until the transaction ends. */
export const lockEvent = (trx: Trx, eventId: string) =>
  trx
    .selectFrom('events')
    .select(['id', 'face_engine as engine'])
    .where('id', '=', eventId)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();

export const findEvent = (db: DbOrTrx, eventId: string) =>
  db
    .selectFrom('events')
    .select(['id', 'face_engine as engine'])
    .where('id', '=', eventId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();

/** Events by the space they are searched in, and those on their way to one. */
export async function countEvents(db: DbOrTrx): Promise<Map<string, { current: number; coming: number }>> {
  const { rows } = await sql<{ engine: string; current: number; coming: number }>`
    select engine, sum(current)::int as current, sum(coming)::int as coming from (
      select face_engine as engine, 1 as current, 0 as coming from events where deleted_at is null
      union all select to_engine, 0, 1 from face_engine_changes where status = 'running'
    ) s group by engine`.execute(db);
  return new Map(rows.map(({ engine, current, coming }) => [engine, { current, coming }]));
}

/** The running change of an event, else its last one. */
export const findChange = (db: DbOrTrx, eventId: string) =>
  db
    .selectFrom('face_engine_changes')
    .selectAll()
    .where('event_id', '=', eventId)
    .orderBy(sql`status = 'running'`, 'desc')
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
export type ChangeRow = NonNullable<Awaited<ReturnType<typeof findChange>>>;

/** Photos whose faces are (to be) described, and how many are in that space. */
export async function countDescribed(
  db: DbOrTrx,
  eventId: string,
  engine: string,
): Promise<{ photos: number; described: number }> {
  const { rows } = await sql<{ photos: number; described: number }>`
    select count(*)::int as photos, (count(*) filter (where face_spaces @> array[${engine}]::text[]))::int as described
    from photos where event_id = ${eventId} and deleted_at is null and status <> 'failed' and face_spaces <> '{}'`.execute(
    db,
  );
  return rows[0]!;
}

export const listFailures = (db: DbOrTrx, changeId: string) =>
  db
    .selectFrom('face_engine_failures as f')
    .innerJoin('photos as p', 'p.id', 'f.photo_id')
    .select(['f.photo_id as photoId', 'f.reason', 'f.attempts'])
    .where('f.change_id', '=', changeId)
    .where('p.deleted_at', 'is', null)
    .orderBy('f.created_at')
    .limit(100)
    .execute();

export const openSearches = (db: DbOrTrx, eventId: string) =>
  db
    .selectFrom('face_searches')
    .select((eb) => ['engine', eb.fn.countAll<number>().as('count')])
    .where('event_id', '=', eventId)
    .where('status', '=', 'done')
    .where('descriptor', 'is not', null)
    .where('open_until', '>', sql<Date>`now()`)
    .groupBy('engine')
    .orderBy('engine')
    .execute();

/** One job for each photo that lacks the space; `mark` tells this round of jobs from earlier ones. Answers how many. */
export async function enqueuePhotos(trx: Trx, eventId: string, engine: string, mark: string): Promise<number> {
  const result = await sql`
    insert into outbox (topic, key, payload)
    select 'describe-photo', p.id || '-' || ${mark}::text, json_build_object('photoId', p.id)
    from photos p
    where p.event_id = ${eventId} and p.deleted_at is null and p.status <> 'failed' and p.face_spaces <> '{}'
      and not p.face_spaces @> array[${engine}]::text[]
    order by p.created_at
    on conflict (topic, key) do nothing`.execute(trx);
  await sql`select pg_notify('outbox', '')`.execute(trx);
  return Number(result.numAffectedRows ?? 0);
}

/** Object of a model file in the store. */
export const modelKey = (sha256: string): string => `models/${sha256}`;

export async function saveDefault(trx: Trx, engine: string): Promise<void> {
  await trx.updateTable('face_engines').set({ is_default: false }).where('is_default', '=', true).execute();
  await trx
    .insertInto('face_engines')
    .values({ engine, is_default: true })
    .onConflict((c) => c.column('engine').doUpdateSet({ is_default: true, updated_at: sql<Date>`now()` }))
    .execute();
}

export async function saveAcceptance(
  trx: Trx,
  engine: string,
  acceptance: { noticeHash: string; userId: string } | null,
): Promise<void> {
  const values = {
    notice_hash: acceptance?.noticeHash ?? null,
    accepted_by: acceptance?.userId ?? null,
    accepted_at: acceptance ? sql<Date>`now()` : null,
    updated_at: sql<Date>`now()`,
    ...(!acceptance && { is_default: false }),
  };
  await trx
    .insertInto('face_engines')
    .values({ engine, ...values })
    .onConflict((c) => c.column('engine').doUpdateSet(values))
    .execute();
}
