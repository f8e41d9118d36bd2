import type { SpaceCalibration } from '#contracts/descriptors.ts';
import type { Arena } from '#face/search/arena.ts';
import { idText } from '#face/search/face-id.ts';
import { Gallery, type GalleryFace } from '#face/search/gallery.ts';
import { VectorBlock } from '#face/search/vectors.ts';
import { type FaceIndex, offsetsOf, rankGallery, type SearchTrace, traceSearch } from '#face/search.ts';
import type { Handlers } from './face-index.build.ts';
import { type FacePage, type IndexState, type SearchCalls, saidKey } from './face-index.messages.ts';

/** Searches whose trace is kept for each event. */
const MAX_TRACES = 20_000;

interface Held {
  /** Different for each taking into memory. */
  generation: number;
  gallery: Gallery;
  space: SpaceCalibration | undefined;
  ranking: Omit<FaceIndex, 'faces'> & { faces: number };
  isSettled: boolean;
  traces: Map<string, Trace>;
}
interface Trace {
  probes: SearchTrace['probes'];
  /** Faces that the result rests on. */
  faces: Set<string>;
  said: string;
  /** Made under a former ranking: what matters may be another now. */
  isStale: boolean;
}

/** What the thread that searches does: it alone writes into the galleries. */
export function createSearchCalls(arena: Arena, rankedAtOnce: number): Handlers<SearchCalls> {
  const held = new Map<string, Held>();
  let generations = 0;
  const removalsOf = ({ generation, gallery }: Held) => `${generation}-${gallery.removals}`;
  const find = (key: string) => {
    const found = held.get(key);
    if (!found) throw new Error('this event is not in memory');
    return found;
  };
  const stateOf = ({ gallery, ranking, isSettled }: Held): IndexState => ({
    faces: gallery.count,
    photos: ranking.photos,
    bytes: gallery.bytes + ranking.internals.cohort.vectors.bytes,
    isSettled,
  });

  function drop(key: string): void {
    const found = held.get(key);
    held.delete(key);
    found?.gallery.free();
    found?.ranking.internals.cohort.vectors.free();
  }

  /** Ranks a small event in place. */
  function rankNow(event: Held): void {
    const before = event.ranking.internals.cohort.vectors;
    event.ranking = { faces: event.gallery.count, ...rankGallery(event.gallery, event.space) };
    before.free();
    event.isSettled = true;
    for (const trace of event.traces.values()) trace.isStale = true;
  }

  return {
    adopt({ key, ranked }) {
      drop(key);
      const gallery = new Gallery(ranked.gallery.dims, arena, ranked.gallery).own() as Gallery;
      const cohort = { vectors: new VectorBlock(ranked.cohort.dims, arena, ranked.cohort).own() };
      const { photos, calibration, space } = ranked;
      const event: Held = {
        generation: ++generations,
        gallery,
        space,
        ranking: { faces: gallery.count, photos, calibration, internals: { gallery, cohort } },
        isSettled: true,
        traces: new Map(),
      };
      held.set(key, event);
      return stateOf(event);
    },

    change({ key, length, photoIds, page }) {
      const event = find(key);
      const { gallery, ranking } = event;
      const { cohort } = ranking.internals;
      const faces = facesOf(page, length);
      const removed: string[] = [];
      const added: number[] = [];
      for (const photoId of photoIds) {
        const outcome = gallery.replacePhoto(photoId, faces.get(photoId) ?? []);
        removed.push(...outcome.removed.map(idText));
        // who is gone must be gone from everywhere, also as one of the people others are compared with
        for (const id of outcome.removed)
          for (const row of cohort.vectors.rowsWith('ids', id)) cohort.vectors.remove(row);
        added.push(...outcome.added);
      }
      if (added.length + removed.length === 0) return stateOf(event);
      event.isSettled = false;
      // rows move only when others go: then it is not told which are the new ones
      const newest = removed.length > 0 ? rowsOf(gallery, faces.keys()) : added;
      if (gallery.count <= rankedAtOnce) rankNow(event);
      else for (const row of newest) gallery.setOffset(row, offsetsOf(event.ranking, row, row + 1)[0]!);
      forgetChanged(event, newest, removed);
      return stateOf(event);
    },

    search({ key, query }) {
      const { gallery, ranking, traces } = find(key);
      const { descriptor, confirmed, rejected, searchId } = query;
      const traced = traceSearch(ranking, descriptor, { confirmed, rejected });
      if (searchId) {
        traces.delete(searchId);
        const faces = new Set([
          ...traced.expandedBy,
          ...traced.hits.map(({ faceId }) => faceId),
          ...confirmed,
          ...rejected,
        ]);
        traces.set(searchId, { probes: traced.probes, faces, said: saidKey(query), isStale: false });
        if (traces.size > MAX_TRACES) traces.delete(traces.keys().next().value!);
      }
      return { hits: traced.hits, calibration: ranking.calibration, faces: gallery.count };
    },

    affected({ key, searches }) {
      const { gallery, traces } = find(key);
      const affected: string[] = [];
      const stale: string[] = [];
      for (const { id, said } of searches) {
        const trace = traces.get(id);
        if (trace?.said !== said) affected.push(id);
        else if (trace.isStale) stale.push(id);
      }
      return { affected, stale, faces: gallery.count };
    },

    forget({ key, searchIds }) {
      for (const id of searchIds) held.get(key)?.traces.delete(id);
      return null;
    },

    toRank({ key }) {
      const event = find(key);
      const { gallery, ranking, space } = event;
      const cohort = ranking.internals.cohort.vectors.handle;
      return { gallery: gallery.handle, cohort, space, removals: removalsOf(event), version: gallery.version };
    },

    ranked({ key, removals, version, made }) {
      const vectors = new VectorBlock(made.cohort.dims, arena, made.cohort).own();
      const event = held.get(key);
      if (!event || removalsOf(event) !== removals) {
        vectors.free();
        return { ...(event ? stateOf(event) : { faces: 0, photos: 0, bytes: 0, isSettled: true }), isTaken: false };
      }
      const { gallery } = event;
      event.ranking.internals.cohort.vectors.free();
      event.ranking = {
        faces: made.offsets.length,
        photos: made.photos,
        calibration: made.calibration,
        internals: { gallery, cohort: { vectors } },
      };
      for (let row = 0; row < made.offsets.length; row++) gallery.setOffset(row, made.offsets[row]!);
      const later = offsetsOf(event.ranking, made.offsets.length);
      for (const [i, offset] of later.entries()) gallery.setOffset(made.offsets.length + i, offset);
      event.isSettled = gallery.version === version;
      for (const trace of event.traces.values()) trace.isStale = true;
      return { ...stateOf(event), isTaken: true };
    },

    drop({ key }) {
      drop(key);
      return null;
    },
  };
}

