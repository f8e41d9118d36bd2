import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { readConfig } from '#server/platform/config.ts';
import { startOutboxRelay } from '#server/platform/outbox.ts';
import { openPlatform } from '#server/platform/platform.ts';
import { createApp } from './app.ts';

// The API process: HTTP, replication, live notices, and the jobs of queue `server` (mail, payments, sweeps).

const stopMs = 5_000;
const config = readConfig();
const platform = await openPlatform(config, 'api');
const { logger, queues } = platform;
await mkdir(path.join(config.dataDir, 'incoming'), { recursive: true });
await platform.storage.ensureBucket();

const { app, modules, closeStreams } = createApp(platform);
await modules.checkMachines();
await queues.ready();
const relay = startOutboxRelay({ db: platform.db, queues, listener: platform.listener, logger });
queues.consume('server', modules.jobHandlers, 8);
await Promise.all([
  queues.schedule('sweep-payments', 15_000, {}),
  queues.schedule('sweep-bank', 300_000, {}),
  queues.schedule('sweep-uploads', 60_000, {}),
  queues.schedule('sweep-downloads', 60_000, {}),
  queues.schedule('sweep-notices', 60_000, {}),
  queues.schedule('sweep-housekeeping', 3_600_000, {}),
]);

const server = createServer(app);
// An upload over bad Wi-Fi may take its time; a client that sends nothing may not.
server.requestTimeout = 30 * 60_000;
server.headersTimeout = 20_000;
server.keepAliveTimeout = 65_000;
server.listen(config.port, config.host, () => logger.info({ port: config.port }, 'API listens'));
server.on('error', (error) => {
  logger.fatal({ err: error }, 'API cannot listen');
  process.exit(1);
});

let isStopping = false;
async function stop(): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  setTimeout(() => process.exit(1), stopMs).unref();
  closeStreams();
  server.close();
  server.closeIdleConnections();
  await relay.stop();
  await modules.close();
  await platform.close();
  server.closeAllConnections();
  process.exit(0);
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
process.on('unhandledRejection', (error) => logger.error({ err: error }, 'unhandled rejection'));
