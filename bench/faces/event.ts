import type { SpaceCalibration } from '#contracts/descriptors.ts';
import { meanDescriptor, normalize } from '#face/descriptor.ts';
import { buildIndex, type IndexedFace, type SearchHit, searchIndex } from '#face/search.ts';
import { percent } from './accuracy.ts';

export interface LabelledFace {
  person: string;
  phone?: Float32Array;
  server?: Float32Array;
  quality: number;
}

export interface EventOptions {
  /** Faces of the event. */
  size: number;
  photos: readonly LabelledFace[];
  /** Faces of nobody who searches. */
  strangers: ReadonlyArray<{ descriptor: Float32Array; quality: number }>;
  /** Photos of the searcher that make one query: 1, or more for the mean of several. */
  frames: number;
  space: SpaceCalibration;
  seed: number;
  maxSearches?: number;
}

/**
 * An event of so many faces, one a photo: the labelled people, then strangers, then made-up people (see `madeUp`). Everyone with enough
 * photos searches with the phone's descriptor of some of them, which are not in the event then, as in life; the index is built for
 * every group of searchers anew.
 */
export function simulateEvent({ size, photos, strangers, frames, space, seed, maxSearches = 500 }: EventOptions) {
  const random = createRandom(seed);
  const people = shuffle([...new Set(photos.map(({ person }) => person))], random);
  const rows: LabelledFace[] = [];
  for (const person of people) {
    const own = photos.filter((photo) => photo.person === person && photo.server);
    // small events keep room for strangers
    if (rows.length + own.length <= size * 0.8) rows.push(...own);
  }
  const others = shuffle([...strangers], random).slice(0, size - rows.length);
  const invented = madeUp(rows, size - rows.length - others.length, random);
  const faces: Array<IndexedFace & { person: string }> = [
    ...rows.map((row) => ({ person: row.person, descriptor: row.server!, quality: row.quality })),
    ...[...others, ...invented].map((face, i) => ({ person: `#${i}`, ...face })),
  ].map((face, i) => ({ ...face, photoId: `p${i}`, faceId: `f${i}` }));

  // a third of the people searches at a time: their photos are away then, and the index need not be built for each of them
  const searches: Array<{ query: Float32Array; person: string; used: Set<number>; turn: number }> = [];
  for (const [n, person] of people.entries()) {
    const own = rows.flatMap((row, i) => (row.person === person && row.phone ? [i] : []));
    if (own.length <= frames) continue;
    const used = shuffle([...own], random).slice(0, frames);
    const query = meanDescriptor(used.map((i) => rows[i]!.phone!));
    searches.push({ query, person, used: new Set(used), turn: n % TURNS });
  }
  const results: Array<{ hits: SearchHit[]; person: string; owned: number; promised: number }> = [];
  let counted = 0;
  for (let turn = 0; turn < TURNS; turn++) {
    const now = searches.slice(0, maxSearches).filter((search) => search.turn === turn);
    if (now.length === 0) continue;
    const away = new Set(now.flatMap(({ used }) => [...used]));
    const present = faces.filter((_, i) => !away.has(i));
    const index = buildIndex(present, undefined, space);
    counted = index.calibration.people;
    for (const { query, person } of now) {
      const owned = present.filter((face) => face.person === person).length;
      results.push({ hits: searchIndex(index, query), person, owned, promised: index.calibration.promise.sure });
    }
  }
  const personOf = new Map(faces.map((face) => [face.photoId, face.person]));
  const judged = results.map(({ hits, ...result }) => ({
    ...result,
    hits: hits.map((hit) => ({ ...hit, isOwn: personOf.get(hit.photoId) === result.person })),
  }));
  return { people: counted, madeUp: invented.length, results: judged };
}

/** What the searches of some events of one size found, all together. */
export function tellEvents(events: ReadonlyArray<ReturnType<typeof simulateEvent>>) {
  const results = events.flatMap((event) => event.results);
  const judged = results.flatMap(({ hits }) => hits);
  const owned = results.reduce((sum, result) => sum + result.owned, 0);
  const promised = results.reduce((sum, result) => sum + result.promised, 0);
  const sure = judged.filter(({ band }) => band === 'sure');
  const strangersSure = sure.filter(({ isOwn }) => !isOwn).length;
  return {
    events: events.length,
    people: Math.round(events.reduce((sum, { people }) => sum + people, 0) / events.length),
    searches: results.length,
    'found at 95 % precision': percent(foundAt(0.95, judged), owned),
    'found at 99 %': percent(foundAt(0.99, judged), owned),
    'found as sure': percent(sure.length - strangersSure, owned),
    'strangers in sure, %': percent(strangersSure, sure.length),
    'a search': Math.round((strangersSure / results.length) * 1000) / 1000,
    promised: Math.round((promised / results.length) * 1000) / 1000,
    'made up': events[0]?.madeUp ?? 0,
  };
}

/** Own photos among the surest hits of all searches, as many as can be shown with that share of them right. */
function foundAt(
  precision: number,
  hits: ReadonlyArray<{ confidence: number; distance: number; isOwn: boolean }>,
): number {
  let own = 0;
  let best = 0;
  for (const [i, hit] of [...hits].sort((a, b) => b.confidence - a.confidence || a.distance - b.distance).entries()) {
    if (hit.isOwn) own++;
    if (own / (i + 1) >= precision) best = own;
  }
  return best;
}

const TURNS = 3;

/** Real people that make one made-up person. Fewer would resemble them, more would resemble everybody. */
const PARENTS = 16;

/**
 * Unit vectors spread as those of real people: the mean face, and the sum of what sets PARENTS people of the event apart from it,
 * each with a random sign. The cosines between such faces, and between them and real ones, fall off as those of strangers do.
 */
export function madeUp(rows: readonly LabelledFace[], count: number, random: () => number) {
  const first = [...new Map(rows.map((row) => [row.person, row.server!])).values()];
  if (count <= 0 || first.length < PARENTS) return [];
  const length = first[0]!.length;
  const mean = new Float32Array(length);
  for (const face of first) for (let i = 0; i < length; i++) mean[i]! += face[i]! / first.length;
  return Array.from({ length: count }, () => {
    const sum = Float32Array.from(mean);
    for (const face of shuffle([...first], random, PARENTS).slice(0, PARENTS)) {
      const sign = random() < 0.5 ? -1 : 1;
      for (let i = 0; i < length; i++) sum[i]! += (sign * (face[i]! - mean[i]!)) / Math.sqrt(PARENTS);
    }
    return { descriptor: normalize(sum), quality: 0.8 };
  });
}

/** 0..1, the same for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Shuffles in place, the first `count` places at least. */
function shuffle<T>(items: T[], random: () => number, count = items.length): T[] {
  for (let i = 0; i < Math.min(count, items.length - 1); i++) {
    const k = i + Math.floor(random() * (items.length - i));
    [items[i], items[k]] = [items[k]!, items[i]!];
  }
  return items;
}
