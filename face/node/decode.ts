import { open } from 'node:fs/promises';
import sharp from 'sharp';
import { rgbImage } from '../image.ts';
import type { RgbImage } from '../types.ts';

export type DecodeFailure = 'empty' | 'not_an_image' | 'too_large' | 'truncated';

/** A picture that cannot be described, and why. `reason` is stable; the message is for people. */
export class DecodeError extends Error {
  constructor(
    readonly reason: DecodeFailure,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'DecodeError';
  }
}

export interface DecodeOptions {
  /** Width times height that is still read; default 120 million, 80 where the decoder cannot go row by row. Larger ones throw `too_large` before any pixel is decoded. */
  maxPixels?: number;
  /** Longer sides are shrunk to this while decoding; default 3072: enough for a 24-megapixel photo's smallest useful face. */
  maxSide?: number;
}

const MAX_SIDE = 3072;
/** Pictures whose decoder holds all of them at once, several bytes a pixel: no camera writes larger ones this way. */
const MAX_WHOLE_PIXELS = 80_000_000;
const WHOLE_FORMATS = new Set(['webp', 'heif', 'gif']);

/** First bytes of the photo formats. Anything else (vector graphics, documents) never reaches a decoder. */
const SIGNATURES: ReadonlyArray<{ at: number; bytes: readonly number[] }> = [
  { at: 0, bytes: [0xff, 0xd8, 0xff] }, // JPEG
  { at: 0, bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] }, // PNG
  { at: 8, bytes: [0x57, 0x45, 0x42, 0x50] }, // WebP
  { at: 0, bytes: [0x49, 0x49, 0x2a, 0x00] }, // TIFF, little-endian
  { at: 0, bytes: [0x4d, 0x4d, 0x00, 0x2a] }, // TIFF, big-endian
  { at: 0, bytes: [0x47, 0x49, 0x46, 0x38] }, // GIF
  { at: 4, bytes: [0x66, 0x74, 0x79, 0x70] }, // AVIF, HEIF
];

export interface DecodedImage {
  image: RgbImage;
  /** Size of the upright original, in pixels. */
  width: number;
  height: number;
  /** Original pixels for one of `image`; 1 unless it was shrunk. */
  scale: number;
}

/**
 * A file or its bytes as upright 8-bit sRGB: EXIF orientation applied, colour profile converted (CMYK and 16 bits too),
 * transparency laid over white, first frame only. Throws DecodeError for bad
 * content, and the error of the file system when a file cannot be opened.
 */
export async function decodeImage(source: string | Buffer, options: DecodeOptions = {}): Promise<DecodedImage> {
  const { maxPixels = 120_000_000, maxSide = MAX_SIDE } = options;
  requirePhoto(await firstBytes(source));
  const reader = () =>
    sharp(source, { limitInputPixels: maxPixels, failOn: 'truncated', pages: 1, sequentialRead: true });
  const metadata = await reader()
    .metadata()
    .catch((error: unknown) => {
      throw toDecodeError(error);
    });
  // the free decoder of HEIF reads AV1 only; its complaints tell whole files from torn ones badly
  if (metadata.compression === 'hevc') throw new DecodeError('not_an_image', 'HEIC pictures cannot be read.');
  const isWhole = metadata.isProgressive || WHOLE_FORMATS.has(metadata.format);
  if (metadata.width * metadata.height > (isWhole ? Math.min(maxPixels, MAX_WHOLE_PIXELS) : maxPixels))
    throw new DecodeError('too_large', 'The picture has too many pixels.');
  const { width, height } = metadata.autoOrient;
  const pipeline = reader().autoOrient();
  if (Math.max(width, height) > maxSide) pipeline.resize({ width: maxSide, height: maxSide, fit: 'inside' });
  if (metadata.hasAlpha) pipeline.flatten({ background: '#ffffff' });
  const { data, info } = await pipeline
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      throw toDecodeError(error);
    });
  const image = rgbImage(toThreeChannels(data, info.channels), info.width, info.height);
  return { image, width, height, scale: Math.max(width, height) / Math.max(info.width, info.height) };
}

async function firstBytes(source: string | Buffer): Promise<Uint8Array> {
  if (typeof source !== 'string') return source.subarray(0, 16);
  const file = await open(source);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: new Uint8Array(16) });
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function requirePhoto(start: Uint8Array): void {
  if (start.length === 0) throw new DecodeError('empty', 'The file is empty.');
  const isKnown = SIGNATURES.some(({ at, bytes }) => bytes.every((byte, i) => start[at + i] === byte));
  if (!isKnown) throw new DecodeError('not_an_image', 'This is not a picture that can be read.');
}

function toDecodeError(error: unknown): unknown {
  const message = error instanceof Error ? error.message : String(error);
  if (/pixel limit/i.test(message))
    return new DecodeError('too_large', 'The picture has too many pixels.', { cause: error });
  if (/unsupported image format|bad seek|corrupt header|not a known|unable to open/i.test(message)) {
    return new DecodeError('not_an_image', 'This is not a picture that can be read.', { cause: error });
  }
  return new DecodeError('truncated', 'The picture is damaged or not complete.', { cause: error });
}

/** Grey pictures come with one channel. */
function toThreeChannels(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return data;
  const pixels = data.length / channels;
  const out = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < 3; c++) out[i * 3 + c] = data[i * channels + (channels >= 3 ? c : 0)]!;
  }
  return out;
}
