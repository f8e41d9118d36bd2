import { type Expression, type SqlBool, sql } from 'kysely';
import { AppError } from '#contracts/errors.ts';
import type { privacyRequestKinds, privacyRequestStatuses } from '#contracts/http/privacy.ts';
import type { Viewer } from '#server/http/viewer.ts';
import type { Messages } from '#server/modules/messages/service.ts';
import type { Settings } from '#server/modules/settings/service.ts';
import { audit } from '#server/platform/audit.ts';
import type { Db, DbOrTrx } from '#server/platform/db.ts';
import { decodeCursor, toPage } from '#server/platform/pages.ts';
import { createConsentsService } from './consents.ts';
import { eraseUser } from './erasure.ts';
import { exportPerson } from './export.ts';
import { createHidingService } from './hiding.ts';

export type Privacy = ReturnType<typeof createPrivacyService>;
type Kind = (typeof privacyRequestKinds)[number];
type Status = (typeof privacyRequestStatuses)[number];

const select = (db: DbOrTrx) =>
  db
    .selectFrom('privacy_requests as r')
    .leftJoin('users as u', 'u.id', 'r.user_id')
    .selectAll('r')
    .select(['u.name as user_name', 'u.email as user_email', 'u.is_anonymous', 'u.locale']);
type Row = Awaited<ReturnType<ReturnType<typeof select>['executeTakeFirstOrThrow']>>;

const view = (row: Row) => ({
  id: row.id,
  kind: row.kind as Kind,
  status: row.status as Status,
  details: row.details,
  decision: row.decision,
  dueAt: row.due_at.toISOString(),
  completedAt: row.completed_at?.toISOString() ?? null,
  createdAt: row.created_at.toISOString(),
});
const addressOf = (row: Row) => row.email ?? (row.is_anonymous === false ? row.user_email : null);
const adminView = (row: Row) => ({
  ...view(row),
  userId: row.user_id,
  email: addressOf(row),
  userName: row.user_name,
  isOverdue: row.completed_at === null && row.due_at < new Date(),
});
const isOpen = (status: string) => status === 'received' || status === 'in_progress';

