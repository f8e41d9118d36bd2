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
    .select([
      'g.id',
      'g.event_id as eventId',
      'g.label',
      'g.created_at as createdAt',
      'n.faceCount',
      'n.photoCount',
      'c.id as coverFaceId',
      'c.photo_id as coverPhotoId',
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
