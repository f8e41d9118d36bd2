import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import sharp from 'sharp';
import { AppError } from '#contracts/errors.ts';
import { MAX_PHOTO_PIXELS } from '#contracts/pipeline.ts';
import { pictureTypeOf } from '#server/platform/pictures.ts';

const extensions: Record<string, string> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/tiff': 'tif',
};
const accepted = new Set(Object.keys(extensions));

export interface InspectedFile {
  sha256: Buffer;
  bytes: number;
  contentType: string;
  extension: string;
  /** Upright, in pixels. */
  width: number;
  height: number;
}

/**
 * Looks at the first bytes and the header only; the worker decodes. The name and the claimed type mean nothing.
 * Throws upload.empty, upload.heic, upload.not_an_image, upload.too_large (pixels), upload.damaged (another SHA-256
 * than was announced).
 */
export async function inspectFile(path: string, announcedSha256?: string | null): Promise<InspectedFile> {
  const { size: bytes } = await stat(path);
  if (bytes === 0) throw new AppError('upload.empty');
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  const sha256 = hash.digest();
  if (announcedSha256 && announcedSha256.toLowerCase() !== sha256.toString('hex')) throw new AppError('upload.damaged');

  const contentType = await pictureTypeOf(path, accepted);
  const header = await sharp(path, { limitInputPixels: false, failOn: 'none' })
    .metadata()
    .catch((cause) => {
      throw new AppError('upload.not_an_image', {}, { cause });
    });
  const { width, height } = header.autoOrient;
  if (!width || !height) throw new AppError('upload.not_an_image');
  if (width * height > MAX_PHOTO_PIXELS) throw new AppError('upload.too_large', { maxPixels: MAX_PHOTO_PIXELS });
  return { sha256, bytes, contentType, extension: extensions[contentType]!, width, height };
}

/** The last part of what a client calls the file, without control characters, 200 characters at most. */
export function cleanFileName(name: string | null | undefined): string {
  const base = (name ?? '').split(/[/\\]/).at(-1) ?? '';
  return (
    base
      .replace(/\p{Cc}/gu, '')
      .trim()
      .slice(0, 200) || 'photo'
  );
}

/** Multipart headers are read as Latin-1; nearly every client sends UTF-8. */
export function decodeMultipartName(name: string): string {
  const utf8 = Buffer.from(name, 'latin1').toString('utf8');
  return utf8.includes('\ufffd') ? name : utf8;
}
