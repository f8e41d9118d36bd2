import { type ModelName, models } from '../models.ts';

/**
 * What the phone fetches besides the bundle, and what the bundler must know. Pure data: vite.config.ts copies the files,
 * the service worker keeps them, the page shows progress against `phoneBytes`.
 */
export interface FaceAsset {
  /** Path below MODELS_URL. */
  to: string;
  /** npm package and path within it. */
  package: string;
  file: string;
  /** Uncompressed; the weights compress to about two thirds. */
  bytes: number;
}

/** Networks that a selfie needs. */
export const phoneModels: readonly ModelName[] = ['tiny', 'landmarks', 'recognition'];

export const MODELS_URL = '/models/';

function modelAssets(name: ModelName): FaceAsset[] {
  const model = models[name];
  return [
    { suffix: '.bin', bytes: model.bytes },
    { suffix: '-weights_manifest.json', bytes: model.manifestBytes },
  ].map(({ suffix, bytes }) => ({
    to: `${name}-${model.sha256.slice(0, 8)}${suffix}`,
    package: model.package,
    file: `${model.file}${suffix}`,
    bytes,
  }));
}

const wasmPackage = '@tensorflow/tfjs-backend-wasm';

/** WebAssembly of the numeric library: phones with SIMD take the first, others the second. */
export const wasmAssets = {
  simd: {
    to: 'tfjs-backend-wasm-simd.wasm',
    package: wasmPackage,
    file: 'dist/tfjs-backend-wasm-simd.wasm',
    bytes: 424_594,
  },
  plain: {
    to: 'tfjs-backend-wasm.wasm',
    package: wasmPackage,
    file: 'dist/tfjs-backend-wasm.wasm',
    bytes: 311_123,
  },
} as const satisfies Record<string, FaceAsset>;

/** The weight binary and its manifest of one network. */
export function modelFiles(name: ModelName): { binary: string; manifest: string } {
  const [binary, manifest] = modelAssets(name);
  return { binary: binary!.to, manifest: manifest!.to };
}

const assets: readonly FaceAsset[] = [...phoneModels.flatMap(modelAssets), wasmAssets.simd, wasmAssets.plain];

/** Everything to serve: `from` the repository's root `to` a path below `/models/`. */
export const browserAssets: ReadonlyArray<{ to: string; from: string; bytes: number }> = assets.map((asset) => ({
  to: asset.to,
  from: `node_modules/${asset.package}/${asset.file}`,
  bytes: asset.bytes,
}));

/** Bytes of weights that one phone fetches, the measure of progress; a WebAssembly file of 0.4 MB comes on top. */
export const phoneBytes: number = phoneModels.reduce((sum, name) => sum + models[name].bytes, 0);

/**
 * `resolve.alias` entries that keep the parts of TensorFlow.js which a selfie never runs (layers, converter, data, the
 * JavaScript and the WebGL backend) out of the worker's bundle. Replacements are relative to the repository's root.
 */
export const faceAliases: ReadonlyArray<{ find: string; replacement: string }> = [
  { find: '@tensorflow/tfjs/dist/index.js', replacement: 'face/browser/tensorflow.ts' },
  { find: '@tensorflow/tfjs-backend-webgl/dist/index.js', replacement: 'face/browser/no-backend.ts' },
];
