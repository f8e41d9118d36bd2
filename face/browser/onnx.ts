import type { NetworkManifest } from '#contracts/descriptors.ts';
import { type Recogniser, toNetworkInput } from '../recogniser.ts';
import type { RgbImage } from '../types.ts';
import { NoEngineError } from './engine.ts';
import { hasSimd } from './simd.ts';

/** More chips than this in one run only hold memory. */
const MAX_BATCH = 4;

/**
 * Any network of one picture input and one vector output on onnxruntime-web: its plain WebAssembly with one thread, because threads and
 * the graphics back ends exhaust the memory of iPhones. `wasm` and `network` are checked bytes. Throws NoEngineError where it does not run.
 */
export async function createOnnxRecogniser(
  manifest: NetworkManifest,
  wasm: Promise<Uint8Array<ArrayBuffer>>,
  network: Promise<Uint8Array<ArrayBuffer>>,
): Promise<Recogniser> {
  if (!hasSimd()) throw new NoEngineError({ cause: new Error('no SIMD') });
  const [runtime, bytes] = await Promise.all([wasm, network]);
  const { ort, session } = await open(runtime, bytes).catch((cause: unknown) => {
    throw new NoEngineError({ cause });
  });
  const inputName = session.inputNames[0]!;
  const outputName = session.outputNames[0]!;
  const declared = session.inputMetadata[0];
  // many published networks are fixed to one picture a run
  const batch = declared?.isTensor && declared.shape[0] === 1 ? 1 : MAX_BATCH;

  async function run(chips: readonly RgbImage[]): Promise<Float32Array[]> {
    const { data, dims } = toNetworkInput(chips, manifest.input);
    const tensor =
      data instanceof Uint8Array ? new ort.Tensor('uint8', data, dims) : new ort.Tensor('float32', data, dims);
    const output = (await session.run({ [inputName]: tensor }))[outputName]!.data as Float32Array;
    if (output.length !== chips.length * manifest.length)
      throw new RangeError(`${manifest.id}: ${output.length / chips.length} numbers a face, not ${manifest.length}`);
    return chips.map((_, i) => output.slice(i * manifest.length, (i + 1) * manifest.length));
  }

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

async function open(runtime: Uint8Array<ArrayBuffer>, network: Uint8Array<ArrayBuffer>) {
  const ort = await import('onnxruntime-web/wasm');
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  ort.env.wasm.wasmBinary = runtime.buffer;
  ort.env.logLevel = 'error';
  const session = await ort.InferenceSession.create(network, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
    enableCpuMemArena: false,
  });
  return { ort, session };
}
