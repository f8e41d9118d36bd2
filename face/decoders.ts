import type { Landmarks, ScoredBox } from './types.ts';

export const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
/** The logit of a probability, so that most candidates are sorted out without an exponential. */
export const logit = (p: number) => Math.log(p / (1 - p));

/** Numbers per prior in the raw class output: background, face, and one that training left unused. */
const SSD_CLASSES = 3;

/** Width and height in pixels of a box with this share of 512 pixels and this ratio of width to height. */
const anchor = (share: number, ratio: number) =>
  [512 * share * Math.sqrt(ratio), (512 * share) / Math.sqrt(ratio)] as const;

/** Heads of the SSD, finest first: one cell every `stride` pixels, and the boxes that each cell starts from. */
const SSD_HEADS = [0.2, 0.35, 0.5, 0.65, 0.8, 0.95].map((share, i, shares) => ({
  stride: 16 << i,
  anchors:
    i === 0
      ? [anchor(0.1, 1), anchor(share, 2), anchor(share, 1 / 2)]
      : [
          anchor(share, 1),
          anchor(Math.sqrt(share * (shares[i + 1] ?? 1)), 1),
          ...[2, 1 / 2, 3, 1 / 3].map((ratio) => anchor(share, ratio)),
        ],
}));

/** Sides of a picture that the SSD sees are multiples of this. */
export const SSD_STEP = 64;

/** [top, left, bottom, right] in pixels of every box that the SSD starts from, in the order of its output. */
export function ssdPriors(width: number, height: number): Float32Array {
  const priors: number[] = [];
  for (const { stride, anchors } of SSD_HEADS) {
    for (let y = stride / 2; y < height + stride / 2; y += stride) {
      for (let x = stride / 2; x < width + stride / 2; x += stride) {
        for (const [w, h] of anchors) priors.push(y - h / 2, x - w / 2, y + h / 2, x + w / 2);
      }
    }
  }
  return Float32Array.from(priors);
}

/** Throws RangeError for a picture that the detector cannot see. */
export function requireSteps(width: number, height: number, step = SSD_STEP): void {
  if (width % step !== 0 || height % step !== 0 || width * height === 0) {
    throw new RangeError(`the detector wants sides of multiples of ${step} pixels, not ${width}x${height}`);
  }
}

/** The priors of a size, made once for each of the last few sizes. */
export function rememberPriors(): typeof ssdPriors {
  const known = new Map<string, Float32Array>();
  return (width, height) => {
    const key = `${width}x${height}`;
    const priors = known.get(key) ?? ssdPriors(width, height);
    if (known.size > 32) known.clear();
    known.set(key, priors);
    return priors;
  };
}

/**
 * Raw SSD output of one picture to boxes in its pixels. `priors` are those of its size; `encodings` are offsets of the
 * centre in tenths and log sizes in fifths of the prior, the encoding the network was trained with.
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
    boxes.push({ x: x - w / 2, y: y - h / 2, w, h, score: sigmoid(value) });
  }
  return boxes;
}

/** Sides of a picture that the far detector sees are multiples of this. */
export const FAR_STEP = 32;
/** Pixels from one of its cells to the next, and numbers of a cell: middle, width and height of the box, then six points. */
const FAR_CELL = 4;
const FAR_VALUES = 16;
/** Its boxes are squares; those of the SSD, and the labels of crowds, are higher than wide by this. */
const FAR_HEIGHT = 1.2;

/** Raw output of the far detector, one score and one box a cell, to boxes in pixels of a picture of this width. */
export function decodeFar(boxes: Float32Array, scores: Float32Array, width: number, minScore: number): ScoredBox[] {
  const threshold = logit(minScore);
  const columns = width / FAR_CELL;
  const found: ScoredBox[] = [];
  for (let i = 0; i < scores.length; i++) {
    if (scores[i]! < threshold) continue;
    const p = i * FAR_VALUES;
    const x = ((i % columns) + 0.5) * FAR_CELL + boxes[p]!;
    const y = (Math.floor(i / columns) + 0.5) * FAR_CELL + boxes[p + 1]!;
    const w = boxes[p + 2]!;
    const h = boxes[p + 3]! * FAR_HEIGHT;
    if (w > 0 && h > 0) found.push({ x: x - w / 2, y: y - h / 2, w, h, score: sigmoid(scores[i]!) });
  }
  return found;
}

/** Sides of a picture that the crowd detector sees are multiples of this. */
export const CROWD_STEP = 32;
/** Pixels from one cell of its maps to the next, and the sides of the two squares that each cell starts from. */
const CROWD_ANCHORS = new Map([
  [8, [32, 16]],
  [16, [128, 64]],
  [32, [512, 256]],
]);
export const CROWD_STRIDES = [...CROWD_ANCHORS.keys()];

/**
 * Raw maps of the crowd detector for one stride to boxes in pixels of its picture. `scores` are probabilities, [no face, no face, face,
 * face] for its two anchors; `boxes` the offset of the middle and the logarithm of the sides, in sides of the anchor.
 */
export function decodeCrowd(
  stride: number,
  scores: Float32Array,
  boxes: Float32Array,
  columns: number,
  minScore: number,
): ScoredBox[] {
  const cells = scores.length / 4;
  const found: ScoredBox[] = [];
  for (const [anchor, side] of CROWD_ANCHORS.get(stride)!.entries()) {
    for (let i = 0; i < cells; i++) {
      const score = scores[(anchor + 2) * cells + i]!;
      if (score < minScore) continue;
      const value = (part: number) => boxes[(anchor * 4 + part) * cells + i]!;
      const x = (i % columns) * stride + CROWD_FIRST + side * value(0);
      const y = Math.floor(i / columns) * stride + CROWD_FIRST + side * value(1);
      const w = side * Math.exp(value(2));
      const h = side * Math.exp(value(3));
      found.push({ x: x - w / 2, y: y - h / 2, w, h, score });
    }
  }
  return found;
}
/** Where the first cell's squares have their middle, whatever the stride: half of 16 pixels, as it was trained. */
const CROWD_FIRST = 7.5;

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
