import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { type DecodedImage, DecodeError, decodeImage } from './node/decode.ts';
import { createNodeEngine, type NodeEngineName } from './node/engine.ts';
import { createNodeRecognition, loadCatalogue } from './node/recognition.ts';
import { describeServer, ENGINE_ID } from './pipeline.ts';
import type { Recognition } from './recogniser.ts';
import { describeSelfie } from './selfie.ts';
import type { DescribedFace, FaceEngine } from './types.ts';

/**
 * `npm run face:describe -- [--side phone|server] [--on onnx|tfjs-node|tfjs-wasm] [--engine ID] [--detectors ID,…] FILE… | -`
 * One JSON line a file, in the order given; nothing else on standard output; for one that cannot be read `{path, error, code}`. `--engine`: the descriptor space, of the built-in ones or of
 * the folder FACE_MODELS_DIR. `--detectors`: face detectors that are off by themselves; FACE_DETECTORS, too.
 */
const usage =
  'usage: face:describe [--side phone|server] [--on onnx|tfjs-node|tfjs-wasm] [--engine ID] [--detectors ID,...] FILE... (or - for names on standard input)';

type Side = 'phone' | 'server';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      side: { type: 'string', default: 'server' },
      on: { type: 'string' },
      engine: { type: 'string', default: ENGINE_ID },
      detectors: { type: 'string', default: process.env.FACE_DETECTORS ?? '' },
      cache: { type: 'string' },
    },
  });
  if (positionals.length === 0 || (values.side !== 'phone' && values.side !== 'server')) throw new UsageError(usage);
  const modelsDir = process.env.FACE_MODELS_DIR;
  const catalogue = await loadCatalogue(modelsDir);
  if (!catalogue.has(values.engine))
    throw new UsageError(`there is no engine ${values.engine}, only ${catalogue.ids.join(', ')}`);
  const engine = await createNodeEngine({
    cacheDir: values.cache ?? path.join(process.env.DATA_DIR ?? path.join(tmpdir(), 'thepixstock'), 'models'),
    detectors: values.detectors.split(/[\s,]+/).filter(Boolean),
    ...(values.on ? { prefer: values.on as NodeEngineName } : {}),
  });
  const recognition = await createNodeRecognition([values.engine], {
    catalogue,
    engine,
    ...(modelsDir && { modelsDir }),
  });
  // the next file is read and decoded while this one is described
  let next: Promise<Item> | undefined;
  const finish = async (item: Promise<Item>) =>
    print(await describe(await item, values.side as Side, engine, recognition));
  for await (const file of names(positionals)) {
    const current = next;
    next = load(file);
    if (current) await finish(current);
  }
  if (next) await finish(next);
  await recognition.dispose();
  await engine.dispose();
}

class UsageError extends Error {}

interface Item {
  path: string;
  decoded?: DecodedImage;
  error?: unknown;
}

async function load(file: string): Promise<Item> {
  try {
    return { path: file, decoded: await decodeImage(file) };
  } catch (error) {
    return { path: file, error };
  }
}

async function describe(item: Item, side: Side, engine: FaceEngine, recognition: Recognition): Promise<object> {
  if (!item.decoded) return failure(item.path, item.error);
  const { image, scale } = item.decoded;
  try {
    const faces =
      side === 'server'
        ? await describeServer(image, engine, { originalScale: scale, recognition })
        : [(await describeSelfie(image, engine, { recognition })).face].filter((face) => face !== null);
    return { path: item.path, engine: recognition.wanted[0]!.id, faces: faces.map((face) => line(face, scale)) };
  } catch (error) {
    return failure(item.path, error);
  }
}

/** Boxes in pixels of the upright original. */
function line(face: DescribedFace, scale: number) {
  const { x, y, w, h } = face.box;
  return {
    box: [x, y, w, h].map((value) => Math.round(value * scale * 10) / 10),
    score: Math.round(face.score * 1e4) / 1e4,
    quality: Math.round(face.quality.overall * 1e4) / 1e4,
    descriptor: Array.from(face.descriptor, (value) => Math.round(value * 1e6) / 1e6),
  };
}

/** `code` is stable (DecodeFailure), `error` is for people. */
const failure = (path: string, error: unknown) => ({
  path,
  error: messageOf(error),
  ...(error instanceof DecodeError && { code: error.reason }),
});

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function* names(positionals: string[]): AsyncGenerator<string> {
  for (const name of positionals) {
    if (name !== '-') {
      yield name;
      continue;
    }
    for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line !== '') yield line;
    }
  }
}

/** Waits when the reader is slow, so that lines never pile up in memory. */
async function print(value: object): Promise<void> {
  if (process.stdout.write(`${JSON.stringify(value)}\n`)) return;
  await new Promise<void>((resolve) => process.stdout.once('drain', resolve));
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
main().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