export function createPrivacyService(deps: {
  db: Db;
  settings: Settings;
  messages: Pick<Messages, 'queue'>;
  /** Of auth: forgets failed sign-ins of an address. */
  forgetAttempts: (email: string) => Promise<unknown>;
  /** Of auth: throws auth.invalid_credentials. */
  checkPassword: (viewer: Viewer, password: string, ipAddress: string | null) => Promise<void>;
}) {
  const { db, settings, messages } = deps;
  const consents = createConsentsService({ db, settings });
  const hiding = createHidingService({ db, consents });

  async function erase(userId: string, actorId: string | null): Promise<void> {
    const email = await db.transaction().execute((trx) => eraseUser(trx, { consents }, { userId, actorId }));
    if (email) await deps.forgetAttempts(email);
  }
  async function page(
    query: { cursor?: string | undefined; limit: number },
    restrict: { userId?: string; status?: string | undefined },
  ) {
    const after = decodeCursor(query.cursor);
    return select(db)
      .where((eb) => {
        const all: Expression<SqlBool>[] = [];
        if (restrict.userId) all.push(eb('r.user_id', '=', restrict.userId));
        if (restrict.status) all.push(eb('r.status', '=', restrict.status));
        if (after) all.push(sql<boolean>`(r.created_at, r.id) < (${after.at}, ${after.id}::uuid)`);
        return eb.and(all);
      })
      .orderBy('r.created_at', 'desc')
      .orderBy('r.id', 'desc')
      .limit(query.limit + 1)
      .execute();
  }
  const place = (row: Row) => ({ at: row.created_at, id: row.id });

  return {
    consents,
    hiding,
    requireLiveConsent: consents.requireLiveConsent,
    exportPerson: (userId: string) => exportPerson(db, userId),
    /** The person's own wish; accounts confirm with their password. */
    async deleteAccount(viewer: Viewer, password: string | undefined, ipAddress: string | null): Promise<void> {
      if (!viewer.isGuest) {
        if (!password) throw new AppError('auth.invalid_credentials');
        await deps.checkPassword(viewer, password, ipAddress);
      }
      await erase(viewer.userId, viewer.userId);
    },
    /** `hide` also notes the event at which the person wants to be hidden. Throws event.not_found. */
    async request(
      viewer: Viewer,
      input: {
        kind: Kind;
        details?: string | undefined;
        email?: string | undefined;
        eventId?: string | undefined;
        requestKey?: string | undefined;
      },
    ) {
      return db.transaction().execute(async (trx) => {
        const same = input.requestKey
          ? await select(trx)
              .where('r.user_id', '=', viewer.userId)
              .where('r.request_key', '=', input.requestKey)
              .executeTakeFirst()
          : undefined;
        if (same) return view(same);
        if (input.kind === 'hide') {
          if (!input.eventId) {
            throw new AppError('request.invalid', {
              errors: [{ path: 'body.eventId', message: 'which event? needed for `hide`' }],
            });
          }
          const event = await trx
            .selectFrom('events')
            .select('id')
            .where('id', '=', input.eventId)
            .where('deleted_at', 'is', null)
            .executeTakeFirst();
          if (!event) throw new AppError('event.not_found');
        }
        const details = [input.details, input.eventId && `event ${input.eventId}`].filter(Boolean).join('\n');
        const { id } = await trx
          .insertInto('privacy_requests')
          .values({
            user_id: viewer.userId,
            email: input.email ?? null,
            kind: input.kind,
            details: details || null,
            request_key: input.requestKey ?? null,
          })
          .returning('id')
          .executeTakeFirstOrThrow();
        // Without a face to go by, an admin has to find the photos.
        if (input.kind === 'hide')
          await trx
            .insertInto('face_opt_outs')
            .values({ user_id: viewer.userId, event_id: input.eventId!, request_id: id })
            .execute();
        await audit(trx, {
          actorId: viewer.userId,
          action: 'privacy.request',
          subjectKind: 'privacy_request',
          subjectId: id,
          details: { kind: input.kind },
        });
        return view(await select(trx).where('r.id', '=', id).executeTakeFirstOrThrow());
      });
    },
    async listOwn(userId: string, query: { cursor?: string | undefined; limit: number }) {
      return toPage(await page(query, { userId }), query.limit, place, view);
    },
    async listAll(query: { cursor?: string | undefined; limit: number; status?: Status | undefined }) {
      return toPage(await page(query, { status: query.status }), query.limit, place, adminView);
    },
    /** Throws resource.conflict for a request that was decided already. The person is told by e-mail. */
    async decide(
      actorId: string,
      id: string,
      input: { status: Exclude<Status, 'received'>; decision?: string | undefined },
    ) {
      const find = (executor: DbOrTrx) => select(executor).where('r.id', '=', id).executeTakeFirst();
      const before = await find(db);
      if (!before) throw new AppError('resource.not_found');
      const isOver = input.status !== 'in_progress';
      const erasedEmail = await db.transaction().execute(async (trx) => {
        const changed = await trx
          .updateTable('privacy_requests')
          .set({
            status: input.status,
            decided_by: actorId,
            ...(input.decision !== undefined && { decision: input.decision }),
            ...(isOver && { completed_at: sql<Date>`now()` }),
          })
          .where('id', '=', id)
          .where('status', 'in', ['received', 'in_progress'])
          .returning('id')
          .executeTakeFirst();
        if (!changed) throw new AppError('resource.conflict');
        await audit(trx, {
          actorId,
          action: 'privacy.decide',
          subjectKind: 'privacy_request',
          subjectId: id,
          details: { status: input.status },
        });
        const address = addressOf(before);
        if (address && isOver) {
          await messages.queue(trx, {
            template: 'privacy.decided',
            dedupeKey: `privacy-${id}-${input.status}`,
            userId: null,
            recipient: address,
            language: before.locale === 'en' ? 'en' : 'th',
            payload: { kind: before.kind, status: input.status, decision: input.decision ?? '' },
          });
        }
        if (before.kind === 'hide' && isOver) await hiding.decide(trx, id, input.status === 'completed');
        const isErasure = before.kind === 'erasure' && input.status === 'completed' && isOpen(before.status);
        return isErasure && before.user_id
          ? eraseUser(trx, { consents }, { userId: before.user_id, actorId })
          : undefined;
      });
      if (erasedEmail) await deps.forgetAttempts(erasedEmail);
      return adminView((await find(db))!);
    },
  };
}
