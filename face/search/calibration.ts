import type { Cohort } from './cohort.ts';
import { NEIGHBOURS } from './cohort.ts';
import type { VectorBlock } from './vectors.ts';

/**
 * How alike strangers are: the share of strangers (left) whose cosine lies at least that many spreads above the median
 * (right). Measured between phone and server descriptors; the last rows are extrapolated. The shape holds where the
 * median and the spread do not, so those are taken from the event itself.
 */
const TAIL: ReadonlyArray<readonly [share: number, spreads: number]> = [
  [0.5, 0],
  [0.3, 0.363],
  [0.1, 0.82],
  [0.05, 1.02],
  [0.02, 1.226],
  [0.01, 1.363],
  [3e-3, 1.557],
  [1e-3, 1.719],
  [3e-4, 1.87],
  [1e-4, 1.99],
  [3e-5, 2.16],
  [1e-5, 2.3],
  [3e-6, 2.43],
  [1e-6, 2.55],
  [1e-8, 3.05],
];

/** Cosines of strangers in general: the median, and the median minus the tenth percentile. */
const GENERAL = { median: 0.8413, spread: 0.0499 };
/** So many pairs of strangers weigh as much as everything known in general. */
const PRIOR_PAIRS = 150;
/** Fewer certain strangers than this say nothing about rare events. */
const MIN_STRANGER_PAIRS = 100;

/** What the bands promise is based on; shown with results. */
export interface Calibration {
  /** `event`: the event's own strangers shape it; `general`: too few people for that. */
  basis: 'event' | 'general';
  /** Faces searched. */
  faces: number;
  /** About how many different people. */
  people: number;
  /** Pairs of faces in one photo: certainly two people. */
  strangerPairs: number;
  median: number;
  spread: number;
  /** How much more often than expected certain strangers look alike here; 1 or more. */
  inflation: number;
  /** Whether scores are relative to the neighbourhood of both faces. */
  normalised: boolean;
}

export function calibrate(input: {
  faces: VectorBlock;
  cohort: Cohort;
  photoOf: ArrayLike<number>;
  normalised: boolean;
  score: (a: number, b: number) => number;
}): Calibration {
  const { faces, cohort } = input;
  const own = cohortShape(cohort);
  const weight = own.pairs / (own.pairs + PRIOR_PAIRS);
  const base: Calibration = {
    basis: weight > 0.5 ? 'event' : 'general',
    faces: faces.count,
    people: cohort.vectors.count,
    strangerPairs: 0,
    median: GENERAL.median + weight * (own.median - GENERAL.median),
    // a narrower spread than usual is not trusted: too few pairs, and it would widen the bands
    spread: Math.max(GENERAL.spread, GENERAL.spread + weight * (own.spread - GENERAL.spread)),
    inflation: 1,
    normalised: input.normalised,
  };
  return { ...base, ...inflationOf(base, input) };
}

/** Median and spread of the cosines between different people of the event. */
function cohortShape({ vectors }: Cohort): { pairs: number; median: number; spread: number } {
  const values: number[] = [];
  const step = Math.max(1, Math.ceil((vectors.count * vectors.count) / 60_000));
  let turn = 0;
  for (let i = 0; i < vectors.count; i++) {
    for (let k = i + 1; k < vectors.count; k++) {
      if (turn++ % step === 0) values.push(dot(vectors.at(i), vectors.at(k)));
    }
  }
  if (values.length < 3) return { pairs: 0, ...GENERAL };
  values.sort((a, b) => a - b);
  const median = values[Math.floor(values.length * 0.5)]!;
  return { pairs: values.length, median, spread: median - values[Math.floor(values.length * 0.1)]! };
}

/** Compares the rate at which faces of one photo look alike with what the shape predicts. */
function inflationOf(
  calibration: Calibration,
  input: Parameters<typeof calibrate>[0],
): Pick<Calibration, 'strangerPairs' | 'inflation'> {
  const { faces, photoOf, score } = input;
  const byPhoto = new Map<number, number[]>();
  for (let i = 0; i < faces.count; i++) {
    const list = byPhoto.get(photoOf[i]!);
    if (list) list.push(i);
    else byPhoto.set(photoOf[i]!, [i]);
  }
  const limit = thresholdFor(0.01, calibration);
  let pairs = 0;
  let alike = 0;
  for (const list of byPhoto.values()) {
    for (let i = 0; i < list.length; i++) {
      for (let k = i + 1; k < list.length; k++) {
        // one face found twice, a mirror or a poster: not two people
        if (dot(faces.at(list[i]!), faces.at(list[k]!)) > 0.97) continue;
        pairs++;
        if (score(list[i]!, list[k]!) >= limit) alike++;
      }
    }
  }
  const inflation = pairs < MIN_STRANGER_PAIRS ? 1 : Math.min(20, Math.max(1, alike / (pairs * 0.01)));
  return { strangerPairs: pairs, inflation };
}

/** The score that a share of `share` of strangers reaches by chance in this event. */
export function thresholdFor(share: number, calibration: Calibration): number {
  const cosine = (s: number) => calibration.median + calibration.spread * spreadsAt(s);
  const reached = cosine(share / calibration.inflation);
  return calibration.normalised ? reached - meanCrowding(cosine, calibration.people) : reached;
}

/** The inverse: what share of strangers scores this much or more. */
export function shareAbove(score: number, calibration: Calibration): number {
  const cosine = (s: number) => calibration.median + calibration.spread * spreadsAt(s);
  const plain = calibration.normalised ? score + meanCrowding(cosine, calibration.people) : score;
  return Math.min(1, shareAt((plain - calibration.median) / calibration.spread) * calibration.inflation);
}

/** Expected mean of the highest cosines to a cohort of so many people. */
function meanCrowding(cosine: (share: number) => number, people: number): number {
  let sum = 0;
  for (let i = 0; i < NEIGHBOURS; i++) sum += cosine((i + 0.5) / people);
  return sum / NEIGHBOURS;
}

function spreadsAt(share: number): number {
  const x = Math.log(Math.max(1e-12, share));
  for (let i = 1; i < TAIL.length; i++) {
    const [s0, z0] = TAIL[i - 1]!;
    const [s1, z1] = TAIL[i]!;
    if (share >= s1 || i === TAIL.length - 1) {
      return z0 + ((x - Math.log(s0)) / (Math.log(s1) - Math.log(s0))) * (z1 - z0);
    }
  }
  return 0;
}

function shareAt(spreads: number): number {
  for (let i = 1; i < TAIL.length; i++) {
    const [s0, z0] = TAIL[i - 1]!;
    const [s1, z1] = TAIL[i]!;
    if (spreads <= z1 || i === TAIL.length - 1) {
      const f = (spreads - z0) / (z1 - z0);
      return Math.min(1, Math.exp(Math.log(s0) + f * (Math.log(s1) - Math.log(s0))));
    }
  }
  return 1;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
