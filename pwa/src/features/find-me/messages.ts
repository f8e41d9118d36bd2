import type { SelfieProblem } from '#face/selfie.ts';

/** Page to worker. Pixels are RGBA, row by row; the buffer changes hands and is gone afterwards. */
export type ToWorker =
  | { type: 'load' }
  | { type: 'describe'; id: number; pixels: ArrayBuffer; width: number; height: number };

export interface Described {
  /** Float32[128] of unit length; null when no face was found. */
  descriptor: Float32Array | null;
  faceCount: number;
  problems: SelfieProblem[];
  /** 0..1. */
  quality: number;
  /** Face width over the shorter side, 0..1. */
  sizeRatio: number;
  /** Middle of the face, 0..1 of the picture. */
  centre: { x: number; y: number } | null;
}

/** Worker to page. */
export type FromWorker =
  | { type: 'progress'; loadedBytes: number; totalBytes: number }
  | { type: 'ready' }
  | { type: 'described'; id: number; result: Described }
  /** `isUnsupported`: this device never will; else the files could not be had: try again. */
  | { type: 'failed'; id: number | null; isUnsupported: boolean; message: string };
