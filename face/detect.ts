import { clipBox, type LookedAt, mergeLooks, overlapOfSmaller, suppress } from './boxes.ts';
import { CROWD_STEP, FAR_STEP, SSD_STEP } from './decoders.ts';
import type { Similarity } from './geometry.ts';
import type { Pyramid } from './image.ts';
import { type Candidate, type FarLook, isSettled, withCrowd, withSecondOpinion } from './second-opinion.ts';
import type { Box, FaceEngine, RgbImage, ScoredBox } from './types.ts';

/** Quarter turns clockwise that make the picture upright. */
export type Turn = 0 | 1 | 2 | 3;

/** A closer look at the part of the picture where an earlier look saw small faces, or something that may be one. */
export interface CloserLook {
  /** Longer side of the picture at this level, in pixels that the network sees. */
  side: number;
  /** A box of the looks before is a hint when it scores this, and is not wider than `maxWidth` of their pixels. */
  minScore: number;
  maxWidth: number;
  /** Hints that it takes. */
  hints: number;
}

/** A look of the far detector where the engine carries it. */
export interface FarLevel {
  /** Longer side of the picture in network pixels, and that of a black frame around it. */
  side: number;
  outer?: number;
  /** Width in its pixels from which its word on a face counts. */
  minWidth: number;
  /** Taken once a closer look was: there are small faces, or what may be some. */
  isForSmall?: boolean;
}

/** A look of the crowd detector where the engine carries it. */
export interface CrowdLevel {
  /** Longer side of the picture in network pixels, at most this often that of the picture itself. */
  side: number;
  enlargement: number;
  /**
   * Taken where the first level saw what may be a face, of this score and narrower than `narrow` of its pixels, or not sure yet and
   * narrower than `unsure`; absent: always.
   */
  doubt?: { from: number; sure: number; narrow: number; unsure: number };
}

export interface DetectOptions {
  /** Boxes below are dropped, 0..1. */
  minScore: number;
  /** Longer side of the whole picture as the network sees it first. */
  side: number;
  /**
   * Level for faces that fill the frame: longer side of the picture, that of the black frame around it, and the width in its
   * pixels from which its boxes count. Smaller faces are seen better at the other levels. Where the far detector looks at large faces,
   * it is left out unless `always`.
   */
  frame: { side: number; outer: number; minWidth: number; always?: boolean };
  closer: readonly CloserLook[];
  /** Looks of the far detector at the whole picture. */
  far: readonly FarLevel[];
  /** Looks of the crowd detector, in place of the closer ones and of the far detector's at small faces. */
  crowd: readonly CrowdLevel[];
  /** Small pictures are enlarged by no more than this. */
  maxEnlargement: number;
}

export const serverDetection: DetectOptions = {
  minScore: 0.1,
  side: 512,
  frame: { side: 256, outer: 448, minWidth: 24 },
  closer: [
    { side: 1152, minScore: 0.1, maxWidth: 48, hints: 1 },
    { side: 2048, minScore: 0.4, maxWidth: 32, hints: 4 },
  ],
  far: [
    { side: 96, outer: 192, minWidth: 20 },
    { side: 192, minWidth: 20 },
    { side: 512, minWidth: 6.3, isForSmall: true },
    { side: 768, minWidth: 6.3, isForSmall: true },
  ],
  crowd: [
    { side: 1024, enlargement: 1 },
    { side: 1536, enlargement: 1.5, doubt: { from: 0.1, sure: 0.9, narrow: 24, unsure: 40 } },
    { side: 2048, enlargement: 2, doubt: { from: 0.1, sure: 0.9, narrow: 24, unsure: 40 } },
  ],
  maxEnlargement: 1.5,
};

/** Boxes of the far detector that are told of. */
const MIN_FAR_SCORE = 0.1;
/** Boxes of the crowd detector that are told of. */
const MIN_CROWD_SCORE = 0.1;
/** It gains by larger pictures longer than the SSD does. */
const MAX_FAR_ENLARGEMENT = 2;

/** The part of the picture around the hints reaches this many network pixels of the earlier look farther. */
const HINT_MARGIN = 64;
/** Narrower boxes, in network pixels, are hints and no more once a closer look was taken. */
const HINT_ONLY_WIDTH = 16;
/** Of boxes from this width on, in pixels of the first look, it is known without a closer one what they are, if both detectors agree. */
const MIN_SETTLED = 20;
/** Larger parts are looked at in pieces: the network needs about 300 bytes for each pixel. */
const MAX_PIECE = 1280;
const PIECE_OVERLAP = 128;

