import { availableParallelism } from 'node:os';
import { crowdDetector } from '../models.ts';
import type { FaceEngine } from '../types.ts';
import { loadDetector } from './model-files.ts';
import { createOnnxEngine } from './onnx/engine.ts';
import { createTfjsNodeEngine, createTfjsWasmEngine } from './tfjs.ts';

export type NodeEngineName = 'onnx' | 'tfjs-node' | 'tfjs-wasm';

export interface NodeEngineOptions {
  /** Folder for converted networks; made when missing. */
  cacheDir: string;
  /** Take this one or fail; otherwise the fastest that starts here. */
  prefer?: NodeEngineName;
  /** Threads of one run where the engine can have several; default: the cores of the machine, at most 4. */
  threads?: number;
  /** On onnx: the detector in 8-bit integers; default: where the processor is known to be good at them. */
  bytes?: boolean;
  /** On onnx: ids of detectors that are off by themselves (`crowdDetector` in face/models.ts). */
  detectors?: readonly string[];
  /** Told about each engine that would not start. */
  onUnavailable?: (name: NodeEngineName, error: unknown) => void;
}

/**
 * The fastest engine that runs on this machine: onnx, tfjs-node, tfjs-wasm. Throws AggregateError when none does, RangeError for a
 * detector that nobody knows, Error for one that is not installed.
 */
export async function createNodeEngine(options: NodeEngineOptions): Promise<FaceEngine> {
  for (const id of options.detectors ?? []) {
    if (id !== crowdDetector.id) throw new RangeError(`no face detector is called ${id}, only ${crowdDetector.id}`);
    await loadDetector(crowdDetector);
  }
  const threads = options.threads ?? Math.min(4, availableParallelism());
  const start: Record<NodeEngineName, () => Promise<FaceEngine>> = {
    onnx: () =>
      createOnnxEngine({ cacheDir: options.cacheDir, threads, bytes: options.bytes, detectors: options.detectors }),
    'tfjs-node': createTfjsNodeEngine,
    'tfjs-wasm': createTfjsWasmEngine,
  };
  const order: NodeEngineName[] = options.prefer ? [options.prefer] : ['onnx', 'tfjs-node', 'tfjs-wasm'];
  const errors: unknown[] = [];
  for (const name of order) {
    try {
      return await start[name]();
    } catch (error) {
      errors.push(error);
      options.onUnavailable?.(name, error);
    }
  }
  throw new AggregateError(errors, `no face engine starts here (tried ${order.join(', ')})`);
}
