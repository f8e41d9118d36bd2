import { distanceOfCosine, isDescriptor, meanDescriptor, normalize } from './descriptor.ts';
import { type Calibration, calibrate, shareAbove, thresholdFor } from './search/calibration.ts';
import { type Cohort, chooseCohort, closeness, crowding, MIN_COHORT } from './search/cohort.ts';
import { VectorBlock } from './search/vectors.ts';

export type { Calibration } from './search/calibration.ts';

export interface IndexedFace {
  photoId: string;
  faceId: string;
  /** Float32[128], unit length. */
  descriptor: Float32Array;
  /** 0..1. */
  quality: number;
}

/** All faces of one event in compact memory, ready to be searched. Immutable: new photos make a new index. */
export interface FaceIndex {
  readonly faces: number;
  readonly photos: number;
  readonly calibration: Calibration;
  /** For searchIndex only. */
  readonly internals: Internals;
}

interface Internals {
  faceIds: string[];
  photoIds: string[];
  photoOf: Int32Array;
  vectors: VectorBlock;
  quality: Float32Array;
  cohort: Cohort;
  /** Per face; empty when scores are not normalised. */
  crowding: Float32Array;
  rowOf: Map<string, number>;
}

export type Band = 'sure' | 'maybe';

export interface SearchHit {
  photoId: string;
  /** The best face of that photo. */
  faceId: string;
  band: Band;
  /** 0..1: about the share of hits like this one that are the person. */
  confidence: number;
  /** Euclidean, 0..2, lower is closer. */
  distance: number;
}

export interface SearchOptions {
  /** At most so many photos; default 2000. */
  limit?: number;
  /** Faces that the searcher said are theirs: shown first, and their likenesses rise. */
  confirmed?: readonly string[];
  /** Faces that the searcher said are not theirs: left out, and their likenesses sink. */
  rejected?: readonly string[];
}

/** Strangers that a whole search may be expected to show in each band. */
const STRANGERS_PER_SEARCH: Record<Band, number> = { sure: 0.04, maybe: 0.6 };
/** Never looser than this, however small the event: a stranger's face among ten must not be "sure" either. */
const MAX_SHARE: Record<Band, number> = { sure: 8e-4, maybe: 8e-3 };
/** Hits surer than this refine the query. */
const EXPANSION_SHARE = 1e-5;
const EXPANSION_HITS = 10;

/**
 * Faces may come in any order; equal sets give equal indexes. Faces whose descriptor is not of unit length are left out.
 * Cost: faces x people of the cohort, about 1 s for 10,000 faces.
 */
