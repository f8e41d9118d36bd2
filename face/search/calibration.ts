import { builtInDescriptors, faceApiDescriptor } from '#contracts/descriptors.data.ts';
import type { SpaceCalibration } from '#contracts/descriptors.ts';
import type { Cohort } from './cohort.ts';
import { compareIds } from './face-id.ts';
import type { VectorBlock } from './vectors.ts';

/**
 * Which scores strangers reach by chance, in this event. The shape of the upper tail is that of the descriptor space (its
 * manifest); measured in spreads above the median it is the same for all groups of people, while median and spread are
 * not: those come from the event's own people. Faces that share a photo are certainly strangers: where those look alike more
 * often than the shape says, every promise is made stricter by as much.
 */
export interface Calibration {
  /** `event`: the event's own strangers shape it; `general`: too few people for that, the space's own figures count as much. */
  basis: 'event' | 'general';
  /** Faces searched. */
  faces: number;
  /** About how many different people. */
  people: number;
  /** Pairs of faces in one photo: certainly two people. */
  strangerPairs: number;
  /** Scores of two strangers: the median, and the 90th percentile above it. */
  median: number;
  spread: number;
  /** How much more often than the shape says strangers are taken to look alike here, by what was seen and as a margin; 1 or more. */
  inflation: number;
  /** Whether scores are relative to the neighbourhood of both faces. */
  normalised: boolean;
  /** Strangers that a whole search may be expected to show as "sure", and in all. */
  promise: { sure: number; all: number };
  /** Share of strangers (left, falling) at so many spreads above the median (right, rising). */
  tail: SpaceCalibration['tail'];
}

/** Strangers that a whole search may be expected to show in each band. */
const STRANGERS_PER_SEARCH = { sure: 0.01, all: 0.6 };
/** Never looser than this, however small the event: a stranger's face among ten must not be "sure" either. */
const MAX_SHARE = { sure: 8e-4, all: 8e-3 };

/** So many pairs of strangers weigh as much as everything known in general. */
const PRIOR_PAIRS = 150;
/** Pairs of the cohort that are looked at, at most. */
const MAX_PAIRS = 60_000;
/** Share of strangers at which certain strangers are counted, and how many of them weigh as much as the shape alone. */
const COUNTED_SHARE = 0.01;
const PRIOR_ALIKE = 2;
const MAX_INFLATION = 20;
/**
 * In a small cohort the nearest ones are a large part of it and say less: so many people double how often strangers are
 * expected to look alike, up to the limit. Measured on events of 40 to 4,000 faces.
 */
const SMALL_COHORT = 300;
const MAX_FOR_SMALL = 4;

/**
 * In larger events "sure" lies where the tail was not measured but continued, and the query is refined by hits that are less sure: strangers are
 * taken to look alike as much more often as the root of the size over this.
 */
const MEASURED_FACES = 1500;

/** The figures of the built-in space of that length: for callers that have no manifest at hand. */
export function generalSpace(dims: number): SpaceCalibration {
  return (builtInDescriptors.find(({ length }) => length === dims) ?? faceApiDescriptor)
    .calibration as SpaceCalibration;
}

export function calibrate(input: {
  faces: VectorBlock;
  cohort: Cohort;
  /** Row of each member of the cohort. */
  members: ArrayLike<number>;
  photoOf: ArrayLike<number>;
  normalised: boolean;
  space: SpaceCalibration;
  score: (a: number, b: number) => number;
}): Calibration {
  const { faces, members, normalised, space } = input;
  const own = shapeOf(input);
  // among few people the space's own figures count too; relative scores have none
  const weight = normalised ? 1 : own.pairs / (own.pairs + PRIOR_PAIRS);
  const mixed = (ofSpace: number, ofEvent: number) => ofSpace + weight * (ofEvent - ofSpace);
  const base: Calibration = {
    basis: weight > 0.5 ? 'event' : 'general',
    faces: faces.count,
    people: members.length,
    strangerPairs: 0,
    median: mixed(space.median, own.median),
    spread: mixed(space.spread, own.spread),
    inflation: normalised
      ? Math.min(MAX_FOR_SMALL, 1 + SMALL_COHORT / Math.max(1, members.length)) *
        Math.max(1, Math.sqrt(faces.count / MEASURED_FACES))
      : 1,
    normalised,
    promise: STRANGERS_PER_SEARCH,
    tail: normalised ? space.normalisedTail : space.tail,
  };
  const { pairs, rate } = certainStrangers(base, input);
  return { ...base, strangerPairs: pairs, inflation: base.inflation * rate };
}

