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
  vectors: VectorBlock;
  /** Index in the event of each member. */
  members: Int32Array;
}

/**
 * About one face a person: faces are walked in an order that only their content decides, and one is kept when it is
 * unlike all kept before. Never all faces: a person with thirty photos would count as their own strangers.
 */
export function chooseCohort(faces: VectorBlock, quality: ArrayLike<number>): Cohort {
  const order = Array.from({ length: faces.count }, (_, i) => ({ i, hash: hashDescriptor(faces.at(i)) }))
    .filter(({ i }) => !(quality[i]! < MIN_QUALITY))
    .sort((a, b) => a.hash - b.hash || a.i - b.i);
  const kept = new VectorBlock(Math.min(order.length, MAX_COHORT));
  const members: number[] = [];
  for (const { i } of order) {
    if (members.length === MAX_COHORT) break;
    const face = faces.at(i);
    if (isUnlikeAll(face, kept, members.length)) {
      kept.values.set(face, members.length * face.length);
      members.push(i);
    }
  }
  const vectors = new VectorBlock(members.length);
  vectors.values.set(kept.values.subarray(0, vectors.values.length));
  return { vectors, members: Int32Array.from(members) };
}

function isUnlikeAll(face: Float32Array, kept: VectorBlock, count: number): boolean {
  for (let k = 0; k < count; k++) {
    const other = kept.at(k);
    let dot = 0;
    for (let i = 0; i < face.length; i++) dot += face[i]! * other[i]!;
    if (dot >= SAME_PERSON) return false;
  }
  return true;
}

/** Mean of the highest cosines to the cohort, `self` (an index in the event) left out. Higher: many strangers look like this face. */
export function crowding(face: Float32Array, cohort: Cohort, self = -1): number {
  const cosines = cohort.vectors.cosines(face);
  const top = new Float32Array(NEIGHBOURS).fill(-1);
  for (let i = 0; i < cosines.length; i++) {
    if (cosines[i]! <= top[0]! || cohort.members[i] === self) continue;
    top[0] = cosines[i]!;
    for (let k = 0; k + 1 < NEIGHBOURS && top[k]! > top[k + 1]!; k++) {
      const swap = top[k]!;
      top[k] = top[k + 1]!;
      top[k + 1] = swap;
    }
  }
  let sum = 0;
  for (const value of top) sum += value;
  return sum / NEIGHBOURS;
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
