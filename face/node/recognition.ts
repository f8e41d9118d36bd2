import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  builtInManifests,
  createCatalogue,
  type DescriptorCatalogue,
  type DescriptorManifest,
  descriptorManifest,
  type NetworkManifest,
} from '#contracts/descriptors.ts';
import {
  createRecognition,
  faceApiRecogniser,
  type Recogniser,
  type Recognition,
  toNetworkInput,
} from '../recogniser.ts';
import type { FaceEngine, RgbImage } from '../types.ts';
import { packageFolder } from './model-files.ts';

/** A manifest or its network cannot be used, and which. The message is for the operator. */
export class DescriptorError extends Error {
  constructor(
    readonly id: string,
    readonly reason: 'manifest' | 'missing' | 'altered' | 'network',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(`${id}: ${message}`, options);
    this.name = 'DescriptorError';
  }
}

/**
 * Built-in descriptor spaces and those of the operator's folder (`*.json`, one DescriptorManifest each). Without a folder, or
 * with one that is not there, the built-in ones. Throws DescriptorError naming the file that is not a manifest.
 */
export async function loadCatalogue(modelsDir?: string): Promise<DescriptorCatalogue> {
  const names = modelsDir ? await namesIn(modelsDir) : [];
  const own: DescriptorManifest[] = [];
  for (const name of names.filter((entry) => entry.endsWith('.json')).sort()) {
    try {
      own.push(descriptorManifest.parse(JSON.parse(await readFile(path.join(modelsDir!, name), 'utf8'))));
    } catch (cause) {
      throw new DescriptorError(name, 'manifest', 'this is not a descriptor manifest', { cause });
    }
  }
  try {
    return createCatalogue([...builtInManifests, ...own]);
  } catch (cause) {
    throw new DescriptorError(modelsDir ?? 'built-in', 'manifest', String(cause), { cause });
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}

export interface NodeRecognitionOptions {
  catalogue: DescriptorCatalogue;
  /** Runs face-api's own network. */
  engine: FaceEngine;
  /** Folder of the operator's networks (FACE_MODELS_DIR). */
  modelsDir?: string;
  /** Threads of one run; default 1. */
  threads?: number;
}

/** Opens the networks that `ids` need. Throws RangeError on an unknown id, DescriptorError when a network cannot be opened. */
export async function createNodeRecognition(
  ids: readonly string[],
  options: NodeRecognitionOptions,
): Promise<Recognition & { dispose(): Promise<void> }> {
  const { catalogue } = options;
  const networks = new Map(ids.flatMap((id) => catalogue.networksOf(id).map((network) => [network.id, network])));
  const opened: Recogniser[] = [];
  const dispose = async () => {
    for (const recogniser of opened) await recogniser.dispose();
  };
  try {
    for (const manifest of networks.values()) {
      opened.push(
        manifest.format === 'faceapi'
          ? { ...faceApiRecogniser(options.engine), manifest }
          : await createOnnxRecogniser(manifest, options),
      );
    }
  } catch (error) {
    await dispose();
    throw error;
  }
  return { ...createRecognition(ids.map(catalogue.get), opened), dispose };
}

/** Whether the network of a manifest is here, without opening it. */
export async function isInstalled(manifest: NetworkManifest, modelsDir?: string): Promise<boolean> {
  return readNetwork(manifest, modelsDir).then(
    () => true,
    () => false,
  );
}

/** The file that the manifest names. Throws DescriptorError `missing` or, when its checksum differs, `altered`. */
export async function readNetwork(manifest: NetworkManifest, modelsDir?: string): Promise<Uint8Array> {
  const file = networkPath(manifest, modelsDir);
  const bytes = file ? await readFile(file).catch(() => null) : null;
  if (!bytes) throw new DescriptorError(manifest.id, 'missing', `${manifest.file.path} is not installed`);
  if (createHash('sha256').update(bytes).digest('hex') !== manifest.file.sha256)
    throw new DescriptorError(manifest.id, 'altered', `${manifest.file.path} is not the file that its manifest names`);
  return bytes;
}

/** Where the network's file lies; null when its package is not installed or there is no folder. */
export function networkPath({ file }: NetworkManifest, modelsDir?: string): string | null {
  if (!file.package) return modelsDir ? path.join(modelsDir, file.path) : null;
  try {
    return path.join(packageFolder(file.package), file.path);
  } catch {
    return null;
  }
}

/** More chips than this in one run save no time. */
const MAX_BATCH = 16;

/** Any network of one picture input and one vector output on onnxruntime's CPU library. */
export async function createOnnxRecogniser(
  manifest: NetworkManifest,
  options: { modelsDir?: string; threads?: number } = {},
): Promise<Recogniser> {
  const bytes = await readNetwork(manifest, options.modelsDir);
  const ort = await import('onnxruntime-node');
  const session = await ort.InferenceSession.create(bytes, {
    intraOpNumThreads: options.threads ?? 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    logSeverityLevel: 3,
  }).catch((cause: unknown) => {
    throw new DescriptorError(manifest.id, 'network', `${manifest.file.path} does not open`, { cause });
  });
  const inputName = session.inputNames[0]!;
  const outputName = session.outputNames[0]!;
  const declared = session.inputMetadata[0];
  // many published networks are fixed to one picture a run
  const batch = declared?.isTensor && declared.shape[0] === 1 ? 1 : MAX_BATCH;

  const run = async (chips: readonly RgbImage[]): Promise<Float32Array[]> => {
    const { data, dims } = toNetworkInput(chips, manifest.input);
    const tensor =
      data instanceof Uint8Array ? new ort.Tensor('uint8', data, dims) : new ort.Tensor('float32', data, dims);
    const output = (await session.run({ [inputName]: tensor }))[outputName]!.data as Float32Array;
    if (output.length !== chips.length * manifest.length) {
      throw new DescriptorError(
        manifest.id,
        'network',
        `${output.length / chips.length} numbers a face, the manifest says ${manifest.length}`,
      );
    }
    return chips.map((_, i) => output.slice(i * manifest.length, (i + 1) * manifest.length));
  };

  return {
    manifest,
    async embed(chips) {
      const found: Float32Array[] = [];
      for (let i = 0; i < chips.length; i += batch) found.push(...(await run(chips.slice(i, i + batch))));
      return found;
    },
    dispose: () => session.release(),
  };
}
