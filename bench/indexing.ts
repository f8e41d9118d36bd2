import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { PIPELINE_VERSION } from '#contracts/pipeline.ts';
import { decodeImage } from '#face/node/decode.ts';
import { createNodeEngine } from '#face/node/engine.ts';
import { packageFolder } from '#face/node/model-files.ts';
import { describeServer } from '#face/pipeline.ts';
import { createTestDatabase } from '#test/database.ts';
import { context, insertEvent, metrics, startWorkerBench, uploadPhoto } from '#test/worker.ts';
import { createIndexPhotoJob } from '#worker/jobs/index-photo.job.ts';
import { makeDerivatives } from '#worker/pipeline/derivatives.ts';
import { watermarkSvg } from '#worker/pipeline/watermark.ts';

/**
 * Speed and memory of indexing, with the real job on PostgreSQL and S3 (services of test/services.ts, see docs/testing.md):
 *   npm run bench -- indexing [--photo photo.jpg] [--photos 40] [--concurrency 1,2,3] [--detectors retinaface-mnet25] [--out figures.json]
 * Without --photo the picture is a 24-megapixel group of ten faces, put together from a demo photo of the face-api package.
 */
const { values } = parseArgs({
  options: {
    photo: { type: 'string' },
    photos: { type: 'string', default: '40' },
    concurrency: { type: 'string', default: '1,2,3' },
    detectors: { type: 'string', multiple: true, default: [] },
    out: { type: 'string' },
  },
});
const photo = values.photo ? await readFile(values.photo) : await groupOfTen();
sharp.cache(false);
const bench = await startWorkerBench({ detectors: values.detectors });
const stages = await measureStages();
const soak = [];
for (const concurrency of values.concurrency.split(',').map(Number)) soak.push(await measureJob(concurrency));
await bench.stop();
const asItComes = await measureFaceApi();
const figures = {
  megapixels: stages.megapixels,
  stages,
  'face-api on wasm': asItComes,
  ratio: {
    'all stages, wall': round(asItComes.total / stages.total),
    'all stages, processor': round(asItComes.processor / stages.processor),
    'networks, wall': round(asItComes.networks / stages.faces),
  },
  job: soak,
};
if (values.out) await writeFile(values.out, `${JSON.stringify(figures, null, 2)}\n`);
console.table({ ours: stages, 'face-api': asItComes });
console.table(figures.ratio);
console.table(soak);
process.exit(0);

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A photo with three people, four times over, two of them cut off: 6000x4000, ten faces. */
async function groupOfTen(): Promise<Buffer> {
  const sample = path.join(packageFolder('@vladmandic/face-api'), 'demo/sample1.jpg');
  const quarter = await sharp(sample).resize(3000, 2000, { fit: 'cover' }).toBuffer();
  const faceless = await sharp(quarter)
    .extract({ left: 0, top: 1300, width: 1500, height: 700 })
    .resize(2000, 2000)
    .toBuffer();
  return sharp({ create: { width: 6000, height: 4000, channels: 3, background: '#777' } })
    .composite([
      { input: quarter, left: 0, top: 0 },
      { input: quarter, left: 3000, top: 0 },
      { input: quarter, left: 0, top: 2000 },
      { input: quarter, left: 3000, top: 2000 },
      { input: faceless, left: 4000, top: 2000 },
    ])
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** Processor milliseconds of this process, all threads, since `before`. */
function processorSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return Math.round((user + system) / 1000);
}

/** Best milliseconds of five for each stage by itself, and processor milliseconds of all of them together. */
async function measureStages() {
  const best = async <T>(work: () => Promise<T>): Promise<[number, T]> => {
    let least = Number.POSITIVE_INFINITY;
    let result = await work();
    for (let i = 0; i < 5; i++) {
      const start = performance.now();
      result = await work();
      least = Math.min(least, performance.now() - start);
    }
    return [Math.round(least), result];
  };
  const [decode, decoded] = await best(() => decodeImage(photo));
  const [faces, found] = await best(() =>
    describeServer(decoded.image, bench.engine, { originalScale: decoded.scale }),
  );
  const [derivatives] = await best(() => makeDerivatives(decoded.image, { mode: 'tiled', eventName: 'Run 2026' }));
  const [total] = await best(async () => {
    const { image, scale } = await decodeImage(photo);
    await Promise.all([
      describeServer(image, bench.engine, { originalScale: scale }),
      makeDerivatives(image, { mode: 'tiled', eventName: 'Run 2026' }),
    ]);
  });
  let processor = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const before = process.cpuUsage();
    const { image, scale } = await decodeImage(photo);
    await describeServer(image, bench.engine, { originalScale: scale });
    await makeDerivatives(image, { mode: 'tiled', eventName: 'Run 2026' });
    processor = Math.min(processor, processorSince(before));
  }
  const megapixels = round((decoded.width * decoded.height) / 1e6);
  return { megapixels, found: found.length, decode, faces, derivatives, total, processor };
}

