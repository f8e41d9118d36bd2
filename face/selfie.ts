import { Pyramid } from './image.ts';
import { describeBoxes } from './pipeline.ts';
import type { Recognition } from './recogniser.ts';
import { looksAtStill } from './selfie-look.ts';
import type { DescribedFace, FaceEngine, RgbImage } from './types.ts';

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
  for await (const boxes of looksAtStill(picture, engine)) {
    for (const box of boxes.slice(0, 3)) {
      const [face] = await describeBoxes(picture, [box], engine, { ...options, thorough: true });
      if (!face) continue;
      const meant = boxes.filter((other) => other.w > face.box.w * 0.6 && other.score > 0.5);
      return { face, guidance: guidanceOf(face, Math.max(1, meant.length), image) };
    }
  }
  return { face: null, guidance: guidanceOf(null, 0, image) };
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
