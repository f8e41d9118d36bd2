import { cutChip } from '../align.ts';
import { Pyramid } from '../image.ts';
import { type LocatedFace, locateFaces, poseOf } from '../landmarks.ts';
import { isFaceLike, lightOf, qualityOf } from '../quality.ts';
import { type Recognition, recognise } from '../recogniser.ts';
import type { SelfieProblem } from '../selfie.ts';
import { type Attempt, byProminence, type Candidate, candidatesOf, looksAtStill } from '../selfie-look.ts';
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
  readonly kind: LookKind;
  /** Most prominent first. At most four, none much smaller than the first. */
  faces: SeenFace[];
  readonly picture: Pyramid;
  readonly located: readonly LocatedFace[];
}

/** While the camera runs, the next frame is another chance: one pass, and a second for a face that fills the frame. */
const LIVE: readonly Attempt[] = [
  { size: LOOK_SIDE, zoom: 1, minScore: 0.5 },
  { size: LOOK_SIDE, zoom: 2, minScore: 0.5 },
];

/** A frame of the running camera, one of many, or a picture that is all there is. */
export type LookKind = 'live' | 'still';

const MAX_FACES = 4;
/** A face narrower than this share of the largest one is somebody in the background. */
const MEANT = 0.55;

/** Faces that a selfie may be about, by the first look that finds one. A still is looked at as carefully as on the server. */
export async function lookAt(image: RgbImage, engine: FaceEngine, kind: LookKind): Promise<Look> {
  const picture = new Pyramid(image);
  for await (const boxes of kind === 'live' ? looksAtFrame(picture, engine) : looksAtStill(picture, engine)) {
    const candidates = meant(boxes);
    const located = await locateFaces(picture, candidates, engine, { patient: kind === 'still' });
    const faces = candidates.flatMap((box, i) => {
      const face = located[i]!;
      return isFaceLike(face, box.score, box.w) ? [{ face, seen: judge(picture, image, box, face) }] : [];
    });
    if (faces.length > 0)
      return { kind, picture, faces: faces.map(({ seen }) => seen), located: faces.map(({ face }) => face) };
  }
  return { kind, picture, faces: [], located: [] };
}

async function* looksAtFrame(picture: Pyramid, engine: FaceEngine): AsyncGenerator<Candidate[]> {
  for (const attempt of LIVE) {
    const boxes = byProminence(await candidatesOf(picture, engine, attempt), picture.base);
    if (boxes.length > 0) yield boxes;
  }
}

/** Unit descriptors of one face of a look, by the id of their space; a still is described thoroughly, a frame is one of a burst. Throws RangeError when there is no such face. */
export async function describeLook(
  look: Look,
  index: number,
  recognition: Recognition,
): Promise<Record<string, Float32Array>> {
  const face = look.located[index];
  if (!face) throw new RangeError(`this picture has no face ${index}`);
  return (await recognise(look.picture, [face], recognition, { thorough: look.kind === 'still' }))[0]!;
}

function meant(boxes: readonly Candidate[]): Candidate[] {
  const first = boxes.slice(0, MAX_FACES);
  const widest = Math.max(...first.map((box) => box.w));
  return first.filter((box) => box.w >= widest * MEANT);
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
