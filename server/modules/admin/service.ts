import { type Expression, type SqlBool, sql } from 'kysely';
import { AppError } from '#contracts/errors.ts';
import { type QueueName, queueNames } from '#contracts/jobs.ts';
import { PIPELINE_VERSION } from '#contracts/pipeline.ts';
import { audit } from '#server/platform/audit.ts';
import type { Db } from '#server/platform/db.ts';
import { enqueue } from '#server/platform/outbox.ts';
import { decodeCursor, toPage } from '#server/platform/pages.ts';
import type { Queues } from '#server/platform/queue.ts';
import * as figures from './figures.repository.ts';

export type Admin = ReturnType<typeof createAdminService>;
interface LogQuery {
  cursor?: string | undefined;
  limit: number;
  action?: string | undefined;
  actorId?: string | undefined;
  subjectKind?: string | undefined;
  subjectId?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}
const longestRangeDays = 400;
const dayMs = 86_400_000;
const shift = (date: string, days: number) => new Date(Date.parse(date) + days * dayMs).toISOString().slice(0, 10);

export function createAdminService(deps: {
  db: Db;
  queues: Pick<Queues, 'counts' | 'failed' | 'retry' | 'retryAll' | 'discard'>;
}) {
  const { db, queues } = deps;

  async function deadLetterCount(): Promise<number> {
    const counts = await queues.counts();
    return Object.values(counts).reduce((sum, count) => sum + (count.failed ?? 0), 0);
  }

  return {
    async dashboard() {
      const date = await figures.bangkokToday(db);
      const [now, salesByHour, deadLetters] = await Promise.all([
        figures.today(db, date),
        figures.salesByHour(db, date),
        deadLetterCount(),
      ]);
      return {
        date,
        today: {
          salesSatang: now.salesSatang,
          orders: now.orders,
          photosUploaded: now.photosUploaded,
          photosPending: now.photosPending,
          searches: now.searches,
        },
        salesByHour,
        waiting: {
          approvals: now.photosPending,
          refunds: now.refunds,
          paymentReviews: now.paymentReviews,
          privacyRequests: now.privacyRequests,
          deadLetters,
        },
      };
    },
    /** Throws request.invalid for a range that ends before it begins or is longer than 400 days. */
    async statistics(range: { from?: string | undefined; to?: string | undefined }) {
      const to = range.to ?? (await figures.bangkokToday(db));
      const from = range.from ?? shift(to, -29);
      const days = (Date.parse(to) - Date.parse(from)) / dayMs + 1;
      if (days < 1 || days > longestRangeDays) {
        throw new AppError('request.invalid', {
          errors: [{ path: 'query.from', message: `1 to ${longestRangeDays} days` }],
        });
      }
      const [rows, { searchers, buyers }] = await Promise.all([
        figures.perDay(db, from, to),
        figures.conversion(db, from, to),
      ]);
      const sum = (pick: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + pick(row), 0);
      return {
        from,
        to,
        days: rows,
        totals: {
          salesSatang: sum((row) => row.salesSatang),
          orders: sum((row) => row.orders),
          photos: sum((row) => row.photos),
          faces: sum((row) => row.faces),
          searches: sum((row) => row.searches),
          users: sum((row) => row.users),
          searchers,
          buyers,
          conversion: searchers === 0 ? null : buyers / searchers,
        },
      };
    },
    async logs(query: LogQuery) {
      const after = decodeCursor(query.cursor);
      const rows = await db
        .selectFrom('audit_logs as l')
        .leftJoin('users as u', 'u.id', 'l.actor_id')
        .selectAll('l')
        .select('u.name as actor_name')
        .where((eb) => {
          const all: Expression<SqlBool>[] = [];
          if (query.action) all.push(sql<boolean>`starts_with(l.action, ${query.action})`);
          if (query.actorId) all.push(eb('l.actor_id', '=', query.actorId));
          if (query.subjectKind) all.push(eb('l.subject_kind', '=', query.subjectKind));
          if (query.subjectId) all.push(eb('l.subject_id', '=', query.subjectId));
          if (query.from) all.push(eb('l.created_at', '>=', new Date(query.from)));
          if (query.to) all.push(eb('l.created_at', '<', new Date(query.to)));
          if (after) all.push(sql<boolean>`(l.created_at, l.id) < (${after.at}, ${Number(after.id) || 0}::bigint)`);
          return eb.and(all);
        })
        .orderBy('l.created_at', 'desc')
        .orderBy('l.id', 'desc')
        .limit(query.limit + 1)
        .execute();
      return toPage(
        rows,
        query.limit,
        (row) => ({ at: row.created_at, id: String(row.id) }),
        (row) => ({
          id: String(row.id),
          action: row.action,
          actorId: row.actor_id,
          actorName: row.actor_name,
          subjectKind: row.subject_kind,
          subjectId: row.subject_id,
          details: row.details as Record<string, unknown>,
          requestId: row.request_id,
          createdAt: row.created_at.toISOString(),
        }),
      );
    },
    async queues() {
      const [counts, outboxWaiting, photosGivenUp] = await Promise.all([
        queues.counts(),
        figures.outboxWaiting(db),
        figures.photosGivenUp(db),
      ]);
      const all = await Promise.all(
        queueNames.map(async (name) => ({
          name,
          counts: counts[name],
          deadLetters: (await queues.failed(name)).map((job) => ({
            ...job,
            failedAt: job.failedAt?.toISOString() ?? null,
          })),
        })),
      );
      return { queues: all, outboxWaiting, photosGivenUp };
    },
    /** Throws resource.not_found unless it is a dead letter of that queue. */
    async retryJob(actorId: string, queue: QueueName, jobId: string) {
      if (!(await queues.retry(queue, jobId))) throw new AppError('resource.not_found');
      await audit(db, { actorId, action: 'job.retry', subjectKind: 'job', subjectId: jobId, details: { queue } });
    },
    async retryAllJobs(actorId: string, queue: QueueName): Promise<number> {
      const retried = await queues.retryAll(queue);
      await audit(db, {
        actorId,
        action: 'job.retry_all',
        subjectKind: 'queue',
        subjectId: queue,
        details: { retried },
      });
      return retried;
    },
    /** Throws resource.not_found unless it is a dead letter of that queue. */
    async discardJob(actorId: string, queue: QueueName, jobId: string) {
      if (!(await queues.discard(queue, jobId))) throw new AppError('resource.not_found');
      await audit(db, { actorId, action: 'job.discard', subjectKind: 'job', subjectId: jobId, details: { queue } });
    },
    /**
     * Gives a photo that failed a fresh start: as uploaded, with all its tries; one that is out already stays as it is until
     * it is indexed. Throws photo.not_found, and resource.conflict when nothing is wrong with it.
     */
    async retryPhoto(actorId: string, photoId: string): Promise<void> {
      await db.transaction().execute(async (trx) => {
        const photo = await trx
          .selectFrom('photos')
          .select(['id', 'status', 'failure_code'])
          .where('id', '=', photoId)
          .where('deleted_at', 'is', null)
          .forUpdate()
          .executeTakeFirst();
        if (!photo) throw new AppError('photo.not_found');
        if (photo.failure_code === null) throw new AppError('resource.conflict');
        await trx
          .updateTable('photos')
          .set({
            status: photo.status === 'failed' ? 'uploaded' : photo.status,
            failure_code: null,
            index_attempts: 0,
            pipeline_version: 0,
            updated_at: sql<Date>`now()`,
          })
          .where('id', '=', photoId)
          .execute();
        await trx
          .deleteFrom('outbox')
          .where('topic', '=', 'index-photo')
          .where('key', 'like', `${photoId}-%`)
          .execute();
        const payload = { photoId, pipelineVersion: PIPELINE_VERSION };
        await enqueue(trx, 'index-photo', `${photoId}-v${PIPELINE_VERSION}-r${Date.now()}`, payload);
        await audit(trx, {
          actorId,
          action: 'photo.retry',
          subjectKind: 'photo',
          subjectId: photoId,
          details: { failure: photo.failure_code },
        });
      });
    },
  };
}