/** Photos a second through the real job, and resident memory by tenths of the run. */
async function measureJob(concurrency: number) {
  const database = await createTestDatabase();
  const owner = await insertEvent(database.db);
  const count = Number(values.photos);
  const job = createIndexPhotoJob({
    db: database.db,
    storage: bench.storage,
    engine: bench.shared,
    metrics,
    workDir: bench.folder,
  });
  const memory: number[] = [];
  let next = 0;
  const start = performance.now();
  const processorBefore = process.cpuUsage();
  const work = async () => {
    while (next < count) {
      next++;
      const photoId = await uploadPhoto(database.db, bench.storage, owner, photo);
      await job({ photoId, pipelineVersion: PIPELINE_VERSION }, { ...context, jobId: randomUUID() });
      memory.push(Math.round(process.memoryUsage.rss() / 2 ** 20));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  const seconds = (performance.now() - start) / 1000;
  const processor = processorSince(processorBefore);
  await database.drop();
  const sorted = [...memory].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  const tenths = Array.from({ length: 10 }, (_, i) => memory[Math.floor(((i + 1) * memory.length) / 10) - 1] ?? 0);
  return {
    concurrency,
    photos: count,
    'photos a second': round(count / seconds),
    'processor ms a photo': Math.round(processor / count),
    'RSS p50 MB': at(0.5),
    'RSS p95 MB': at(0.95),
    'RSS max MB': at(1),
    'RSS by tenths of the run': tenths.join(' '),
  };
}

/**
 * face-api as its demo for Node on WebAssembly uses it: the whole picture decoded into a tensor, then
 * detectAllFaces().withFaceLandmarks().withFaceDescriptors(). Decoded by sharp here, which is faster than the demo's decoder; the same
 * thumbnails and previews as ours, each straight from the whole picture.
 */
async function measureFaceApi() {
  const wasm = await createNodeEngine({ cacheDir: bench.folder, prefer: 'tfjs-wasm' });
  const faceapi = createRequire(import.meta.url)('@vladmandic/face-api/dist/face-api.node-wasm.js');
  const folder = path.join(packageFolder('@vladmandic/face-api'), 'model');
  for (const net of ['ssdMobilenetv1', 'faceLandmark68Net', 'faceRecognitionNet'])
    await faceapi.nets[net].loadFromDisk(folder);
  let best = { found: 0, decode: 0, networks: 0, derivatives: 0, total: Number.POSITIVE_INFINITY, processor: 0 };
  for (let i = 0; i < 3; i++) {
    const before = process.cpuUsage();
    const start = performance.now();
    const { data, info } = await sharp(photo).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const tensor = faceapi.tf.tensor3d(Int32Array.from(data), [info.height, info.width, 3], 'int32');
    const decoded = performance.now();
    const found = await faceapi.detectAllFaces(tensor).withFaceLandmarks().withFaceDescriptors();
    const described = performance.now();
    await plainDerivatives(data, info);
    const end = performance.now();
    tensor.dispose();
    const total = Math.round(end - start);
    if (total < best.total)
      best = {
        found: found.length,
        decode: Math.round(decoded - start),
        networks: Math.round(described - decoded),
        derivatives: Math.round(end - described),
        total,
        processor: processorSince(before),
      };
  }
  await wasm.dispose();
  return best;
}

/** The sizes and qualities of SPEC section 5, one after the other from the decoded picture, marks drawn for each photo. */
async function plainDerivatives(data: Buffer, { width, height }: { width: number; height: number }): Promise<void> {
  const sizes = [
    [1920, 1080, 85, true],
    [1920, 1080, 85, false],
    [800, 600, 90, true],
    [300, 300, 85, false],
    [150, 150, 80, false],
  ] as const;
  for (const [w, h, quality, isMarked] of sizes) {
    const scale = Math.min(w / width, h / height);
    const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
    const picture = sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false }).resize(size);
    if (isMarked) picture.composite([{ input: watermarkSvg(size.width, size.height, 'tiled', 'Run 2026') }]);
    await picture.jpeg({ quality }).toBuffer();
  }
}