/** Forgets the traces of searches that these new faces, or faces that went, may change. */
function forgetChanged({ gallery, traces }: Held, rows: readonly number[], removed: readonly string[]): void {
  for (const [searchId, { faces, probes }] of traces) {
    const isChanged =
      removed.some((id) => faces.has(id)) ||
      rows.some((row) =>
        probes.some(({ template, threshold }) => gallery.exact(template, row) - gallery.offset(row) >= threshold),
      );
    if (isChanged) traces.delete(searchId);
  }
}

const rowsOf = (gallery: Gallery, photoIds: Iterable<string>) =>
  [...photoIds].flatMap((photoId) => gallery.rowsOfPhoto(photoId));

function facesOf(page: FacePage, length: number): Map<string, GalleryFace[]> {
  const faces = new Map<string, GalleryFace[]>();
  for (let i = 0; i < page.quality.length; i++) {
    const photoId = idText(page.photoIds.subarray(i * 16, i * 16 + 16));
    const descriptor = page.descriptors.subarray(i * length, (i + 1) * length);
    const size = Math.hypot(...descriptor);
    if (!(Math.abs(size - 1) < 0.01)) continue;
    const list = faces.get(photoId) ?? [];
    list.push({
      photoId,
      faceId: idText(page.faceIds.subarray(i * 16, i * 16 + 16)),
      descriptor,
      quality: page.quality[i]!,
    });
    faces.set(photoId, list);
  }
  return faces;
}
