import { sql } from 'kysely';
import { builtInCatalogue, type DescriptorCatalogue } from '#contracts/descriptors.ts';
import type { FaceEngine } from '#face/types.ts';
import type { Db } from '#server/platform/db.ts';
import type { Listener } from '#server/platform/listener.ts';
import type { Logger } from '#server/platform/logger.ts';
import type { Metrics } from '#server/platform/metrics.ts';
import { type JobHandler, type Queues, UnrecoverableError } from '#server/platform/queue.ts';
import type { Storage } from '#server/platform/storage.ts';
import * as describing from './describe.repository.ts';
import { shareEngine } from './engine.ts';
import { createFaceIndexes } from './face-index.ts';
import { startGauges } from './gauges.ts';
import { startHealthServer } from './health.ts';
import { createDeleteObjectsJob } from './jobs/delete-objects.job.ts';
import { createDescribePhotoJob } from './jobs/describe-photo.job.ts';
import { createGroupFacesJob } from './jobs/group-faces.job.ts';
import { createHideFacesJob, createHider } from './jobs/hide-faces.job.ts';
import { createIndexPhotoJob, fail } from './jobs/index-photo.job.ts';
import { createMatchPhotoJob } from './jobs/match-photo.job.ts';
import { createMatchSearchJob, createSearchMatcher } from './jobs/match-search.job.ts';
import { createSweepJob } from './jobs/sweep-photos.job.ts';
import { offerEngines } from './offer.ts';
import { createQuarantine, MAX_STRIKES } from './quarantine.ts';

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
  /** Descriptor spaces beyond the built-in ones, and where their networks lie. */
  catalogue?: DescriptorCatalogue;
  modelsDir?: string | undefined;
}

/** Searches are short and wait for the database mostly. */
const HIGH_CONCURRENCY = 4;
const SWEEP_MS = 60_000;
/** A stop waits so long for running jobs; then they are handed back. */
const STOP_GRACE_MS = 15_000;

/** All consumers of VM2 and the health server. `concurrency`: photos indexed side by side. */
export async function startWorker(
  deps: WorkerDeps,
  settings: { healthPort: number; concurrency: number; indexBytes: number },
) {
  const { db, storage, queues, listener, logger, metrics } = deps;
  const { catalogue = builtInCatalogue, modelsDir, workDir } = deps;
  const engine = shareEngine(deps.engine, { catalogue, ...(modelsDir && { modelsDir }) });
  const quarantine = createQuarantine({ db });
  const faceIndexes = createFaceIndexes({
    db,
    listener,
    metrics,
    maxBytes: settings.indexBytes,
    catalogue,
    onSettled: (eventId) => matcher.refresh(eventId),
  });
  const matcher = createSearchMatcher({ db, storage, engine, faceIndexes, metrics });

  const hider = createHider({
    db,
    search: async (eventId, space, descriptor) =>
      (await faceIndexes.search(eventId, space, { descriptor, confirmed: [], rejected: [] })).hits,
  });
  const matchPhoto = createMatchPhotoJob({ db, matcher });
  const indexPhoto = createIndexPhotoJob({ db, storage, engine, metrics, workDir });
  const describePhoto = createDescribePhotoJob({ db, storage, engine, metrics, workDir });
  const guarded =
    <N extends 'index-photo' | 'describe-photo'>(
      job: JobHandler<N>,
      giveUp: (photoId: string) => Promise<unknown>,
    ): JobHandler<N> =>
    async (payload, context) => {
      if ((await quarantine.run(payload.photoId, () => job(payload, context))) === 'done') return;
      await giveUp(payload.photoId);
      throw new UnrecoverableError(`this photo ended ${MAX_STRIKES} runs without a word`);
    };

  queues.consume(
    'high',
    {
      'match-search': createMatchSearchJob(matcher),
      'match-photo': async (payload, context) => {
        await hider.beforeMatching(payload.photoId);
        await matchPhoto(payload, context);
      },
      'hide-faces': createHideFacesJob(hider),
    },
    HIGH_CONCURRENCY,
  );
  queues.consume(
    'medium',
    { 'index-photo': guarded(indexPhoto, (photoId) => fail(db, photoId, 'gave_up', logger)) },
    settings.concurrency,
  );
  queues.consume(
    'low',
    {
      'describe-photo': guarded(describePhoto, (photoId) =>
        describing.recordFailure(db, photoId, 'gave_up', MAX_STRIKES),
      ),
      'group-faces': createGroupFacesJob({ db }),
      'delete-objects': createDeleteObjectsJob(storage),
      'sweep-photos': createSweepJob({ db, storage, logger }),
    },
    1,
  );
  await queues.ready();
  await offerEngines({ db, storage, logger, catalogue, modelsDir });
  const gauges = startGauges({ db, queues, metrics, logger });
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
    /** Lets running jobs finish for a while, hands back what is left then. */
    async stop(graceMs = STOP_GRACE_MS) {
      isRunning = false;
      gauges.stop();
      await queues.close(graceMs);
      await quarantine.forgive();
      await faceIndexes.close();
      await health.close();
    },
  };
}
