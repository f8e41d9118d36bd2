import { sql } from 'kysely';
import type { Box } from '#face/types.ts';
import type { Db, DbOrTrx, Trx } from '#server/platform/db.ts';

/** A photo whose faces are known; undefined when it is gone, was never indexed, or has nothing to describe any more. */
export const findPhotoToDescribe = (db: DbOrTrx, photoId: string) =>
  db
    .selectFrom('photos as p')
    .innerJoin('events as e', 'e.id', 'p.event_id')
    .innerJoin('photo_files as f', (join) => join.onRef('f.photo_id', '=', 'p.id').on('f.kind', '=', 'original'))
    .select([
      'p.id',
      'p.event_id as eventId',
      'p.face_spaces as spaces',
      'p.pipeline_version as pipelineVersion',
      'f.object_key as objectKey',
    ])
    .where('p.id', '=', photoId)
    .where('p.deleted_at', 'is', null)
    .where('p.status', '<>', 'failed')
    .where('e.face_search_enabled', '=', true)
    .where(sql<boolean>`p.face_spaces <> '{}'`)
    .where(sql<boolean>`e.ends_at + make_interval(days => e.retention_days) > now()`)
    .executeTakeFirst();

export interface KnownFace {
  id: string;
  box: Box;
  /** Little-endian float32 pairs; null for faces of older pipelines. */
  landmarks: Buffer | null;
  /** Undefined for faces of older pipelines. */
  isReliable: boolean | undefined;
}

/** Faces that are not hidden and lack one of the spaces. */
export async function findFacesWithout(db: Db, photoId: string, spaces: readonly string[]): Promise<KnownFace[]> {
  const rows = await db
    .selectFrom('faces as f')
    .select(['f.id', 'f.box_x as x', 'f.box_y as y', 'f.box_width as w', 'f.box_height as h', 'f.landmarks'])
    .select(sql<number | null>`(f.quality_parts ->> 'reliable')::real`.as('reliable'))
    .where('f.photo_id', '=', photoId)
    .where('f.hidden_at', 'is', null)
    .where(
      sql<boolean>`(select count(*) from face_descriptors d where d.face_id = f.id and d.engine = any(${[...spaces]}::text[])) < ${spaces.length}`,
    )
    .orderBy('f.ordinal')
    .execute();
  return rows.map(({ id, x, y, w, h, landmarks, reliable }) => ({
    id,
    box: { x, y, w, h },
    landmarks,
    isReliable: reliable === null ? undefined : reliable > 0,
  }));
}

/** Locks the photo; undefined when it was deleted or is being looked at anew by another pipeline. */
export const lockDescribed = (trx: Trx, photo: { id: string; pipelineVersion: number }) =>
  trx
    .selectFrom('photos')
    .select(['id', 'status', 'face_spaces as spaces'])
    .where('id', '=', photo.id)
    .where('deleted_at', 'is', null)
    .where('pipeline_version', '=', photo.pipelineVersion)
    .where(sql<boolean>`face_spaces <> '{}'`)
    .forNoKeyUpdate()
    .executeTakeFirst();

/** Those of the faces that are still there and still not hidden. */
export async function stillVisible(trx: Trx, faceIds: readonly string[]): Promise<Set<string>> {
  if (faceIds.length === 0) return new Set();
  const rows = await trx
    .selectFrom('faces')
    .select('id')
    .where('id', 'in', [...faceIds])
    .where('hidden_at', 'is', null)
    .forKeyShare()
    .execute();
  return new Set(rows.map(({ id }) => id));
}

export async function markDescribed(trx: Trx, photoId: string, spaces: readonly string[]): Promise<void> {
  await sql`
    update photos set face_spaces = (
      select array_agg(distinct s order by s) from unnest(face_spaces || ${[...spaces]}::text[]) s
    ) where id = ${photoId}`.execute(trx);
}

