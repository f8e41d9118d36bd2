import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm/dist/index.js';
import * as faceApiModule from '@vladmandic/face-api/dist/face-api.esm-nobundle.js';
import landmarkList from '@vladmandic/face-api/model/face_landmark_68_model-weights_manifest.json' with {
  type: 'json',
};
import recognitionList from '@vladmandic/face-api/model/face_recognition_model-weights_manifest.json' with {
  type: 'json',
};
import tinyList from '@vladmandic/face-api/model/tiny_face_detector_model-weights_manifest.json' with { type: 'json' };
import { rgbImage } from '../image.ts';
import { models } from '../models.ts';
import { createTfjsEngine, type FaceApi } from '../tfjs/engine.ts';
import { CHIP_SIZE, type EngineName, type FaceEngine, LANDMARK_SIZE } from '../types.ts';
import { readWeights, type WeightManifest } from '../weights.ts';
import { type FaceAsset, modelAssets, type PhoneModel } from './assets.ts';
import { tfjsWasm } from './wanted.ts';

/** This device cannot look for faces by itself, now or ever (no WebAssembly, no memory): offer the upload instead. */
export class NoEngineError extends Error {
  constructor(options?: { cause?: unknown }) {
    super('This device cannot look for faces by itself.', options);
    this.name = 'NoEngineError';
  }
}

/** Fetches one of our files, checked. Throws FetchFailed. */
export type ReadAsset = (asset: FaceAsset) => Promise<Uint8Array<ArrayBuffer>>;

type Tf = FaceApi['tf'] & {
  setBackend(name: string): Promise<boolean>;
  env(): { platform: { fetch(path: string, init?: RequestInit): Promise<Response> } };
};

const lists: Record<PhoneModel, WeightManifest> = {
  tiny: tinyList,
  landmarks: landmarkList,
  recognition: recognitionList,
};

/** Once a worker: the library cannot be started twice, also when a network had to be fetched again. */
let backend: Promise<EngineName> | undefined;

/**
 * face-api's networks on TensorFlow.js inside a web worker (or a page). All files are asked for at once, so that the first selfie
 * does not wait for one after another. Throws NoEngineError where no backend starts, FetchFailed when the files cannot be had.
 */
export async function createBrowserEngine(names: readonly PhoneModel[], read: ReadAsset): Promise<FaceEngine> {
  const faceapi = faceApiModule as unknown as FaceApi;
  const binaries = new Map(names.map((name) => [name, read(modelAssets[name])]));
  const wasm = read(tfjsWasm());
  // those that are not awaited when another fails
  for (const promise of [wasm, ...binaries.values()]) promise.catch(() => undefined);
  backend ??= startBackend(faceapi.tf as Tf, wasm);
  backend.catch(() => {
    backend = undefined;
  });
  const name = await backend;
  await Promise.all(binaries.values());
  return createTfjsEngine(name, faceapi, async (model) => {
    const binary = binaries.get(model as PhoneModel);
    if (!binary) throw new Error(`the phone does not carry ${models[model].title}`);
    return readWeights(lists[model as PhoneModel], await binary);
  });
}

/** The first run of each network compiles and allocates: to be done before anybody waits for it, step by step. */
export function warmUpSteps(engine: FaceEngine, names: readonly PhoneModel[], detectorSide: number) {
  const empty = (side: number) => rgbImage(new Uint8Array(side * side * 3), side, side);
  const steps: Array<() => Promise<unknown>> = [
    () => engine.detectTiny(empty(detectorSide), 0.5),
    () => engine.landmarks([empty(LANDMARK_SIZE)]),
  ];
  if (names.includes('recognition')) steps.push(() => engine.embed([empty(CHIP_SIZE), empty(CHIP_SIZE)]));
  return steps;
}

/** The library does not say when WebAssembly refuses (no memory): it stays silent. */
const START_MS = 20_000;

function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer')), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

async function startBackend(tf: Tf, wasm: Promise<Uint8Array<ArrayBuffer>>): Promise<EngineName> {
  const bytes = await wasm;
  // The library fetches by itself what it is given an address for; it gets what was fetched, checked and kept before.
  const here = 'wasm-that-is-here';
  const { platform } = tf.env();
  const fetchElsewhere = platform.fetch.bind(platform);
  platform.fetch = (path, init) =>
    path.endsWith(here) ? Promise.resolve(new Response(bytes)) : fetchElsewhere(path, init);
  setWasmPaths(
    {
      'tfjs-backend-wasm.wasm': here,
      'tfjs-backend-wasm-simd.wasm': here,
      // threads need a cross-origin isolated page and gain nothing here
      'tfjs-backend-wasm-threaded-simd.wasm': here,
    },
    true,
  );
  let failure: unknown;
  try {
    if (typeof WebAssembly === 'object' && (await within(START_MS, tf.setBackend('wasm')))) {
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
