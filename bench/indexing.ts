import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { decodeImage } from '#face/node/decode.ts';
import { createNodeEngine } from '#face/node/engine.ts';
import { packageFolder } from '#face/node/model-files.ts';
import { describeServer } from '#face/pipeline.ts';
import { describeSelfie } from '#face/selfie.ts';
import type { FaceEngine, RgbImage } from '#face/types.ts';

/**
 * Speed of indexing, against face-api as it comes:
 *   npm run bench -- indexing [--photo photo.jpg] [--out figures.json]
 * Without --photo the speed is that of a 24-megapixel enlargement of a group photo of the face-api package.
 */
const { values } = parseArgs({ options: { photo: { type: 'string' }, out: { type: 'string' } } });
const engine = await createNodeEngine({ cacheDir: path.join(tmpdir(), 'thepixstock', 'models') });
const figures = { speed: await measureSpeed(values.photo, engine) };
await engine.dispose();
if (values.out) await writeFile(values.out, `${JSON.stringify(figures, null, 2)}\n`);
console.table(figures.speed);

/** Median milliseconds of each stage, and of face-api as it comes on the same picture. */
async function measureSpeed(photo: string | undefined, on: FaceEngine) {
  const source = photo ? await readFile(photo) : await enlargedSample();
  const time = async <T>(task: () => Promise<T>, times = 3): Promise<[number, T]> => {
    const taken: number[] = [];
    let result = await task();
    for (let i = 0; i < times; i++) {
      const start = performance.now();
      result = await task();
      taken.push(performance.now() - start);
    }
    return [Math.round(taken.sort((a, b) => a - b)[times >> 1]!), result];
  };
  const [decode, decoded] = await time(() => decodeImage(source));
  const [server, faces] = await time(() => describeServer(decoded.image, on));
  const small = (await decodeImage(source, { maxSide: 1280 })).image;
  const [selfie] = await time(() => describeSelfie(small, on));
  const [asItComes, count] = await time(await faceApiAsItComes(decoded.image), 1);
  return {
    width: decoded.width,
    height: decoded.height,
    faces: faces.length,
    decode,
    server,
    selfie,
    asItComes,
    asItComesFaces: count,
  };
}

async function enlargedSample(): Promise<Buffer> {
  const { default: sharp } = await import('sharp');
  return sharp(path.join(packageFolder('@vladmandic/face-api'), 'demo/sample6.jpg'))
    .resize(6000, 4000)
    .jpeg()
    .toBuffer();
}

/** detectAllFaces().withFaceLandmarks().withFaceDescriptors() on WebAssembly. */
async function faceApiAsItComes(image: RgbImage): Promise<() => Promise<number>> {
  await createNodeEngine({ cacheDir: tmpdir(), prefer: 'tfjs-wasm' });
  const faceapi = createRequire(import.meta.url)('@vladmandic/face-api/dist/face-api.node-wasm.js');
  const folder = path.join(packageFolder('@vladmandic/face-api'), 'model');
  for (const net of ['ssdMobilenetv1', 'faceLandmark68Net', 'faceRecognitionNet'])
    await faceapi.nets[net].loadFromDisk(folder);
  return async () => {
    const tensor = faceapi.tf.tensor3d(Int32Array.from(image.data), [image.height, image.width, 3], 'int32');
    const found = await faceapi.detectAllFaces(tensor).withFaceLandmarks().withFaceDescriptors();
    tensor.dispose();
    return found.length;
  };
}