/**
 * Boxes of a photo by SSD, best first: the whole picture, the picture made small for faces that fill the frame, and closer looks where the
 * first ones saw something small and the far detector leaves it open; then those that only the far detector saw. Small faces are the crowd
 * detector's where the engine carries it. With a `turn` the picture is looked at turned; boxes lie in the picture as it is. Many boxes hold
 * no face: landmarks and gate decide later.
 */
export async function detectFaces(
  picture: Pyramid,
  engine: FaceEngine,
  options: DetectOptions = serverDetection,
  turn: Turn = 0,
): Promise<Candidate[]> {
  const { width, height } = picture.base;
  const longer = Math.max(width, height);
  const whole: Box = { x: 0, y: 0, w: width, h: height };
  const look = (region: Box, side: number) =>
    lookAt(picture, region, side / longer, turn, ssdOf(engine, options.minScore));
  const side = Math.min(options.side, longer * options.maxEnlargement);
  const looks = [await look(whole, side)];
  if (!engine.detectFar || options.frame.always) {
    const large = await look(framed(whole, options.frame), options.frame.side);
    const minWidth = (options.frame.minWidth * longer) / options.frame.side;
    looks.push({ region: large.region, boxes: large.boxes.filter((box) => box.w >= minWidth) });
  }
  const isWorthIt = (next: number, last: number) => next >= last * 1.2;
  const closest = (level: CloserLook) => Math.min(level.side, longer * options.maxEnlargement);
  const [hint] = options.closer;
  const hasSmall =
    hint !== undefined &&
    isWorthIt(closest(hint), side) &&
    regionOfHints(looks[0]!.boxes, hint, longer / side, whole) !== null;
  const far = await lookFar(picture, whole, engine, options, turn, hasSmall && !engine.detectCrowd);
  const finish = (boxes: Candidate[]) =>
    boxes.map((box) => clipBox(box, width, height)).filter((box) => box.w >= 4 && box.h >= 4);
  if (engine.detectCrowd) {
    const others = withSecondOpinion(mergeLooks(looks, width, height), far);
    if (!hasSmall) return finish(others);
    return finish(withCrowd(others, await lookAtCrowd(picture, whole, engine.detectCrowd, options, turn), longer));
  }
  const open = (box: ScoredBox) => box.w < (MIN_SETTLED * longer) / side || !isSettled(box, far);
  let last = { looks: looks[0]!.boxes.filter(open), side };
  for (const closer of options.closer) {
    const next = closest(closer);
    if (!isWorthIt(next, last.side)) break;
    const region = regionOfHints(last.looks, closer, longer / last.side, whole);
    if (!region) break;
    const boxes: ScoredBox[] = [];
    const before = looks.length;
    for (const piece of pieces(region, (MAX_PIECE * longer) / next, (PIECE_OVERLAP * longer) / next)) {
      const found = await look(piece, next);
      looks.push(found);
      boxes.push(...found.boxes);
    }
    // what was tiny to the look before is left to this one: its boxes lie better, and its scores mean more
    const tiny = (HINT_ONLY_WIDTH * longer) / last.side;
    for (const earlier of looks.slice(0, before)) earlier.boxes = earlier.boxes.filter((box) => box.w >= tiny);
    last = { looks: suppress(boxes, 0.5), side: next };
  }
  return finish(withSecondOpinion(mergeLooks(looks, width, height), far));
}

interface Detector {
  step: number;
  see(image: RgbImage): Promise<ScoredBox[]>;
}

const ssdOf = (engine: FaceEngine, minScore: number): Detector => ({
  step: SSD_STEP,
  see: async (image) => (await engine.detectSsd([image], minScore))[0]!,
});

