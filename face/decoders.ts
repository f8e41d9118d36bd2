import { type Landmarks, type ScoredBox, SSD_SIZE } from './types.ts';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
/** The logit of a probability, so that most candidates are sorted out without an exponential. */
const logit = (p: number) => Math.log(p / (1 - p));

/** Numbers per prior in the raw class output: background, face, and one that training left unused. */
const SSD_CLASSES = 3;

/**
 * Raw SSD output of one picture to boxes in its pixels. `priors` are [top, left, bottom, right] of 0..1; `encodings` are
 * offsets of the centre in tenths and log sizes in fifths of the prior, the encoding the network was trained with.
 */
export function decodeSsd(
  encodings: Float32Array,
  classes: Float32Array,
  priors: Float32Array,
  minScore: number,
): ScoredBox[] {
  const threshold = logit(minScore);
  const boxes: ScoredBox[] = [];
  for (let i = 0; i < priors.length / 4; i++) {
    const value = classes[i * SSD_CLASSES + 1]!;
    if (value < threshold) continue;
    const p = i * 4;
    const priorHeight = priors[p + 2]! - priors[p]!;
    const priorWidth = priors[p + 3]! - priors[p + 1]!;
    const y = (encodings[p]! / 10) * priorHeight + priors[p]! + priorHeight / 2;
    const x = (encodings[p + 1]! / 10) * priorWidth + priors[p + 1]! + priorWidth / 2;
    const h = Math.exp(encodings[p + 2]! / 5) * priorHeight;
    const w = Math.exp(encodings[p + 3]! / 5) * priorWidth;
    boxes.push({
      x: (x - w / 2) * SSD_SIZE,
      y: (y - h / 2) * SSD_SIZE,
      w: w * SSD_SIZE,
      h: h * SSD_SIZE,
      score: sigmoid(value),
    });
  }
  return boxes;
}

/** Anchor sizes of the Tiny detector, in grid cells. */
const TINY_ANCHORS: ReadonlyArray<readonly [number, number]> = [
  [1.603231, 2.094468],
  [6.041143, 7.080126],
  [2.882459, 3.518061],
  [4.266906, 5.178857],
  [9.041765, 10.66308],
];

/** Raw Tiny output (`cells` x `cells` x 5 anchors x [x, y, w, h, score]) of a square picture of side `size` to boxes in its pixels. */
export function decodeTiny(output: Float32Array, cells: number, size: number, minScore: number): ScoredBox[] {
  const threshold = logit(minScore);
  const cell = size / cells;
  const boxes: ScoredBox[] = [];
  let p = 0;
  for (let row = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++) {
      for (const [anchorWidth, anchorHeight] of TINY_ANCHORS) {
        if (output[p + 4]! >= threshold) {
          const w = Math.exp(output[p + 2]!) * anchorWidth * cell;
          const h = Math.exp(output[p + 3]!) * anchorHeight * cell;
          const x = (column + sigmoid(output[p]!)) * cell - w / 2;
          const y = (row + sigmoid(output[p + 1]!)) * cell - h / 2;
          boxes.push({ x, y, w, h, score: sigmoid(output[p + 4]!) });
        }
        p += 5;
      }
    }
  }
  return boxes;
}

/** 136 numbers x0, y0, x1, … relative to the crop to points in pixels of a crop of side `size`. */
export function decodeLandmarks(output: Float32Array, size: number): Landmarks {
  return Array.from({ length: 68 }, (_, i) => ({ x: output[2 * i]! * size - 0.5, y: output[2 * i + 1]! * size - 0.5 }));
}
