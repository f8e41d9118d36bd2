import { sql } from 'kysely';
import { type JobName, type JobPayload, jobs, type QueueName } from '#contracts/jobs.ts';
import type { Db, Trx } from './db.ts';
import type { Listener } from './listener.ts';
import type { Logger } from './logger.ts';
import type { Queues } from './queue.ts';

/**
 * Writes down a job inside the transaction that makes it necessary. `key` is the job's id: a second one with the same
 * name and key is ignored for good, so the key names the effect (`<photo>-v3`), not the attempt.
 */
export async function enqueue<N extends JobName>(
  trx: Trx,
  name: N,
  key: string,
  payload: JobPayload<N>,
  options: { availableAt?: Date } = {},
): Promise<void> {
  if (key.includes(':')) throw new RangeError('job keys must not contain a colon');
  await trx
    .insertInto('outbox')
    .values({
      topic: name,
      key,
      payload: JSON.stringify(jobs[name].payload.parse(payload)),
      ...(options.availableAt && { available_at: options.availableAt }),
    })
    .onConflict((c) => c.columns(['topic', 'key']).doNothing())
    .execute();
  await sql`select pg_notify('outbox', '')`.execute(trx);
}

const batchSize = 200;
/** Back-pressure: a queue that holds this many waiting jobs gets no more; they wait here, which costs a row each. */
const QUEUE_LIMIT = 5_000;

const topicsOf = (queueNames: readonly QueueName[]): JobName[] =>
  (Object.keys(jobs) as JobName[]).filter((name) => queueNames.includes(jobs[name].queue));

/**
 * Moves outbox rows to the queue: at once when told by NOTIFY, and every few seconds for what was missed or is due later.
 * A row is marked only after the queue took it; a crash in between repeats it under the same job id, which the queue ignores.
 */
export function startOutboxRelay(deps: {
  db: Db;
  queues: Queues;
  listener: Listener;
  logger: Logger;
  queueLimit?: number;
}) {
  let stopped = false;
  let running: Promise<void> | undefined;
  let again = false;

  let full: JobName[] = [];
  let countedAt = 0;
  /** Counting takes as long as relaying: it is waited for only where many go at once. */
  async function countQueues(): Promise<void> {
    countedAt = Date.now();
    full = topicsOf(await deps.queues.full(deps.queueLimit ?? QUEUE_LIMIT));
  }

  async function relayBatch(): Promise<number> {
    return deps.db.transaction().execute(async (trx) => {
      const rows = await trx
        .selectFrom('outbox')
        .select(['id', 'topic', 'key', 'payload'])
        .where('relayed_at', 'is', null)
        .where('available_at', '<=', sql<Date>`now()`)
        .$if(full.length > 0, (q) => q.where('topic', 'not in', full))
        .orderBy('available_at')
        .orderBy('id')
        .limit(batchSize)
        .forUpdate()
        .skipLocked()
        .execute();
      if (rows.length === 0) return 0;
      await deps.queues.addMany(
        rows.map((row) => ({ name: row.topic as JobName, key: row.key, payload: row.payload as never })),
      );
      await trx
        .updateTable('outbox')
        .set({ relayed_at: sql<Date>`now()`, attempts: sql<number>`attempts + 1` })
        .where(
          'id',
          'in',
          rows.map((row) => row.id),
        )
        .execute();
      return rows.length;
    });
  }
  async function drain(): Promise<void> {
    do {
      again = false;
      try {
        if (Date.now() - countedAt > 1_000) await countQueues();
        while (!stopped && (await relayBatch()) === batchSize) await countQueues();
      } catch (error) {
        deps.logger.warn({ err: error }, 'outbox relay will try again');
      }
    } while (again && !stopped);
  }
  function kick(): void {
    if (stopped) return;
    again = true;
    running ??= drain().finally(() => {
      running = undefined;
      if (again) kick();
    });
  }
  const offs = [deps.listener.on('outbox', kick), deps.listener.on('resync', kick)];
  const timer = setInterval(kick, 3_000);
  kick();
  return {
    async stop() {
      stopped = true;
      clearInterval(timer);
      for (const off of offs) off();
      await running;
    },
  };
}
