import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm/dist/index.js';
import * as faceApiModule from '@vladmandic/face-api/dist/face-api.esm-nobundle.js';
import { rgbImage } from '../image.ts';
import { type ModelName, models } from '../models.ts';
import { SELFIE_SIZE } from '../selfie.ts';
import { createTfjsEngine, type FaceApi } from '../tfjs/engine.ts';
import { CHIP_SIZE, type EngineName, type FaceEngine, LANDMARK_SIZE } from '../types.ts';
import { readWeights, type WeightManifest, type Weights } from '../weights.ts';
import { MODELS_URL, modelFiles, phoneBytes, phoneModels, wasmAssets } from './assets.ts';

/** This device runs neither WebAssembly nor WebGL: offer the upload instead. */
export class NoEngineError extends Error {
  constructor(options?: { cause?: unknown }) {
    super('This device cannot look for faces by itself.', options);
    this.name = 'NoEngineError';
  }
}

export interface BrowserEngineOptions {
  /** Bytes fetched so far and in all; called often. */
  onProgress?: (loaded: number, total: number) => void;
  /** Folder of the model files on the site; default `/models/`. */
  baseUrl?: string;
}

type Tf = FaceApi['tf'] & { setBackend(name: string): Promise<boolean> };

/**
 * face-api on TensorFlow.js inside a web worker (or a page). Fetches the networks at once, so that the first selfie does
 * not wait for them one after another, and runs each once. Throws NoEngineError where no backend starts, TypeError from
 * `fetch` when the files cannot be had.
 */
export async function createBrowserEngine(options: BrowserEngineOptions = {}): Promise<FaceEngine> {
  const faceapi = faceApiModule as unknown as FaceApi;
  const folder = new URL(options.baseUrl ?? MODELS_URL, globalThis.location.href);
  const absolute = (file: string) => new URL(file, folder).href;
  const progress = createProgress(options.onProgress);
  const weights = new Map<ModelName, Promise<Weights>>(
    phoneModels.map((name) => [name, fetchWeights(name, absolute, progress)]),
  );
  // a rejected one is reported when it is awaited below
  for (const promise of weights.values()) promise.catch(() => undefined);
  const name = await startBackend(faceapi.tf as Tf, absolute);
  await Promise.all(weights.values());
  const engine = createTfjsEngine(name, faceapi, async (model) => {
    const known = weights.get(model);
    if (!known) throw new Error(`the phone does not carry ${models[model].title}`);
    return known;
  });
  await warmUp(engine);
  return engine;
}

/** The first run of each network compiles and allocates: done before anybody waits for it. */
async function warmUp(engine: FaceEngine): Promise<void> {
  const empty = (side: number) => rgbImage(new Uint8Array(side * side * 3), side, side);
  await engine.detectTiny(empty(SELFIE_SIZE), 0.5);
  await engine.landmarks([empty(LANDMARK_SIZE)]);
  await engine.embed([empty(CHIP_SIZE), empty(CHIP_SIZE)]);
}

async function startBackend(tf: Tf, absolute: (url: string) => string): Promise<EngineName> {
  setWasmPaths({
    'tfjs-backend-wasm.wasm': absolute(wasmAssets.plain.to),
    'tfjs-backend-wasm-simd.wasm': absolute(wasmAssets.simd.to),
    // threads need a cross-origin isolated page and gain nothing here
    'tfjs-backend-wasm-threaded-simd.wasm': absolute(wasmAssets.simd.to),
  });
  let failure: unknown;
  try {
    if (await tf.setBackend('wasm')) {
      await tf.ready();
      return 'tfjs-wasm';
    }
  } catch (error) {
    failure = error;
  }
  try {
    await import('@tensorflow/tfjs-backend-webgl');
    if (await tf.setBackend('webgl')) {
      await tf.ready();
      return 'tfjs-webgl';
    }
  } catch (error) {
    failure = error;
  }
  throw new NoEngineError({ cause: failure });
}

async function fetchWeights(
  name: ModelName,
  absolute: (url: string) => string,
  onBytes: (bytes: number) => void,
): Promise<Weights> {
  const files = modelFiles(name);
  const [manifest, binary] = await Promise.all([
    fetchChecked(absolute(files.manifest)).then((response) => response.json() as Promise<WeightManifest>),
    fetchChecked(absolute(files.binary)).then((response) => readAll(response, onBytes)),
  ]);
  return readWeights(manifest, binary);
}

async function fetchChecked(url: string): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new TypeError(`${url} answered ${response.status}`);
  return response;
}

async function readAll(response: Response, onBytes: (bytes: number) => void): Promise<Uint8Array> {
  if (!response.body) return new Uint8Array(await response.arrayBuffer());
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    chunks.push(part.value);
    length += part.value.length;
    onBytes(part.value.length);
  }
  const all = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}

function createProgress(report: BrowserEngineOptions['onProgress']): (bytes: number) => void {
  let loaded = 0;
  return (bytes) => {
    loaded += bytes;
    report?.(Math.min(loaded, phoneBytes), phoneBytes);
  };
}
