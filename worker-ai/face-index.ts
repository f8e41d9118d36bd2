import { sql } from 'kysely';
import { descriptorLengths, type EngineId } from '#contracts/pipeline.ts';
import type { Db } from '#server/platform/db.ts';
import type { Listener } from '#server/platform/listener.ts';
import type { Metrics } from '#server/platform/metrics.ts';
import { scopes } from '#server/platform/sync-revision.ts';

/** All searchable faces of one event and engine: approved photos, not hidden. Ordered by face id, so never by upload order. */
export interface EventFaces {
  eventId: string;
  engine: EngineId;
  /** Revision of the event's faces that this holds at least. */
  revision: number;
  /** Faces. */
  count: number;
  /** Approved photos whose faces were described, those without faces too. */
  photoCount: number;
  /** `count` unit vectors one after another. */
  descriptors: Float32Array;
  faceIds: readonly string[];
  /** Index into `photoIds` for each face. */
  photoOf: Int32Array;
  photoIds: readonly string[];
  /** Quality of each face, 0..1. */
  quality: Float32Array;
}

export type FaceIndex = ReturnType<typeof createFaceIndex>;

/** Rough weight of one face in memory besides its descriptor: its id, place and quality. */
const OVERHEAD_BYTES = 120;
const weightOf = (faces: EventFaces) =>
  faces.descriptors.byteLength + faces.count * OVERHEAD_BYTES + faces.photoIds.length * 80 + 512;

/**
 * The faces of the events that are searched now, in memory: read when first asked for, read again when the event's faces
 * moved on, the least used thrown out beyond `maxBytes`. Several askers share one reading.
 */
export function createFaceIndex(deps: { db: Db; listener?: Listener; metrics?: Metrics; maxBytes: number }) {
  const { db } = deps;
  const held = new Map<string, EventFaces>();
  const loading = new Map<string, Promise<EventFaces>>();
  let bytes = 0;

  function drop(key: string): void {
    const faces = held.get(key);
    if (!faces) return;
    held.delete(key);
    bytes -= weightOf(faces);
  }
  function hold(key: string, faces: EventFaces): void {
    drop(key);
    const weight = weightOf(faces);
    if (weight > deps.maxBytes) return;
    held.set(key, faces);
    bytes += weight;
    for (const oldest of held.keys()) {
      if (bytes <= deps.maxBytes) break;
      drop(oldest);
    }
    deps.metrics?.gauge('face_index_bytes', 'Memory of the event face indexes').set(bytes);
    deps.metrics?.gauge('face_index_events', 'Events whose faces are in memory').set(held.size);
  }
  function load(key: string, eventId: string, engine: EngineId): Promise<EventFaces> {
    const started = readEventFaces(db, eventId, engine)
      .then((faces) => {
        hold(key, faces);
        return faces;
      })
      .finally(() => {
        if (loading.get(key) === started) loading.delete(key);
      });
    loading.set(key, started);
    return started;
  }
  // The check before each search is what counts; this only frees memory early.
  const offs = [
    deps.listener?.on('sync', (scope) => {
      for (const [key, faces] of held) if (scope === scopes.eventFaces(faces.eventId)) drop(key);
    }),
  ];

  return {
    /** Never older than the revision committed when this was called. */
    async of(eventId: string, engine: EngineId): Promise<EventFaces> {
      const key = `${eventId} ${engine}`;
      const revision = await facesRevision(db, eventId);
      const found = held.get(key);
      if (found && found.revision >= revision) {
        // Most recently used goes last.
        held.delete(key);
        held.set(key, found);
        return found;
      }
      const shared = await loading.get(key);
      if (shared && shared.revision >= revision) return shared;
      return load(key, eventId, engine);
    },
    get bytes() {
      return bytes;
    },
    get size() {
      return held.size;
    },
    close() {
      for (const off of offs) off?.();
      held.clear();
      bytes = 0;
    },
  };
}

export async function facesRevision(db: Db, eventId: string): Promise<number> {
  const row = await db
    .selectFrom('sync_scopes')
    .select('revision')
    .where('scope', '=', scopes.eventFaces(eventId))
    .executeTakeFirst();
  return row?.revision ?? 0;
}

interface FaceRow {
  id: string;
  photoId: string;
  quality: number;
  descriptor: Buffer;
}
const PAGE = 10_000;

/** The revision is read first: faces that commit meanwhile may be in already, none can be missing. */
async function readEventFaces(db: Db, eventId: string, engine: EngineId): Promise<EventFaces> {
  const revision = await facesRevision(db, eventId);
  const length = descriptorLengths[engine];
  const photos = await db
    .selectFrom('photos')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('event_id', '=', eventId)
    .where('status', '=', 'approved')
    .where('deleted_at', 'is', null)
    .where('faces_engine', '=', engine)
    .executeTakeFirstOrThrow();
  const pages: FaceRow[][] = [];
  for (let after: string | undefined; ; ) {
    const page = await readPage(db, eventId, engine, after);
    if (page.length > 0) pages.push(page);
    after = page.at(-1)?.id;
    if (page.length < PAGE) break;
  }
  const count = pages.reduce((sum, page) => sum + page.length, 0);
  const faces = {
    descriptors: new Float32Array(count * length),
    faceIds: [] as string[],
    photoOf: new Int32Array(count),
    quality: new Float32Array(count),
  };
  const photoIds: string[] = [];
  const places = new Map<string, number>();
  let i = 0;
  for (const page of pages) {
    for (const row of page) {
      if (row.descriptor.length !== length * 4) continue;
      for (let k = 0; k < length; k++) faces.descriptors[i * length + k] = row.descriptor.readFloatLE(k * 4);
      let place = places.get(row.photoId);
      if (place === undefined) {
        place = photoIds.push(row.photoId) - 1;
        places.set(row.photoId, place);
      }
      faces.photoOf[i] = place;
      faces.quality[i] = row.quality;
      faces.faceIds.push(row.id);
      i++;
    }
    page.length = 0;
  }
  return { eventId, engine, revision, count: i, photoCount: photos.count, photoIds, ...faces };
}

const readPage = (db: Db, eventId: string, engine: string, after: string | undefined): Promise<FaceRow[]> =>
  db
    .selectFrom('faces as f')
    .innerJoin('photos as p', 'p.id', 'f.photo_id')
    .select(['f.id', 'f.photo_id as photoId', 'f.quality', 'f.descriptor'])
    .where('f.event_id', '=', eventId)
    .where('f.engine', '=', engine)
    .where('f.hidden_at', 'is', null)
    .where('p.status', '=', 'approved')
    .where('p.deleted_at', 'is', null)
    .$if(after !== undefined, (q) => q.where('f.id', '>', after!))
    .orderBy('f.id')
    .limit(PAGE)
    .execute();
