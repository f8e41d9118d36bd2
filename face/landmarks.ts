import { type Alignment, alignBox, alignFace, landmarkCropOfBox, landmarkCropOfFace } from './align.ts';
import { squareAround } from './boxes.ts';
import { applySimilarity, centroid, distance, type Similarity } from './geometry.ts';
import type { Pyramid } from './image.ts';
import { type Box, type FaceEngine, LANDMARK_SIZE, type Landmarks, type Pose } from './types.ts';

/** Landmarks in pixels of the picture, how they lie, and how much the two looks agreed. */
export interface LocatedFace {
  landmarks: Landmarks;
  alignment: Alignment;
  /** Whether the landmarks can be trusted; otherwise `alignment` is that of the box. */
  isReliable: boolean;
  /**
   * Mean distance between the points of the first and the second look, in eye distances. About 0.1 on faces; on leaves,
   * prints and shadows the network sees another face in every crop.
   */
  disagreement: number;
}

/** Landmarks farther from a mean face than this (in chip pixels) are not those of a face. */
const MAX_RESIDUAL = 9;
/** Two looks at one face differ by less. */
const MAX_DISAGREEMENT = 0.4;

/** A box, and which way the head in it leans, in radians clockwise; default 0. */
export type LeaningBox = Box & { angle?: number };

/**
 * Landmarks of every box by two looks: at the box, and at the upright square that the first look suggests. `patient`: where the two
 * do not agree well, other squares within the box are tried (a selfie is one face, and the small detector's box of a head that leans is up to twice
 * too large).
 */
export async function locateFaces(
  picture: Pyramid,
  boxes: readonly LeaningBox[],
  engine: FaceEngine,
  options: { patient?: boolean } = {},
): Promise<LocatedFace[]> {
  const located = await lookTwice(picture, boxes, engine);
  if (!options.patient) return located;
  for (const [i, face] of located.entries()) {
    if (face.isReliable && face.disagreement <= WELL_AGREED) continue;
    const others = await lookTwice(picture, startsWithin(boxes[i]!), engine);
    located[i] = others.reduce((best, other) => (isBetter(other, best) ? other : best), face);
  }
  return located;
}

/** Two looks that agree so well need no third. */
const WELL_AGREED = 0.2;
const STARTS = { scales: [1, 0.7, 0.5], leans: [0, 25, -25].map((degrees) => (degrees * Math.PI) / 180) };

/** Smaller squares around the middle of a box, leaning to either side. */
function startsWithin(box: LeaningBox): LeaningBox[] {
  const side = Math.max(box.w, box.h);
  return STARTS.scales.flatMap((scale) =>
    STARTS.leans.map((lean) => ({ ...squareAround(box, side * scale), angle: (box.angle ?? 0) + lean })),
  );
}

const isBetter = (face: LocatedFace, than: LocatedFace): boolean =>
  face.isReliable && (!than.isReliable || face.disagreement < than.disagreement);

async function lookTwice(picture: Pyramid, boxes: readonly LeaningBox[], engine: FaceEngine): Promise<LocatedFace[]> {
  const crops = boxes.map((box) => landmarkCropOfBox(box, box.angle));
  const first = await look(picture, crops, engine);
  const fallback = first.map((points, i) => tryAlign(points) ?? alignBox(boxes[i]!));
  const second = await look(picture, fallback.map(landmarkCropOfFace), engine);
  return boxes.map((box, i) => {
    const disagreement = disagreementOf(first[i]!, second[i]!);
    const alignment = tryAlign(second[i]!);
    const isReliable = alignment !== null && alignment.residual <= MAX_RESIDUAL && disagreement <= MAX_DISAGREEMENT;
    return isReliable
      ? { landmarks: second[i]!, alignment, isReliable, disagreement }
      : { landmarks: first[i]!, alignment: alignBox(box), isReliable, disagreement };
  });
}

async function look(picture: Pyramid, crops: Similarity[], engine: FaceEngine): Promise<Landmarks[]> {
  if (crops.length === 0) return [];
  const found = await engine.landmarks(crops.map((crop) => picture.warp(crop, LANDMARK_SIZE, LANDMARK_SIZE)));
  return found.map((points, i) => points.map((point) => applySimilarity(crops[i]!, point)));
}

function tryAlign(landmarks: Landmarks): Alignment | null {
  if (landmarks.some((p) => !Number.isFinite(p.x + p.y))) return null;
  try {
    return alignFace(landmarks);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function disagreementOf(a: Landmarks, b: Landmarks): number {
  const sum = a.reduce((total, point, i) => total + distance(point, b[i]!), 0);
  return sum / a.length / Math.max(1e-6, eyeDistance(b));
}

export function eyeDistance(landmarks: Landmarks): number {
  const { left, right } = eyeCentres(landmarks);
  return distance(left, right);
}

function eyeCentres(landmarks: Landmarks) {
  return { left: centroid(landmarks.slice(36, 42)), right: centroid(landmarks.slice(42, 48)) };
}

/**
 * Estimated from where the nose lies between the sides of the jaw and between eyes and mouth. Good to about 10 degrees,
 * enough to ask somebody to look here.
 */
export function poseOf(landmarks: Landmarks): Pose {
  const { left, right } = eyeCentres(landmarks);
  const roll = Math.atan2(right.y - left.y, right.x - left.x);
  const cos = Math.cos(roll);
  const sin = Math.sin(roll);
  const along = (i: number) => landmarks[i]!.x * cos + landmarks[i]!.y * sin;
  const down = (p: { x: number; y: number }) => p.y * cos - p.x * sin;
  const toLeft = along(30) - along(2);
  const toRight = along(14) - along(30);
  const turn = (toRight - toLeft) / Math.max(1e-6, Math.abs(toLeft) + Math.abs(toRight));
  const eyes = (down(left) + down(right)) / 2;
  const mouth = down(centroid([landmarks[48]!, landmarks[54]!]));
  const nose = (down(landmarks[30]!) - eyes) / Math.max(1e-6, mouth - eyes);
  const degrees = 180 / Math.PI;
  return {
    yaw: -Math.asin(Math.max(-1, Math.min(1, turn))) * degrees,
    pitch: Math.max(-90, Math.min(90, (nose - NOSE_LEVEL) * 100)),
    roll: roll * degrees,
  };
}

/** Where the tip of the nose lies between eyes (0) and mouth (1) when one looks straight ahead. */
const NOSE_LEVEL = 0.55;
