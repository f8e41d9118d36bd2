import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Lock, loadSecrets, lockDataDir, StartError } from './data-dir.ts';
import { writeAtomically } from './dev/json-file.ts';
import { type Addresses, appEnvironment, type Plan } from './plan.ts';
import { rememberPorts, requirePort } from './ports.ts';
import {
  acceptsConnections,
  databaseUrl,
  ensureDatabase,
  initCluster,
  locateCluster,
  postgresProgram,
} from './postgres.ts';
import { stopLeftover } from './processes.ts';
import { hasPwaSource, isBuilt, markBuilt, sourceHash, viteArgs } from './pwa-build.ts';
import { findRedis, redisAnswers, redisProgram, redisUrl } from './redis.ts';
import { createSupervisor, type ProgramSpec, type Supervised } from './supervisor.ts';

const DATABASE = 'thepixstock';
const SERVICE_MS = 60_000;
const APP_MS = 110_000;
const PORT_NAMES = ['postgres', 'redis', 's3', 'devServices', 'smtp', 'workerHealth'] as const;

export interface Laptop {
  /** Resolves when everything is up and a search would work. */
  start(): Promise<void>;
  /** Stops what runs, in reverse order; safe at any moment, also in the middle of `start`. */
  stop(): Promise<void>;
}

