import { createRequire } from 'node:module';
import path from 'node:path';
import { createTfjsEngine, type FaceApi } from '../tfjs/engine.ts';
import type { FaceEngine } from '../types.ts';
import { loadWeights, packageFolder } from './model-files.ts';

const require = createRequire(import.meta.url);

interface WasmBackend {
  setWasmPaths(folder: string): void;
  setThreadsCount(threads: number): void;
}

/** face-api on TensorFlow.js compiled to WebAssembly: runs wherever Node runs, one thread (SIMD where the CPU has it). */
export async function createTfjsWasmEngine(): Promise<FaceEngine> {
  const tf = require('@tensorflow/tfjs') as FaceApi['tf'] & { setBackend(name: string): Promise<boolean> };
  const wasm = require('@tensorflow/tfjs-backend-wasm') as WasmBackend;
  wasm.setWasmPaths(`${path.join(packageFolder('@tensorflow/tfjs-backend-wasm'), 'dist')}/`);
  if (!(await tf.setBackend('wasm'))) throw new Error('TensorFlow.js cannot start WebAssembly here');
  await tf.ready();
  const faceapi = require('@vladmandic/face-api/dist/face-api.node-wasm.js') as FaceApi;
  return createTfjsEngine('tfjs-wasm', faceapi, loadWeights);
}

/** face-api on TensorFlow's native library. Throws when the optional package @tensorflow/tfjs-node or its library is not installed. */
export async function createTfjsNodeEngine(): Promise<FaceEngine> {
  require('@tensorflow/tfjs-node');
  const faceapi = require('@vladmandic/face-api/dist/face-api.node.js') as FaceApi;
  await faceapi.tf.ready();
  return createTfjsEngine('tfjs-node', faceapi, loadWeights);
}
