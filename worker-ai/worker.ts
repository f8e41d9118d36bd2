import { sql } from 'kysely';
import type { FaceEngine } from '#face/types.ts';
import type { Db } from '#server/platform/db.ts';
import type { Listener } from '#server/platform/listener.ts';
import type { Logger } from '#server/platform/logger.ts';
import type { Metrics } from '#server/platform/metrics.ts';
import type { Queues } from '#server/platform/queue.ts';
import type { Storage } from '#server/platform/storage.ts';
import { shareEngine } from './engine.ts';
import { createFaceIndexes } from './face-index.ts';
import { startHealthServer } from './health.ts';
import { createDeleteObjectsJob } from './jobs/delete-objects.job.ts';
import { createGroupFacesJob } from './jobs/group-faces.job.ts';
import { createIndexPhotoJob } from './jobs/index-photo.job.ts';
import { createMatchPhotoJob } from './jobs/match-photo.job.ts';
import { createMatchSearchJob, createSearchMatcher } from './jobs/match-search.job.ts';
import { createSweepJob } from './jobs/sweep-photos.job.ts';

export interface WorkerDeps {
  db: Db;
  storage: Storage;
  queues: Queues;
  listener: Listener;
  engine: FaceEngine;
  logger: Logger;
  metrics: Metrics;
  /** Existing folder for originals while they are worked on. */
  workDir: string;
}

/** Searches are short and wait for the database mostly. */
const HIGH_CONCURRENCY = 4;
const SWEEP_MS = 60_000;

/** All consumers of VM2 and the health server. `concurrency`: photos indexed side by side. */
export async function startWorker(
  deps: WorkerDeps,
  settings: { healthPort: number; concurrency: number; indexBytes: number },
) {
  const { db, storage, queues, listener, logger, metrics } = deps;
  const engine = shareEngine(deps.engine);
  const faceIndexes = createFaceIndexes({ db, listener, metrics, maxBytes: settings.indexBytes });
  const matcher = createSearchMatcher({ db, storage, engine, faceIndexes, metrics });

  queues.consume(
    'high',
    {
      'match-search': createMatchSearchJob(matcher),
      'match-photo': createMatchPhotoJob({ db, matcher }),
    },
    HIGH_CONCURRENCY,
  );
  queues.consume(
    'medium',
    { 'index-photo': createIndexPhotoJob({ db, storage, engine, metrics, workDir: deps.workDir }) },
    settings.concurrency,
  );
  queues.consume(
    'low',
    {
      'group-faces': createGroupFacesJob({ db }),
      'delete-objects': createDeleteObjectsJob(storage),
      'sweep-photos': createSweepJob({ db, storage, logger }),
    },
    1,
  );
  await queues.ready();
  await queues.schedule('sweep-photos', SWEEP_MS, {});

  let isRunning = true;
  const works = async (check: () => Promise<unknown>) =>
    check().then(
      () => true,
      () => false,
    );
  const health = await startHealthServer({
    port: settings.healthPort,
    metrics,
    checks: async () => ({
      consumers: isRunning,
      database: await works(() => sql`select 1`.execute(db)),
      storage: await works(() => storage.ready()),
    }),
  });
  return {
    port: health.port,
    /** Lets running jobs finish. */
    async stop() {
      isRunning = false;
      await queues.close();
      faceIndexes.close();
      await health.close();
    },
  };
}
