import { createHash } from 'node:crypto';
import { appendFile, mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { decodeImage } from '#face/node/decode.ts';
import { describeServer } from '#face/pipeline.ts';
import type { Recognition } from '#face/recogniser.ts';
import { describeSelfie } from '#face/selfie.ts';
import type { DescribedFace, FaceEngine, RgbImage } from '#face/types.ts';

/** What the bench keeps of a face. */
export interface Face {
  quality: number;
  /** How much it is what the picture is about: size and nearness to the middle. */
  weight: number;
  descriptors: Record<string, Float32Array>;
}
export type Side = 'phone' | 'server';

/** Rows of a CSV without its head; fields must not hold commas. */
export async function readRows(file: string): Promise<string[][]> {
  const [, ...lines] = (await readFile(file, 'utf8')).trim().split(/\r?\n/);
  return lines.map((line) => line.split(','));
}

/** Pictures below a folder, in the order of their names. */
export async function picturesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true });
  return entries
    .filter((name) => /\.(jpe?g|png|webp)$/i.test(name))
    .sort()
    .map((name) => path.join(folder, name));
}

/**
 * Describes pictures as the phone or the server does, turned by `degrees` (on grey). With a cache folder, what was described once is
 * read from there: it knows nothing of changes in the pipeline, so a new measurement wants an empty one.
 */
export async function createDescriber(deps: {
  engine: FaceEngine;
  recognition: Recognition;
  cacheDir?: string;
  onProgress?: (done: number) => void;
}) {
  const { engine, recognition, cacheDir } = deps;
  const ids = [...recognition.wanted.map(({ id }) => id), ...(engine.detectCrowd ? ['crowd'] : [])].join(' ');
  const file = cacheDir
    ? path.join(cacheDir, `${createHash('sha256').update(ids).digest('hex').slice(0, 12)}.jsonl`)
    : '';
  const known = new Map<string, Face[]>();
  if (cacheDir) {
    await mkdir(cacheDir, { recursive: true });
    for (const line of (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean)) {
      const { key, faces } = JSON.parse(line) as { key: string; faces: StoredFace[] };
      known.set(key, faces.map(unpack));
    }
  }
  let done = 0;

  return async (side: Side, picture: string, degrees = 0): Promise<Face[]> => {
    const key = `${side} ${degrees} ${picture}`;
    const found = known.get(key);
    if (found) return found;
    const image = await read(picture, degrees);
    const faces =
      side === 'server'
        ? await describeServer(image, engine, { recognition })
        : [(await describeSelfie(image, engine, { recognition })).face].filter((face) => face !== null);
    const kept = faces.map((face) => keep(face, image));
    known.set(key, kept);
    if (cacheDir) await appendFile(file, `${JSON.stringify({ key, faces: kept.map(pack) })}\n`);
    deps.onProgress?.(++done);
    return kept;
  };
}

async function read(picture: string, degrees: number): Promise<RgbImage> {
  const { image } = await decodeImage(picture);
  if (degrees === 0) return image;
  const { width, height, channels } = image;
  const turned = sharp(Buffer.from(image.data), { raw: { width, height, channels } }).rotate(degrees, {
    background: '#777777',
  });
  return (await decodeImage(await turned.png().toBuffer())).image;
}

function keep({ box, score, quality, descriptors }: DescribedFace, { width, height }: RgbImage): Face {
  const away = Math.hypot((box.x + box.w / 2) / width - 0.5, (box.y + box.h / 2) / height - 0.5);
  return { quality: quality.overall, weight: box.w * score * (1 - 0.6 * Math.min(1, away)), descriptors };
}

/** The face that a labelled photo is about: large and near the middle. */
export function mainFace(faces: readonly Face[]): Face | undefined {
  return [...faces].sort((a, b) => b.weight - a.weight)[0];
}

interface StoredFace {
  quality: number;
  weight: number;
  descriptors: Record<string, string>;
}

const pack = ({ descriptors, ...face }: Face): StoredFace => ({
  ...face,
  descriptors: Object.fromEntries(
    Object.entries(descriptors).map(([id, v]) => [
      id,
      Buffer.from(v.buffer, v.byteOffset, v.byteLength).toString('base64'),
    ]),
  ),
});

const unpack = ({ descriptors, ...face }: StoredFace): Face => ({
  ...face,
  descriptors: Object.fromEntries(
    Object.entries(descriptors).map(([id, text]) => {
      const bytes = new Uint8Array(Buffer.from(text, 'base64'));
      return [id, new Float32Array(bytes.buffer)];
    }),
  ),
});
