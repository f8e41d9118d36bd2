import type { EngineId } from '#contracts/pipeline.ts';
import { buildIndex, type FaceIndex } from '#face/search.ts';
import type { Db } from '#server/platform/db.ts';
import type { Listener } from '#server/platform/listener.ts';
import type { Metrics } from '#server/platform/metrics.ts';
import { scopes } from '#server/platform/sync-revision.ts';
import { facesRevision, readEventFaces } from './event-faces.repository.ts';

/** All searchable faces of one event and engine, ready to be searched. */
export interface EventIndex {
  eventId: string;
  /** Revision of the event's faces that this holds at least. */
  revision: number;
  /** Approved photos whose faces were described, those without faces too. */
  photoCount: number;
  index: FaceIndex;
}
export type FaceIndexes = ReturnType<typeof createFaceIndexes>;

/** Memory of one face: descriptor, ids, place, quality, crowding. */
const FACE_BYTES = 512 + 240;
const COHORT_BYTES = 520;
const weightOf = ({ index }: EventIndex) =>
  index.faces * FACE_BYTES + index.photos * 80 + index.calibration.people * COHORT_BYTES + 512;

/**
 * The indexes of the events that are searched now: read when first asked for, read again when the event's faces moved on,
 * the least used thrown out beyond `maxBytes`. Several askers share one reading.
 */
export function createFaceIndexes(deps: { db: Db; listener?: Listener; metrics?: Metrics; maxBytes: number }) {
  const { db } = deps;
  const held = new Map<string, EventIndex>();
  const loading = new Map<string, Promise<EventIndex>>();
  let bytes = 0;

  function drop(key: string): void {
    const found = held.get(key);
    if (!found) return;
    held.delete(key);
    bytes -= weightOf(found);
  }
  function hold(key: string, made: EventIndex): void {
    drop(key);
    const weight = weightOf(made);
    if (weight > deps.maxBytes) return;
    held.set(key, made);
    bytes += weight;
    for (const oldest of held.keys()) {
      if (bytes <= deps.maxBytes) break;
      drop(oldest);
    }
    deps.metrics?.gauge('face_index_bytes', 'Memory of the event face indexes').set(bytes);
    deps.metrics?.gauge('face_index_events', 'Events whose faces are in memory').set(held.size);
  }
  async function make(eventId: string, engine: EngineId): Promise<EventIndex> {
    const end = deps.metrics?.stageSeconds.startTimer({ stage: 'face-index' });
    const { faces, ...facts } = await readEventFaces(db, eventId, engine);
    const made = { eventId, ...facts, index: buildIndex(faces) };
    end?.();
    return made;
  }
  function load(key: string, eventId: string, engine: EngineId): Promise<EventIndex> {
    const started = make(eventId, engine)
      .then((made) => {
        hold(key, made);
        return made;
      })
      .finally(() => {
        if (loading.get(key) === started) loading.delete(key);
      });
    loading.set(key, started);
    return started;
  }
  // The check before each search is what counts; this only frees memory early.
  const off = deps.listener?.on('sync', (scope) => {
    for (const [key, { eventId }] of held) if (scope === scopes.eventFaces(eventId)) drop(key);
  });

  return {
    /** Never older than the revision committed when this was called. */
    async of(eventId: string, engine: EngineId): Promise<EventIndex> {
      const key = `${eventId} ${engine}`;
      const revision = await facesRevision(db, eventId);
      for (;;) {
        const found = held.get(key);
        if (found && found.revision >= revision) {
          // Most recently used goes last.
          held.delete(key);
          held.set(key, found);
          return found;
        }
        const shared = loading.get(key);
        if (!shared) return load(key, eventId, engine);
        // One that began before the change is not enough; whoever is first afterwards reads anew for all.
        const made = await shared;
        if (made.revision >= revision) return made;
      }
    },
    get bytes() {
      return bytes;
    },
    get size() {
      return held.size;
    },
    close() {
      off?.();
      held.clear();
      bytes = 0;
    },
  };
}
