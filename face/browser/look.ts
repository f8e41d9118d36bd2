import { cutChip } from '../align.ts';
import { detectSelfieFaces } from '../detect.ts';
import { Pyramid } from '../image.ts';
import { type LocatedFace, locateFaces, poseOf } from '../landmarks.ts';
import { isFaceLike, lightOf, qualityOf } from '../quality.ts';
import { type Recognition, recognise } from '../recogniser.ts';
import type { SelfieProblem } from '../selfie.ts';
import type { Box, FaceEngine, RgbImage, ScoredBox } from '../types.ts';

/** Side of the square that the detector sees while the camera runs: a face held in front of a phone is large in it. */
export const LOOK_SIDE = 224;

/** One face as the camera sees it now: where, how good, what to mend. No descriptor yet. */
export interface SeenFace {
  /** Pixels of the picture. */
  box: Box;
  /** The most important first; empty: good. */
  problems: SelfieProblem[];
  /** 0..1. */
  quality: number;
  /** Mean brightness of the face, 0..255. */
  brightness: number;
}

/** What was seen, with all that describing one of its faces needs. */
export interface Look {
  /** Most prominent first. At most four, none much smaller than the first. */
  faces: SeenFace[];
  readonly picture: Pyramid;
  readonly located: readonly LocatedFace[];
}

interface Attempt {
  size: number;
  zoom: number;
  minScore: number;
}

/** While the camera runs, the next frame is another chance: one pass, and a second for a face that fills the frame. */
export const LIVE: readonly Attempt[] = [
  { size: LOOK_SIDE, zoom: 1, minScore: 0.5 },
  { size: LOOK_SIDE, zoom: 2, minScore: 0.5 },
];

/** A picture from a file: as it is, zoomed out for a face that fills the frame, larger for distant ones, then less strict. */
export const STILL: readonly Attempt[] = [
  { size: 416, zoom: 1, minScore: 0.5 },
  { size: 320, zoom: 2.2, minScore: 0.5 },
  { size: 224, zoom: 3, minScore: 0.4 },
  { size: 608, zoom: 1, minScore: 0.4 },
  { size: 320, zoom: 2.6, minScore: 0.2 },
  { size: 416, zoom: 1, minScore: 0.2 },
];

const MAX_FACES = 4;
/** A face narrower than this share of the largest one is somebody in the background. */
const MEANT = 0.55;

/** Faces that a selfie may be about, by the first attempt that finds one. */
export async function lookAt(image: RgbImage, engine: FaceEngine, attempts: readonly Attempt[]): Promise<Look> {
  const picture = new Pyramid(image);
  for (const attempt of attempts) {
    const boxes = await detectSelfieFaces(picture, engine, attempt);
    const candidates = meant(boxes, image);
    if (candidates.length === 0) continue;
    const located = await locateFaces(picture, candidates, engine);
    const faces = candidates.flatMap((box, i) => {
      const face = located[i]!;
      return isFaceLike(face, box.score, box.w) ? [{ face, seen: judge(picture, image, box, face) }] : [];
    });
    if (faces.length > 0)
      return { picture, faces: faces.map(({ seen }) => seen), located: faces.map(({ face }) => face) };
  }
  return { picture, faces: [], located: [] };
}

/** Unit descriptors of one face of a look, by the id of their space. Throws RangeError when there is no such face. */
export async function describeLook(
  look: Look,
  index: number,
  recognition: Recognition,
): Promise<Record<string, Float32Array>> {
  const face = look.located[index];
  if (!face) throw new RangeError(`this picture has no face ${index}`);
  return (await recognise(look.picture, [face], recognition))[0]!;
}

function meant(boxes: readonly ScoredBox[], image: RgbImage): ScoredBox[] {
  const ranked = [...boxes].sort((a, b) => prominence(b, image) - prominence(a, image));
  const widest = Math.max(0, ...ranked.slice(0, MAX_FACES).map((box) => box.w));
  return ranked.filter((box) => box.w >= widest * MEANT).slice(0, MAX_FACES);
}

/** Size counts, then the score, then the middle of the picture. */
function prominence(box: ScoredBox, image: RgbImage): number {
  const dx = (box.x + box.w / 2) / image.width - 0.5;
  const dy = (box.y + box.h / 2) / image.height - 0.5;
  return Math.sqrt(box.w * box.h) * box.score * (1 - Math.min(1, Math.hypot(dx, dy)) * 0.6);
}

function judge(picture: Pyramid, image: RgbImage, box: ScoredBox, face: LocatedFace): SeenFace {
  const pose = poseOf(face.landmarks);
  const chip = cutChip(picture, face.alignment);
  const { overall, sharpness, light } = qualityOf(face, chip, pose, box.score);
  const brightness = lightOf(chip).mean;
  const problems: SelfieProblem[] = [];
  if (box.w < Math.min(image.width, image.height) * 0.22) problems.push('far');
  if (isCut(face, image)) problems.push('cut');
  if (light < 0.35) problems.push(brightness > 128 ? 'bright' : 'dark');
  if (Math.abs(pose.yaw) > 30) problems.push('turned');
  if (Math.abs(pose.roll) > 25) problems.push('tilted');
  if (sharpness < 0.25) problems.push('blurry');
  const { x, y, w, h } = box;
  return { box: { x, y, w, h }, problems, quality: overall, brightness };
}

/** Some of the eyes, nose or mouth lie outside of the picture. */
const isCut = (face: LocatedFace, { width, height }: RgbImage): boolean =>
  face.landmarks.slice(17).some((p) => p.x < 0 || p.y < 0 || p.x >= width || p.y >= height);
