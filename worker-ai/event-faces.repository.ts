import { type RawBuilder, sql } from 'kysely';
import { descriptorLengths, type EngineId } from '#contracts/pipeline.ts';
import { descriptorFromBytes } from '#face/descriptor.ts';
import type { IndexedFace } from '#face/search.ts';
import type { Db, DbOrTrx, Trx } from '#server/platform/db.ts';
import { scopes } from '#server/platform/sync-revision.ts';

/** What is known of an event's faces at one instant. */
export interface FacesInstant {
  /** Revision of the event's faces. */
  revision: number;
  /** PostgreSQL's word for what was visible then. */
  snapshot: string;
}
export interface EventFaces extends FacesInstant {
  /** Approved photos whose faces were described, those without faces too. */
  photoCount: number;
}
/** A searchable face as it is stored: `descriptor` is little-endian float32. */
export interface StoredFace {
  id: string;
  photoId: string;
  quality: number;
  descriptor: Buffer;
}

export async function facesRevision(db: Db, eventId: string): Promise<number> {
  const row = await db
    .selectFrom('sync_scopes')
    .select('revision')
    .where('scope', '=', scopes.eventFaces(eventId))
    .executeTakeFirst();
  return row?.revision ?? 0;
}

const revisionOf = (eventId: string): RawBuilder<number> =>
  sql<number>`coalesce((select revision from sync_scopes where scope = ${scopes.eventFaces(eventId)}), 0)`;

const changedSince = (eventId: string, snapshot: string) => sql`
  select photo_id from face_changes
  where event_id = ${eventId} and xid >= pg_snapshot_xmin(${snapshot}::pg_snapshot)
    and not pg_visible_in_snapshot(xid, ${snapshot}::pg_snapshot)`;

/** An index in memory that was not brought up to date for so long is read anew. */
export const MAX_AGE_MS = 24 * 3600_000;

/**
 * Deletes what was noted about changes a week ago: every index is younger, and so is every transaction. Answers how many rows, at most `limit`.
 */
export async function forgetChanges(db: Db, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from face_changes where (event_id, photo_id) in (
      select event_id, photo_id from face_changes where changed_at < now() - interval '7 days'
      order by changed_at limit ${limit})
    and changed_at < now() - interval '7 days'`.execute(db);
  return Number(numAffectedRows ?? 0);
}

/** Now, whether any face changed since `snapshot`, and whether the event is still there. One statement, one instant. */
export async function facesNow(
  db: Db,
  eventId: string,
  snapshot: string,
): Promise<FacesInstant & { hasChanged: boolean; isThere: boolean }> {
  const { rows } = await sql<FacesInstant & { hasChanged: boolean; isThere: boolean }>`
    select ${revisionOf(eventId)} as revision, pg_current_snapshot()::text as snapshot,
      exists (${changedSince(eventId, snapshot)}) as "hasChanged",
      exists (select 1 from events where id = ${eventId} and deleted_at is null) as "isThere"`.execute(db);
  return rows[0]!;
}

/** Faces read at a time: some milliseconds of this process. */
const PAGE = 2000;
/** Photos whose faces are read at a time. */
const SLICE = 300;

const reading = (db: Db) => db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only');

async function readInstant(trx: Trx, eventId: string, engine: EngineId): Promise<EventFaces> {
  const { rows } = await sql<EventFaces>`
    select ${revisionOf(eventId)} as revision, pg_current_snapshot()::text as snapshot,
      (select count(*)::int from photos
        where event_id = ${eventId} and status = 'approved' and deleted_at is null
          and face_spaces @> array[${engine}]::text[]) as "photoCount"`.execute(trx);
  return rows[0]!;
}

/** Hands every searchable face of the event to `take`, page by page, all as they were at one instant, which is answered. */
export const streamEventFaces = (
  db: Db,
  eventId: string,
  engine: EngineId,
  take: (page: StoredFace[]) => Promise<unknown>,
): Promise<EventFaces> =>
  reading(db).execute(async (trx) => {
    const instant = await readInstant(trx, eventId, engine);
    for (let after: string | undefined; ; ) {
      const page = await searchable(trx, eventId, engine)
        .$if(after !== undefined, (q) => q.where('d.face_id', '>', after!))
        .orderBy('d.face_id')
        .limit(PAGE)
        .execute();
      if (page.length > 0) await take(fitting(page, engine));
      after = page.at(-1)?.id;
      if (page.length < PAGE) return instant;
    }
  });

/** The same for the photos whose faces changed since `snapshot`; a photo without faces now is handed over, too. */
export const streamChangedFaces = (
  db: Db,
  eventId: string,
  engine: EngineId,
  snapshot: string,
  take: (photoIds: string[], faces: StoredFace[]) => Promise<unknown>,
): Promise<EventFaces> =>
  reading(db).execute(async (trx) => {
    const instant = await readInstant(trx, eventId, engine);
    const { rows } = await sql<{ photo_id: string }>`${changedSince(eventId, snapshot)} order by 1`.execute(trx);
    for (let i = 0; i < rows.length; i += SLICE) {
      const photoIds = rows.slice(i, i + SLICE).map((row) => row.photo_id);
      const faces = await searchable(trx, eventId, engine).where('f.photo_id', 'in', photoIds).execute();
      await take(photoIds, fitting(faces, engine));
    }
    return instant;
  });

/** Faces of approved photos that are not hidden. */
const searchable = (db: DbOrTrx, eventId: string, engine: EngineId) =>
  db
    .selectFrom('face_descriptors as d')
    .innerJoin('faces as f', 'f.id', 'd.face_id')
    .innerJoin('photos as p', 'p.id', 'f.photo_id')
    .select(['f.id', 'f.photo_id as photoId', 'f.quality', 'd.descriptor'])
    .where('d.event_id', '=', eventId)
    .where('d.engine', '=', engine)
    .where('f.hidden_at', 'is', null)
    .where('p.status', '=', 'approved')
    .where('p.deleted_at', 'is', null);

/** Without descriptors that cannot be of this space. */
function fitting(faces: StoredFace[], engine: EngineId): StoredFace[] {
  const bytes = (descriptorLengths[engine] ?? (faces[0]?.descriptor.length ?? 0) / 4) * 4;
  return faces.filter((face) => face.descriptor.length === bytes);
}

/** Every searchable face at once, ordered by id: for what must see them all together. */
export async function readEventFaces(
  db: Db,
  eventId: string,
  engine: EngineId,
): Promise<EventFaces & { faces: IndexedFace[] }> {
  const faces: IndexedFace[] = [];
  const instant = await streamEventFaces(db, eventId, engine, async (page) => {
    for (const { id, photoId, quality, descriptor } of page)
      faces.push({ faceId: id, photoId, quality, descriptor: descriptorFromBytes(descriptor) });
  });
  return { ...instant, faces };
}
