import { compareIds } from './face-id.ts';
import { hashDescriptor, VectorBlock } from './vectors.ts';

/** Two faces more alike than this are taken for one person when the cohort is made. */
const SAME_PERSON = 0.94;
/** More people than this make the normalisation slower, not better. */
const MAX_COHORT = 1000;
/** How many of the nearest strangers say how crowded a face's neighbourhood is. */
export const NEIGHBOURS = 10;
/** With fewer people the neighbourhood of a face says little: plain cosines are compared instead. */
export const MIN_COHORT = 150;
/** Blurred and tiny faces resemble each other: they do not stand for people. */
const MIN_QUALITY = 0.35;

export interface Cohort {
  /** One face a person, with its id. */
  vectors: VectorBlock;
}

/**
 * About one face a person: faces are walked in an order that only their content decides, and one is kept when it is
 * unlike all kept before. Never all faces: a person with thirty photos would count as their own strangers.
 */
export function chooseCohort(faces: VectorBlock): Cohort {
  const hashes = Uint32Array.from({ length: faces.count }, (_, row) => hashDescriptor(faces.at(row)));
  const order = Int32Array.from({ length: faces.count }, (_, row) => row)
    .filter((row) => !(faces.quality(row) < MIN_QUALITY))
    .sort((a, b) => hashes[a]! - hashes[b]! || compareIds(faces.id(a), faces.id(b)));
  const vectors = new VectorBlock(faces.dims, faces.arena);
  for (const row of order) {
    if (vectors.count === MAX_COHORT) break;
    const face = faces.at(row);
    if (!vectors.hasAtLeast(face, SAME_PERSON)) vectors.id(vectors.push(face)).set(faces.id(row));
  }
  return { vectors };
}

/** Mean of the highest cosines to the cohort. Higher: many strangers look like this face. For faces of the event see `crowdings`. */
export function crowding(face: Float32Array, cohort: Cohort): number {
  const best = cohort.vectors.nearest(face, NEIGHBOURS);
  let sum = best.length - NEIGHBOURS;
  for (const { score } of best) sum += score;
  return sum / NEIGHBOURS;
}

/** The crowding of the faces of the event from row `from` on; a face is no stranger to itself. */
export function crowdings(faces: VectorBlock, { vectors }: Cohort, from = 0): Float32Array {
  const places = new Map(Array.from({ length: vectors.count }, (_, place) => [vectors.id(place).join(), place]));
  const selves = Int32Array.from({ length: faces.count - from }, (_, i) => places.get(faces.id(from + i).join()) ?? -1);
  return faces.meanOfBest(vectors, NEIGHBOURS, (row) => selves[row - from]!, from);
}

/** Fewer people than this say nothing about how a query lies among them. */
const MIN_PEOPLE_FOR_SHIFT = 10;

/**
 * How much closer than usual `face` is to people in general, 0 or more: a mean of several pictures is closer to everybody
 * than one picture, and some faces are, too. `median` is what is usual. Members that are the same person do not count.
 */
export function closeness(face: Float32Array, { vectors }: Cohort, median: number): number {
  const strangers = vectors.cosines(face).filter((value) => value < SAME_PERSON - 0.01);
  if (strangers.length < MIN_PEOPLE_FOR_SHIFT) return 0;
  return Math.max(0, strangers.sort()[strangers.length >> 1]! - median);
}