async function lookFar(
  picture: Pyramid,
  whole: Box,
  engine: FaceEngine,
  options: DetectOptions,
  turn: Turn,
  hasSmall: boolean,
): Promise<FarLook[]> {
  const looks: FarLook[] = [];
  if (!engine.detectFar) return looks;
  const detector: Detector = { step: FAR_STEP, see: (image) => engine.detectFar!(image, MIN_FAR_SCORE) };
  const longer = Math.max(whole.w, whole.h);
  for (const { side, outer, minWidth, isForSmall } of options.far) {
    const scale = side / longer;
    if (scale > MAX_FAR_ENLARGEMENT || (isForSmall && !hasSmall)) continue;
    const region = outer ? framed(whole, { side, outer }) : whole;
    const { boxes } = await lookAt(picture, region, scale, turn, detector);
    looks.push({ boxes, scale, minWidth, isForLarge: !isForSmall });
  }
  return looks;
}

/** Boxes of the crowd detector, each with the best score of its looks. */
async function lookAtCrowd(
  picture: Pyramid,
  whole: Box,
  see: NonNullable<FaceEngine['detectCrowd']>,
  { crowd }: DetectOptions,
  turn: Turn,
): Promise<ScoredBox[]> {
  const longer = Math.max(whole.w, whole.h);
  const detector: Detector = { step: CROWD_STEP, see: (image) => see(image, MIN_CROWD_SCORE) };
  const looks: LookedAt[] = [];
  let last = { boxes: [] as ScoredBox[], side: 0 };
  for (const { side, enlargement, doubt } of crowd) {
    const next = Math.min(side, longer * enlargement);
    if (doubt && !isInDoubt(last.boxes, doubt, longer / last.side)) break;
    const boxes: ScoredBox[] = [];
    for (const piece of pieces(whole, (MAX_PIECE * longer) / next, (PIECE_OVERLAP * longer) / next)) {
      const found = await lookAt(picture, piece, next / longer, turn, detector);
      looks.push(found);
      boxes.push(...found.boxes);
    }
    if (!doubt) last = { boxes, side: next };
  }
  return mergeLooks(looks, whole.w, whole.h);
}

/** Whether a look saw something that may be a face or not, or narrow ones, around which there may be more. */
function isInDoubt(
  boxes: readonly ScoredBox[],
  { from, sure, narrow, unsure }: NonNullable<CrowdLevel['doubt']>,
  scale: number,
): boolean {
  const faces = boxes.filter(({ score }) => score >= sure);
  return boxes.some(
    (box) =>
      box.score >= from &&
      (box.w < narrow * scale ||
        (box.w < unsure * scale && faces.every((face) => overlapOfSmaller(face, box) < PART_OF_FACE))),
  );
}
/** Boxes that share so much of the smaller one are no two faces. */
const PART_OF_FACE = 0.3;

/** The picture in the middle of a black frame. */
function framed({ w, h }: Box, { side, outer }: { side: number; outer: number }): Box {
  const margin = (Math.max(w, h) * (outer / side - 1)) / 2;
  return { x: -margin, y: -margin, w: w + 2 * margin, h: h + 2 * margin };
}

/** What lies around the hints, within the picture; null when there are too few. */
export function regionOfHints(
  boxes: readonly ScoredBox[],
  { minScore, maxWidth, hints }: CloserLook,
  scale: number,
  whole: Box,
): Box | null {
  const small = boxes.filter((box) => box.score >= minScore && box.w <= maxWidth * scale);
  if (small.length < hints) return null;
  const margin = HINT_MARGIN * scale;
  const left = Math.max(0, Math.min(...small.map((box) => box.x)) - margin);
  const top = Math.max(0, Math.min(...small.map((box) => box.y)) - margin);
  const right = Math.min(whole.w, Math.max(...small.map((box) => box.x + box.w)) + margin);
  const bottom = Math.min(whole.h, Math.max(...small.map((box) => box.y + box.h)) + margin);
  return { x: left, y: top, w: right - left, h: bottom - top };
}

/** Overlapping parts with sides of at most `side` that cover the region, all of one size. */
export function pieces(region: Box, side: number, overlap: number): Box[] {
  const across = starts(region.w, side, overlap);
  const down = starts(region.h, side, overlap);
  return down.starts.flatMap((y) =>
    across.starts.map((x) => ({ x: region.x + x, y: region.y + y, w: across.length, h: down.length })),
  );
}

function starts(length: number, side: number, overlap: number): { starts: number[]; length: number } {
  const count = length <= side ? 1 : Math.ceil((length - overlap) / (side - overlap));
  const each = (length + (count - 1) * overlap) / count;
  return { starts: Array.from({ length: count }, (_, i) => i * (each - overlap)), length: each };
}

