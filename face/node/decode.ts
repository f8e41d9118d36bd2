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
  /** Width times height that is still read; default 120 million. Larger ones throw `too_large` before any pixel is decoded. */
  maxPixels?: number;
  /** Longer sides are shrunk to this while decoding; default 4096: enough for a 24-megapixel photo's smallest useful face. */
  maxSide?: number;
}

/** Photo formats only: vector formats run other people's programs, and animations are not photos. */
const FORMATS = new Set(['jpeg', 'png', 'webp', 'tiff', 'gif', 'heif']);

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
 * transparency laid over white, first frame only. Throws DecodeError; never anything else for bad content.
 */
export async function decodeImage(source: string | Buffer, options: DecodeOptions = {}): Promise<DecodedImage> {
  const { maxPixels = 120_000_000, maxSide = 4096 } = options;
  if (typeof source !== 'string' && source.length === 0) throw new DecodeError('empty', 'The file is empty.');
  const open = () =>
    sharp(source, { limitInputPixels: maxPixels, failOn: 'truncated', pages: 1, sequentialRead: true });
  const metadata = await open()
    .metadata()
    .catch((error: unknown) => {
      throw toDecodeError(error);
    });
  if (!FORMATS.has(metadata.format ?? ''))
    throw new DecodeError('not_an_image', `${metadata.format} is not a photo format.`);
  if (metadata.width * metadata.height > maxPixels)
    throw new DecodeError('too_large', 'The picture has too many pixels.');
  const { width, height } = metadata.autoOrient;
  const pipeline = open().autoOrient();
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

function toDecodeError(error: unknown): unknown {
  const message = error instanceof Error ? error.message : String(error);
  if ((error as NodeJS.ErrnoException).code === 'ENOENT' || /input file is missing/i.test(message)) {
    return Object.assign(new Error('There is no such file.', { cause: error }), { code: 'ENOENT' });
  }
  if (/pixel limit/i.test(message))
    return new DecodeError('too_large', 'The picture has too many pixels.', { cause: error });
  if (/is empty|zero.?length/i.test(message)) return new DecodeError('empty', 'The file is empty.', { cause: error });
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
