import {
  applySimilarity,
  centroid,
  composeSimilarity,
  fitSimilarity,
  type Similarity,
  similarityAngle,
  similarityScale,
} from './geometry.ts';
import type { Pyramid } from './image.ts';
import { type Box, CHIP_SIZE, LANDMARK_SIZE, type Landmarks, type Point, type RgbImage } from './types.ts';

/**
 * Mean face of the recognition network's training: where landmarks 27-54 and 60-64 lie, in units of the face square.
 * Jaw, brows and lower lips move too much to align by. Source: the chip definition that the dlib network was trained with.
 */
const TEMPLATE: ReadonlyArray<readonly [index: number, x: number, y: number]> = [
  [27, 0.490127, 0.203352],
  [28, 0.490127, 0.307009],
  [29, 0.490127, 0.409805],
  [30, 0.490127, 0.515625],
  [31, 0.36688, 0.587326],
  [32, 0.426036, 0.609345],
  [33, 0.490127, 0.628106],
  [34, 0.554217, 0.609345],
  [35, 0.613373, 0.587326],
  [36, 0.121737, 0.216423],
  [37, 0.187122, 0.178758],
  [38, 0.265825, 0.179852],
  [39, 0.334606, 0.231733],
  [40, 0.260918, 0.245099],
  [41, 0.182743, 0.244077],
  [42, 0.645647, 0.231733],
  [43, 0.714428, 0.179852],
  [44, 0.793132, 0.178758],
  [45, 0.858516, 0.216423],
  [46, 0.79751, 0.244077],
  [47, 0.719335, 0.245099],
  [48, 0.254149, 0.780233],
  [49, 0.340985, 0.745405],
  [50, 0.428858, 0.727388],
  [51, 0.490127, 0.742578],
  [52, 0.551395, 0.727388],
  [53, 0.639268, 0.745405],
  [54, 0.726104, 0.780233],
  [60, 0.290379, 0.784792],
  [61, 0.428096, 0.778746],
  [62, 0.490127, 0.785343],
  [63, 0.552157, 0.778746],
  [64, 0.689874, 0.784792],
];

/** Share of the face square added on each side of it. The network was trained with this much. */
const PADDING = 0.25;

const chipTemplate: readonly Point[] = TEMPLATE.map(([, x, y]) => ({ x: inChip(x), y: inChip(y) }));

function inChip(t: number): number {
  return ((PADDING + t) / (2 * PADDING + 1)) * CHIP_SIZE;
}

export interface Alignment {
  /** Takes chip pixels (150x150) to pixels of the picture. */
  toPicture: Similarity;
  /** How far the landmarks are from a mean face after the best fit, in chip pixels; about 3 for a frontal face. */
  residual: number;
}

/** Similarity (shift, rotation, one scale) that lays the landmarks on the training template. Throws RangeError on collapsed landmarks. */
export function alignFace(landmarks: Landmarks): Alignment {
  const points = TEMPLATE.map(([index]) => landmarks[index]!);
  const { rms, ...toPicture } = fitSimilarity(chipTemplate, points);
  const scale = similarityScale(toPicture);
  if (!(scale > 0)) throw new RangeError('these landmarks are one point');
  return { toPicture, residual: rms / scale };
}

/** Where an SSD box lies on the chip (measured means), for faces too small or hidden for landmarks: upright and roughly right. */
const BOX_ON_CHIP = { x: 0.49, y: 0.454, height: 0.99 };

/** Alignment by the box alone. */
export function alignBox(box: Box): Alignment {
  const scale = box.h / (BOX_ON_CHIP.height * CHIP_SIZE);
  const tx = box.x + box.w / 2 - 0.5 - scale * BOX_ON_CHIP.x * CHIP_SIZE;
  const ty = box.y + box.h / 2 - 0.5 - scale * BOX_ON_CHIP.y * CHIP_SIZE;
  return { toPicture: { a: scale, b: 0, tx, ty }, residual: 0 };
}

/** The upright 150x150 face, corners outside of the picture black. */
export function cutChip(picture: Pyramid, alignment: Alignment): RgbImage {
  return picture.warp(alignment.toPicture, CHIP_SIZE, CHIP_SIZE);
}

