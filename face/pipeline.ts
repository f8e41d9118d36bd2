import { cutChip } from './align.ts';
import { iou, overlapOfSmaller, suppress } from './boxes.ts';
import { type DetectOptions, detectFaces, serverDetection } from './detect.ts';
import { Pyramid } from './image.ts';
import { type LocatedFace, locateFaces, poseOf } from './landmarks.ts';
import { isFaceLike, qualityOf } from './quality.ts';
import { defaultRecognition, type Recognition, recognise } from './recogniser.ts';
import type { Box, DescribedFace, FaceEngine, RgbImage, ScoredBox } from './types.ts';

export { PIPELINE_VERSION } from '#contracts/pipeline.ts';
export { ENGINE_ID } from './models.ts';

export interface ServerOptions {
  detection?: DetectOptions;
  /** Pixels of the original for one of `image` (see decodeImage); boxes and landmarks are answered in pixels of `image`. */
  originalScale?: number;
  /** Which descriptors to compute; default: that of the engine's own network. */
  recognition?: Recognition;
  /** Several chips a face, see `recognise`; default: in photos of few faces. */
  thorough?: boolean;
}

/** Photos of so many faces are described thoroughly: the time of one of more faces, and most photos of an event are such. */
const FEW_FACES = 4;

/** More faces than this in one photo are a pattern or a stadium; the surest are kept. */
const MAX_FACES = 400;

/** Every face of an event photo, best detection first. An empty list when there is none. */
export async function describeServer(
  image: RgbImage,
  engine: FaceEngine,
  options: ServerOptions = {},
): Promise<DescribedFace[]> {
  const picture = new Pyramid(image);
  const boxes = (await detectFaces(picture, engine, options.detection ?? serverDetection)).slice(0, MAX_FACES);
  return describeBoxes(picture, boxes, engine, options);
}

/** Landmarks, alignment, quality and descriptor of the boxes that hold a face; others are left out, as is a face found twice. */
export async function describeBoxes(
  picture: Pyramid,
  boxes: readonly ScoredBox[],
  engine: FaceEngine,
  options: ServerOptions = {},
): Promise<DescribedFace[]> {
  const located = await locateFaces(picture, boxes, engine);
  const faces = boxes.flatMap((box, i) => {
    const face = located[i]!;
    return isFaceLike(face, box.score, box.w) ? [{ ...box, box, face }] : [];
  });
  const distinct = suppress(faces, 0.6, sameFaceOverlap);
  const thorough = distinct.length <= FEW_FACES;
  const described: DescribedFace[] = [];
  // chips of many faces are cut and described in groups, so that memory stays flat
  for (let i = 0; i < distinct.length; i += 8) {
    described.push(...(await describeGroup(picture, distinct.slice(i, i + 8), engine, { thorough, ...options })));
  }
  return described;
}

/** Two boxes of one face: they overlap much, and one is not merely a small face in front of a large one. */
function sameFaceOverlap(a: Box, b: Box): number {
  return Math.max(iou(a, b), iou(a, b) > 0.25 ? overlapOfSmaller(a, b) : 0);
}

async function describeGroup(
  picture: Pyramid,
  group: ReadonlyArray<{ box: ScoredBox; face: LocatedFace }>,
  engine: FaceEngine,
  options: ServerOptions,
): Promise<DescribedFace[]> {
  const { originalScale = 1, recognition = defaultRecognition(engine) } = options;
  const descriptors = await recognise(
    picture,
    group.map(({ face }) => face),
    recognition,
    { thorough: options.thorough ?? false },
  );
  return group.map(({ box, face }, i) => {
    const pose = poseOf(face.landmarks);
    const { score, ...rectangle } = box;
    return {
      box: rectangle,
      score,
      landmarks: face.landmarks,
      isReliable: face.isReliable,
      pose,
      quality: qualityOf(face, cutChip(picture, face.alignment), pose, score, originalScale),
      descriptor: descriptors[i]![recognition.wanted[0]!.id]!,
      descriptors: descriptors[i]!,
    };
  });
}
