import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PIPELINE_VERSION } from '#contracts/pipeline.ts';
import { createNodeEngine } from '#face/node/engine.ts';
import type { FaceEngine } from '#face/types.ts';
import { startS3 } from '#ops/laptop/s3.ts';
import type { Db } from '#server/platform/db.ts';
import { createLogger } from '#server/platform/logger.ts';
import { createMetrics } from '#server/platform/metrics.ts';
import { enqueue } from '#server/platform/outbox.ts';
import { createStorage, objectKeys, type Storage } from '#server/platform/storage.ts';
import { shareEngine } from '#worker/engine.ts';

const require = createRequire(import.meta.url);

/** A real group photo, 1 to 6, from @vladmandic/face-api's demo (MIT). */
export const samplePhoto = (number: number): Promise<Buffer> =>
  readFile(
    path.join(path.dirname(require.resolve('@vladmandic/face-api/package.json')), 'demo', `sample${number}.jpg`),
  );

export const context = {
  jobId: 'test',
  attempt: 1,
  logger: createLogger('silent', 'test'),
  signal: new AbortController().signal,
};
export const metrics = createMetrics('test');

/** Object store (that of `npm test`, else one of its own), face engine and a work folder. */
export async function startWorkerBench(options: { detectors?: readonly string[] } = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'tps-worker-'));
  const env = process.env;
  const keys = { accessKey: env.TEST_S3_ACCESS_KEY ?? 'key', secretKey: env.TEST_S3_SECRET_KEY ?? 'a secret' };
  const bucket = env.TEST_S3_BUCKET ?? 'photos';
  const own = env.TEST_S3_ENDPOINT
    ? undefined
    : await startS3({ port: 0, directory: path.join(folder, 's3'), ...keys, bucket });
  const endpoint = env.TEST_S3_ENDPOINT ?? own!.endpoint;
  const storage = createStorage({ endpoint, ...keys, bucket, region: env.TEST_S3_REGION ?? 'us-east-1' });
  await storage.ensureBucket();
  const engine: FaceEngine = await createNodeEngine({
    cacheDir: path.join(tmpdir(), 'thepixstock', 'models'),
    ...options,
  });
  return {
    folder,
    storage,
    engine,
    shared: shareEngine(engine),
    async stop() {
      await engine.dispose();
      await own?.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** An event with face search and its photographer, as they lie in the database. */
export async function insertEvent(db: Db, values: Record<string, unknown> = {}) {
  const mark = randomUUID();
  const user = await db
    .insertInto('users')
    .values({ name: 'Photographer', email: `${mark}@example.test`, role: 'photographer' })
    .returning('id')
    .executeTakeFirstOrThrow();
  const photographer = await db
    .insertInto('photographers')
    .values({ user_id: user.id, display_name: 'Photographer', slug: `p-${mark}` })
    .returning('id')
    .executeTakeFirstOrThrow();
  const event = await db
    .insertInto('events')
    .values({
      slug: `e-${mark}`,
      name: 'วิ่งที่นี่ Run 2026',
      status: 'live',
      face_search_enabled: true,
      starts_at: new Date(),
      ends_at: new Date(),
      ...values,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return { eventId: event.id, photographerId: photographer.id, userId: user.id };
}

/** An uploaded photo: object, row and job, as the upload leaves them. */
export async function uploadPhoto(
  db: Db,
  storage: Storage,
  owner: { eventId: string; photographerId: string; userId: string },
  content: Buffer,
  options: { extension?: string; withJob?: boolean } = {},
): Promise<string> {
  const id = randomUUID();
  const key = objectKeys.original(owner.eventId, id, options.extension ?? 'jpg');
  await storage.putBuffer(key, content, 'image/jpeg');
  await db.transaction().execute(async (trx) => {
    await trx
      .insertInto('photos')
      .values({
        id,
        event_id: owner.eventId,
        photographer_id: owner.photographerId,
        uploaded_by: owner.userId,
        sha256: createHash('sha256').update(content).update(id).digest(),
        file_name: 'DSC_0001.JPG',
        content_type: 'image/jpeg',
        bytes: Math.max(1, content.length),
      })
      .execute();
    await trx
      .insertInto('photo_files')
      .values({ photo_id: id, kind: 'original', object_key: key, content_type: 'image/jpeg', bytes: content.length })
      .execute();
    if (options.withJob)
      await enqueue(trx, 'index-photo', `${id}-v${PIPELINE_VERSION}`, {
        photoId: id,
        pipelineVersion: PIPELINE_VERSION,
      });
  });
  return id;
}
