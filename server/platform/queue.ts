import { createPostgresBackend, Queue, UnrecoverableError, Worker, withBackend } from 'bullmq';
import { type JobName, type JobPayload, jobs, type QueueName, queueNames } from '#contracts/jobs.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

export { UnrecoverableError };
export interface QueueSettings {
  redisUrl?: string | undefined;
  databaseUrl: string;
}
export type Queues = ReturnType<typeof createQueues>;
export type JobHandler<N extends JobName> = (
  payload: JobPayload<N>,
  context: { jobId: string; attempt: number; logger: Logger },
) => Promise<void>;
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
const defaultJobOptions = {
  attempts: 3,
  backoff: { type: 'exponential', delay: 60_000 },
  removeOnComplete: { age: 3600, count: 20_000 },
  removeOnFail: { age: 30 * 24 * 3600, count: 10_000 },
} as const;

/** A worker that was killed loses its jobs to another one after 20 s; being killed often is not the job's fault. */
const lockOptions = { lockDuration: 20_000, stalledInterval: 10_000, maxStalledCount: 20 } as const;

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
      worker: (name: QueueName, process: (job: never) => Promise<void>, concurrency: number): Worker =>
        new Worker(name, process as never, { connection, concurrency, ...lockOptions }),
    };
  }
  const classes = withBackend(createPostgresBackend);
  const connection = { connectionString: settings.databaseUrl, schema: 'bullmq', migrate: true, max: 4 };
  return {
    queue: (name: QueueName) =>
      new classes.Queue(name, { connection: connection as never, defaultJobOptions }) as unknown as Queue,
    worker: (name: QueueName, process: (job: never) => Promise<void>, concurrency: number) =>
      new classes.Worker(name, process as never, {
        connection: connection as never,
        concurrency,
        ...lockOptions,
      }) as unknown as Worker,
  };
}

const priorityOf = (name: JobName): { priority?: number } => {
  const { priority } = jobs[name] as { priority?: number };
  return priority === undefined ? {} : { priority };
};

/** All queues of this process. Jobs are added through the outbox; `consume` starts a worker for one queue. */
export function createQueues(settings: QueueSettings, deps: { logger: Logger; metrics?: Metrics }) {
  const make = backend(settings);
  const opened = new Map<QueueName, Queue>();
  const workers: Worker[] = [];

  function open(name: QueueName): Queue {
    let queue = opened.get(name);
    if (!queue) {
      queue = make.queue(name);
      queue.on('error', (error) => deps.logger.warn({ err: error, queue: name }, 'queue connection'));
      opened.set(name, queue);
    }
    return queue;
  }

  async function work(
    job: { name: string; id?: string; data: unknown; attemptsMade: number },
    handlers: JobHandlers,
  ): Promise<void> {
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
      await handler(payload.data as never, { jobId: job.id ?? '', attempt: job.attemptsMade + 1, logger });
      end('done');
    } catch (error) {
      end('failed');
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
            opts: { jobId: `${item.name}-${item.key}`, ...priorityOf(item.name) },
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
      const worker = make.worker(queueName, (job: never) => work(job, handlers), concurrency);
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
    /** Lets running jobs finish, then closes every connection. */
    async close(): Promise<void> {
      await Promise.all(workers.map((worker) => worker.close()));
      await Promise.all([...opened.values()].map((queue) => queue.close()));
    },
  };
}
