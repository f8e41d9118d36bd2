import { createPostgresBackend, DelayedError, Queue, UnrecoverableError, Worker, withBackend } from 'bullmq';
import { type JobName, type JobPayload, jobs, type QueueName, queueNames } from '#contracts/jobs.ts';
import { isDatabaseAway } from './db.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

export { UnrecoverableError };
export interface QueueSettings {
  redisUrl?: string | undefined;
  databaseUrl: string;
}
export type Queues = ReturnType<typeof createQueues>;
export interface JobContext {
  jobId: string;
  /** 1 for the first. */
  attempt: number;
  logger: Logger;
  /** Aborted when the process stops or the job's time is up: what can break off early does. */
  signal: AbortSignal;
}
export type JobHandler<N extends JobName> = (payload: JobPayload<N>, context: JobContext) => Promise<void>;
export type JobHandlers = { [N in JobName]?: JobHandler<N> };
interface JobToAdd<N extends JobName = JobName> {
  name: N;
  key: string;
  payload: JobPayload<N>;
}

/**
 * SPEC section 5: 3 attempts with backoff from 60 s. Done jobs stay for an hour so that their id is still known when a relay
 * that died between adding and marking adds them again; failed ones stay as the dead letters.
 */
export const ATTEMPTS = 3;
const defaultJobOptions = {
  attempts: ATTEMPTS,
  backoff: { type: 'exponential', delay: 60_000 },
  removeOnComplete: { age: 3600, count: 20_000 },
  removeOnFail: { age: 30 * 24 * 3600, count: 10_000 },
} as const;

/** SPEC section 5. A job that takes longer fails; what it was doing may hang for ever (see `onStuck`). */
const LIMIT_MS = 300_000;
export class JobTimeout extends Error {}

/** A worker that was killed loses its jobs to another one after 20 s; being killed often is not the job's fault. */
const lockOptions = { lockDuration: 20_000, stalledInterval: 10_000, maxStalledCount: 20 } as const;

/**
 * A job that found no database is put off by seconds and has not used up an attempt: a restart is nobody's fault, and a minute is long for who
 * waits. Only so often, for a job that breaks its own connection each time is at fault after all.
 */
const AWAY_MS = 2_000;
const LONGEST_AWAY_MS = 15_000;
const PUT_OFF_AT_MOST = 40;
const HAND_BACK_TRIES = 20;

type Processor = (job: never, token?: string) => Promise<void>;

/** BullMQ on Redis when there is one, else on PostgreSQL; same behaviour (see the conformance suite). */
function backend(settings: QueueSettings) {
  if (settings.redisUrl) {
    const url = new URL(settings.redisUrl);
    const connection = {
      host: url.hostname,
      port: Number(url.port || 6379),
      ...(url.username && { username: decodeURIComponent(url.username) }),
      ...(url.password && { password: decodeURIComponent(url.password) }),
      ...(url.pathname.length > 1 && { db: Number(url.pathname.slice(1)) }),
      ...(url.protocol === 'rediss:' && { tls: {} }),
      maxRetriesPerRequest: null,
    };
    return {
      queue: (name: QueueName): Queue => new Queue(name, { connection, defaultJobOptions }),
      worker: (name: QueueName, process: Processor, concurrency: number): Worker =>
        new Worker(name, process as never, { connection, concurrency, ...lockOptions }),
    };
  }
  const classes = withBackend(createPostgresBackend);
  const connection = { connectionString: settings.databaseUrl, schema: 'bullmq', migrate: true, max: 4 };
  return {
    queue: (name: QueueName) =>
      new classes.Queue(name, { connection: connection as never, defaultJobOptions }) as unknown as Queue,
    worker: (name: QueueName, process: Processor, concurrency: number) =>
      new classes.Worker(name, process as never, {
        connection: connection as never,
        concurrency,
        ...lockOptions,
      }) as unknown as Worker,
  };
}

interface ActiveJob {
  name: string;
  queueName: string;
  id?: string;
  data: unknown;
  attemptsMade: number;
  /** When it was added, and by how much it was put off; milliseconds. */
  timestamp?: number;
  delay?: number;
  processedOn?: number;
  opts: { attempts?: number };
  moveToWait(token?: string): Promise<unknown>;
  moveToDelayed(timestamp: number, token?: string): Promise<unknown>;
}
const dueAt = ({ timestamp = 0, delay = 0 }: ActiveJob): number => timestamp + delay;

const priorityOf = (name: JobName): { priority?: number } => {
  const { priority } = jobs[name] as { priority?: number };
  return priority === undefined ? {} : { priority };
};

