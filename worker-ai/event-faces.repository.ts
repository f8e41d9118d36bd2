import { sql } from 'kysely';
import { descriptorLengths, type EngineId } from '#contracts/pipeline.ts';
import { descriptorFromBytes } from '#face/descriptor.ts';
import type { IndexedFace } from '#face/search.ts';
import type { Db } from '#server/platform/db.ts';
import { scopes } from '#server/platform/sync-revision.ts';

export interface EventFaces {
  /** Revision of the event's faces that this holds at least. */
  revision: number;
  /** Approved photos whose faces were described, those without faces too. */
  photoCount: number;
  /** Searchable faces, ordered by id: of approved photos, not hidden. */
  faces: IndexedFace[];
}

export async function facesRevision(db: Db, eventId: string): Promise<number> {
  const row = await db
    .selectFrom('sync_scopes')
    .select('revision')
    .where('scope', '=', scopes.eventFaces(eventId))
    .executeTakeFirst();
  return row?.revision ?? 0;
}

const PAGE = 10_000;

/** The revision is read first: faces that commit meanwhile may be in already, none can be missing. */
export async function readEventFaces(db: Db, eventId: string, engine: EngineId): Promise<EventFaces> {
  const revision = await facesRevision(db, eventId);
  const photos = await db
    .selectFrom('photos')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('event_id', '=', eventId)
    .where('status', '=', 'approved')
    .where('deleted_at', 'is', null)
    .where(sql<boolean>`${sql.ref('face_spaces')} @> array[${engine}]::text[]`)
    .executeTakeFirstOrThrow();
  const faces: IndexedFace[] = [];
  for (let after: string | undefined; ; ) {
    const page = await readPage(db, eventId, engine, after);
    for (const { id, photoId, quality, descriptor } of page)
      if (descriptor.length === (descriptorLengths[engine] ?? descriptor.length / 4) * 4)
        faces.push({ faceId: id, photoId, quality, descriptor: descriptorFromBytes(descriptor) });
    after = page.at(-1)?.id;
    if (page.length < PAGE) break;
  }
  return { revision, photoCount: photos.count, faces };
}

const readPage = (db: Db, eventId: string, engine: string, after: string | undefined) =>
  db
    .selectFrom('face_descriptors as d')
    .innerJoin('faces as f', 'f.id', 'd.face_id')
    .innerJoin('photos as p', 'p.id', 'f.photo_id')
    .select(['f.id', 'f.photo_id as photoId', 'f.quality', 'd.descriptor'])
    .where('d.event_id', '=', eventId)
    .where('d.engine', '=', engine)
    .where('f.hidden_at', 'is', null)
    .where('p.status', '=', 'approved')
    .where('p.deleted_at', 'is', null)
    .$if(after !== undefined, (q) => q.where('d.face_id', '>', after!))
    .orderBy('d.face_id')
    .limit(PAGE)
    .execute();
