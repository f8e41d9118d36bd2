import { sql } from 'kysely';
import type { DbOrTrx, Trx } from '#server/platform/db.ts';

export const photoExists = (db: DbOrTrx, photoId: string) =>
  db.selectFrom('photos').select('id').where('id', '=', photoId).where('deleted_at', 'is', null).executeTakeFirst();

export const eventExists = (db: DbOrTrx, eventId: string) =>
  db.selectFrom('events').select('id').where('id', '=', eventId).where('deleted_at', 'is', null).executeTakeFirst();

/** Everything about the faces of a photo but their descriptors. */
export const listFaces = (db: DbOrTrx, photoId: string) =>
  db
    .selectFrom('faces as f')
    .leftJoin('face_group_members as m', 'm.face_id', 'f.id')
    .select([
      'f.id',
      sql<
        string[]
      >`(select coalesce(array_agg(d.engine order by d.engine), '{}') from face_descriptors d where d.face_id = f.id)`.as(
        'engines',
      ),
      'f.box_x as boxX',
      'f.box_y as boxY',
      'f.box_width as boxWidth',
      'f.box_height as boxHeight',
      'f.score',
      'f.quality',
      'f.quality_parts as qualityParts',
      'f.hidden_at as hiddenAt',
      'm.group_id as groupId',
    ])
    .where('f.photo_id', '=', photoId)
    .orderBy('f.ordinal')
    .execute();

/** Groups that were not merged away, with their size and the best face to show. */
const groups = (db: DbOrTrx) =>
  db
    .selectFrom('face_groups as g')
    .innerJoin(
      (eb) =>
        eb
          .selectFrom('face_group_members as m')
          .innerJoin('faces as f', 'f.id', 'm.face_id')
          .innerJoin('photos as p', 'p.id', 'f.photo_id')
          .select(['m.group_id as groupId'])
          .select([
            sql<number>`count(*)::int`.as('faceCount'),
            sql<number>`count(distinct f.photo_id)::int`.as('photoCount'),
            sql<string>`(array_agg(f.id order by f.quality desc, f.id))[1]`.as('coverId'),
          ])
          .where('f.hidden_at', 'is', null)
          .where('p.deleted_at', 'is', null)
          .groupBy('m.group_id')
          .as('n'),
      (join) => join.onRef('n.groupId', '=', 'g.id'),
    )
    .innerJoin('faces as c', 'c.id', 'n.coverId')
    .innerJoin('photos as cp', 'cp.id', 'c.photo_id')
    .select([
      'g.id',
      'g.event_id as eventId',
      'g.label',
      'g.created_at as createdAt',
      'n.faceCount',
      'n.photoCount',
      'c.id as coverFaceId',
      'c.photo_id as coverPhotoId',
      'cp.width as coverWidth',
      'c.box_x as boxX',
      'c.box_y as boxY',
      'c.box_width as boxWidth',
      'c.box_height as boxHeight',
    ])
    .where('g.merged_into', 'is', null);
export type GroupRow = Awaited<ReturnType<ReturnType<typeof groups>['execute']>>[number];

/** Largest first. `after`: faceCount and id of the last group of the page before. */
export const listGroups = (
  db: DbOrTrx,
  eventId: string,
  page: { after: { faceCount: number; id: string } | undefined; limit: number },
) =>
  groups(db)
    .where('g.event_id', '=', eventId)
    .$if(page.after !== undefined, (q) =>
      q.where(sql<boolean>`(-n."faceCount", g.id) > (${-page.after!.faceCount}::int, ${page.after!.id}::uuid)`),
    )
    .orderBy('n.faceCount', 'desc')
    .orderBy('g.id')
    .limit(page.limit + 1)
    .execute();

export const findGroup = (db: DbOrTrx, groupId: string) => groups(db).where('g.id', '=', groupId).executeTakeFirst();

/** Locks the groups that are still there, in a fixed order. */
export const lockGroups = (trx: Trx, groupIds: readonly string[]) =>
  trx
    .selectFrom('face_groups')
    .select(['id', 'event_id as eventId'])
    .where('id', 'in', [...groupIds])
    .where('merged_into', 'is', null)
    .orderBy('id')
    .forUpdate()
    .execute();

/** What a group was before an admin changed it, with its members. */
export interface Before {
  members: Array<[faceId: string, groupId: string, source: string]>;
  groups: Array<[id: string, label: string | null]>;
  created: string[];
}

/** One change or grouping of an event at a time; released with the transaction. */
export const lockGrouping = (trx: Trx, eventId: string) =>
  sql`select pg_advisory_xact_lock(hashtextextended(${`group-faces ${eventId}`}, 0))`.execute(trx);

