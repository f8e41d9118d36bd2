import { sql } from 'kysely';
import type { Db } from '#server/platform/db.ts';
import type { Logger } from '#server/platform/logger.ts';
import type { Metrics } from '#server/platform/metrics.ts';
import type { Queues } from '#server/platform/queue.ts';

const EVERY_MS = 15_000;

/** Depth of the queues and of what waits before them, counted every few seconds. Every worker tells the same numbers. */
export function startGauges(deps: { db: Db; queues: Queues; metrics: Metrics; logger: Logger }) {
  const { db, queues, metrics } = deps;
  const depth = metrics.gauge('queue_jobs', 'Jobs of a queue by state', ['queue', 'state']);
  const outbox = metrics.gauge('outbox_waiting', 'Jobs written down and not yet in their queue');
  const oldest = metrics.gauge('outbox_oldest_seconds', 'Age of the oldest job that is due and not yet in its queue');
  const givenUp = metrics.gauge('photos_given_up', 'Photos that were given up after too many tries');

  async function count(): Promise<void> {
    for (const [queue, states] of Object.entries(await queues.counts()))
      for (const [state, jobs] of Object.entries(states)) depth.set({ queue, state }, jobs);
    const { rows } = await sql<{ waiting: number; seconds: number; photos: number }>`
      select count(*)::int as waiting,
        coalesce(extract(epoch from now() - min(available_at)), 0)::float8 as seconds,
        (select count(*)::int from photos where failure_code = 'gave_up' and deleted_at is null) as photos
      from outbox where relayed_at is null and available_at <= now()`.execute(db);
    outbox.set(rows[0]!.waiting);
    oldest.set(rows[0]!.seconds);
    givenUp.set(rows[0]!.photos);
  }
  const tell = () => count().catch((error: unknown) => deps.logger.warn({ err: error }, 'queues were not counted'));
  const timer = setInterval(() => void tell(), EVERY_MS);
  void tell();
  return { stop: () => clearInterval(timer) };
}