/** Median and upper spread of the scores between people of the event: every so many pairs of the cohort, in its own order. */
function shapeOf({ members, space, score }: Parameters<typeof calibrate>[0]) {
  const count = (members.length * (members.length - 1)) / 2;
  const step = Math.max(1, Math.ceil(count / MAX_PAIRS));
  const values: number[] = [];
  let turn = 0;
  for (let i = 0; i < members.length; i++) {
    for (let k = i + 1; k < members.length; k++) {
      if (turn++ % step === 0) values.push(score(members[i]!, members[k]!));
    }
  }
  if (values.length < 3) return { pairs: 0, median: space.median, spread: space.spread };
  values.sort((a, b) => a - b);
  const median = values[Math.floor(values.length * 0.5)]!;
  return { pairs: values.length, median, spread: Math.max(1e-3, values[Math.floor(values.length * 0.9)]! - median) };
}

/** How often faces of one photo look alike, over what the shape predicts; drawn towards 1 while there are few of them. */
function certainStrangers(
  calibration: Calibration,
  { faces, photoOf, score, space }: Parameters<typeof calibrate>[0],
): { pairs: number; rate: number } {
  const byPhoto = new Map<number, number[]>();
  for (let i = 0; i < faces.count; i++) {
    const list = byPhoto.get(photoOf[i]!);
    if (list) list.push(i);
    else byPhoto.set(photoOf[i]!, [i]);
  }
  const limit = thresholdFor(COUNTED_SHARE, { ...calibration, inflation: 1 });
  // one face found twice, a mirror or a poster: not two people
  const twice = space.samePerson + (1 - space.samePerson) / 2;
  let pairs = 0;
  let alike = 0;
  for (const list of byPhoto.values()) {
    list.sort((a, b) => compareIds(faces.id(a), faces.id(b)));
    for (let i = 0; i < list.length; i++) {
      const face = faces.at(list[i]!);
      for (let k = i + 1; k < list.length; k++) {
        if (faces.exact(face, list[k]!) > twice) continue;
        pairs++;
        if (score(list[i]!, list[k]!) >= limit) alike++;
      }
    }
  }
  const rate = (alike + PRIOR_ALIKE) / (pairs * COUNTED_SHARE + PRIOR_ALIKE);
  return { pairs, rate: Math.min(MAX_INFLATION, Math.max(1, rate)) };
}

/** Share of strangers that each band lets through in this event. */
export function bandShares({ faces, promise }: Calibration): { sure: number; all: number } {
  return {
    sure: Math.min(MAX_SHARE.sure, promise.sure / faces),
    all: Math.min(MAX_SHARE.all, promise.all / faces),
  };
}

/** The score that a share of `share` of strangers reaches by chance in this event. */
export function thresholdFor(share: number, { median, spread, tail, inflation }: Calibration): number {
  return median + spread * spreadsAt(share / inflation, tail);
}

/** The inverse: what share of strangers scores this much or more, at most 1. */
export function shareAbove(score: number, { median, spread, tail, inflation }: Calibration): number {
  return Math.min(1, shareAt((score - median) / spread, tail) * inflation);
}

/** Between the rows of the tail the logarithm of the share is straight; beyond the last two it goes on as between them. */
function spreadsAt(share: number, tail: Calibration['tail']): number {
  const x = Math.log(Math.max(1e-300, share));
  for (let i = 1; ; i++) {
    const [s0, z0] = tail[i - 1]!;
    const [s1, z1] = tail[i]!;
    if (share >= s1 || i === tail.length - 1) {
      return z0 + ((x - Math.log(s0)) / (Math.log(s1) - Math.log(s0))) * (z1 - z0);
    }
  }
}

function shareAt(spreads: number, tail: Calibration['tail']): number {
  for (let i = 1; ; i++) {
    const [s0, z0] = tail[i - 1]!;
    const [s1, z1] = tail[i]!;
    if (spreads <= z1 || i === tail.length - 1) {
      const f = (spreads - z0) / (z1 - z0);
      return Math.exp(Math.log(s0) + f * (Math.log(s1) - Math.log(s0)));
    }
  }
}
