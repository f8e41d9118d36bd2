import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { DbOrTrx, Trx } from '#server/platform/db.ts';

export const findMembers = (db: DbOrTrx, eventId: string) =>
  db
    .selectFrom('face_group_members as m')
    .innerJoin('face_groups as g', 'g.id', 'm.group_id')
    .select(['m.face_id as faceId', 'm.group_id as groupId', 'm.source'])
    .where('g.event_id', '=', eventId)
    .where('g.merged_into', 'is', null)
    .execute();

/** Only one grouping of an event at a time; released with the transaction. */
export const lockGrouping = (trx: Trx, eventId: string) =>
  sql`select pg_advisory_xact_lock(hashtextextended(${`group-faces ${eventId}`}, 0))`.execute(trx);

/** The last thing an admin did, undone or not; undefined when nothing was done yet. */
export const findLastAction = async (db: DbOrTrx, eventId: string): Promise<string | undefined> => {
  const row = await db
    .selectFrom('face_group_actions')
    .select(['id', 'undone_at'])
    .where('event_id', '=', eventId)
    .orderBy(sql`coalesce(undone_at, created_at)`, 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && `${row.id} ${row.undone_at !== null}`;
};

export interface Grouping {
  /** Undefined: a new group. */
  groupId: string | undefined;
  faceIds: readonly string[];
}

/** Makes the automatic members of an event those given; what an admin decided meanwhile stays. Empty automatic groups go. */
export async function replaceGroups(trx: Trx, eventId: string, groupings: readonly Grouping[]) {
  await trx
    .deleteFrom('face_group_members as m')
    .using('face_groups as g')
    .whereRef('g.id', '=', 'm.group_id')
    .where('g.event_id', '=', eventId)
    .where('m.source', '=', 'automatic')
    .execute();
  const named = groupings.map(({ groupId, faceIds }) => ({ id: groupId ?? randomUUID(), isNew: !groupId, faceIds }));
  const added = named.flatMap(({ id, isNew }) => (isNew ? [id] : []));
  await sql`
    insert into face_groups (id, event_id)
    select id, ${eventId}::uuid from unnest(${added}::uuid[]) as g (id)`.execute(trx);
  await sql`
    insert into face_group_members (face_id, group_id, source)
    select f.id, m.group_id, 'automatic'
    from unnest(
      ${named.flatMap(({ faceIds }) => faceIds)}::uuid[],
      ${named.flatMap(({ id, faceIds }) => faceIds.map(() => id))}::uuid[]) as m (face_id, group_id)
    join faces f on f.id = m.face_id
    on conflict (face_id) do nothing`.execute(trx);
  await sql`
    delete from face_groups g
    where g.event_id = ${eventId} and g.merged_into is null and g.label is null
      and not exists (select 1 from face_group_members m where m.group_id = g.id)
      and not exists (select 1 from face_groups o where o.merged_into = g.id)`.execute(trx);
}
