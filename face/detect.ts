import { clipBox, type LookedAt, mergeLooks, suppress } from './boxes.ts';
import type { Pyramid } from './image.ts';
import { type Box, type FaceEngine, type RgbImage, type ScoredBox, SSD_SIZE } from './types.ts';

export interface DetectOptions {
  /** Boxes below are dropped, 0..1. */
  minScore: number;
  /** Sides of the square tiles, in pixels of the picture scaled to `tilingSide`; each is looked at as 512x512. */
  tileSide: number;
  /** The picture is tiled as if its longer side were at most this long. */
  tilingSide: number;
  /** Sides of the tiles of the crowd level, which is looked at when the first levels see `crowd.faces` small ones. */
  crowd: { tileSide: number; faces: number; maxWidth: number };
  /** Share of a tile that the next one repeats: a face up to this part of the tile is whole in one of them. */
  overlap: number;
}

export const serverDetection: DetectOptions = {
  minScore: 0.3,
  tileSide: 640,
  tilingSide: 2048,
  crowd: { tileSide: 400, faces: 4, maxWidth: 40 },
  overlap: 0.25,
};

/** Side of the black frame around the picture at the zoomed-out level, relative to its longer side. */
const ZOOM_OUT = 2;

/** When nothing was found: how far to zoom out then, and the score that is enough. Faces cut by the frame score low. */
const LAST_LOOK = { zooms: [1.4, 3], minScore: 0.25 };

/** Faces of a photo by SSD: zoomed out for faces that fill the frame, the whole, and tiles for small faces. */
export async function detectFaces(
  picture: Pyramid,
  engine: FaceEngine,
  options: DetectOptions = serverDetection,
): Promise<ScoredBox[]> {
  const { width, height } = picture.base;
  const longer = Math.max(width, height);
  const framed = (zoom: number): Square => {
    const side = longer * zoom;
    return { x: (width - side) / 2, y: (height - side) / 2, side };
  };
  const regions = [framed(ZOOM_OUT), { x: 0, y: 0, side: longer }, ...tiles(width, height, options)];
  const looks = await lookAt(picture, regions, engine, options.minScore);
  const found = merged(looks, picture);
  if (isCrowd(found, longer, options)) {
    const finer = tiles(width, height, { ...options, tileSide: options.crowd.tileSide });
    return merged([...looks, ...(await lookAt(picture, finer, engine, options.minScore))], picture);
  }
  if (found.length > 0) return found;
  return merged(await lookAt(picture, LAST_LOOK.zooms.map(framed), engine, LAST_LOOK.minScore), picture);
}

/** Several small faces: there are probably more. */
function isCrowd(found: readonly ScoredBox[], longer: number, { crowd, tilingSide }: DetectOptions): boolean {
  const scale = Math.min(1, tilingSide / longer);
  return found.filter((box) => box.score > 0.5 && box.w * scale < crowd.maxWidth).length >= crowd.faces;
}

function merged(looks: readonly LookedAt[], picture: Pyramid): ScoredBox[] {
  const { width, height } = picture.base;
  return mergeLooks(looks, width, height)
    .map((box) => clipBox(box, width, height))
    .filter((box) => box.w >= 4 && box.h >= 4);
}

async function lookAt(
  picture: Pyramid,
  regions: readonly Square[],
  engine: FaceEngine,
  minScore: number,
): Promise<LookedAt[]> {
  const looks: LookedAt[] = [];
  // in small groups, so that a large photo does not hold all of its tiles at once
  for (let i = 0; i < regions.length; i += 4) {
    const group = regions.slice(i, i + 4);
    const inputs = group.map((region) => cutSquare(picture, region, SSD_SIZE));
    const found = await engine.detectSsd(inputs, minScore);
    for (const [k, region] of group.entries()) looks.push(toPicture(found[k]!, region, SSD_SIZE));
  }
  return looks;
}

interface Square {
  x: number;
  y: number;
  side: number;
}

/** Overlapping squares that cover the picture; none when one look at the whole shows as much. */
export function tiles(
  width: number,
  height: number,
  options: Pick<DetectOptions, 'tileSide' | 'tilingSide' | 'overlap'>,
): Square[] {
  const longer = Math.max(width, height);
  const side = options.tileSide * Math.max(1, longer / options.tilingSide);
  if (longer <= side * 1.1) return [];
  const across = starts(width, side, options.overlap);
  return starts(height, side, options.overlap).flatMap((y) => across.map((x) => ({ x, y, side })));
}

/** Where to begin so that pieces of `side` cover `length` and overlap by at least `overlap`; spread evenly. */
function starts(length: number, side: number, overlap: number): number[] {
  if (length <= side) return [0];
  const count = Math.ceil((length - side * overlap) / (side * (1 - overlap)));
  return Array.from({ length: count }, (_, i) => ((length - side) * i) / (count - 1));
}

function cutSquare(picture: Pyramid, { x, y, side }: Square, size: number): RgbImage {
  const scale = side / size;
  return picture.warp({ a: scale, b: 0, tx: x + (scale - 1) / 2, ty: y + (scale - 1) / 2 }, size, size);
}

function toPicture(boxes: readonly ScoredBox[], { x, y, side }: Square, size: number): LookedAt {
  const scale = side / size;
  const region: Box = { x, y, w: side, h: side };
  return {
    region,
    boxes: suppress(boxes, 0.5).map((box) => ({
      x: box.x * scale + x,
      y: box.y * scale + y,
      w: box.w * scale,
      h: box.h * scale,
      score: box.score,
    })),
  };
}

/** Faces of a selfie by the Tiny detector, the picture taking `1 / zoom` of the side that the network sees. */
export async function detectSelfieFaces(
  picture: Pyramid,
  engine: FaceEngine,
  options: { size: number; zoom: number; minScore: number },
): Promise<ScoredBox[]> {
  const { width, height } = picture.base;
  const side = Math.max(width, height) * options.zoom;
  const region: Square =
    options.zoom === 1 ? { x: 0, y: 0, side } : { x: (width - side) / 2, y: (height - side) / 2, side };
  const found = await engine.detectTiny(cutSquare(picture, region, options.size), options.minScore);
  return suppress(toPicture(found, region, options.size).boxes, 0.3)
    .map((box) => clipBox(box, width, height))
    .filter((box) => box.w >= 4 && box.h >= 4);
}
