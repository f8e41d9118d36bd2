import { iou, overlapOfSmaller, suppress } from './boxes.ts';
import { type DetectOptions, detectFaces, serverDetection, type Turn } from './detect.ts';
import type { Pyramid } from './image.ts';
import { type LocatedFace, locateFaces } from './landmarks.ts';
import { faceScore } from './quality.ts';
import type { Candidate } from './second-opinion.ts';
import type { Box, FaceEngine, ScoredBox } from './types.ts';

/** A box that holds a face, and how the face lies in it. */
export interface FoundFace {
  box: ScoredBox;
  face: LocatedFace;
}

/** More faces than this in one photo are a pattern or a stadium; the surest are kept. */
const MAX_FACES = 400;
/** What is tried last, and the score that is enough then. */
const LAST_FRAMES = [
  { side: 320, outer: 448 },
  { side: 192, outer: 576 },
];
const LAST_SCORE = 0.2;
/** With a face as sure as this the picture is upright. */
const SURE = { reliable: 0.6, unreliable: 0.9 };

/**
 * Every face of a photo, surest first. A picture in which nothing sure is found upright is looked at lying on either side and
 * upside down as well: cameras forget to write down how they were held.
 */
export async function findFaces(
  picture: Pyramid,
  engine: FaceEngine,
  options: DetectOptions = serverDetection,
): Promise<FoundFace[]> {
  const upright = await findTurned(picture, engine, options, 0);
  if (upright.some(isSure)) return upright;
  let best: { turn: Turn; weight: number } | null = null;
  for (const turn of [1, 3, 2] as const) {
    const found = await findTurned(picture, engine, { ...options, closer: [], crowd: [] }, turn);
    const weight = found.filter(isSure).reduce((sum, { box }) => sum + box.score, 0);
    if (weight > (best?.weight ?? 0)) best = { turn, weight };
  }
  if (!best) return upright.length > 0 ? upright : findLast(picture, engine, options);
  return distinct([...(await findTurned(picture, engine, options, best.turn)), ...upright]);
}

/** Fills the frame, or nearly so. */
function isLarge(box: Box, { base }: Pyramid): boolean {
  return box.h > 0.4 * Math.min(base.width, base.height);
}

function isSure({ box, face }: FoundFace): boolean {
  return box.score >= (face.isReliable ? SURE.reliable : SURE.unreliable);
}

/** Faces cut by the frame score low wherever they stand: other frames around the picture, and landmarks that hold. */
async function findLast(picture: Pyramid, engine: FaceEngine, options: DetectOptions): Promise<FoundFace[]> {
  for (const frame of LAST_FRAMES) {
    const found = await findTurned(
      picture,
      engine,
      { ...options, frame: { ...frame, minWidth: 0, always: true }, closer: [], crowd: [] },
      0,
      (candidate, face) =>
        face.isReliable && candidate.score >= LAST_SCORE && isLarge(candidate, picture) ? candidate.score : 0,
    );
    if (found.length > 0) return found;
  }
  return [];
}

async function findTurned(
  picture: Pyramid,
  engine: FaceEngine,
  options: DetectOptions,
  turn: Turn,
  gate: (candidate: Candidate, face: Pick<LocatedFace, 'isReliable'>) => number = faceScore,
): Promise<FoundFace[]> {
  // what no landmarks could make a face is not worth looking for them
  const boxes = (await detectFaces(picture, engine, options, turn))
    .map((box) => ({ box, best: gate(box, { isReliable: true }) }))
    .filter(({ best }) => best > 0)
    .sort((a, b) => b.best - a.best)
    .slice(0, MAX_FACES)
    .map(({ box }) => box);
  const angle = (-turn * Math.PI) / 2;
  const located = await locateFaces(
    picture,
    boxes.map((box) => ({ ...box, angle })),
    engine,
  );
  const faces = boxes.map(({ x, y, w, h, ...evidence }, i) => {
    const face = located[i]!;
    return { box: { x, y, w, h, score: gate({ x, y, w, h, ...evidence }, face) }, face };
  });
  // without landmarks a face that does not lie upright could not be described
  return distinct(faces.filter(({ box, face }) => box.score > 0 && (turn === 0 || face.isReliable)));
}

/** Leaves out a face that was found twice. */
function distinct(faces: readonly FoundFace[]): FoundFace[] {
  return suppress(
    faces.map((found) => ({ ...found.box, found })),
    SAME_FACE,
    sameFaceOverlap,
  ).map(({ found }) => found);
}

const SAME_FACE = 0.6;

/** Two boxes of one face: they overlap much, and one is not merely a small face in front of a large one. */
function sameFaceOverlap(a: Box, b: Box): number {
  const overlap = iou(a, b);
  if (overlap > 0.3) return 1;
  return overlap > 0.25 ? overlapOfSmaller(a, b) : 0;
}
