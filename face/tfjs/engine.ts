import { decodeLandmarks, decodeTiny, rememberPriors, requireSteps } from '../decoders.ts';
import type { ModelName } from '../models.ts';
import { CHIP_SIZE, type EngineName, type FaceEngine, LANDMARK_SIZE, type RgbImage, type ScoredBox } from '../types.ts';
import type { Weights } from '../weights.ts';

/** What we use of a TensorFlow.js tensor. */
interface Tensor {
  data(): Promise<ArrayLike<number>>;
  dispose(): void;
}

/** What we use of TensorFlow.js; every one of its builds has it. */
export interface TensorFlow {
  tensor(values: Float32Array, shape: number[], type: 'float32'): Tensor;
  tensor3d(values: Uint8Array | Int32Array, shape: [number, number, number], type: 'int32'): Tensor;
  ready(): Promise<void>;
}

interface Net<Out> {
  loadFromWeightMap(map: Record<string, Tensor>): void;
  forwardInput(input: unknown, size?: number): Out;
  dispose(throwOnRedispose?: boolean): void;
}

interface SsdNet extends Net<{ boxes: Tensor[]; scores: Tensor[] }> {
  readonly params: { output_layer: { extra_dim: Tensor } };
}

/** What we use of @vladmandic/face-api; its builds for Node and for the browser both have it. */
export interface FaceApi {
  tf: TensorFlow;
  NetInput: new (inputs: Tensor[]) => unknown;
  SsdMobilenetv1: new () => SsdNet;
  TinyFaceDetector: new () => Net<Tensor>;
  FaceLandmark68Net: new () => Net<Tensor>;
  FaceRecognitionNet: new () => Net<Tensor>;
}

/** tfjs holds all intermediate results of a batch at once: keep batches small. */
const MAX_BATCH = { landmarks: 8, recognition: 8 };

/**
 * face-api's own networks on any TensorFlow.js backend: in Node and in the browser's worker alike. `readModel` delivers
 * a network's weights; each network is loaded when first used.
 */
export function createTfjsEngine(
  name: EngineName,
  faceapi: FaceApi,
  readModel: (model: ModelName) => Promise<Weights>,
): FaceEngine {
  const priorsOf = rememberPriors();
  const loaded = new Map<ModelName, Promise<Net<unknown>>>();

  const net = <Out>(model: ModelName, create: new () => Net<Out>): Promise<Net<Out>> => {
    const known = loaded.get(model);
    if (known) return known as Promise<Net<Out>>;
    const loading = readModel(model).then((weights) => {
      const instance = new create();
      const map: Record<string, Tensor> = {};
      for (const [key, { shape, data }] of weights) map[key] = faceapi.tf.tensor(data, shape, 'float32');
      instance.loadFromWeightMap(map);
      return instance;
    });
    loaded.set(model, loading);
    loading.catch(() => loaded.delete(model));
    return loading;
  };

  /** Runs one batch and reads the results; every tensor made on the way is given back. */
  const run = async <Out>(
    instance: Net<Out>,
    images: readonly RgbImage[],
    side: number,
    outputs: (out: Out) => Tensor[],
  ): Promise<Float32Array[]> => {
    const tensors = images.map((image) => toTensor(faceapi.tf, image, side));
    const results = outputs(instance.forwardInput(new faceapi.NetInput(tensors), side));
    try {
      return await Promise.all(results.map(async (result) => Float32Array.from(await result.data())));
    } finally {
      for (const tensor of [...results, ...tensors]) tensor.dispose();
    }
  };

  return {
    name,
    async detectSsd(inputs, minScore) {
      const ssd = (await net('ssd', faceapi.SsdMobilenetv1)) as SsdNet;
      const found = [];
      for (const image of inputs) found.push(await runSsd(faceapi.tf, ssd, image, priorsOf, minScore));
      return found;
    },
    async detectTiny(input, minScore) {
      const tiny = await net('tiny', faceapi.TinyFaceDetector);
      const [cells] = await run(tiny, [input], input.width, (out) => [out]);
      return decodeTiny(cells!, input.width / 32, input.width, minScore);
    },
    async landmarks(crops) {
      const landmarks = await net('landmarks', faceapi.FaceLandmark68Net);
      const found = [];
      for (const batch of batches(crops, MAX_BATCH.landmarks)) {
        const [points] = await run(landmarks, batch, LANDMARK_SIZE, (out) => [out]);
        for (let i = 0; i < batch.length; i++) {
          found.push(decodeLandmarks(points!.subarray(i * 136, (i + 1) * 136), LANDMARK_SIZE));
        }
      }
      return found;
    },
    async embed(chips) {
      const recognition = await net('recognition', faceapi.FaceRecognitionNet);
      const found: Float32Array[] = [];
      for (const batch of batches(chips, MAX_BATCH.recognition)) {
        const [embeddings] = await run(recognition, batch, CHIP_SIZE, (out) => [out]);
        for (let i = 0; i < batch.length; i++) found.push(embeddings!.slice(i * 128, (i + 1) * 128));
      }
      return found;
    },
    async dispose() {
      const nets = await Promise.allSettled(loaded.values());
      loaded.clear();
      for (const result of nets) if (result.status === 'fulfilled') result.value.dispose(false);
    },
  };
}

/**
 * face-api scales every picture to 512x512 and knows the priors of that size alone. Here the picture goes in as it is, with
 * the priors of its own size in pixels, so that boxes come out in pixels.
 */
async function runSsd(
  tf: TensorFlow,
  ssd: SsdNet,
  { data, width, height }: RgbImage,
  priorsOf: (width: number, height: number) => Float32Array,
  minScore: number,
): Promise<ScoredBox[]> {
  requireSteps(width, height);
  const priors = priorsOf(width, height);
  const layer = ssd.params.output_layer;
  layer.extra_dim.dispose();
  layer.extra_dim = tf.tensor(priors, [1, priors.length / 4, 4], 'float32');
  const input = tf.tensor(Float32Array.from(data), [1, height, width, 3], 'float32');
  const out = ssd.forwardInput({ toBatchTensor: () => input });
  const results = [out.boxes[0]!, out.scores[0]!];
  try {
    const [boxes, scores] = await Promise.all(results.map(async (result) => Float32Array.from(await result.data())));
    return collectBoxes(boxes!, scores!, minScore);
  } finally {
    for (const tensor of [...results, input]) tensor.dispose();
  }
}

/** Boxes arrive decoded by the network itself, as [top, left, bottom, right]. */
function collectBoxes(boxes: Float32Array, scores: Float32Array, minScore: number): ScoredBox[] {
  const found = [];
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    if (score < minScore) continue;
    const [top, left, bottom, right] = boxes.subarray(i * 4, i * 4 + 4);
    found.push({ x: left!, y: top!, w: right! - left!, h: bottom! - top!, score });
  }
  return found;
}

function toTensor(tf: TensorFlow, image: RgbImage, side: number): Tensor {
  if (image.width !== side || image.height !== side) {
    throw new RangeError(`the network wants ${side}x${side} pixels, not ${image.width}x${image.height}`);
  }
  return tf.tensor3d(Int32Array.from(image.data), [side, side, 3], 'int32');
}

function* batches<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size);
}
