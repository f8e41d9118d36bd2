import { suppress } from './boxes.ts';
import { detectSelfieFaces } from './detect.ts';
import type { Pyramid } from './image.ts';
import type { Box, FaceEngine, RgbImage, ScoredBox } from './types.ts';

/** One way to look for the face of a selfie: side of the square that the detector sees, and how the picture lies in it. */
export interface Attempt {
  size: number;
  zoom: number;
  minScore: number;
  /** Heads lean so far to either side, in radians; default: upright. */
  lean?: number;
}

/** A detector's box, and how far the head in it leans, in radians clockwise. */
export interface Candidate extends ScoredBox {
  angle: number;
}

const LEAN = (32 * Math.PI) / 180;

/** Side of the square that the detector sees at the first look. */
export const SELFIE_SIZE = 416;

/**
 * A picture that is all there is, in this order until one look finds a face: as it is, zoomed out for a face that fills the frame, leaning
 * to either side, larger for a distant one, then less strict.
 */
export const STILL: readonly Attempt[] = [
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
const MIDDLE: readonly Attempt[] = [
  { size: 320, zoom: 0.62, minScore: 0.35 },
  { size: 608, zoom: 1, minScore: 0.35 },
  { size: SELFIE_SIZE, zoom: 1.1, minScore: 0.4, lean: LEAN },
];

/** What each look at a still picture finds, the likeliest to be meant first; looks that find nothing are passed over. */
export async function* looksAtStill(picture: Pyramid, engine: FaceEngine): AsyncGenerator<Candidate[]> {
  const image = picture.base;
  for (const attempt of STILL) {
    const found = byProminence(await candidatesOf(picture, engine, attempt), image);
    if (found.length === 0) continue;
    if (holdsMiddle(found[0]!, image)) {
      yield found;
      continue;
    }
    const more: Candidate[] = [];
    for (const look of MIDDLE) more.push(...(await candidatesOf(picture, engine, look)));
    yield byProminence(suppress([...found, ...more], 0.3), image);
  }
}

/** Boxes of one attempt. */
export async function candidatesOf(
  picture: Pyramid,
  engine: FaceEngine,
  { lean, ...look }: Attempt,
): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (const angle of lean ? [lean, -lean] : [0])
    for (const box of await detectSelfieFaces(picture, engine, { ...look, angle })) found.push({ ...box, angle });
  return lean ? suppress(found, 0.3) : found;
}

export function byProminence<T extends ScoredBox>(boxes: readonly T[], image: RgbImage): T[] {
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
