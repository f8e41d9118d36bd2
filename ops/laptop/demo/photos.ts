import { rename } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import sharp from 'sharp';

const require = createRequire(import.meta.url);
const folder = path.join(path.dirname(require.resolve('@vladmandic/face-api/package.json')), 'demo');

/** Six real photographs that @vladmandic/face-api (MIT) ships; some people recur. Installed by name, not copied here. */
export const demoPhotos = [1, 2, 3, 4, 5, 6].map((n) => path.join(folder, `sample${n}.jpg`));

/**
 * A selfie to try: one guest's face out of her portrait, mirrored as phones do and a little brighter, so that it is not the
 * very same pixels. She is in two of the photos.
 */
export async function writeDemoSelfie(file: string): Promise<void> {
  const source = sharp(demoPhotos[2]);
  const { width = 1, height = 1 } = await source.metadata();
  await source
    .extract({
      left: Math.round(width * 0.515),
      top: Math.round(height * 0.02),
      width: Math.round(width * 0.27),
      height: Math.round(height * 0.54),
    })
    .flop()
    .modulate({ brightness: 1.06 })
    .resize(720, 960, { fit: 'cover' })
    .jpeg({ quality: 88 })
    .toFile(`${file}.part`);
  await rename(`${file}.part`, file);
}
