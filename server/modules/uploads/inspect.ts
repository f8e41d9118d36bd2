import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { fileTypeFromFile } from 'file-type';
import sharp from 'sharp';
import { AppError } from '#contracts/errors.ts';

const maxPixels = 200_000_000;
const extensions: Record<string, string> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/tiff': 'tif',
};
const heic = /^image\/(heic|heif|heic-sequence|heif-sequence)$/;

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

  const type = (await fileTypeFromFile(path))?.mime;
  if (type && heic.test(type)) throw new AppError('upload.heic');
  const extension = type && extensions[type];
  if (!type || !extension) throw new AppError('upload.not_an_image');
  const header = await sharp(path, { limitInputPixels: false, failOn: 'none' })
    .metadata()
    .catch((cause) => {
      throw new AppError('upload.not_an_image', {}, { cause });
    });
  const { width, height } = header.autoOrient;
  if (!width || !height) throw new AppError('upload.not_an_image');
  if (width * height > maxPixels) throw new AppError('upload.too_large', { maxPixels });
  return { sha256, bytes, contentType: type, extension, width, height };
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
