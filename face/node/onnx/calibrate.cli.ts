import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as ort from 'onnxruntime-node';
import { describeServer } from '../../pipeline.ts';
import type { FaceEngine, RgbImage } from '../../types.ts';
import { decodeImage } from '../decode.ts';
import { loadWeights, packageFolder } from '../model-files.ts';
import { createOnnxEngine } from './engine.ts';
import type { Value } from './graph.ts';
import { FloatLayers } from './layers.ts';
import { ssdNet } from './nets.ts';
import { OBSERVATIONS_FILE, writeObservations } from './observations.ts';
import type { Observed } from './quantised.ts';

/**
 * `node --import tsx face/node/onnx/calibrate.cli.ts`: looks at what flows through the detector on the demo photos of the face-api
 * package, and writes what quantising needs to know. To be run again when the network is built of other layers.
 */
const engine = await createOnnxEngine({
  cacheDir: path.join(tmpdir(), 'thepixstock', 'models'),
  threads: 2,
  bytes: false,
});
const pictures: RgbImage[] = [];
const listening: FaceEngine = {
  ...engine,
  detectSsd(inputs, minScore) {
    pictures.push(...inputs);
    return engine.detectSsd(inputs, minScore);
  },
};
for (let number = 1; number <= 6; number++) {
  const file = path.join(packageFolder('@vladmandic/face-api'), `demo/sample${number}.jpg`);
  const { image, scale } = await decodeImage(file);
  await describeServer(image, listening, { originalScale: scale });
}
await engine.dispose();
await writeFile(OBSERVATIONS_FILE, writeObservations(await observe(pictures)));

async function observe(images: readonly RgbImage[]): Promise<Record<string, Observed>> {
  const watched: Array<{ value: Value; name: string }> = [];
  const layers = new FloatLayers('ssd', await loadWeights('ssd'), (value, name) => watched.push({ value, name }));
  ssdNet(layers);
  for (const { value } of watched) layers.graph.output(value, ['n', 'c', 'h', 'w']);
  const session = await ort.InferenceSession.create(layers.graph.serialize(), { enableMemPattern: false });
  const observed: Record<string, Observed & { count: number }> = {};
  const look = (name: string, data: Float32Array, channels: number) => {
    observed[name] ??= { largest: new Float32Array(channels), mean: new Float32Array(channels), count: 0 };
    const { largest, mean, count } = observed[name];
    const area = data.length / channels;
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      let most = largest[c]!;
      for (const value of data.subarray(c * area, (c + 1) * area)) {
        sum += value;
        most = Math.max(most, Math.abs(value));
      }
      largest[c] = most;
      mean[c] = (mean[c]! * count + sum) / (count + area);
    }
    observed[name].count += area;
  };
  for (const { data, width, height } of images) {
    const results = await session.run({ input: new ort.Tensor('uint8', Uint8Array.from(data), [1, height, width, 3]) });
    for (const { value, name } of watched) {
      const { data: values, dims } = results[value]!;
      look(name, values as Float32Array, dims[1]!);
    }
  }
  await session.release();
  return observed;
}
