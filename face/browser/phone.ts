import { createRecognition, faceApiRecogniser, type Recogniser, type Recognition } from '../recogniser.ts';
import type { FaceEngine } from '../types.ts';
import { type FaceAsset, wasmAssets } from './assets.ts';
import { createBrowserEngine, warmUpSteps } from './engine.ts';
import { LOOK_SIDE } from './look.ts';
import { createModelStore, type ModelStore, type OnBytes, type StoredFile } from './store.ts';
import { phoneModelsFor, type WantedSpaces } from './wanted.ts';

export interface PhoneFaces {
  engine: FaceEngine;
  recognition: Recognition;
  /** What makes the first selfie as quick as the second; one short step after another, when nothing waits. */
  warmUp: Array<() => Promise<unknown>>;
}

export interface PhoneOptions extends WantedSpaces {
  /** Folder of our own files on the site, with a slash at its end. */
  baseUrl: string;
  store?: ModelStore;
  onProgress?: OnBytes;
}

/** Everything a selfie needs, in a worker or a page. Throws FetchFailed (later, perhaps) and NoEngineError (not on this device). */
export async function createPhoneFaces(options: PhoneOptions): Promise<PhoneFaces> {
  const { spaces, networks, baseUrl, store = createModelStore() } = options;
  const names = phoneModelsFor(spaces);
  const report = sumOf(options.onProgress);
  const fileOf = (asset: FaceAsset): StoredFile => ({ ...asset, url: new URL(asset.to, baseUrl).href });
  const read = (file: StoredFile) => store.read(file, report(file.packedBytes ?? file.bytes));
  const readAsset = (asset: FaceAsset) => read(fileOf(asset));
  const opening = createBrowserEngine(names, readAsset);
  const others = networks.map(async ({ manifest, url }) => {
    // loaded only where an event is searched with it
    const { createOnnxRecogniser } = await import('./onnx.ts');
    const file = { url: new URL(url, baseUrl).href, bytes: manifest.file.bytes, sha256: manifest.file.sha256 };
    return createOnnxRecogniser(manifest, onnxRuntime(readAsset), read(file));
  });
  const [engine, ...recognisers] = await Promise.all<unknown>([opening, ...others]);
  const ready = recognisers as Recogniser[];
  const own = names.includes('recognition') ? [faceApiRecogniser(engine as FaceEngine)] : [];
  const recognition = createRecognition(spaces, [...own, ...ready]);
  return {
    engine: engine as FaceEngine,
    recognition,
    warmUp: [
      ...warmUpSteps(engine as FaceEngine, names, LOOK_SIDE),
      ...ready.map((recogniser) => () => {
        const { side } = recogniser.manifest.input;
        return recogniser.embed([{ data: new Uint8Array(side * side * 3), width: side, height: side, channels: 3 }]);
      }),
    ],
  };
}

const onnxRuntime = (read: (asset: FaceAsset) => Promise<Uint8Array<ArrayBuffer>>) => read(wasmAssets.onnx);

/** Progress of several files as one. */
function sumOf(report: OnBytes | undefined): (expected: number) => OnBytes {
  const files: Array<{ came: number; total: number }> = [];
  return (expected) => {
    const file = { came: 0, total: expected };
    files.push(file);
    return (came, total) => {
      file.came = came;
      file.total = total;
      const sum = (key: 'came' | 'total') => files.reduce((all, each) => all + each[key], 0);
      report?.(sum('came'), sum('total'));
    };
  };
}
