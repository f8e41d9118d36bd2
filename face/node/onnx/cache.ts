import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { crowdDetector, farDetector, type ModelName, models } from '../../models.ts';
import type { Weights } from '../../weights.ts';
import { loadDetector, loadWeights } from '../model-files.ts';
import { crowdNet } from './crowd-net.ts';
import { FloatLayers } from './layers.ts';
import { landmarkNet, recognitionNet, ssdNet, tinyNet } from './nets.ts';
import { readObservations } from './observations.ts';
import { QuantisedLayers } from './quantised.ts';
import { readTflite } from './tflite.ts';
import { convolutionalNet } from './tflite-net.ts';

/** Raised when the graphs are built differently, so that older files are not taken. */
const CONVERTER_VERSION = 3;

export type OnnxFile = ModelName | 'ssd-bytes' | 'far' | 'crowd';

const builders: Record<OnnxFile, { sha256: string; build: () => Promise<Uint8Array> }> = {
  ssd: faceApi('ssd', (weights) => serialized(ssdNet, new FloatLayers('ssd', weights))),
  tiny: faceApi('tiny', tinyNet),
  landmarks: faceApi('landmarks', landmarkNet),
  recognition: faceApi('recognition', recognitionNet),
  'ssd-bytes': faceApi('ssd', async (weights) =>
    serialized(ssdNet, new QuantisedLayers('ssd', weights, await readObservations())),
  ),
  far: {
    sha256: farDetector.sha256,
    build: async () => convolutionalNet('far', readTflite(await loadDetector(farDetector)), ['boxes', 'scores']),
  },
  crowd: { sha256: crowdDetector.sha256, build: async () => crowdNet(await loadDetector(crowdDetector)) },
};

function faceApi(model: ModelName, build: (weights: Weights) => Uint8Array | Promise<Uint8Array>) {
  return { sha256: models[model].sha256, build: async () => build(await loadWeights(model)) };
}

function serialized<L extends { graph: { serialize(): Uint8Array } }>(
  build: (layers: L) => void,
  layers: L,
): Uint8Array {
  build(layers);
  return layers.graph.serialize();
}

/**
 * The converted file, from the cache or made now. A cached file is its SHA-256 (32 bytes) followed by the content, so a
 * torn or altered one is noticed and made again. Writers may race: each writes its own temporary file and renames it.
 */
export async function convertedFile(file: OnnxFile, cacheDir: string): Promise<Uint8Array> {
  const { sha256: source, build } = builders[file];
  const target = path.join(cacheDir, `${file}-${source.slice(0, 16)}-c${CONVERTER_VERSION}.bin`);
  const cached = await readChecked(target);
  if (cached) return cached;
  const content = await build();
  await writeAtomically(target, Buffer.concat([sha256(content), content]));
  return content;
}

function sha256(content: Uint8Array): Buffer {
  return createHash('sha256').update(content).digest();
}

async function readChecked(file: string): Promise<Uint8Array | null> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (!bytes || bytes.length <= 32) return null;
  // a plain view: a Buffer's slice() would share memory instead of copying
  const content = new Uint8Array(bytes.buffer, bytes.byteOffset + 32, bytes.byteLength - 32);
  return sha256(content).equals(bytes.subarray(0, 32)) ? content : null;
}

async function writeAtomically(file: string, bytes: Uint8Array): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, bytes);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