export async function readBefore(trx: Trx, groupIds: readonly string[]): Promise<Before> {
  const groups = await trx
    .selectFrom('face_groups')
    .select(['id', 'label'])
    .where('id', 'in', [...groupIds])
    .execute();
  const members = await trx
    .selectFrom('face_group_members')
    .select(['face_id', 'group_id', 'source'])
    .where('group_id', 'in', [...groupIds])
    .execute();
  return {
    members: members.map((row) => [row.face_id, row.group_id, row.source]),
    groups: groups.map((row) => [row.id, row.label]),
    created: [],
  };
}

export async function recordAction(
  trx: Trx,
  action: { eventId: string; kind: 'merge' | 'split' | 'label'; actorId: string; before: Before },
): Promise<void> {
  const { before } = action;
  await trx
    .insertInto('face_group_actions')
    .values({
      event_id: action.eventId,
      kind: action.kind,
      actor_id: action.actorId,
      group_ids: [...before.groups.map(([id]) => id), ...before.created],
      before: JSON.stringify(before),
    })
    .execute();
}

export const lastAction = (db: DbOrTrx, eventId: string) =>
  db
    .selectFrom('face_group_actions')
    .select(['id', 'kind', 'before', 'created_at as at'])
    .where('event_id', '=', eventId)
    .where('undone_at', 'is', null)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();

/** Puts groups and their faces back to where they were. Faces that came since stay where they are; those that are gone stay gone. */
export async function restore(trx: Trx, actionId: string, { members, groups, created }: Before): Promise<void> {
  for (const [id, label] of groups)
    await trx
      .updateTable('face_groups')
      .set({ label, merged_into: null, updated_at: sql<Date>`now()` })
      .where('id', '=', id)
      .execute();
  await sql`
    insert into face_group_members (face_id, group_id, source)
    select m.face_id, m.group_id, m.source
    from unnest(
      ${members.map(([faceId]) => faceId)}::uuid[], ${members.map(([, groupId]) => groupId)}::uuid[],
      ${members.map(([, , source]) => source)}::text[]
    ) as m (face_id, group_id, source)
    join faces f on f.id = m.face_id join face_groups g on g.id = m.group_id
    where f.hidden_at is null
    on conflict (face_id) do update set group_id = excluded.group_id, source = excluded.source`.execute(trx);
  if (created.length > 0) await trx.deleteFrom('face_groups').where('id', 'in', created).execute();
  await trx
    .updateTable('face_group_actions')
    .set({ undone_at: sql<Date>`clock_timestamp()` })
    .where('id', '=', actionId)
    .execute();
}

export const setLabel = (trx: Trx, groupId: string, label: string | null) =>
  trx.updateTable('face_groups').set({ label, updated_at: sql<Date>`now()` }).where('id', '=', groupId).execute();

export const listMembers = (db: DbOrTrx, groupId: string, limit: number) =>
  db
    .selectFrom('face_group_members as m')
    .innerJoin('faces as f', 'f.id', 'm.face_id')
    .innerJoin('photos as p', 'p.id', 'f.photo_id')
    .select(['f.id', 'f.photo_id as photoId', 'f.quality', 'm.source', 'p.width', 'p.height'])
    .select(['f.box_x as boxX', 'f.box_y as boxY', 'f.box_width as boxWidth', 'f.box_height as boxHeight'])
    .where('m.group_id', '=', groupId)
    .where('f.hidden_at', 'is', null)
    .where('p.deleted_at', 'is', null)
    .orderBy('f.quality', 'desc')
    .orderBy('f.id')
    .limit(limit)
    .execute();

/** Members put somewhere by an admin stay there when the event is grouped again. */
export async function moveMembers(trx: Trx, fromGroupIds: readonly string[], toGroupId: string): Promise<void> {
  await trx
    .updateTable('face_group_members')
    .set({ group_id: toGroupId, source: 'admin' })
    .where('group_id', 'in', [...fromGroupIds, toGroupId])
    .execute();
  await trx
    .updateTable('face_groups')
    .set({ merged_into: toGroupId, updated_at: sql<Date>`now()` })
    .where('id', 'in', [...fromGroupIds])
    .execute();
}

/** Moves faces of one group into a new one; answers how many of them were members. */
export async function splitMembers(
  trx: Trx,
  group: { id: string; eventId: string },
  faceIds: readonly string[],
): Promise<{ groupId: string; moved: number }> {
  const created = await trx
    .insertInto('face_groups')
    .values({ event_id: group.eventId })
    .returning('id')
    .executeTakeFirstOrThrow();
  const { numUpdatedRows } = await trx
    .updateTable('face_group_members')
    .set({ group_id: created.id, source: 'admin' })
    .where('group_id', '=', group.id)
    .where('face_id', 'in', [...faceIds])
    .executeTakeFirst();
  // What stays was looked at as well.
  await trx.updateTable('face_group_members').set({ source: 'admin' }).where('group_id', '=', group.id).execute();
  return { groupId: created.id, moved: Number(numUpdatedRows) };
}
