import { suppress } from './boxes.ts';
import { detectSelfieFaces } from './detect.ts';
import { Pyramid } from './image.ts';
import { describeBoxes } from './pipeline.ts';
import type { Recognition } from './recogniser.ts';
import type { Box, DescribedFace, FaceEngine, RgbImage, ScoredBox } from './types.ts';

/** What keeps a selfie from being a good one, the most important first. */
export type SelfieProblem = 'none' | 'many' | 'far' | 'cut' | 'dark' | 'bright' | 'blurry' | 'turned' | 'tilted';

export interface SelfieGuidance {
  /** Faces large enough to be meant. */
  faceCount: number;
  /** Width of the best face over the shorter side of the picture, 0..1. */
  sizeRatio: number;
  /** Parts of the quality, 0..1. */
  sharpness: number;
  light: number;
  /** Degrees. */
  yaw: number;
  roll: number;
  problems: SelfieProblem[];
}

export interface Selfie {
  /** Null when no face was found. */
  face: DescribedFace | null;
  guidance: SelfieGuidance;
}

interface Attempt {
  size: number;
  zoom: number;
  minScore: number;
  /** Heads lean so far to either side, in radians; default: upright. */
  lean?: number;
}

/** A detector's box, and how far the head in it leans. */
interface Candidate extends ScoredBox {
  angle: number;
}

const LEAN = (32 * Math.PI) / 180;

/** Side of the square that the detector sees at the first look. */
export const SELFIE_SIZE = 416;

/**
 * Looks in order until one finds a face: as it is, zoomed out for a face that fills the frame, leaning to either side, larger for a
 * distant one, then less strict.
 */
const ATTEMPTS: readonly Attempt[] = [
  { size: SELFIE_SIZE, zoom: 1, minScore: 0.5 },
  { size: 320, zoom: 2.2, minScore: 0.5 },
  { size: 224, zoom: 3, minScore: 0.4 },
  { size: SELFIE_SIZE, zoom: 1.1, minScore: 0.5, lean: LEAN },
  { size: 608, zoom: 1, minScore: 0.4 },
  { size: 320, zoom: 2.6, minScore: 0.2 },
  { size: SELFIE_SIZE, zoom: 1, minScore: 0.2 },
  { size: SELFIE_SIZE, zoom: 1.1, minScore: 0.2, lean: LEAN },
];

/** Looks for a face in the middle when the first look found others only: the middle alone, everything larger, leaning to either side. */
const MIDDLE_LOOKS: readonly Attempt[] = [
  { size: 320, zoom: 0.62, minScore: 0.35 },
  { size: 608, zoom: 1, minScore: 0.35 },
  { size: SELFIE_SIZE, zoom: 1.1, minScore: 0.4, lean: LEAN },
];

/**
 * The one face that a selfie is about: the largest and surest, near the middle. Runs on the phone, and on the worker for
 * uploads. `recognition` says which descriptors to compute; default: that of the engine's own network. One picture is all there
 * is, so it is described thoroughly; a burst of looks (see face/browser) gains as much by its mean.
 */
export async function describeSelfie(
  image: RgbImage,
  engine: FaceEngine,
  options: { recognition?: Recognition } = {},
): Promise<Selfie> {
  const picture = new Pyramid(image);
  for (const attempt of ATTEMPTS) {
    let boxes = byProminence(await candidatesOf(picture, engine, attempt), image);
    if (boxes.length === 0) continue;
    if (!holdsMiddle(boxes[0]!, image)) {
      const more = [];
      for (const look of MIDDLE_LOOKS) more.push(...(await candidatesOf(picture, engine, look)));
      boxes = byProminence(suppress([...boxes, ...more], 0.3), image);
    }
    for (const box of boxes.slice(0, 3)) {
      const [face] = await describeBoxes(picture, [box], engine, { ...options, angle: box.angle, thorough: true });
      if (!face) continue;
      const meant = boxes.filter((other) => other.w > face.box.w * 0.6 && other.score > 0.5);
      return { face, guidance: guidanceOf(face, Math.max(1, meant.length), image) };
    }
  }
  return { face: null, guidance: guidanceOf(null, 0, image) };
}

async function candidatesOf(picture: Pyramid, engine: FaceEngine, { lean, ...look }: Attempt): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (const angle of lean ? [lean, -lean] : [0])
    for (const box of await detectSelfieFaces(picture, engine, { ...look, angle })) found.push({ ...box, angle });
  return lean ? suppress(found, 0.3) : found;
}

function byProminence(boxes: readonly Candidate[], image: RgbImage): Candidate[] {
  return boxes
    .map((box) => ({ box, prominence: prominenceOf(box, image) }))
    .sort((a, b) => b.prominence - a.prominence)
    .map(({ box }) => box);
}

/** Size counts most, then the middle of the picture, then the score. */
function prominenceOf(box: ScoredBox, image: RgbImage): number {
  const dx = (box.x + box.w / 2) / image.width - 0.5;
  const dy = (box.y + box.h / 2) / image.height - 0.5;
  return Math.sqrt(box.w * box.h) * (0.3 + 0.7 * box.score) * (1 - Math.min(0.95, Math.hypot(dx, dy) * 1.3));
}

function holdsMiddle(box: Box, { width, height }: RgbImage): boolean {
  return box.x < width / 2 && box.x + box.w > width / 2 && box.y < height / 2 && box.y + box.h > height / 2;
}

function guidanceOf(face: DescribedFace | null, faceCount: number, image: RgbImage): SelfieGuidance {
  if (!face) return { faceCount, sizeRatio: 0, sharpness: 0, light: 0, yaw: 0, roll: 0, problems: ['none'] };
  const sizeRatio = Math.min(1, face.box.w / Math.min(image.width, image.height));
  const { sharpness, light } = face.quality;
  const { yaw, roll } = face.pose;
  const problems: SelfieProblem[] = [];
  if (faceCount > 1) problems.push('many');
  if (sizeRatio < 0.22) problems.push('far');
  if (isCut(face, image)) problems.push('cut');
  if (light < 0.35) problems.push(meanBrightness(face, image) > 128 ? 'bright' : 'dark');
  if (sharpness < 0.25) problems.push('blurry');
  if (Math.abs(yaw) > 30) problems.push('turned');
  if (Math.abs(roll) > 25) problems.push('tilted');
  return { faceCount, sizeRatio, sharpness, light, yaw, roll, problems };
}

/** Some of the eyes, nose or mouth lie outside of the picture. */
function isCut(face: DescribedFace, image: RgbImage): boolean {
  return face.landmarks.slice(17).some((p) => p.x < 0 || p.y < 0 || p.x >= image.width || p.y >= image.height);
}

function meanBrightness(face: DescribedFace, image: RgbImage): number {
  const { x, y, w, h } = face.box;
  let sum = 0;
  let n = 0;
  for (let i = 1; i < 16; i++) {
    for (let k = 1; k < 16; k++) {
      const px = Math.min(image.width - 1, Math.max(0, Math.round(x + (w * i) / 16)));
      const py = Math.min(image.height - 1, Math.max(0, Math.round(y + (h * k) / 16)));
      sum += image.data[(py * image.width + px) * 3 + 1]!;
      n++;
    }
  }
  return sum / n;
}
