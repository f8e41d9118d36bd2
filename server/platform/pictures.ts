import { stat } from 'node:fs/promises';
import { fileTypeFromFile } from 'file-type';
import { AppError } from '#contracts/errors.ts';

const heic = /^image\/(heic|heif|heic-sequence|heif-sequence)$/;

/**
 * MIME type of a picture file by its first bytes: its name and the claimed type mean nothing. Throws upload.empty, upload.heic (no free
 * decoder for it is shipped) and upload.not_an_image when it is none of `accepted`.
 */
export async function pictureTypeOf(file: string, accepted: ReadonlySet<string>): Promise<string> {
  const { size } = await stat(file);
  if (size === 0) throw new AppError('upload.empty');
  const type = (await fileTypeFromFile(file))?.mime;
  if (type && heic.test(type)) throw new AppError('upload.heic');
  if (!type || !accepted.has(type)) throw new AppError('upload.not_an_image');
  return type;
}
