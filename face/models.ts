import type { EngineId } from '#contracts/pipeline.ts';

/**
 * Every network the pipeline uses: where its weights come from, under which licence, what goes in, how the face must lie,
 * what comes out. Another network (AuraFace, SFace, a licensed one) takes its place as another entry, not as other code.
 */
export type ModelName = 'ssd' | 'tiny' | 'landmarks' | 'recognition';

export interface ModelManifest {
  name: ModelName;
  title: string;
  /** npm package that carries the weights, and the folder and base name within it. */
  package: string;
  version: string;
  file: string;
  licence: string;
  /** Of the binary, hex. */
  sha256: string;
  /** Bytes of the binary, and of the list of tensors beside it (`-weights_manifest.json`). */
  bytes: number;
  manifestBytes: number;
  input: string;
  alignment: string;
  output: string;
  usedBy: ReadonlyArray<'phone' | 'server'>;
}

const faceApi = { package: '@vladmandic/face-api', version: '1.7.15', licence: 'MIT' };

export const models: Readonly<Record<ModelName, ModelManifest>> = {
  ssd: {
    ...faceApi,
    name: 'ssd',
    title: 'SSD MobileNet v1 face detector',
    file: 'model/ssd_mobilenetv1_model',
    sha256: '2835640602d53718aa6ae9a42896327eaa21beefed056c218d32ca7d79e1e2f8',
    bytes: 5_616_957,
    manifestBytes: 28_233,
    input: 'uint8 RGB [n,512,512,3]',
    alignment: 'the picture fitted into the square, upper left, rest black',
    output: '5118 boxes and scores a picture',
    usedBy: ['server'],
  },
  tiny: {
    ...faceApi,
    name: 'tiny',
    title: 'Tiny YOLO face detector',
    file: 'model/tiny_face_detector_model',
    sha256: 'b7503ce7df31039b1c43316a9b865cab6a70dd748cc602d3fa28b551503c3871',
    bytes: 193_321,
    manifestBytes: 3_219,
    input: 'uint8 RGB [1,s,s,3], s a multiple of 32',
    alignment: 'the picture fitted into the square, upper left, rest black',
    output: '5 boxes and scores for each cell of 32x32 pixels',
    usedBy: ['phone'],
  },
  landmarks: {
    ...faceApi,
    name: 'landmarks',
    title: '68 facial landmarks',
    file: 'model/face_landmark_68_model',
    sha256: '4611ef65c87d836d03d684b30eec4d195d8b219fa1dd58fc58945831c6b9299b',
    bytes: 356_840,
    manifestBytes: 8_485,
    input: 'uint8 RGB [n,112,112,3]',
    alignment: 'square around the face box, turned upright at the second look',
    output: '68 points relative to the crop',
    usedBy: ['phone', 'server'],
  },
  recognition: {
    ...faceApi,
    name: 'recognition',
    title: 'dlib-like residual network, 128 numbers a face',
    file: 'model/face_recognition_model',
    sha256: 'b413e420d6840b2775fba32008db6f3cddb07d485967fb42cfcf379c16a8c589',
    bytes: 6_444_032,
    manifestBytes: 19_615,
    input: 'uint8 RGB [n,150,150,3]',
    alignment: 'similarity from 33 landmarks to the mean face of its training, padding 0.25, upright',
    output: 'float32[128]; the pipeline averages face and mirror image and scales to length 1',
    usedBy: ['phone', 'server'],
  },
};

/** A detector that stands beside the SSD: the same facts, one plain file. */
export interface DetectorManifest extends Omit<ModelManifest, 'name' | 'manifestBytes' | 'file'> {
  id: string;
  /** Path within the package. */
  file: string;
}

/**
 * Full-range BlazeFace of MediaPipe: one cell every 4 pixels, so it sees faces from 7 pixels of what it is shown. A second opinion on
 * small faces, where engines carry it (onnx); others go by the SSD alone.
 */
export const farDetector: DetectorManifest = {
  id: 'far',
  title: 'MediaPipe face detection, full range',
  package: '@mediapipe/face_detection',
  version: '0.4.1657300184',
  file: 'face_detection_full_range.tflite',
  licence: 'Apache-2.0',
  sha256: '99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3',
  bytes: 1_083_984,
  input: 'uint8 RGB [n,h,w,3], sides multiples of 32; 192 when it was trained',
  alignment: 'the picture or a part of it, upright',
  output: 'a score, a square box and six points for each cell of 4x4 pixels',
  usedBy: ['server'],
};

/**
 * RetinaFace on a quarter of MobileNet, with a pyramid of three strides: sees faces from 8 pixels of what it is shown, for a third of the
 * SSD's time. Off unless the operator names it in FACE_DETECTORS: see `notice`.
 */
export const crowdDetector: DetectorManifest & { notice: string } = {
  id: 'retinaface-mnet25',
  title: 'RetinaFace (MobileNet 0.25), small faces in crowds',
  package: 'retinaface',
  version: '0.0.6',
  file: 'mnet.25_v1.onnx',
  licence: 'MIT as stated by the package',
  notice:
    'The package says MIT. The weights are those of the InsightFace project, which asks that networks trained on its data be used for non-commercial research unless agreed otherwise.',
  sha256: 'a4bb1e33c921877ecccca2a2e757d44c4fb511ae84d85a833c5a77e6f2461744',
  bytes: 2_050_604,
  input: 'uint8 RGB [1,h,w,3], sides multiples of 32',
  alignment: 'the picture or a part of it, upright',
  output: 'for strides 8, 16 and 32 two scores, boxes and five points a cell',
  usedBy: ['server'],
};

/** What a client names as `engine` when it sends a descriptor of this pipeline. */
export const ENGINE_ID: EngineId = 'faceapi-128-r1';
