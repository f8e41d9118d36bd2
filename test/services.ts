import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { migrateUp } from '#migrations/migrate.ts';
import { startDevServices } from '#ops/laptop/dev-services.ts';
import { rememberPorts } from '#ops/laptop/ports.ts';
import {
  acceptsConnections,
  databaseUrl,
  ensureDatabase,
  initCluster,
  locateCluster,
  postgresProgram,
} from '#ops/laptop/postgres.ts';
import { redisAnswers, redisProgram, redisUrl } from '#ops/laptop/redis.ts';
import { startS3 } from '#ops/laptop/s3.ts';
import { createSupervisor } from '#ops/laptop/supervisor.ts';
import { ensureTool, REDIS } from './install/tools.ts';

/** Real services for the tests: forgetful (no fsync), on loopback, in a temporary folder. */
export interface TestServices {
  /** TEST_* variables for the test processes; TEST_REDIS_URL is missing when Redis could not be had. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

const PASSWORD = 'for-tests-only';
const TEMPLATE = 'thepixstock_template';
const START_MS = 60_000;
const FORGETFUL = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'max_connections=300',
  'autovacuum=off',
];

/**
 * Starts PostgreSQL (with a migrated template database: see test/database.ts), Redis if `redisServer` is given, the S3 store
 * with bucket `photos`, and the mail catcher with the PayNoi simulator. That shared simulator sends its webhooks to
 * nobody; a test that wants them starts its own with `startDevServices`.
 */
export async function startTestServices(options: { redisServer?: string | undefined } = {}): Promise<TestServices> {
  const directory = mkdtempSync(path.join(tmpdir(), 'thepixstock-test-'));
  chmodSync(directory, 0o755);
  const supervisor = createSupervisor({ logDir: path.join(directory, 'logs'), say: console.error, onChange() {} });
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const each of stops.reverse()) await each();
    supervisor.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const ports = await rememberPorts(directory, ['postgres', 'redis', 's3', 'dev', 'smtp']);
    const env: Record<string, string> = {
      TEST_DATABASE_URL: databaseUrl(ports.postgres, PASSWORD, 'postgres'),
      TEST_TEMPLATE_DATABASE: TEMPLATE,
      TEST_S3_ENDPOINT: `http://127.0.0.1:${ports.s3}`,
      TEST_S3_ACCESS_KEY: 'test-access-key',
      TEST_S3_SECRET_KEY: 'test-secret-key',
      TEST_S3_BUCKET: 'photos',
      TEST_S3_REGION: 'us-east-1',
      TEST_SMTP_URL: `smtp://127.0.0.1:${ports.smtp}`,
      TEST_DEV_SERVICES_URL: `http://127.0.0.1:${ports.dev}`,
      TEST_PAYNOI_BASE_URL: `http://127.0.0.1:${ports.dev}/dev/paynoi/api`,
      TEST_PAYNOI_API_KEY: 'test-api-key',
    };

    const cluster = locateCluster(directory);
    await initCluster(cluster, PASSWORD);
    const postgres = await supervisor.start(postgresProgram(cluster, ports.postgres, FORGETFUL));
    stops.push(postgres.stop);
    await supervisor.untilReady(postgres, () => acceptsConnections(env.TEST_DATABASE_URL!), START_MS);
    await ensureDatabase(env.TEST_DATABASE_URL!, TEMPLATE);
    await migrateUp(databaseUrl(ports.postgres, PASSWORD, TEMPLATE));

    if (options.redisServer) {
      const redis = await supervisor.start(
        redisProgram({
          program: options.redisServer,
          directory: path.join(directory, 'redis'),
          port: ports.redis,
          password: PASSWORD,
          isDurable: false,
        }),
      );
      stops.push(redis.stop);
      await supervisor.untilReady(redis, () => redisAnswers(ports.redis, PASSWORD), START_MS);
      env.TEST_REDIS_URL = redisUrl(ports.redis, PASSWORD);
    }

    const s3 = await startS3({
      port: ports.s3,
      directory: path.join(directory, 's3'),
      accessKey: env.TEST_S3_ACCESS_KEY!,
      secretKey: env.TEST_S3_SECRET_KEY!,
      bucket: env.TEST_S3_BUCKET!,
    });
    stops.push(s3.close);
    const dev = await startDevServices({
      port: ports.dev,
      smtpPort: ports.smtp,
      directory: path.join(directory, 'dev'),
      webhookUrl: 'http://127.0.0.1:9/nobody',
      apiKey: env.TEST_PAYNOI_API_KEY!,
      recordKey: 'test-record-key',
    });
    stops.push(dev.close);
    return { env, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** `node --import tsx test/services.ts --keep`: prints `export ...` lines for a shell and stays until Ctrl-C. */
async function keep(): Promise<void> {
  const repository = path.resolve(import.meta.dirname, '..');
  const redisServer = await ensureTool(REDIS, path.join(repository, '.cache', 'tools'), repository, console.error);
  const services = await startTestServices({ redisServer });
  for (const [name, value] of Object.entries(services.env)) console.log(`export ${name}='${value}'`);
  console.error('# running until Ctrl-C');
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, async () => {
      await services.stop();
      process.exit(0);
    });
  }
}

if (process.argv[1] === import.meta.filename && process.argv.includes('--keep')) await keep();