export function buildIndex(faces: readonly IndexedFace[]): FaceIndex {
  const sorted = faces
    .filter((face) => isDescriptor(face.descriptor))
    .sort((a, b) => compare(a.photoId, b.photoId) || compare(a.faceId, b.faceId));
  const vectors = VectorBlock.of(sorted.map((face) => face.descriptor));
  const quality = Float32Array.from(sorted, (face) => face.quality);
  const photoIds: string[] = [];
  const photoOf = Int32Array.from(sorted, ({ photoId }) => {
    if (photoIds.at(-1) !== photoId) photoIds.push(photoId);
    return photoIds.length - 1;
  });
  const cohort = chooseCohort(vectors, quality);
  const isNormalised = cohort.members.length >= MIN_COHORT;
  const crowd = new Float32Array(isNormalised ? sorted.length : 0).map((_, i) => crowding(vectors.at(i), cohort, i));
  const rowOf = new Map(sorted.map((face, i) => [face.faceId, i]));
  const score = (a: number, b: number) => {
    let dot = 0;
    const x = vectors.at(a);
    const y = vectors.at(b);
    for (let i = 0; i < x.length; i++) dot += x[i]! * y[i]!;
    return isNormalised ? dot - (crowd[a]! + crowd[b]!) / 2 : dot;
  };
  const calibration = calibrate({ faces: vectors, cohort, photoOf, normalised: isNormalised, score });
  const faceIds = sorted.map((face) => face.faceId);
  const internals = { faceIds, photoIds, photoOf, vectors, quality, cohort, crowding: crowd, rowOf };
  return { faces: sorted.length, photos: photoIds.length, calibration, internals };
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Photos that show the person of `query`, the surest first; one hit a photo, its best face. `query` is scaled to length 1. */
export function searchIndex(index: FaceIndex, query: ArrayLike<number>, options: SearchOptions = {}): SearchHit[] {
  if (index.faces === 0) return [];
  const { internals, calibration } = index;
  const confirmed = rows(index, options.confirmed);
  const rejected = rows(index, options.rejected);
  const shares = bandShares(index.faces);
  const own = normalize(query);
  const template = confirmed.length
    ? meanDescriptor([own, meanDescriptor(confirmed.map((row) => internals.vectors.at(row)))])
    : own;
  let scores = scoreAll(index, template);
  const expanded = expand(index, own, scores, new Set(rejected));
  if (expanded) scores = scoreAll(index, expanded);
  sinkLikenesses(index, scores, expanded ?? template, rejected);

  const best = bestOfEachPhoto(index, scores, thresholdFor(shares.maybe, calibration), new Set(rejected));
  for (const row of confirmed) best.set(internals.photoOf[row]!, row);
  const isConfirmed = new Set(confirmed);
  const hits = [...best.values()].map((row) => {
    const share = shareAbove(scores[row]!, calibration);
    const isOwn = isConfirmed.has(row);
    return {
      photoId: internals.photoIds[internals.photoOf[row]!]!,
      faceId: internals.faceIds[row]!,
      band: (isOwn || share <= shares.sure ? 'sure' : 'maybe') as Band,
      confidence: isOwn ? 1 : 1 / (1 + share * index.faces),
      distance: distanceOfCosine(cosineTo(internals.vectors, row, own)),
      score: isOwn ? Number.POSITIVE_INFINITY : scores[row]!,
    };
  });
  return hits
    .sort((a, b) => b.score - a.score || compare(a.photoId, b.photoId))
    .slice(0, options.limit ?? 2000)
    .map(({ score: _, ...hit }) => hit);
}

/** Share of strangers that each band lets through in an event of so many faces. */
function bandShares(faces: number): Record<Band, number> {
  const share = (band: Band) => Math.min(MAX_SHARE[band], STRANGERS_PER_SEARCH[band] / faces);
  return { sure: share('sure'), maybe: share('maybe') };
}

function rows(index: FaceIndex, faceIds: readonly string[] = []): number[] {
  return faceIds.flatMap((id) => index.internals.rowOf.get(id) ?? []);
}

function scoreAll({ internals, calibration }: FaceIndex, query: Float32Array): Float32Array {
  const scores = internals.vectors.cosines(query);
  if (internals.crowding.length === 0) {
    const shift = closeness(query, internals.cohort, calibration.median);
    return shift === 0 ? scores : scores.map((score) => score - shift);
  }
  const ownCrowding = crowding(query, internals.cohort);
  for (let i = 0; i < scores.length; i++) scores[i] = scores[i]! - (ownCrowding + internals.crowding[i]!) / 2;
  return scores;
}

/** The query moved towards its surest hits, or null when there is none. */
function expand(
  index: FaceIndex,
  query: Float32Array,
  scores: Float32Array,
  rejected: ReadonlySet<number>,
): Float32Array | null {
  const { internals, calibration } = index;
  const threshold = thresholdFor(EXPANSION_SHARE, calibration);
  if (!calibration.normalised) return null;
  const sure: number[] = [];
  for (let i = 0; i < scores.length; i++) if (scores[i]! >= threshold && !rejected.has(i)) sure.push(i);
  if (sure.length === 0) return null;
  sure.sort((a, b) => scores[b]! - scores[a]! || a - b);
  const nearest = sure.slice(0, EXPANSION_HITS).map((row) => internals.vectors.at(row));
  return meanDescriptor([query, meanDescriptor(nearest)]);
}

/** A face more like a rejected one than like the query loses what it is more alike. */
function sinkLikenesses(
  { internals }: FaceIndex,
  scores: Float32Array,
  query: Float32Array,
  rejected: readonly number[],
): void {
  if (rejected.length === 0) return;
  const toQuery = internals.vectors.cosines(query);
  for (const row of rejected) {
    const toRejected = internals.vectors.cosines(internals.vectors.at(row));
    for (let i = 0; i < scores.length; i++) {
      const excess = toRejected[i]! - toQuery[i]!;
      if (excess > 0) scores[i] = scores[i]! - excess;
    }
  }
}

function bestOfEachPhoto(
  { internals }: FaceIndex,
  scores: Float32Array,
  threshold: number,
  rejected: ReadonlySet<number>,
): Map<number, number> {
  const best = new Map<number, number>();
  for (let row = 0; row < scores.length; row++) {
    if (scores[row]! < threshold || rejected.has(row)) continue;
    const photo = internals.photoOf[row]!;
    const known = best.get(photo);
    if (known === undefined || scores[row]! > scores[known]!) best.set(photo, row);
  }
  return best;
}

function cosineTo(vectors: VectorBlock, row: number, query: Float32Array): number {
  const face = vectors.at(row);
  let dot = 0;
  for (let i = 0; i < face.length; i++) dot += face[i]! * query[i]!;
  return dot;
}