/** All queues of this process. Jobs are added through the outbox; `consume` starts a worker for one queue. */
export function createQueues(
  settings: QueueSettings,
  deps: {
    logger: Logger;
    metrics?: Metrics;
    limitMs?: number;
    /** How long a job is put off at first when the database is away. */
    awayMs?: number;
    /** How long a job that failed waits for its second attempt; twice as long for its third. */
    backoffMs?: number;
    /** A job did not end in time and cannot be cancelled: the process had better be replaced. */
    onStuck?: (jobId: string) => void;
  },
) {
  const make = backend(settings);
  const opened = new Map<QueueName, Queue>();
  const workers: Worker[] = [];
  const stopping = new AbortController();
  const active = new Map<string, { job: ActiveJob; token: string | undefined }>();
  /** How often a job was put off, by queue and id. */
  const putOff = new Map<string, number>();
  const databasePort = Number(new URL(settings.databaseUrl).port || 5432);
  const limitMs = deps.limitMs ?? LIMIT_MS;
  const backoffMs = deps.backoffMs ?? defaultJobOptions.backoff.delay;
  let idle: (() => void) | undefined;
  const waitSeconds = deps.metrics?.histogram(
    'job_wait_seconds',
    'Time from a job being due to its start',
    ['job'],
    [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 1800, 7200],
  );
  const failures = deps.metrics?.counter('job_failures_total', 'Job runs that failed; final: dead letters', [
    'job',
    'kind',
  ]);

  function open(name: QueueName): Queue {
    let queue = opened.get(name);
    if (!queue) {
      queue = make.queue(name);
      queue.on('error', (error) => deps.logger.warn({ err: error, queue: name }, 'queue connection'));
      opened.set(name, queue);
    }
    return queue;
  }

  /** The work of one job, which ends in time or is given up waiting for. */
  async function limited(id: string, run: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const late = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const error = new JobTimeout(`took longer than ${limitMs / 1000} s`);
        late.abort(error);
        reject(error);
        deps.onStuck?.(id);
      }, limitMs);
      // A job that was handed back at a stop and never ends must not keep the process.
      timer.unref();
    });
    try {
      const running = run(AbortSignal.any([late.signal, stopping.signal]));
      // Whatever it still says after its time has nobody to hear it.
      running.catch(() => {});
      await Promise.race([running, timeout]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Whether the job now waits for a database that went away. Where the queue is kept in it, too, that takes until it is back. */
  async function putOffJob(key: string, job: ActiveJob, token: string | undefined, error: unknown): Promise<boolean> {
    const times = (putOff.get(key) ?? 0) + 1;
    if (!isDatabaseAway(error, databasePort) || times > PUT_OFF_AT_MOST) {
      putOff.delete(key);
      return false;
    }
    putOff.set(key, times);
    const delayMs =
      Math.min((deps.awayMs ?? AWAY_MS) * 1.3 ** (times - 1), LONGEST_AWAY_MS) * (0.75 + Math.random() / 2);
    for (let tries = 1; tries <= HAND_BACK_TRIES && !stopping.signal.aborted; tries += 1) {
      try {
        await job.moveToDelayed(Math.round(Date.now() + delayMs), token);
        return true;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
    return false;
  }
  async function work(job: ActiveJob, token: string | undefined, handlers: JobHandlers): Promise<void> {
    const key = `${job.queueName} ${job.id}`;
    active.set(key, { job, token });
    // Of a repeated one it is not known since when it was due.
    if (job.timestamp && job.attemptsMade === 0)
      waitSeconds?.observe({ job: job.name }, Math.max(0, Date.now() - dueAt(job)) / 1000);
    try {
      await attempt(job, handlers);
      putOff.delete(key);
    } catch (error) {
      if (await putOffJob(key, job, token, error)) throw new DelayedError();
      throw error;
    } finally {
      active.delete(key);
      if (active.size === 0) idle?.();
    }
  }
  /** Whether all running jobs ended in that time; no new ones are taken meanwhile. */
  async function finishWithin(graceMs: number): Promise<boolean> {
    await Promise.all(workers.map((worker) => worker.pause(true)));
    if (active.size === 0) return true;
    return new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(active.size === 0), graceMs);
      idle = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
  async function attempt(job: ActiveJob, handlers: JobHandlers): Promise<void> {
    const started = performance.now();
    const logger = deps.logger.child({ job: job.name, jobId: job.id });
    const end = (outcome: string) =>
      deps.metrics?.jobSeconds.observe({ job: job.name, outcome }, (performance.now() - started) / 1000);
    try {
      const name = job.name as JobName;
      const handler = handlers[name] as JobHandler<JobName> | undefined;
      if (!handler) throw new UnrecoverableError(`no handler for ${job.name}`);
      const payload = jobs[name].payload.safeParse(job.data);
      if (!payload.success) throw new UnrecoverableError(`payload of ${job.name} is not valid`);
      const context = { jobId: job.id ?? '', attempt: job.attemptsMade + 1, logger };
      await limited(context.jobId, (signal) => handler(payload.data as never, { ...context, signal }));
      end('done');
    } catch (error) {
      end('failed');
      const isAway = isDatabaseAway(error, databasePort);
      const isFinal =
        !isAway && (error instanceof UnrecoverableError || job.attemptsMade + 1 >= (job.opts.attempts ?? 1));
      failures?.inc({ job: job.name, kind: isFinal ? 'final' : error instanceof JobTimeout ? 'timeout' : 'retried' });
      logger.error({ err: error, attempt: job.attemptsMade + 1 }, 'job failed');
      throw error;
    }
  }

  return {
    async ready(): Promise<void> {
      await Promise.all(queueNames.map((name) => open(name).waitUntilReady()));
    },
    async addMany(items: JobToAdd[]): Promise<void> {
      for (const queueName of queueNames) {
        const mine = items.filter((item) => jobs[item.name].queue === queueName);
        if (mine.length === 0) continue;
        await open(queueName).addBulk(
          mine.map((item) => ({
            name: item.name,
            data: item.payload,
            opts: {
              jobId: `${item.name}-${item.key}`,
              backoff: { type: 'exponential', delay: backoffMs },
              ...priorityOf(item.name),
            },
          })),
        );
      }
    },
    /** Repeats a job for ever; the same name twice is one schedule. */
    async schedule<N extends JobName>(name: N, everyMs: number, payload: JobPayload<N>): Promise<void> {
      await open(jobs[name].queue).upsertJobScheduler(
        `every-${name}`,
        { every: everyMs },
        { name, data: payload, opts: { ...defaultJobOptions, attempts: 1, removeOnFail: 100 } },
      );
    },
    consume(queueName: QueueName, handlers: JobHandlers, concurrency: number): void {
      const worker = make.worker(queueName, (job: never, token) => work(job, token, handlers), concurrency);
      worker.on('error', (error) => deps.logger.warn({ err: error, queue: queueName }, 'worker connection'));
      workers.push(worker);
    },
    /** Waiting, active, delayed and failed jobs of each queue. */
    async counts(): Promise<Record<QueueName, Record<string, number>>> {
      const entries = await Promise.all(
        queueNames.map(async (name) => [name, await open(name).getJobCounts()] as const),
      );
      return Object.fromEntries(entries) as Record<QueueName, Record<string, number>>;
    },
    /** The dead letters of one queue, newest first. */
    async failed(queueName: QueueName, limit = 50) {
      const found = await open(queueName).getFailed(0, limit - 1);
      return found.map((job) => ({
        id: job.id ?? '',
        name: job.name,
        reason: job.failedReason ?? '',
        attempts: job.attemptsMade,
        failedAt: job.finishedOn ? new Date(job.finishedOn) : null,
      }));
    },
    /** Gives a dead letter another three attempts; false when there is no such job. */
    async retry(queueName: QueueName, jobId: string): Promise<boolean> {
      const job = await open(queueName).getJob(jobId);
      if (!job || !(await job.isFailed())) return false;
      await job.retry('failed');
      return true;
    },
    /** Queues that hold so many waiting jobs that the outbox keeps further ones. */
    async full(limit: number): Promise<QueueName[]> {
      const waiting = await Promise.all(
        queueNames.map(async (name) => [name, await open(name).getJobCountByTypes('waiting', 'prioritized')] as const),
      );
      return waiting.flatMap(([name, count]) => (count >= limit ? [name] : []));
    },
    /** Moves every dead letter of a queue back; answers how many. */
    async retryAll(queueName: QueueName, limit = 1000): Promise<number> {
      const found = await open(queueName).getFailed(0, limit - 1);
      let retried = 0;
      for (const job of found) {
        // Somebody else may have been faster with this one.
        await job.retry('failed').then(
          () => retried++,
          () => {},
        );
      }
      return retried;
    },
    /** Forgets a dead letter; false when there is no such job. */
    async discard(queueName: QueueName, jobId: string): Promise<boolean> {
      const job = await open(queueName).getJob(jobId);
      if (!job || !(await job.isFailed())) return false;
      await job.remove();
      return true;
    },
    /** Takes no new jobs, lets running ones finish within `graceMs`, hands back what is left, closes every connection. */
    async close(graceMs = Number.POSITIVE_INFINITY): Promise<void> {
      stopping.abort();
      const isLeft = Number.isFinite(graceMs) && !(await finishWithin(graceMs));
      if (isLeft) {
        const jobIds = [...active.values()].map(({ job }) => job.id);
        for (const { job, token } of active.values())
          await job.moveToWait(token).catch((error: unknown) => {
            // Its lock runs out, then another worker takes it.
            deps.logger.warn({ err: error, jobId: job.id }, 'job was not handed back');
          });
        deps.logger.info({ jobIds }, 'jobs handed back');
      }
      await Promise.all(workers.map((worker) => worker.close(isLeft)));
      await Promise.all([...opened.values()].map((queue) => queue.close()));
    },
  };
}
