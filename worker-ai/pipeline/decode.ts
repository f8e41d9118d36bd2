import { MAX_PHOTO_PIXELS, type PhotoFailure } from '#contracts/pipeline.ts';
import { type DecodedImage, DecodeError, decodeImage } from '#face/node/decode.ts';

/** Sides below this hold no photo that anybody could buy, nor a face. */
export const MIN_SIDE_PIXELS = 48;

/** A file that will never become a photo. `failure` is stored with the photo. */
export class BadPhoto extends Error {
  constructor(
    readonly failure: PhotoFailure,
    options?: { cause?: unknown },
  ) {
    super(failure, options);
    this.name = 'BadPhoto';
  }
}

/** Decodes once, upright, sRGB. Throws BadPhoto for a file that is no sane photo. */
export async function decodePhoto(source: string | Buffer): Promise<DecodedImage> {
  try {
    const decoded = await decodeImage(source, { maxPixels: MAX_PHOTO_PIXELS });
    if (Math.min(decoded.width, decoded.height) < MIN_SIDE_PIXELS) throw new BadPhoto('too_small');
    return decoded;
  } catch (error) {
    if (error instanceof DecodeError) throw new BadPhoto(error.reason, { cause: error });
    throw error;
  }
}
