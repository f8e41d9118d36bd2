import { compareIds } from './face-id.ts';
import { hashDescriptor, VectorBlock } from './vectors.ts';

/**
 * What makes scores of different faces comparable, and what it costs:
 * - cohort: about one face a person of the event, at most MAX_COHORT. Choosing it is one scan of those kept for each face
 *   (`hasAtLeast`), until it is full.
 * - crowding r(x): mean of the NEIGHBOURS highest cosines of a face to the cohort, itself left out: a dense product of all faces with
 *   the cohort (`meanOfBest`). Kept for each face as `offset` = r / 2; adding a face costs one row of that product.
 * - score of a query against a face: cosine - r(query) / 2 - offset(face). The first two parts depend on the query alone, so a
 *   scan with `threshold + r(query) / 2` finds every face above `threshold`.
 * All of it depends on the set of faces only, never on the order in which they came.
 */

/**
 * A part of the people as cohort costs recall and makes the bands break their promise (10,000 faces of 9,000 people: 88 % found at 95 %
 * precision with 4,000, 90 % with all), so it is above the people of nearly every event.
 */
const MAX_COHORT = 8000;
/**
 * How many of the nearest strangers say how crowded a face's neighbourhood is. With ten, a kind of people of whom the event holds fewer (a few
 * Asian or Black people among many others) seemed less crowded than it is, and its strangers were "sure"; with four a searcher's own face weighs too much.
 */
export const NEIGHBOURS = 6;
/** With fewer people the neighbourhood of a face says little: plain cosines are compared instead. */
export const MIN_COHORT = 20;
/** Blurred and tiny faces resemble each other: they do not stand for people. */
const MIN_QUALITY = 0.35;

export interface Cohort {
  /** One face a person, with its id. */
  vectors: VectorBlock;
}

/**
 * About one face a person: faces are walked in an order that only their content decides, and one is kept when it is
 * unlike (`samePerson`) all kept before. Never all faces: a person with thirty photos would count as their own strangers.
 * `members` are the rows of those kept.
 */
export function chooseCohort(
  faces: VectorBlock,
  samePerson: number,
  limit = MAX_COHORT,
): Cohort & { members: Int32Array } {
  const hashes = Uint32Array.from({ length: faces.count }, (_, row) => hashDescriptor(faces.at(row)));
  const order = Int32Array.from({ length: faces.count }, (_, row) => row)
    .filter((row) => !(faces.quality(row) < MIN_QUALITY))
    .sort((a, b) => hashes[a]! - hashes[b]! || compareIds(faces.id(a), faces.id(b)));
  const vectors = new VectorBlock(faces.dims, faces.arena);
  const members: number[] = [];
  for (const row of order) {
    if (vectors.count === limit) break;
    const face = faces.at(row);
    if (vectors.hasAtLeast(face, samePerson)) continue;
    vectors.id(vectors.push(face)).set(faces.id(row));
    members.push(row);
  }
  return { vectors, members: Int32Array.from(members) };
}

/** Mean of the highest cosines to the cohort. Higher: many strangers look like this face. For faces of the event see `crowdings`. */
export function crowding(face: Float32Array, cohort: Cohort): number {
  const best = cohort.vectors.nearest(face, NEIGHBOURS);
  let sum = best.length - NEIGHBOURS;
  for (const { score } of best) sum += score;
  return sum / NEIGHBOURS;
}

/** The crowding of the faces of the event from row `from` on; a face is no stranger to itself. */
export function crowdings(faces: VectorBlock, { vectors }: Cohort, from = 0, to = faces.count): Float32Array {
  const selves = placesIn(vectors, faces, from, to);
  return faces.meanOfBest(vectors, NEIGHBOURS, (row) => selves[row - from]!, from, to);
}

/** Where each face stands in the cohort; -1 for those that do not. */
function placesIn(cohort: VectorBlock, faces: VectorBlock, from: number, to: number): Int32Array {
  const few = to - from < 100;
  const places = new Map(
    Array.from({ length: few ? 0 : cohort.count }, (_, place) => [cohort.id(place).join(), place]),
  );
  const placeOf = (id: Uint8Array) => (few ? cohort.rowsWith('ids', id)[0] : places.get(id.join()));
  return Int32Array.from({ length: to - from }, (_, i) => placeOf(faces.id(from + i)) ?? -1);
}

/** Fewer people than this say nothing about how a query lies among them. */
const MIN_PEOPLE_FOR_SHIFT = 10;

/**
 * How much closer than usual `face` is to people in general, 0 or more: a mean of several pictures is closer to everybody
 * than one picture, and some faces are, too. `median` is what is usual.
 */
export function closeness(face: Float32Array, { vectors }: Cohort, median: number): number {
  const cosines = vectors.cosines(face);
  if (cosines.length < MIN_PEOPLE_FOR_SHIFT) return 0;
  return Math.max(0, cosines.sort()[cosines.length >> 1]! - median);
}