/** Notes for the running change of the event that this photo cannot be described; nothing when none runs. */
export async function recordFailure(db: DbOrTrx, photoId: string, reason: string, attempts: number): Promise<void> {
  await sql`
    insert into face_engine_failures (change_id, photo_id, reason, attempts)
    select c.id, p.id, ${reason}, ${attempts} from photos p
    join face_engine_changes c on c.event_id = p.event_id and c.status = 'running'
    where p.id = ${photoId}
    on conflict (change_id, photo_id) do update set reason = excluded.reason, attempts = excluded.attempts`.execute(db);
}

/** Whether a change runs in the event and no photo without a noted failure is left. Cheap while many are. */
export async function isChangeComplete(db: Db, eventId: string): Promise<boolean> {
  const { rows } = await sql<{ done: boolean }>`
    select not exists (
      select 1 from photos p
      where p.event_id = c.event_id and p.deleted_at is null and p.status <> 'failed' and p.face_spaces <> '{}'
        and not p.face_spaces @> array[c.to_engine]
        and not exists (select 1 from face_engine_failures f where f.change_id = c.id and f.photo_id = p.id)
    ) as done
    from face_engine_changes c where c.event_id = ${eventId} and c.status = 'running'`.execute(db);
  return rows[0]?.done ?? false;
}

export const spaceBeingPrepared = async (db: DbOrTrx, eventId: string): Promise<string | undefined> =>
  (
    await db
      .selectFrom('face_engine_changes')
      .select('to_engine')
      .where('event_id', '=', eventId)
      .where('status', '=', 'running')
      .executeTakeFirst()
  )?.to_engine;

export const findRunningChanges = (db: Db) =>
  db.selectFrom('face_engine_changes').select(['id', 'event_id as eventId']).where('status', '=', 'running').execute();

/** Photos that lack the space their event is searched in or going to, and whose job was not asked for within the hour. */
export async function findUndescribed(db: Db, limit: number): Promise<{ photoId: string }[]> {
  const { rows } = await sql<{ photoId: string }>`
    with changing as (
      select distinct e.id, e.face_engine, c.to_engine, c.id as change_id
      from face_engine_changes c join events e on e.id = c.event_id
      where e.deleted_at is null and (c.status = 'running' or c.status = 'switched' and c.finished_at > now() - interval '2 days')
    )
    select distinct p.id as "photoId" from changing c join photos p on p.event_id = c.id
    where p.deleted_at is null and p.status <> 'failed' and p.face_spaces <> '{}'
      and not p.face_spaces @> array[c.face_engine, c.to_engine]
      and p.updated_at < now() - interval '1 minute'
      and not exists (select 1 from face_engine_failures f where f.photo_id = p.id)
      and not exists (select 1 from outbox o where o.topic = 'describe-photo'
        and o.key >= p.id::text and o.key < p.id::text || '.' and o.created_at > now() - interval '1 hour')
    limit ${limit}`.execute(db);
  return rows;
}

/** Changes that are over and whose other space may still lie about. */
export const findUncleaned = (db: Db) =>
  db
    .selectFrom('face_engine_changes')
    .select(['id', 'event_id as eventId'])
    .select(sql<string>`case when status = 'switched' then from_engine else to_engine end`.as('engine'))
    .where('status', '<>', 'running')
    .where('cleaned_at', 'is', null)
    .limit(20)
    .execute();

/** Drops what describes an event in a space that nobody needs any more. The event's row must be locked. Answers how many. */
export async function dropSpace(trx: Trx, eventId: string, engine: string): Promise<number> {
  const { numDeletedRows } = await trx
    .deleteFrom('face_descriptors')
    .where('event_id', '=', eventId)
    .where('engine', '=', engine)
    .executeTakeFirst();
  await sql`update photos set face_spaces = array_remove(face_spaces, ${engine})
    where event_id = ${eventId} and face_spaces @> array[${engine}]::text[] and cardinality(face_spaces) > 1`.execute(
    trx,
  );
  return Number(numDeletedRows);
}

export const markCleaned = (trx: Trx, changeId: string) =>
  trx.updateTable('face_engine_changes').set({ cleaned_at: sql<Date>`now()` }).where('id', '=', changeId).execute();
