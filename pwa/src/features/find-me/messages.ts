import type { WantedSpaces } from '#face/browser/wanted.ts';
import type { SelfieProblem } from '#face/selfie.ts';
import type { Box } from '#face/types.ts';

/** One upright picture, RGBA, row by row; the buffer changes hands and is gone afterwards. */
export interface Pixels {
  data: ArrayBuffer;
  width: number;
  height: number;
}

/** Page to worker. */
export type ToWorker =
  /** First of all, and again after a failure. */
  | { type: 'load'; options: WantedSpaces }
  /** Finds the faces of a picture. The worker keeps this one picture, for `describe`. */
  | { type: 'look'; id: number; pixels: Pixels; isLive: boolean }
  /** Describes one face of the last picture looked at. */
  | { type: 'describe'; id: number; face: number };

export interface SeenFaceView {
  /** Shares of the picture, 0..1. */
  box: Box;
  problems: SelfieProblem[];
  /** 0..1. */
  quality: number;
  /** 0..255. */
  brightness: number;
}

/** Unit vectors by the id of their space. */
export type Descriptors = Record<string, Float32Array>;

/** Worker to page. */
export type FromWorker =
  | { type: 'progress'; came: number; total: number }
  | { type: 'ready' }
  | { type: 'looked'; id: number; faces: SeenFaceView[] }
  | { type: 'described'; id: number; descriptors: Descriptors }
  /** `isUnsupported`: this device never will; else the files could not be had: try again. */
  | { type: 'failed'; id: number | null; isUnsupported: boolean; message: string };
