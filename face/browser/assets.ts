import { type ModelName, models } from '../models.ts';

/**
 * What the phone fetches besides the bundle, and what the bundler must know. Pure data: vite.config.ts lays the files (and their
 * gzip, which the phone unpacks itself) below MODELS_URL, store.ts fetches, checks and keeps them.
 */
export interface FaceAsset {
  /** Path below MODELS_URL. Names carry the content: one name never means two files. */
  to: string;
  /** npm package and path within it. */
  package: string;
  file: string;
  bytes: number;
  /** About what travels: size of the gzip. */
  packedBytes: number;
  /** Of the file, hex. */
  sha256: string;
}

/** Networks that a selfie needs, whatever describes it. `recognition` only where an event is searched in face-api's space. */
export const phoneModels = ['tiny', 'landmarks', 'recognition'] as const satisfies readonly ModelName[];
export type PhoneModel = (typeof phoneModels)[number];

export const MODELS_URL = '/models/';

const named = (name: string, sha256: string, ending: string): string => `${name}-${sha256.slice(0, 8)}.${ending}`;

function weights(name: PhoneModel, packedBytes: number): FaceAsset {
  const { package: from, file, bytes, sha256 } = models[name];
  return { to: named(name, sha256, 'bin'), package: from, file: `${file}.bin`, bytes, packedBytes, sha256 };
}

export const modelAssets: Readonly<Record<PhoneModel, FaceAsset>> = {
  tiny: weights('tiny', 156_120),
  landmarks: weights('landmarks', 295_642),
  recognition: weights('recognition', 4_048_790),
};

function wasm(name: string, from: string, file: string, size: [number, number], sha256: string): FaceAsset {
  const [bytes, packedBytes] = size;
  return { to: named(name, sha256, 'wasm'), package: from, file, bytes, packedBytes, sha256 };
}

/** WebAssembly of the numeric library (with SIMD, and without), and of the runtime for ONNX networks. */
export const wasmAssets = {
  simd: wasm(
    'tfjs-simd',
    '@tensorflow/tfjs-backend-wasm',
    'dist/tfjs-backend-wasm-simd.wasm',
    [424_594, 137_217],
    '77ebb28a6d34f371dbbf2086b7f2de8994acd8ea5a3cf1fa24d2c26c840cac7b',
  ),
  plain: wasm(
    'tfjs',
    '@tensorflow/tfjs-backend-wasm',
    'dist/tfjs-backend-wasm.wasm',
    [311_123, 118_445],
    '70a5d516060464e5269f01c74bac1772d6b8ab6cb612acf16b5cdaf61f78d892',
  ),
  onnx: wasm(
    'onnx-runtime',
    'onnxruntime-web',
    'dist/ort-wasm-simd-threaded.wasm',
    [14_239_897, 3_687_160],
    '3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2',
  ),
} as const satisfies Record<string, FaceAsset>;

/** Everything to serve: `from` the repository's root `to` a path below `/models/`, as it is and as `.gz`. */
export const browserAssets: ReadonlyArray<{ to: string; from: string; bytes: number }> = [
  ...Object.values(modelAssets),
  ...Object.values(wasmAssets),
].map((asset) => ({ to: asset.to, from: `node_modules/${asset.package}/${asset.file}`, bytes: asset.bytes }));

/**
 * `resolve.alias` entries that keep the parts of TensorFlow.js which a selfie never runs (layers, converter, data, the
 * JavaScript and the WebGL backend) out of the worker's bundle. Replacements are relative to the repository's root.
 */
export const faceAliases: ReadonlyArray<{ find: string; replacement: string }> = [
  { find: '@tensorflow/tfjs/dist/index.js', replacement: 'face/browser/tensorflow.ts' },
  { find: '@tensorflow/tfjs-backend-webgl/dist/index.js', replacement: 'face/browser/no-backend.ts' },
];
