import { sql } from 'kysely';
import { PIPELINE_VERSION } from '#contracts/pipeline.ts';
import type { Db, Trx } from '#server/platform/db.ts';

export interface LeftBehind {
  photoId: string;
  /** Times it was enqueued so far. */
  tries: number;
  isUploaded: boolean;
}

/**
 * Photos that are not what the current pipeline makes: lost jobs, older pipelines, face search switched on later. Each waits
 * twice as long after each try (2, 4, 8 … minutes), so that a queue that is merely long is not filled with repeats.
 */
export async function findLeftBehind(db: Db, limit: number): Promise<LeftBehind[]> {
  const { rows } = await sql<LeftBehind>`
    with candidates as (
      (select p.id, p.created_at, p.status
        from photos p
        where p.deleted_at is null and p.status <> 'failed' and p.pipeline_version < ${PIPELINE_VERSION}
        order by p.pipeline_version, p.created_at
        limit ${limit * 4})
      union
      (select p.id, p.created_at, p.status
        from events e join photos p on p.event_id = e.id
        where e.face_search_enabled and e.deleted_at is null
          and e.ends_at + make_interval(days => e.retention_days) > now()
          and p.face_spaces = '{}' and p.failure_code is null and p.deleted_at is null and p.status <> 'failed'
        limit ${limit * 4})
    ), tried as (
      select left(o.key, 36)::uuid as id, count(*)::int as tries, max(o.created_at) as last_at
      from outbox o
      where o.topic = 'index-photo' and left(o.key, 36) in (select id::text from candidates)
      group by 1
    )
    select c.id as "photoId", coalesce(t.tries, 0) as tries, c.status = 'uploaded' as "isUploaded"
    from candidates c left join tried t on t.id = c.id
    where c.created_at < now() - interval '2 minutes'
      and (t.last_at is null or t.last_at < now() - interval '1 minute' * power(2, least(t.tries, 8)))
    order by c.status = 'uploaded' desc, c.created_at
    limit ${limit}`.execute(db);
  return rows;
}

/** Searches that never got an answer though their time has passed, and descriptors that must not be kept any longer. */
export async function expireSearches(trx: Trx): Promise<{ descriptors: number; unanswered: string[] }> {
  const unanswered = await trx
    .updateTable('face_searches')
    .set({ status: 'failed', error_code: 'server.unavailable', descriptor: null, finished_at: sql<Date>`now()` })
    .where('status', '=', 'queued')
    .where('open_until', '<=', sql<Date>`now()`)
    .returning('id')
    .execute();
  const { numUpdatedRows } = await trx
    .updateTable('face_searches')
    .set({ descriptor: null })
    .where('descriptor', 'is not', null)
    .where('open_until', '<=', sql<Date>`now()`)
    .executeTakeFirst();
  return { descriptors: Number(numUpdatedRows), unanswered: unanswered.map(({ id }) => id) };
}

/** Searches that wait longer than any queue should: their job is asked for again. */
export const findWaitingSearches = (db: Db, limit: number) =>
  db
    .selectFrom('face_searches')
    .select('id')
    .where('status', '=', 'queued')
    .where('created_at', '<', sql<Date>`now() - interval '2 minutes'`)
    .where('open_until', '>', sql<Date>`now()`)
    .orderBy('created_at')
    .limit(limit)
    .execute();

/** Events that were deleted, or whose faces have been kept as long as was promised, and that still have some. */
export const findEventsPastRetention = (db: Db) =>
  db
    .selectFrom('events as e')
    .select('e.id')
    .where(sql<boolean>`(e.deleted_at is not null or e.ends_at + make_interval(days => e.retention_days) < now())`)
    .where((eb) =>
      eb.or([
        eb.exists(eb.selectFrom('faces as f').select('f.id').whereRef('f.event_id', '=', 'e.id')),
        eb.exists(
          eb
            .selectFrom('face_opt_outs as o')
            .select('o.id')
            .whereRef('o.event_id', '=', 'e.id')
            .where('o.descriptor', 'is not', null),
        ),
      ]),
    )
    .limit(20)
    .execute();

/** Deletes every face, group and suppression descriptor of an event; answers how many faces. Photos stay, without faces. */
export async function deleteEventFaces(trx: Trx, eventId: string): Promise<number> {
  const { numDeletedRows } = await trx.deleteFrom('faces').where('event_id', '=', eventId).executeTakeFirst();
  await trx.deleteFrom('face_groups').where('event_id', '=', eventId).execute();
  await trx.deleteFrom('face_group_actions').where('event_id', '=', eventId).execute();
  await trx
    .updateTable('face_engine_changes')
    .set({ status: 'cancelled', finished_at: sql<Date>`now()` })
    .where('event_id', '=', eventId)
    .where('status', '=', 'running')
    .execute();
  // Whoever still searches here finds nothing any more.
  await trx
    .updateTable('face_searches')
    .set({ descriptor: null, calibration: null, open_until: sql<Date>`least(open_until, now())` })
    .where('event_id', '=', eventId)
    .where('descriptor', 'is not', null)
    .execute();
  await trx.updateTable('face_opt_outs').set({ descriptor: null }).where('event_id', '=', eventId).execute();
  await trx
    .updateTable('photos')
    .set({ face_spaces: [] })
    .where('event_id', '=', eventId)
    .where('face_spaces', '<>', sql<string[]>`'{}'`)
    .execute();
  return Number(numDeletedRows);
}

/** Photos of deleted events that still have files, save those that somebody bought or is paying for. */
export const findPhotosOfDeletedEvents = async (db: Db, limit: number): Promise<string[]> => {
  const { rows } = await sql<{ id: string }>`
    select p.id from events e join photos p on p.event_id = e.id
    where e.deleted_at is not null
      and exists (select 1 from photo_files f where f.photo_id = p.id)
      and not exists (
        select 1 from order_items i join orders o on o.id = i.order_id
        where i.photo_id = p.id and o.status not in ('cancelled', 'expired'))
    order by p.id limit ${limit}`.execute(db);
  return rows.map(({ id }) => id);
};

/** Takes the files of these photos and what was read from them; answers the keys of the stored objects. */
export async function deletePhotoFiles(trx: Trx, photoIds: readonly string[]): Promise<string[]> {
  const files = await trx
    .deleteFrom('photo_files')
    .where('photo_id', 'in', [...photoIds])
    .returning('object_key')
    .execute();
  await trx
    .deleteFrom('photo_metadata')
    .where('photo_id', 'in', [...photoIds])
    .execute();
  await trx
    .deleteFrom('photo_bibs')
    .where('photo_id', 'in', [...photoIds])
    .execute();
  await trx
    .updateTable('photos')
    .set({ deleted_at: sql<Date>`coalesce(deleted_at, now())`, face_count: 0 })
    .where('id', 'in', [...photoIds])
    .execute();
  return files.map((file) => file.object_key);
}

/** Which of these pictures a waiting search still needs. */
export async function findNeededImages(db: Db, keys: readonly string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  const rows = await db
    .selectFrom('face_searches')
    .select('image_key')
    .where('image_key', 'in', [...keys])
    .execute();
  return new Set(rows.flatMap((row) => (row.image_key ? [row.image_key] : [])));
}
