/**
 * The vocabulary of the face pipeline. Phone and worker share every type here; nothing in it touches a disk, a network
 * or a graphics card.
 */

/** Interleaved 8-bit sRGB, row by row, no padding: `data.length === width * height * 3`. */
export interface RgbImage {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  readonly channels: 3;
}

/** Axis-aligned rectangle in pixels of the picture it belongs to; x and y may lie outside of it. */
export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** A detector's answer. `score` is its sigmoid output, 0..1, higher is surer. */
export interface ScoredBox extends Box {
  score: number;
}

export interface Point {
  x: number;
  y: number;
}

/** 68 points in the order of the iBUG annotation: 0-16 jaw, 17-26 brows, 27-35 nose, 36-47 eyes, 48-67 mouth. */
export type Landmarks = readonly Point[];

/** Each part and the whole 0..1, higher is better. */
export interface Quality {
  overall: number;
  /** How many pixels of the original the face covers. */
  size: number;
  sharpness: number;
  /** Neither too dark, too bright nor flat. */
  light: number;
  /** Looking at the camera. */
  pose: number;
  detection: number;
}

/** Degrees. Yaw and pitch are estimates from landmarks; roll is exact. Positive roll: the head leans clockwise in the picture. */
export interface Pose {
  yaw: number;
  pitch: number;
  roll: number;
}

/** One described face. Descriptors are of unit length: Euclidean distance 0..2, lower is closer. */
export interface DescribedFace {
  box: Box;
  score: number;
  landmarks: Landmarks;
  /** False: the landmarks are those of no clear face, and it was aligned by its box. */
  isReliable: boolean;
  pose: Pose;
  quality: Quality;
  /** The descriptor of the first space asked for. */
  descriptor: Float32Array;
  /** Descriptors by the id of their space, all that were asked for. */
  descriptors: Readonly<Record<string, Float32Array>>;
}

export type EngineName = 'onnx' | 'tfjs-node' | 'tfjs-wasm' | 'tfjs-webgl' | 'tfjs-cpu';

/**
 * The port between the mathematics and the networks. An engine runs networks on ready-made inputs of a fixed size and
 * decodes their raw output; it neither crops, suppresses nor ranks. All engines carry the same weights and agree to 1e-4.
 * Calls on one engine must not overlap unless the engine says otherwise.
 */
export interface FaceEngine {
  readonly name: EngineName;
  /** Pictures of any size with sides that are multiples of 64. Answers all boxes scoring `minScore` and above per picture, in its pixels, not suppressed. */
  detectSsd(inputs: readonly RgbImage[], minScore: number): Promise<ScoredBox[][]>;
  /**
   * The far detector, where the engine carries it: a picture with sides that are multiples of 32. Boxes in its pixels, of the SSD's
   * shape, not suppressed.
   */
  detectFar?(input: RgbImage, minScore: number): Promise<ScoredBox[]>;
  /**
   * The crowd detector, where the engine carries it and the operator named it: a picture with sides that are multiples of 32. Boxes in its
   * pixels, not suppressed.
   */
  detectCrowd?(input: RgbImage, minScore: number): Promise<ScoredBox[]>;
  /** One square picture, its side a multiple of 32. Boxes in its pixels, not suppressed. */
  detectTiny(input: RgbImage, minScore: number): Promise<ScoredBox[]>;
  /** Crops of 112x112. 68 points each, in pixels of the crop. */
  landmarks(crops: readonly RgbImage[]): Promise<Landmarks[]>;
  /** Aligned chips of 150x150 for face-api's own recognition network. Float32[128] each, as the network gives it: not of unit length. */
  embed(chips: readonly RgbImage[]): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

export const SSD_SIZE = 512;
export const LANDMARK_SIZE = 112;
export const CHIP_SIZE = 150;
export const DESCRIPTOR_LENGTH = 128;
