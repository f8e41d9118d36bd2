import type { SpaceCalibration } from '#contracts/descriptors.ts';
import { distanceOfCosine, isDescriptor, meanDescriptor, normalize } from './descriptor.ts';
import type { Arena } from './search/arena.ts';
import {
  bandShares,
  type Calibration,
  calibrate,
  generalSpace,
  shareAbove,
  thresholdFor,
} from './search/calibration.ts';
import { type Cohort, chooseCohort, closeness, crowding, crowdings, MIN_COHORT } from './search/cohort.ts';
import { compareIds, idText } from './search/face-id.ts';
import { Gallery, type GalleryFace } from './search/gallery.ts';

export type { Calibration } from './search/calibration.ts';

export type IndexedFace = GalleryFace;

/** All faces of one event in compact memory, ready to be searched. */
export interface FaceIndex {
  /** Faces that the ranking knows; what the bands promise is based on it. */
  readonly faces: number;
  readonly photos: number;
  readonly calibration: Calibration;
  /** For searchIndex only. */
  readonly internals: { gallery: Gallery; cohort: Cohort };
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

/** Hits refine the query when a whole search may be expected to show so few strangers as sure as they are; never beyond the share. */
const EXPANSION_STRANGERS = 0.04;
const EXPANSION_SHARE = 1e-4;
const EXPANSION_HITS = 6;

/**
 * Who searches is nearly always in the event, and their photos are about equally like the query. So what a face is less alike than the best
 * one of the search speaks against it once more, by this much, when `confidence` is told. Order and bands stay: those must hold for who is not there, too.
 */
const LAG = 0.35;

/**
 * Faces may come in any order; equal sets give equal results. Faces whose descriptor is not of unit length are left out.
 * Cost: faces x people of the cohort. `space`: the figures of their manifest; default: of the built-in space of that length.
 */
export function buildIndex(faces: readonly IndexedFace[], arena?: Arena, space?: SpaceCalibration): FaceIndex {
  const dims = faces[0]?.descriptor.length ?? 128;
  const gallery = new Gallery(dims, arena);
  for (const face of faces) if (isDescriptor(face.descriptor, dims)) gallery.add(face);
  return { faces: gallery.count, ...rankGallery(gallery, space) };
}

/** Cohort, crowding and calibration of an event: what makes scores comparable. Depends on the set of faces alone, not on their order. */
export interface Ranking {
  photos: number;
  cohort: Cohort;
  calibration: Calibration;
}

/** Ranks a gallery and writes into its rows what is taken off their scores. */
export function rankGallery(gallery: Gallery, space?: SpaceCalibration): Omit<FaceIndex, 'faces'> {
  const { offsets, ...ranking } = rank(gallery, undefined, space);
  for (let row = 0; row < offsets.length; row++) gallery.setOffset(row, offsets[row]!);
  const { photos, calibration, cohort } = ranking;
  return { photos, calibration, internals: { gallery, cohort } };
}

/**
 * The ranking, and what is to be taken off the scores of each row. With `before`, the cohort that the offsets in the gallery
 * were made with, they are used again as long as the same people make up the cohort.
 */
export function rank(
  gallery: Gallery,
  before?: Cohort,
  space: SpaceCalibration = generalSpace(gallery.dims),
): Ranking & { offsets: Float32Array } {
  const { members, ...cohort } = chooseCohort(gallery, space.samePerson);
  const isNormalised = cohort.vectors.count >= MIN_COHORT;
  const offsets =
    before && isSameCohort(before, cohort)
      ? Float32Array.from({ length: gallery.count }, (_, row) => gallery.offset(row))
      : isNormalised
        ? crowdings(gallery, cohort).map((value) => value / 2)
        : new Float32Array(gallery.count);
  const { photoOf, photos } = gallery.photoNumbers();
  const score = (a: number, b: number) => gallery.exact(gallery.at(a), b) - offsets[a]! - offsets[b]!;
  const calibration = calibrate({
    faces: gallery,
    cohort,
    members,
    photoOf,
    normalised: isNormalised,
    space,
    score,
  });
  return { photos, cohort, calibration, offsets };
}

function isSameCohort(a: Cohort, b: Cohort): boolean {
  if (a.vectors.count !== b.vectors.count) return false;
  for (let i = 0; i < a.vectors.count; i++) {
    if (compareIds(a.vectors.id(i), b.vectors.id(i)) !== 0) return false;
    const other = b.vectors.at(i);
    if (!a.vectors.at(i).every((value, k) => value === other[k])) return false;
  }
  return true;
}

/** What is to be taken off the scores of rows `from` to `to`, as long as the ranking stays. */
export function offsetsOf({ internals, calibration }: FaceIndex, from: number, to?: number): Float32Array {
  const { gallery, cohort } = internals;
  if (!calibration.normalised) return new Float32Array((to ?? gallery.count) - from);
  return crowdings(gallery, cohort, from, to).map((value) => value / 2);
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Photos that show the person of `query`, the surest first; one hit a photo, its best face. `query` is scaled to length 1. */
export function searchIndex(index: FaceIndex, query: ArrayLike<number>, options: SearchOptions = {}): SearchHit[] {
  return traceSearch(index, query, options).hits;
}

/** A search with what it looked for: whether a further face would change it can be told without searching again. */
export interface SearchTrace {
  hits: SearchHit[];
  /** Each with the score that a face must reach, by its product with this less its own offset, to change the result. */
  probes: Array<{ template: Float32Array; threshold: number }>;
  /** Faces that moved the query. */
  expandedBy: string[];
}

export function traceSearch(index: FaceIndex, query: ArrayLike<number>, options: SearchOptions = {}): SearchTrace {
  const own = normalize(query);
  if (index.faces === 0) return { hits: [], probes: [], expandedBy: [] };
  const { internals, calibration } = index;
  const { gallery } = internals;
  const confirmed = rows(gallery, options.confirmed);
  const rejected = rows(gallery, options.rejected);
  const shares = bandShares(calibration);
  const template = confirmed.length
    ? meanDescriptor([own, meanDescriptor(confirmed.map((row) => gallery.at(row)))])
    : own;
  const expansion = expand(index, template, new Set([...confirmed, ...rejected]));
  const { shift } = expansion;
  const final = expansion.template;
  const threshold = thresholdFor(shares.all, calibration) + shift;
  const candidates = gallery
    .scan(final, threshold)
    .filter(({ row }) => !expansion.scores.has(row) && !rejected.includes(row))
    .map(({ row, score }) => ({ row, score: sunk(gallery, row, score, final, rejected) - shift }))
    .filter(({ score }) => score >= threshold - shift);
  for (const [row, score] of expansion.scores)
    candidates.push({ row, score: sunk(gallery, row, score, final, rejected) });

  const best = bestOfEachPhoto(gallery, candidates);
  for (const row of confirmed) {
    const found = candidates.find((candidate) => candidate.row === row);
    best.set(
      idText(gallery.group(row)),
      found ?? { row, score: gallery.exact(final, row) - gallery.offset(row) - shift },
    );
  }
  const isConfirmed = new Set(confirmed);
  let highest = Number.NEGATIVE_INFINITY;
  for (const { row, score } of best.values()) if (!isConfirmed.has(row)) highest = Math.max(highest, score);
  const hits = [...best].map(([photoId, { row, score }]) => {
    const share = shareAbove(score, calibration);
    const isOwn = isConfirmed.has(row);
    return {
      photoId,
      faceId: idText(gallery.id(row)),
      band: (isOwn || share <= shares.sure ? 'sure' : 'maybe') as Band,
      confidence: isOwn ? 1 : 1 / (1 + shareAbove(score - LAG * (highest - score), calibration) * index.faces),
      distance: distanceOfCosine(gallery.exact(own, row)),
      score: isOwn ? Number.POSITIVE_INFINITY : score,
    };
  });
  return {
    hits: hits
      .sort((a, b) => b.score - a.score || compare(a.photoId, b.photoId))
      .slice(0, options.limit ?? 2000)
      .map(({ score: _, ...hit }) => hit),
    probes: [...expansion.probes, { template: final, threshold }],
    expandedBy: [...expansion.scores.keys()].map((row) => idText(gallery.id(row))),
  };
}

function rows(gallery: Gallery, faceIds: readonly string[] = []): number[] {
  return faceIds.map((id) => gallery.rowOfFace(id)).filter((row) => row >= 0);
}

/** What is taken off all scores of a query; the gallery holds what is taken off those of each face. */
function shiftOf({ internals, calibration }: FaceIndex, query: Float32Array): number {
  return calibration.normalised
    ? crowding(query, internals.cohort) / 2
    : closeness(query, internals.cohort, calibration.median);
}

interface Expansion {
  /** The query, moved towards its surest hits when there are any. */
  template: Float32Array;
  /** What is taken off the scores of `template`. */
  shift: number;
  /** Scores of the hits that moved it, each against the query that the others alone would have made: nobody vouches for himself. */
  scores: Map<number, number>;
  probes: SearchTrace['probes'];
}

/** Half the query, half the mean of its surest hits. `excluded` rows move nothing. */
function expand(index: FaceIndex, template: Float32Array, excluded: ReadonlySet<number>): Expansion {
  const { calibration } = index;
  const { gallery } = index.internals;
  const shift = shiftOf(index, template);
  if (!calibration.normalised) return { template, shift, scores: new Map(), probes: [] };
  const share = Math.min(EXPANSION_SHARE, EXPANSION_STRANGERS / calibration.faces);
  const threshold = thresholdFor(share, calibration) + shift;
  const sure = gallery.scan(template, threshold).filter(({ row }) => !excluded.has(row));
  sure.sort((a, b) => b.score - a.score || compareIds(gallery.id(a.row), gallery.id(b.row)));
  const by = sure.slice(0, EXPANSION_HITS);
  // a full expansion is moved only by a face that comes before its last one
  const probes = [{ template, threshold: by.length === EXPANSION_HITS ? by.at(-1)!.score : threshold }];
  if (by.length === 0) return { template, shift, scores: new Map(), probes };
  const movedBy = (hits: typeof by) =>
    meanDescriptor([template, meanDescriptor(hits.map(({ row }) => gallery.at(row)))]);
  const moved = movedBy(by);
  const movedShift = shiftOf(index, moved);
  const scores = new Map(
    by.map(({ row, score }) => {
      if (by.length === 1) return [row, score - shift];
      const others = movedBy(by.filter((hit) => hit.row !== row));
      return [row, gallery.exact(others, row) - gallery.offset(row) - movedShift];
    }),
  );
  return { template: moved, shift: movedShift, scores, probes };
}

/** A face more like a rejected one than like the query loses what it is more alike. */
function sunk(gallery: Gallery, row: number, score: number, query: Float32Array, rejected: readonly number[]): number {
  if (rejected.length === 0) return score;
  const face = gallery.at(row);
  const toQuery = gallery.exact(query, row);
  return rejected.reduce((left, other) => left - Math.max(0, gallery.exact(face, other) - toQuery), score);
}

function bestOfEachPhoto<T extends { row: number; score: number }>(
  gallery: Gallery,
  found: readonly T[],
): Map<string, T> {
  const best = new Map<string, T>();
  for (const one of found) {
    const photo = idText(gallery.group(one.row));
    const known = best.get(photo);
    const isBetter =
      !known ||
      one.score > known.score ||
      (one.score === known.score && compareIds(gallery.id(one.row), gallery.id(known.row)) < 0);
    if (isBetter) best.set(photo, one);
  }
  return best;
}
