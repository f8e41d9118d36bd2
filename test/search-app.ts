import { createEventsService } from '#server/modules/events/service.ts';
import { createFaceGroupsService } from '#server/modules/face-searches/groups.service.ts';
import { faceSearchesRoutes } from '#server/modules/face-searches/routes.ts';
import { createFaceSearchesService, type FaceSearchService } from '#server/modules/face-searches/service.ts';
import { eraseUser } from '#server/modules/privacy/erasure.ts';
import { privacyRoutes } from '#server/modules/privacy/routes.ts';
import { createPrivacyService } from '#server/modules/privacy/service.ts';
import { createSettingsService } from '#server/modules/settings/service.ts';
import { createMemoryCache } from '#server/platform/cache.ts';
import { createListener } from '#server/platform/listener.ts';
import { createLogger } from '#server/platform/logger.ts';
import { startOutboxRelay } from '#server/platform/outbox.ts';
import { createQueues } from '#server/platform/queue.ts';
import { startWorker } from '#worker/worker.ts';
import { startHttpApp } from './http-app.ts';
import { metrics, startWorkerBench } from './worker.ts';

/** Face search as it runs: the routes, the outbox, the queue and a worker on a database and bucket of their own. */
export async function startSearchApp() {
  const bench = await startWorkerBench();
  const logger = createLogger('silent', 'test');
  let service!: FaceSearchService;
  let privacyService!: ReturnType<typeof createPrivacyService>;
  const http = await startHttpApp(({ database: { db }, auth, messages }) => {
    const privacy = createPrivacyService({
      db,
      settings: createSettingsService({ db }),
      messages,
      forgetAttempts: auth.forgetAttempts,
      checkPassword: auth.checkPassword,
    });
    privacyService = privacy;
    const events = createEventsService({
      db,
      cache: createMemoryCache(),
      linkSecret: 'test-link-secret-0000',
      messages,
    });
    service = createFaceSearchesService({ db, storage: bench.storage, events, privacy: privacy.consents });
    const faceGroups = createFaceGroupsService({ db });
    return [...privacyRoutes({ privacy }), ...faceSearchesRoutes({ faceSearches: service, faceGroups })];
  });
  const listener = await createListener(http.database.url, ['outbox', 'sync'], logger);
  const queues = createQueues({ databaseUrl: http.database.url }, { logger });
  const relay = startOutboxRelay({ db: http.db, queues, listener, logger });
  const worker = await startWorker(
    {
      db: http.db,
      storage: bench.storage,
      queues,
      listener,
      engine: bench.engine,
      logger,
      metrics,
      workDir: bench.folder,
    },
    { healthPort: 0, concurrency: 1, indexBytes: 1e8 },
  );
  return {
    http,
    bench,
    queues,
    worker,
    service,
    /** As the person's own wish, without the ceremony of a password. */
    eraseUser: (userId: string) =>
      http.db
        .transaction()
        .execute((trx) => eraseUser(trx, { consents: privacyService.consents }, { userId, actorId: null })),
    async stop(): Promise<void> {
      await relay.stop();
      await worker.stop();
      await listener.close();
      await http.stop();
      await bench.stop();
    },
  };
}
