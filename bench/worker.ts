import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { createDb, createPool, type Db } from '#server/platform/db.ts';
import { createStorage } from '#server/platform/storage.ts';
import { createStack } from '#test/e2e/stack.ts';
import { insertEvent, samplePhoto, uploadPhoto } from '#test/worker.ts';

/**
 * The worker process by itself, in the whole product as `npm start` brings it up: resident memory over many photos, and processor time and
 * wall time a photo.
 *   npm run bench -- worker [--photos 1000] [--megapixels 6] [--concurrency 2] [--photo photo.jpg] [--out figures.json]
 * Without --photo: the six demo photos of the face-api package by turns, lying and standing, enlarged to that many megapixels.
 */
const { values } = parseArgs({
  options: {
    photos: { type: 'string', default: '1000' },
    megapixels: { type: 'string', default: '6' },
    concurrency: { type: 'string', default: '2' },
    photo: { type: 'string' },
    out: { type: 'string' },
  },
});
/** Photos that wait for the worker at once: it must never run dry, and the disk must not fill up before it starts. */
const AHEAD = 30;
const total = Number(values.photos);
const pictures = values.photo ? [await readFile(values.photo)] : await variedPhotos(Number(values.megapixels));
const stack = await createStack({ DEMO: '0', LOG_LEVEL: 'warn', WORKER_CONCURRENCY: values.concurrency });
try {
  await stack.start();
  const figures = await measure();
  console.table({
    ...figures,
    'resident MB by tenths of the run': figures['resident MB by tenths of the run'].join(' '),
  });
  if (values.out) await writeFile(values.out, `${JSON.stringify(figures, null, 2)}\n`);
} finally {
  await stack.remove();
}
process.exit(0);

async function measure() {
  const env = JSON.parse(await readFile(path.join(stack.dataDir, 'environment.json'), 'utf8')) as NodeJS.ProcessEnv;
  const db = createDb(createPool(env.DATABASE_URL!, 4));
  const storage = createStorage({
    endpoint: env.S3_ENDPOINT!,
    accessKey: env.S3_ACCESS_KEY!,
    secretKey: env.S3_SECRET_KEY!,
    bucket: env.S3_BUCKET ?? 'thepixstock',
    region: env.S3_REGION ?? 'us-east-1',
  });
  const owner = await insertEvent(db, { auto_approve: true });
  const pid = await stack.pid('worker');
  const before = await usageOf(pid);
  const started = performance.now();
  const memory: Array<{ done: number; megabytes: number }> = [];
  for (let sent = 0, done = 0; done < total; ) {
    for (; sent < total && sent - done < AHEAD; sent++)
      await uploadPhoto(db, storage, owner, pictures[sent % pictures.length]!, { withJob: true });
    await wait(500);
    done = await countDone(db, owner.eventId);
    memory.push({ done, megabytes: (await usageOf(pid)).megabytes });
  }
  const seconds = (performance.now() - started) / 1000;
  const after = await usageOf(pid);
  await db.destroy();
  const tenth = (part: number) => memory.findLast(({ done }) => done <= (total * part) / 10)?.megabytes ?? 0;
  return {
    photos: total,
    'side by side': Number(values.concurrency),
    'photos a second': Math.round((total / seconds) * 100) / 100,
    'processor ms of the worker a photo': Math.round(((after.seconds - before.seconds) * 1000) / total),
    'resident MB before the first photo': before.megabytes,
    'resident MB at most': after.most,
    'resident MB by tenths of the run': Array.from({ length: 10 }, (_, i) => tenth(i + 1)),
  };
}

async function countDone(db: Db, eventId: string): Promise<number> {
  const { done } = await db
    .selectFrom('photos')
    .select((eb) => eb.fn.countAll<number>().as('done'))
    .where('event_id', '=', eventId)
    .where('status', '<>', 'uploaded')
    .executeTakeFirstOrThrow();
  return Number(done);
}

/** Of a process of this machine, threads included. Linux. */
async function usageOf(pid: number): Promise<{ megabytes: number; most: number; seconds: number }> {
  const [status, stat] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8'),
    readFile(`/proc/${pid}/stat`, 'utf8'),
  ]);
  const kilobytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    megabytes: Math.round(kilobytes('VmRSS') / 1024),
    most: Math.round(kilobytes('VmHWM') / 1024),
    seconds: (Number(fields[11]) + Number(fields[12])) / 100,
  };
}

async function variedPhotos(megapixels: number): Promise<Buffer[]> {
  return Promise.all(
    [1, 2, 3, 4, 5, 6].map(async (number) => {
      const picture = sharp(await samplePhoto(number));
      const { width, height } = await picture.metadata();
      const scale = Math.sqrt((megapixels * 1e6) / (width * height)) * (number % 3 === 0 ? 0.8 : 1);
      if (number % 2 === 0) picture.rotate(90);
      return picture
        .resize({ width: Math.round((number % 2 === 0 ? height : width) * scale) })
        .jpeg({ quality: 90 })
        .toBuffer();
    }),
  );
}
