import { normalize } from '#face/descriptor.ts';

/** Deterministic numbers of about mean 0 and variance 1. */
function createNoise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    let sum = -6;
    for (let i = 0; i < 12; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      sum += state / 2 ** 32;
    }
    return sum;
  };
}

/**
 * Made-up faces like real ones of the 128-number space: strangers at a cosine of about 0.84 (few directions carry the
 * differences, which makes look-alikes), pictures of one person at about 0.96. `of(i)` is another picture of person i.
 */
export function createPeople(count: number, dims = 128, seed = 1): { count: number; of(person: number): Float32Array } {
  const noise = createNoise(seed);
  const vector = (scale: number) => Float32Array.from({ length: dims }, () => noise() * scale);
  const mean = normalize(vector(1));
  const axes = Array.from({ length: 40 }, () => normalize(vector(1)));
  const people = Array.from({ length: count }, () => {
    const person = mean.slice();
    for (const axis of axes) {
      const weight = noise() * 0.068;
      for (let i = 0; i < dims; i++) person[i]! += weight * axis[i]!;
    }
    return person;
  });
  const own = 0.018 * Math.sqrt(128 / dims);
  return {
    count,
    of(person) {
      const face = people[person % count]!.slice();
      for (let i = 0; i < dims; i++) face[i]! += noise() * own;
      return normalize(face);
    },
  };
}

export const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

/** Milliseconds: median and 95th percentile. */
export function percentiles(taken: readonly number[]): { median: number; p95: number; max: number } {
  const sorted = [...taken].sort((a, b) => a - b);
  const at = (share: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { median: at(0.5), p95: at(0.95), max: at(1) };
}
