import { cutChip } from './align.ts';
import { type DetectOptions, serverDetection } from './detect.ts';
import { type FoundFace, findFaces } from './find.ts';
import { Pyramid } from './image.ts';
import { type LeaningBox, locateFaces, poseOf } from './landmarks.ts';
import { isFaceLike, qualityOf } from './quality.ts';
import { defaultRecognition, type Recognition, recognise } from './recogniser.ts';
import type { DescribedFace, FaceEngine, RgbImage, ScoredBox } from './types.ts';

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
export const FEW_FACES = 4;

/** Every face of an event photo, best detection first. An empty list when there is none. */
export async function describeServer(
  image: RgbImage,
  engine: FaceEngine,
  options: ServerOptions = {},
): Promise<DescribedFace[]> {
  const picture = new Pyramid(image);
  const faces = await findFaces(picture, engine, options.detection ?? serverDetection);
  const thorough = faces.length <= FEW_FACES;
  const described: DescribedFace[] = [];
  // chips of many faces are cut and described in groups, so that memory stays flat
  for (let i = 0; i < faces.length; i += 8) {
    described.push(...(await describeGroup(picture, faces.slice(i, i + 8), engine, { thorough, ...options })));
  }
  return described;
}

/** Descriptor and quality of those boxes of a selfie that hold a face. */
export async function describeBoxes(
  picture: Pyramid,
  boxes: ReadonlyArray<ScoredBox & LeaningBox>,
  engine: FaceEngine,
  options: ServerOptions = {},
): Promise<DescribedFace[]> {
  const located = await locateFaces(picture, boxes, engine, { patient: true });
  const faces = boxes.map((box, i) => ({ box, face: located[i]! }));
  return describeGroup(
    picture,
    faces.filter(({ box, face }) => isFaceLike(face, box.score, box.w)),
    engine,
    options,
  );
}

async function describeGroup(
  picture: Pyramid,
  group: readonly FoundFace[],
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
    const { x, y, w, h, score } = box;
    return {
      box: { x, y, w, h },
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
