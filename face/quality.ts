import { similarityScale } from './geometry.ts';
import { luma } from './image.ts';
import type { LocatedFace } from './landmarks.ts';
import { type Candidate, crowdProbabilityOf, probabilityOf } from './second-opinion.ts';
import { CHIP_SIZE, type Pose, type Quality, type RgbImage } from './types.ts';

const clamp01 = (x: number) => Math.max(0, Math.min(1, x));
/** 0 at `from` and below, 1 at `to` and above; `from` may be the larger. */
const ramp = (x: number, from: number, to: number) => clamp01((x - from) / (to - from));

/** Variance of the Laplacian inside the face, over its contrast: independent of how bright the picture is. 0 for a flat chip. */
export function sharpnessOf(chip: RgbImage): number {
  const grey = luma(chip);
  const { width } = chip;
  const from = Math.round(CHIP_SIZE * 0.25);
  const to = Math.round(CHIP_SIZE * 0.75);
  let sum = 0;
  let squares = 0;
  let greySum = 0;
  let greySquares = 0;
  let n = 0;
  for (let y = from; y < to; y++) {
    for (let x = from; x < to; x++) {
      const i = y * width + x;
      const edge = 4 * grey[i]! - grey[i - 1]! - grey[i + 1]! - grey[i - width]! - grey[i + width]!;
      sum += edge;
      squares += edge * edge;
      greySum += grey[i]!;
      greySquares += grey[i]! * grey[i]!;
      n++;
    }
  }
  const variance = greySquares / n - (greySum / n) ** 2;
  return variance < 1 ? 0 : (squares / n - (sum / n) ** 2) / variance;
}

/** Mean and spread of brightness inside the face, 0..255. */
export function lightOf(chip: RgbImage): { mean: number; spread: number } {
  const grey = luma(chip);
  const from = Math.round(CHIP_SIZE * 0.25);
  const to = Math.round(CHIP_SIZE * 0.75);
  let sum = 0;
  let squares = 0;
  let n = 0;
  for (let y = from; y < to; y++) {
    for (let x = from; x < to; x++) {
      const value = grey[y * chip.width + x]!;
      sum += value;
      squares += value * value;
      n++;
    }
  }
  const mean = sum / n;
  return { mean, spread: Math.sqrt(Math.max(0, squares / n - mean * mean)) };
}

/**
 * How much a descriptor of this face can be trusted. `originalScale`: pixels of the original for one of the picture that
 * was described.
 */
export function qualityOf(face: LocatedFace, chip: RgbImage, pose: Pose, score: number, originalScale = 1): Quality {
  const facePixels = similarityScale(face.alignment.toPicture) * (CHIP_SIZE / 1.5) * originalScale;
  const light = lightOf(chip);
  const parts = {
    size: ramp(facePixels, 12, 90),
    sharpness: ramp(Math.log2(sharpnessOf(chip) + 1e-6), -9, -3),
    light: Math.min(ramp(light.mean, 15, 70), ramp(light.mean, 250, 215), ramp(light.spread, 6, 24)),
    pose: face.isReliable ? Math.min(ramp(Math.abs(pose.yaw), 70, 20), ramp(face.alignment.residual, 16, 5)) : 0,
    detection: ramp(score, 0.2, 0.95),
  };
  const overall = Object.values(parts).reduce((product, part) => product * (0.1 + 0.9 * part), 1) ** (1 / 5);
  return { overall: clamp01(overall), ...parts };
}

/** Detection score from which a box is taken for a face: landmarks that hold lower it, a tiny box needs more. */
const MIN_SCORE = { reliable: 0.3, unreliable: 0.75, tiny: 0.85 };
/** Pixels of width below which a detector sees faces in anything. */
const TINY_WIDTH = 16;

/** Whether a detector's box holds a face: by its score, and by landmarks that lie like a face's and stay at a second look. */
export function isFaceLike(face: LocatedFace, score: number, width: number): boolean {
  if (face.isReliable) return score >= MIN_SCORE.reliable;
  return score >= (width < TINY_WIDTH ? MIN_SCORE.tiny : MIN_SCORE.unreliable);
}

/** What the SSD gives as a face of a photo, by what else is known of it. */
const PHOTO_GATE = { reliable: 0.32, unreliable: 0.44, largeUnreliable: 0.5 };
/** Pixels of width from which landmarks of a face that looks this way can be expected to hold. */
const LARGE_WIDTH = 40;
/** Pixels of width below which nobody can be told from anybody else, and SSD boxes are as often wrong as right. */
const MIN_WIDTH = 12;

/** The same for a photo, whose faces may be small, blurred and turned away, and whose boxes come from several looks. */
export function isFaceOfPhoto(face: Pick<LocatedFace, 'isReliable'>, score: number, width: number): boolean {
  if (width < MIN_WIDTH) return false;
  if (face.isReliable) return score >= PHOTO_GATE.reliable;
  return score >= (width < LARGE_WIDTH ? PHOTO_GATE.unreliable : PHOTO_GATE.largeUnreliable);
}

/** Probability by both detectors from which a candidate is taken for a face. */
const MIN_PROBABILITY = 0.5;

/** How sure a candidate of a photo is a face, 0..1: by both detectors where both looked, else the SSD's score; 0 when it is not taken for one. */
export function faceScore(candidate: Candidate, face: Pick<LocatedFace, 'isReliable'>): number {
  const { score, far, crowd, w } = candidate;
  if (crowd !== undefined) {
    const probability = crowdProbabilityOf(crowd);
    return w >= MIN_WIDTH && probability >= MIN_PROBABILITY ? probability : 0;
  }
  if (far === undefined) return isFaceOfPhoto(face, score, w) ? score : 0;
  const probability = probabilityOf({ ...candidate, far }, face.isReliable);
  return w >= MIN_WIDTH && probability >= MIN_PROBABILITY ? probability : 0;
}
