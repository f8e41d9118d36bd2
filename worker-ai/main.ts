import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { crowdDetector } from '#face/models.ts';
import { createNodeEngine } from '#face/node/engine.ts';
import { loadCatalogue } from '#face/node/recognition.ts';
import { readConfig } from '#server/platform/config.ts';
import { createDb, createPool } from '#server/platform/db.ts';
import { createListener } from '#server/platform/listener.ts';
import { createLogger } from '#server/platform/logger.ts';
import { createMetrics } from '#server/platform/metrics.ts';
import { startOutboxRelay } from '#server/platform/outbox.ts';
import { createQueues } from '#server/platform/queue.ts';
import { createStorage } from '#server/platform/storage.ts';
import { warmUp } from './engine.ts';
import { startWatchdog } from './watchdog.ts';
import { startWorker } from './worker.ts';

/** Running jobs get this long to finish before the process ends anyway: what is cut off is done again. */
const STOP_MS = 20_000;
/** A main thread that does nothing for so long hangs. */
const HANG_MS = 120_000;

const config = readConfig();
const logger = createLogger(config.logLevel, 'worker-ai');
const metrics = createMetrics('worker-ai');
// Photos come once each: a cache of opened ones would only grow.
sharp.cache(false);

async function main(): Promise<void> {
  const workDir = path.join(config.dataDir, 'work', 'photos');
  // What a killed worker left half-done.
  await rm(workDir, { recursive: true, force: true });
  await mkdir(workDir, { recursive: true });
  const catalogue = await loadCatalogue(config.worker.modelsDir);
  const engine = await createNodeEngine({
    cacheDir: path.join(config.dataDir, 'models'),
    detectors: config.worker.detectors,
    onUnavailable: (name, error) => logger.warn({ err: error, engine: name }, 'face engine does not start here'),
  });
  await warmUp(engine);
  logger.info({ engine: engine.name, detectors: config.worker.detectors }, 'face engine ready');
  if (config.worker.detectors.includes(crowdDetector.id))
    logger.warn({ detector: crowdDetector.id, notice: crowdDetector.notice }, 'this detector asks for a licence');
  const pool = createPool(config.databaseUrl, config.databasePool);
  const db = createDb(pool);
  const listener = await createListener(config.databaseUrl, ['outbox', 'sync'], logger);
  const storage = createStorage(config.s3);
  const queues = createQueues(
    { redisUrl: config.redisUrl, databaseUrl: config.databaseUrl },
    // What hangs in a library cannot be stopped; the supervisor starts a new process.
    { logger, metrics, onStuck: (jobId) => void stop(`job ${jobId} hangs`, 1) },
  );
  const worker = await startWorker(
    { db, storage, queues, listener, engine, logger, metrics, workDir, catalogue, modelsDir: config.worker.modelsDir },
    {
      healthPort: config.worker.healthPort,
      concurrency: config.worker.concurrency,
      indexBytes: config.worker.indexBytes,
    },
  );
  const relay = startOutboxRelay({ db, queues, listener, logger });
  logger.info({ port: worker.port }, 'worker ready');
  startWatchdog(HANG_MS);
  process.send?.({ type: 'ready', port: worker.port });

  let isStopping = false;
  async function stop(reason: string, status = 0): Promise<void> {
    if (isStopping) return;
    isStopping = true;
    logger.info({ reason }, 'worker stops');
    setTimeout(() => process.exit(status), STOP_MS).unref();
    await relay.stop();
    await worker.stop();
    await listener.close();
    await engine.dispose();
    await db.destroy();
    process.exit(status);
  }
  process.once('SIGTERM', () => void stop('SIGTERM'));
  process.once('SIGINT', () => void stop('SIGINT'));
  // A worker whose supervisor died would work on beside its successor.
  if (process.connected) process.once('disconnect', () => void stop('parent is gone'));
}

process.on('unhandledRejection', (error) => {
  logger.fatal({ err: error }, 'unhandled rejection');
  process.exit(1);
});
main().catch((error: unknown) => {
  logger.fatal({ err: error }, 'worker cannot start');
  process.exit(1);
});