/** One look at a part of the picture, `scale` network pixels for one of the picture. */
async function lookAt(picture: Pyramid, region: Box, scale: number, turn: Turn, detector: Detector): Promise<LookedAt> {
  const isSideways = turn % 2 === 1;
  const steps = (length: number) => Math.max(1, Math.ceil((length * scale) / detector.step - 0.05)) * detector.step;
  const width = steps(isSideways ? region.h : region.w);
  const height = steps(isSideways ? region.w : region.h);
  const toPicture = turned(region, 1 / scale, turn);
  const found = await detector.see(cut(picture, toPicture, width, height));
  return { region, boxes: suppress(found, 0.5).map((box) => mapBox(box, toPicture)) };
}

/** Takes network pixels to the picture: the upper left of the turned region comes to lie at the origin. Pixel corners, not centres. */
function turned({ x, y, w, h }: Box, scale: number, turn: Turn): Similarity {
  const corner = [
    { tx: x, ty: y },
    { tx: x, ty: y + h },
    { tx: x + w, ty: y + h },
    { tx: x + w, ty: y },
  ][turn]!;
  return { a: [scale, 0, -scale, 0][turn]!, b: [0, -scale, 0, scale][turn]!, ...corner };
}

/** The same turned around the middle of the region by any angle. */
function leaning({ x, y, w, h }: Box, scale: number, angle: number): Similarity {
  const a = scale * Math.cos(angle);
  const b = scale * Math.sin(angle);
  const half = w / scale / 2;
  return { a, b, tx: x + w / 2 - half * (a - b), ty: y + h / 2 - half * (a + b) };
}

function cut(picture: Pyramid, { a, b, tx, ty }: Similarity, width: number, height: number): RgbImage {
  const centred = { a, b, tx: tx + (a - b - 1) / 2, ty: ty + (b + a - 1) / 2 };
  return picture.warp(centred, width, height);
}

function mapBox(box: ScoredBox, { a, b, tx, ty }: Similarity): ScoredBox {
  const x = [box.x, box.x + box.w];
  const y = [box.y, box.y + box.h];
  const xs = [a * x[0]! - b * y[0]! + tx, a * x[1]! - b * y[1]! + tx];
  const ys = [b * x[0]! + a * y[0]! + ty, b * x[1]! + a * y[1]! + ty];
  const left = Math.min(...xs);
  const top = Math.min(...ys);
  return { x: left, y: top, w: Math.max(...xs) - left, h: Math.max(...ys) - top, score: box.score };
}

/** A box of the same size around the same middle. */
function mapMiddle(box: ScoredBox, { a, b, tx, ty }: Similarity): ScoredBox {
  const scale = Math.hypot(a, b);
  const [x, y] = [box.x + box.w / 2, box.y + box.h / 2];
  const [w, h] = [box.w * scale, box.h * scale];
  return { x: a * x - b * y + tx - w / 2, y: b * x + a * y + ty - h / 2, w, h, score: box.score };
}

/**
 * Faces of a selfie by the Tiny detector, the picture taking `1 / zoom` of the side that the network sees. `angle`: how far heads
 * lean clockwise, in radians; the network sees them upright, and boxes are squares around the same middle.
 */
export async function detectSelfieFaces(
  picture: Pyramid,
  engine: FaceEngine,
  options: { size: number; zoom: number; minScore: number; angle?: number },
): Promise<ScoredBox[]> {
  const { width, height } = picture.base;
  const { angle = 0 } = options;
  const side = Math.max(width, height) * options.zoom;
  const origin = options.zoom === 1 && angle === 0 ? { x: 0, y: 0 } : { x: (width - side) / 2, y: (height - side) / 2 };
  const region = { ...origin, w: side, h: side };
  const toPicture = angle === 0 ? turned(region, side / options.size, 0) : leaning(region, side / options.size, angle);
  const found = await engine.detectTiny(cut(picture, toPicture, options.size, options.size), options.minScore);
  return suppress(
    suppress(found, 0.5).map((box) => (angle === 0 ? mapBox(box, toPicture) : mapMiddle(box, toPicture))),
    0.3,
  )
    .map((box) => clipBox(box, width, height))
    .filter((box) => box.w >= 4 && box.h >= 4);
}
