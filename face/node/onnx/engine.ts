import type * as Ort from 'onnxruntime-node';
import {
  CROWD_STEP,
  CROWD_STRIDES,
  decodeCrowd,
  decodeFar,
  decodeLandmarks,
  decodeSsd,
  decodeTiny,
  FAR_STEP,
  rememberPriors,
  requireSteps,
} from '../../decoders.ts';
import { crowdDetector } from '../../models.ts';
import {
  CHIP_SIZE,
  DESCRIPTOR_LENGTH,
  type FaceEngine,
  LANDMARK_SIZE,
  type Landmarks,
  type RgbImage,
  type ScoredBox,
} from '../../types.ts';
import { convertedFile, type OnnxFile } from './cache.ts';
import { canMultiplyBytes } from './processor.ts';

/** More pictures than this in one run save no time and cost memory. */
const MAX_BATCH: Record<'landmarks' | 'recognition', number> = { landmarks: 16, recognition: 16 };

export interface OnnxEngineOptions {
  /** Folder for converted networks; made when missing. */
  cacheDir: string;
  /** Threads of one run. */
  threads: number;
  /** Detection in 8-bit integers; default: where the processor multiplies them (`canMultiplyBytes`). */
  bytes?: boolean | undefined;
  /** Ids of detectors that are off by themselves. */
  detectors?: readonly string[] | undefined;
}

/**
 * The networks on onnxruntime's CPU library. Sessions open when first used, so a process
 * that only searches or only describes selfies does not hold the other networks.
 */
export async function createOnnxEngine(options: OnnxEngineOptions): Promise<FaceEngine> {
  const ort = await import('onnxruntime-node');
  const isInBytes = options.bytes ?? (await canMultiplyBytes());
  const detector: OnnxFile = isInBytes ? 'ssd-bytes' : 'ssd';
  const sessions = new Map<OnnxFile, Promise<Ort.InferenceSession>>();
  const priorsOf = rememberPriors();

  const session = (file: OnnxFile) => {
    const open = sessions.get(file);
    if (open) return open;
    const opening = convertedFile(file, options.cacheDir).then((bytes) =>
      ort.InferenceSession.create(bytes, {
        intraOpNumThreads: options.threads,
        interOpNumThreads: 1,
        graphOptimizationLevel: 'all',
        // Pictures have many shapes: an arena keeps memory for each of them, and saves no time.
        enableCpuMemArena: false,
        enableMemPattern: false,
        executionMode: 'sequential',
        // A thread that waits for the next layer by spinning takes the core from decoding and encoding of the next photo.
        extra: { session: { intra_op: { allow_spinning: '0' } } },
      }),
    );
    sessions.set(file, opening);
    opening.catch(() => sessions.delete(file));
    return opening;
  };

  const run = async (
    file: OnnxFile,
    images: readonly RgbImage[],
    side: number,
  ): Promise<Record<string, Float32Array>> => {
    const bytes = new Uint8Array(images.length * side * side * 3);
    for (const [i, image] of images.entries()) {
      requireSize(image, side);
      bytes.set(image.data, i * side * side * 3);
    }
    const input = new ort.Tensor('uint8', bytes, [images.length, side, side, 3]);
    const results = await (await session(file)).run({ input });
    return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, value.data as Float32Array]));
  };

  const detectCrowd: FaceEngine['detectCrowd'] = async ({ width, height, data }, minScore) => {
    requireSteps(width, height, CROWD_STEP);
    const input = new ort.Tensor('uint8', new Uint8Array(data), [1, height, width, 3]);
    const maps = await (await session('crowd')).run({ input });
    return CROWD_STRIDES.flatMap((stride) =>
      decodeCrowd(
        stride,
        maps[`face_rpn_cls_prob_reshape_stride${stride}`]!.data as Float32Array,
        maps[`face_rpn_bbox_pred_stride${stride}`]!.data as Float32Array,
        width / stride,
        minScore,
      ),
    );
  };

  return {
    name: 'onnx',
    ...(options.detectors?.includes(crowdDetector.id) && { detectCrowd }),
    async detectSsd(inputs, minScore) {
      const found: ScoredBox[][] = [];
      for (const { width, height, data } of inputs) {
        requireSteps(width, height);
        const input = new ort.Tensor('uint8', new Uint8Array(data), [1, height, width, 3]);
        const { boxes, classes } = await (await session(detector)).run({ input });
        found.push(
          decodeSsd(boxes!.data as Float32Array, classes!.data as Float32Array, priorsOf(width, height), minScore),
        );
      }
      return found;
    },
    async detectFar({ width, height, data }, minScore) {
      requireSteps(width, height, FAR_STEP);
      const input = new ort.Tensor('uint8', new Uint8Array(data), [1, height, width, 3]);
      const { boxes, scores } = await (await session('far')).run({ input });
      return decodeFar(boxes!.data as Float32Array, scores!.data as Float32Array, width, minScore);
    },
    async detectTiny(input, minScore) {
      const { cells } = await run('tiny', [input], input.width);
      return decodeTiny(cells!, input.width / 32, input.width, minScore);
    },
    async landmarks(crops) {
      const found: Landmarks[] = [];
      for (const batch of batches(crops, MAX_BATCH.landmarks)) {
        const { landmarks } = await run('landmarks', batch, LANDMARK_SIZE);
        for (let i = 0; i < batch.length; i++) {
          found.push(decodeLandmarks(landmarks!.subarray(i * 136, (i + 1) * 136), LANDMARK_SIZE));
        }
      }
      return found;
    },
    async embed(chips) {
      const found: Float32Array[] = [];
      for (const batch of batches(chips, MAX_BATCH.recognition)) {
        const { embedding } = await run('recognition', batch, CHIP_SIZE);
        for (let i = 0; i < batch.length; i++) {
          found.push(embedding!.slice(i * DESCRIPTOR_LENGTH, (i + 1) * DESCRIPTOR_LENGTH));
        }
      }
      return found;
    },
    async dispose() {
      const open = await Promise.allSettled(sessions.values());
      sessions.clear();
      for (const result of open) if (result.status === 'fulfilled') await result.value.release();
    },
  };
}

function* batches<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size);
}

function requireSize(image: RgbImage, side: number): void {
  if (image.width !== side || image.height !== side) {
    throw new RangeError(`the network wants ${side}x${side} pixels, not ${image.width}x${image.height}`);
  }
}