/** Eyes, tip of the nose and corners of the mouth on a 112x112 chip, as the ArcFace family of networks is trained. */
const ARCFACE_POINTS: readonly Point[] = [
  { x: 38.2946, y: 51.6963 },
  { x: 73.5318, y: 51.5014 },
  { x: 56.0252, y: 71.7366 },
  { x: 41.5493, y: 92.3655 },
  { x: 70.7299, y: 92.2041 },
];
const ARCFACE_SIDE = 112;

/** The five points of 68 landmarks. */
function fivePoints(at: (index: number) => Point): Point[] {
  const mean = (...indices: number[]) => centroid(indices.map(at));
  return [mean(36, 37, 38, 39, 40, 41), mean(42, 43, 44, 45, 46, 47), at(30), mean(48, 60), mean(54, 64)];
}

/** Takes pixels of the ArcFace chip of the mean face to pixels of its dlib chip. */
const arcFaceOnDlib: Similarity = fitSimilarity(
  ARCFACE_POINTS,
  fivePoints((index) => {
    const [, x, y] = TEMPLATE.find(([at]) => at === index)!;
    return { x: inChip(x), y: inChip(y) };
  }),
);

/** What a network wants to see of a face. */
export interface ChipShape {
  template: 'dlib' | 'arcface';
  /** Pixels. */
  side: number;
  /** Above 1: more of what is around the face. */
  scale: number;
  /** How far the chip is moved off its place, in shares of its side; default: not at all. */
  shift?: Point;
}

/** The face as a network of that template was trained on it, `side` pixels wide and high. */
export function cutFace(
  picture: Pyramid,
  face: { landmarks: Landmarks; alignment: Alignment; isReliable: boolean },
  shape: ChipShape,
): RgbImage {
  const { toPicture, side } =
    shape.template === 'dlib' ? { toPicture: face.alignment.toPicture, side: CHIP_SIZE } : arcFaceChip(face);
  // pixel centres: the middle of the chip stays where it is
  const f = (side / shape.side) * shape.scale;
  const middle = (side - 1) / 2 - (f * (shape.side - 1)) / 2;
  const { x = 0, y = 0 } = shape.shift ?? {};
  const wanted = composeSimilarity(toPicture, { a: f, b: 0, tx: middle + x * side, ty: middle + y * side });
  return picture.warp(wanted, shape.side, shape.side);
}

function arcFaceChip(face: { landmarks: Landmarks; alignment: Alignment; isReliable: boolean }) {
  const toPicture = face.isReliable
    ? fitSimilarity(
        ARCFACE_POINTS,
        fivePoints((index) => face.landmarks[index]!),
      )
    : composeSimilarity(face.alignment.toPicture, arcFaceOnDlib);
  return { toPicture, side: ARCFACE_SIDE };
}

/** Degrees, positive when the head leans clockwise in the picture. */
export function rollOf(alignment: Alignment): number {
  return (similarityAngle(alignment.toPicture) * 180) / Math.PI;
}

/**
 * Takes pixels of a landmark crop (112x112) of a box to the picture. The box becomes a square around its centre, turned by
 * `angle` radians when the picture does not lie upright.
 */
export function landmarkCropOfBox(box: Box, angle = 0): Similarity {
  // boxes count from the corner of the first pixel, transforms from its centre
  return cropAround({ x: box.x + box.w / 2 - 0.5, y: box.y + box.h / 2 - 0.5 }, Math.max(box.w, box.h), angle);
}

/**
 * Crop for a second look, turned upright and centred by a first estimate: the network was trained on upright faces that
 * fill their box, so the second look is better, most of all for tilted heads and loose boxes.
 */
export function landmarkCropOfFace(alignment: Alignment): Similarity {
  const centre = applySimilarity(alignment.toPicture, { x: CHIP_SIZE / 2, y: CHIP_SIZE * CROP_CENTRE });
  const side = similarityScale(alignment.toPicture) * CHIP_SIZE * CROP_SIDE;
  return cropAround(centre, side, similarityAngle(alignment.toPicture));
}

/** Centre and side of the upright square, in chips: as large as a detector's box, which is what the network was trained on. */
const CROP_CENTRE = 0.5;
const CROP_SIDE = 1;

function cropAround(centre: Point, side: number, angle: number): Similarity {
  const scale = side / LANDMARK_SIZE;
  const a = scale * Math.cos(angle);
  const b = scale * Math.sin(angle);
  const c = (LANDMARK_SIZE - 1) / 2;
  return { a, b, tx: centre.x - (a * c - b * c), ty: centre.y - (b * c + a * c) };
}
