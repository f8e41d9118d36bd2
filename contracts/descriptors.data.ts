import type { z } from 'zod';
import type { descriptorManifest, NetworkManifest } from './descriptors.ts';

/**
 * Measured between phone and server descriptors of people who are not one another, in spreads above the median: of cosines, and
 * of scores that are relative to the neighbourhood of both faces. Rows below 1e-5 are extrapolated.
 */
type Tail = Array<[share: number, spreads: number]>;

const faceApiTail: Tail = [
  [0.5, 0],
  [0.3, 0.44],
  [0.1, 1],
  [0.03, 1.4],
  [0.01, 1.66],
  [3e-3, 1.9],
  [1e-3, 2.08],
  [3e-4, 2.27],
  [1e-4, 2.43],
  [1e-5, 2.83],
  [1e-6, 3.15],
  [1e-8, 3.75],
];

const faceApiNormalisedTail: Tail = [
  [0.5, -0.17],
  [0.1, 0.86],
  [0.01, 1.53],
  [3e-3, 1.76],
  [1e-3, 1.95],
  [3e-4, 2.11],
  [1e-4, 2.26],
  [3e-5, 2.4],
  [1e-5, 2.53],
  [1e-6, 2.77],
  [1e-8, 3.23],
];

const arcFaceTail: Tail = [
  [0.5, 0],
  [0.3, 0.41],
  [0.1, 1],
  [0.03, 1.51],
  [0.01, 1.92],
  [3e-3, 2.32],
  [1e-3, 2.65],
  [3e-4, 2.98],
  [1e-4, 3.25],
  [1e-5, 3.8],
  [1e-6, 4.35],
  [1e-8, 5.4],
];

const arcFaceNormalisedTail: Tail = [
  [0.5, -0.3],
  [0.3, 0.11],
  [0.1, 0.71],
  [0.03, 1.21],
  [0.01, 1.6],
  [3e-3, 1.98],
  [1e-3, 2.3],
  [3e-4, 2.6],
  [1e-4, 2.85],
  [1e-5, 3.26],
  [1e-6, 3.6],
  [1e-8, 4.25],
];

const undocumented = {
  th: 'ไม่มีเอกสารว่าโครงข่ายนี้ฝึกจากภาพของใคร แพ็กเกจระบุสัญญาอนุญาต MIT แต่ไม่ระบุที่มาของน้ำหนัก ผู้ดูแลระบบต้องตรวจสอบและรับผิดชอบการใช้งานเอง',
  en: 'It is not documented whose photos this network was trained on. The package says MIT but not where the weights come from. Whoever operates this system must check that and answers for its use.',
};

/** The default: face-api's own network. Without zod around it, so that the phone can import it. */
export const faceApiDescriptor: NetworkManifest = {
  kind: 'network',
  id: 'faceapi-128-r1',
  title: 'face-api recognition (dlib-like residual network), 128 numbers',
  source: 'npm @vladmandic/face-api 1.7.15',
  licence: 'MIT',
  originDocumented: true,
  notice: null,
  length: 128,
  format: 'faceapi',
  file: {
    package: '@vladmandic/face-api',
    path: 'model/face_recognition_model.bin',
    sha256: 'b413e420d6840b2775fba32008db6f3cddb07d485967fb42cfcf379c16a8c589',
    bytes: 6_444_032,
  },
  input: { side: 150, layout: 'nhwc', channels: 'rgb', type: 'uint8', mean: [0, 0, 0], scale: 1 },
  alignment: { template: 'dlib', scale: 1 },
  mirror: true,
  thorough: true,
  calibration: {
    median: 0.8395,
    spread: 0.0425,
    tail: faceApiTail,
    normalisedTail: faceApiNormalisedTail,
    samePerson: 0.94,
  },
};

/** The spaces that come with the product, the default first. */
export const builtInDescriptors: ReadonlyArray<z.input<typeof descriptorManifest>> = [
  faceApiDescriptor,
  {
    kind: 'network',
    id: 'arcface-512-r1',
    title: 'ArcFace-type network of faceplugin-face-recognition-js, 512 numbers',
    source: 'npm faceplugin-face-recognition-js 0.0.1, model/fr_feature.onnx',
    licence: 'MIT as the package states; origin of the weights undocumented',
    originDocumented: false,
    notice: undocumented,
    length: 512,
    format: 'onnx',
    file: {
      package: 'faceplugin-face-recognition-js',
      path: 'model/fr_feature.onnx',
      sha256: '87aacdfe57510db2af90c0251df680e8eec88f122ee94712121d09bcaaaf3581',
      bytes: 4_884_269,
    },
    input: { side: 112, layout: 'nchw', channels: 'rgb', type: 'float32', mean: [127, 127, 127], scale: 1 / 128 },
    alignment: { template: 'arcface', scale: 1 },
    mirror: true,
    calibration: {
      median: 0.0075,
      spread: 0.1275,
      tail: arcFaceTail,
      normalisedTail: arcFaceNormalisedTail,
      samePerson: 0.45,
    },
  },
  {
    kind: 'fused',
    id: 'fused-640-r1',
    title: 'face-api and ArcFace-type network together, 640 numbers',
    source: 'faceapi-128-r1 and arcface-512-r1',
    licence: 'as its parts',
    originDocumented: false,
    notice: undocumented,
    length: 640,
    parts: [
      { id: 'faceapi-128-r1', weight: 1 },
      { id: 'arcface-512-r1', weight: 1 },
    ],
    calibration: {
      median: 0.422,
      spread: 0.078,
      tail: arcFaceTail,
      normalisedTail: arcFaceNormalisedTail,
      samePerson: 0.7,
    },
  },
];