const answersOk = async (url: string): Promise<boolean> =>
  (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
const answers = async (url: string): Promise<boolean> => {
  await fetch(url, { signal: AbortSignal.timeout(2_000) });
  return true;
};

/**
 * All of ThePixStock on one machine. `root` is the repository, `marker` what the supervisor's own command line contains,
 * `say` prints a line to the terminal. Expected problems are StartErrors, ready to be shown.
 */
export function createLaptop(options: {
  plan: Plan;
  root: string;
  env: NodeJS.ProcessEnv;
  marker: string;
  say: (line: string) => void;
}): Laptop {
  const { plan, root, env, marker, say } = options;
  const { dataDir, embeds } = plan;
  const supervisor = createSupervisor({ logDir: path.join(dataDir, 'logs'), say, onChange: remember });
  /** In the order of their start; those of one step stop together. */
  const steps: Supervised[][] = [];
  let lock: Lock | undefined;
  let isStopping = false;

  function remember(): void {
    if (!isStopping) lock?.update({ url: plan.url, children: supervisor.running() });
  }

  async function startProgram(step: Supervised[], spec: ProgramSpec): Promise<Supervised> {
    if (isStopping) throw new StartError('stopped while starting');
    const program = await supervisor.start(spec);
    step.push(program);
    if (isStopping) await program.stop();
    return program;
  }

  const nodeProgram = (
    name: string,
    script: string,
    environment: NodeJS.ProcessEnv,
    more: Partial<ProgramSpec> = {},
  ) => ({
    name,
    kind: 'node' as const,
    args: [path.join(root, script)],
    env: environment,
    cwd: root,
    ...more,
  });

  /** Children of a killed run notice its end by themselves within seconds; this waits for it and helps. */
  async function clearLeftovers(): Promise<void> {
    const children = Object.entries(lock?.leftover?.children ?? {});
    if (children.length > 0) say('Clearing up after a start that was killed.');
    const ours = children.filter(([name]) => name !== 'postgres' && name !== 'redis');
    await Promise.all(ours.map(([, child]) => stopLeftover(child.pid, child.marker, 'SIGTERM', 5_000)));
  }

  async function startPostgres(step: Supervised[], port: number, password: string): Promise<void> {
    const cluster = locateCluster(dataDir);
    await initCluster(cluster, password);
    const program = await startProgram(step, postgresProgram(cluster, port));
    const url = databaseUrl(port, password, 'postgres');
    await supervisor.untilReady(program, () => acceptsConnections(url), SERVICE_MS);
    await ensureDatabase(url, DATABASE);
  }

  async function startRedis(step: Supervised[], redis: string, port: number, password: string): Promise<void> {
    const directory = path.join(dataDir, 'redis');
    const program = await startProgram(step, redisProgram({ program: redis, directory, port, password }));
    await supervisor.untilReady(program, () => redisAnswers(port, password), SERVICE_MS);
  }

  async function startOwn(step: Supervised[], spec: ProgramSpec, url: string): Promise<void> {
    const program = await startProgram(step, spec);
    await supervisor.untilReady(program, () => answers(url), SERVICE_MS);
  }

  async function buildPwa(step: Supervised[]): Promise<void> {
    if (!hasPwaSource(root)) return say('There is no PWA in this tree (vite.config.ts, pwa/index.html): API only.');
    const spec = { name: 'pwa-build', kind: 'node' as const, env: { ...env, NODE_ENV: '' }, cwd: root };
    if (plan.isDev) {
      const program = await startProgram(step, { ...spec, args: viteArgs(root, '--watch') });
      const index = path.join(root, 'pwa', 'dist', 'index.html');
      return supervisor.untilReady(program, async () => existsSync(index), APP_MS);
    }
    const hash = sourceHash(root);
    if (isBuilt(root, hash)) return;
    await supervisor.run({ ...spec, args: viteArgs(root, '--logLevel', 'warn') });
    markBuilt(root, hash);
  }

  async function timed<T>(what: string, work: Promise<T>): Promise<T> {
    const startedAt = Date.now();
    const result = await work;
    say(`  ${what} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
    return result;
  }

  async function start(): Promise<void> {
    lock = await lockDataDir(dataDir, marker);
    await clearLeftovers();
    await requirePort(plan.port, plan.host);
    const secrets = loadSecrets(dataDir);
    const ports = await rememberPorts(dataDir, PORT_NAMES);
    const redis = embeds.redis ? await findRedis() : undefined;
    const at: Addresses = {
      databaseUrl: databaseUrl(ports.postgres, secrets.database, DATABASE),
      redisUrl: redis ? redisUrl(ports.redis, secrets.redis) : '',
      s3Endpoint: `http://127.0.0.1:${ports.s3}`,
      smtpUrl: `smtp://127.0.0.1:${ports.smtp}`,
      devServicesUrl: `http://127.0.0.1:${ports.devServices}`,
      workerHealthPort: ports.workerHealth,
    };
    const app = appEnvironment(env, plan, secrets, at);
    const webhook = `${plan.url}/api/payment/webhook`;

    const databases: Supervised[] = [];
    const services: Supervised[] = [];
    const apps: Supervised[] = [];
    steps.push(databases, services, apps);

    const database = embeds.postgres
      ? timed('PostgreSQL', startPostgres(databases, ports.postgres, secrets.database))
      : Promise.resolve();
    const migrated = database.then(() =>
      timed(
        'schema migrated',
        supervisor.run({
          ...nodeProgram('migrate', 'migrations/cli.ts', app),
          args: [path.join(root, 'migrations/cli.ts'), 'up'],
        }),
      ),
    );
    const others: Promise<unknown>[] = [];
    if (redis) others.push(timed('Redis', startRedis(services, redis, ports.redis, secrets.redis)));
    else if (embeds.redis) say('  No redis-server here: the queue runs on PostgreSQL, the cache in the process.');
    if (embeds.s3) {
      const environment = { ...app, S3_PORT: String(ports.s3), S3_DIRECTORY: path.join(dataDir, 's3') };
      others.push(
        timed(
          'object store',
          startOwn(services, nodeProgram('s3', 'ops/laptop/s3.main.ts', environment), at.s3Endpoint),
        ),
      );
    }
    if (embeds.mail || embeds.paynoi) {
      const environment = {
        ...app,
        DEV_SERVICES_PORT: String(ports.devServices),
        DEV_SMTP_PORT: String(ports.smtp),
        DEV_SERVICES_DIR: path.join(dataDir, 'dev'),
        PAYNOI_WEBHOOK_URL: webhook,
      };
      const spec = nodeProgram('dev-services', 'ops/laptop/dev-services.main.ts', environment);
      others.push(timed('mail catcher and payment simulator', startOwn(services, spec, at.devServicesUrl)));
    }
    const built = timed('web app', buildPwa(services));
    await Promise.all([migrated, ...others]);

    const watch = plan.isDev ? ['--watch', '--watch-preserve-output'] : [];
    const appProgram = (name: string, script: string, onMessage?: (message: unknown) => void): ProgramSpec => ({
      ...nodeProgram(name, script, app),
      args: [...watch, path.join(root, script)],
      ...(onMessage && { onMessage }),
    });
    // Thousands of open pages: what they take counts, not what V8 and malloc keep for later. V8 lets a heap that may grow to gigabytes
    // fill with four times what lives in it before it looks; below a gigabyte it looks earlier.
    const lean = (spec: ProgramSpec): ProgramSpec => ({
      ...spec,
      args: ['--max-semi-space-size=8', '--max-old-space-size=768', ...spec.args],
      env: { MALLOC_ARENA_MAX: '2', ...spec.env },
    });
    let isWorkerReady = false;
    const noticeReady = (message: unknown): void => {
      isWorkerReady ||= (message as { type?: string } | null)?.type === 'ready';
    };
    const worker = await startProgram(apps, appProgram('worker', 'worker-ai/main.ts', noticeReady));
    await built;
    const api = await startProgram(apps, lean(appProgram('api', 'server/main.ts')));
    const workerUrl = `http://127.0.0.1:${ports.workerHealth}/ready`;
    await Promise.all([
      timed(
        'API',
        supervisor.untilReady(api, () => answersOk(`${plan.url}/api/ready`), APP_MS),
      ),
      timed(
        'worker',
        supervisor.untilReady(worker, async () => isWorkerReady || (await answersOk(workerUrl)), APP_MS),
      ),
    ]);
    writeAtomically(path.join(dataDir, 'environment.json'), JSON.stringify(changed(env, app), null, 2));
    if (plan.isDemo)
      await timed('demo event', supervisor.run(nodeProgram('demo-seed', 'ops/laptop/demo/seed.ts', app)));
  }

  return {
    start,
    async stop() {
      if (isStopping) return;
      isStopping = true;
      for (const step of steps.toReversed()) {
        await Promise.all(step.map((program) => program.stop()));
      }
      supervisor.stop();
      lock?.release();
    },
  };
}

/** What we added to the environment: for tools that want to reach the running services (mode 0600, it holds secrets). */
function changed(before: NodeJS.ProcessEnv, after: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(after).filter(([name, value]) => before[name] !== value));
}
