import { type Expression, type SqlBool, sql } from 'kysely';
import { type ConsentPurpose, consentTexts, consentWording } from '#contracts/consents.ts';
import { AppError } from '#contracts/errors.ts';
import type { ConsentView } from '#contracts/http/privacy.ts';
import type { Viewer } from '#server/http/viewer.ts';
import type { Settings } from '#server/modules/settings/service.ts';
import { sha256Hex } from '#server/platform/crypto.ts';
import type { Db, DbOrTrx, Trx } from '#server/platform/db.ts';
import { liftHiding } from '#server/platform/hiding.ts';
import { enqueue } from '#server/platform/outbox.ts';
import { type Cursor, decodeCursor, toPage } from '#server/platform/pages.ts';

type Language = 'th' | 'en';
export type Consents = ReturnType<typeof createConsentsService>;

const select = (db: DbOrTrx) =>
  db
    .selectFrom('consents as c')
    .leftJoin('consents as w', 'w.withdraws_id', 'c.id')
    .select(['c.id', 'c.user_id', 'c.purpose', 'c.event_id', 'c.text_version', 'c.language', 'c.by_guardian'])
    .select(['c.created_at', 'c.expires_at', 'w.created_at as withdrawn_at'])
    .where('c.action', '=', 'granted');
type Row = Awaited<ReturnType<ReturnType<typeof select>['executeTakeFirstOrThrow']>>;

const view = (row: Row): ConsentView => ({
  id: row.id,
  purpose: row.purpose as ConsentPurpose,
  eventId: row.event_id,
  textVersion: row.text_version,
  language: row.language as Language,
  byGuardian: row.by_guardian,
  isLive: isLive(row),
  grantedAt: row.created_at.toISOString(),
  withdrawnAt: row.withdrawn_at?.toISOString() ?? null,
  expiresAt: row.expires_at?.toISOString() ?? null,
});
const isLive = (row: Row) => row.withdrawn_at === null && (row.expires_at === null || row.expires_at > new Date());

/** Everything that searches under these consents left behind: descriptors, results, uploaded pictures. */
export async function forgetSearches(trx: Trx, consentIds: readonly string[]): Promise<void> {
  if (consentIds.length === 0) return;
  const searches = await trx
    .selectFrom('face_searches')
    .select(['id', 'image_key'])
    .where('consent_id', 'in', consentIds)
    .forUpdate()
    .execute();
  if (searches.length === 0) return;
  const ids = searches.map((search) => search.id);
  await trx
    .updateTable('face_searches')
    .set({ status: 'withdrawn', descriptor: null, image_key: null, calibration: null, open_until: sql<Date>`now()` })
    .where('id', 'in', ids)
    .execute();
  await trx.deleteFrom('face_matches').where('search_id', 'in', ids).execute();
  const keys = searches.flatMap((search) => search.image_key ?? []);
  if (keys.length > 0) await enqueue(trx, 'delete-objects', `withdrawn-${ids[0]}`, { keys });
}

/** Append-only: a withdrawal is a row of its own that points at the grant. */
export function createConsentsService({ db, settings }: { db: Db; settings: Settings }) {
  const withdrawRow = async (trx: Trx, row: Row, request: { ipAddress?: string; userAgent?: string }) =>
    trx
      .insertInto('consents')
      .values({
        user_id: row.user_id,
        purpose: row.purpose,
        event_id: row.event_id,
        action: 'withdrawn',
        withdraws_id: row.id,
        text_version: row.text_version,
        text_hash: sha256Hex(consentWording(row.purpose as ConsentPurpose, row.language as Language)),
        language: row.language,
        ip_address: request.ipAddress ?? null,
        user_agent: request.userAgent ?? null,
      })
      .execute();
  async function withdrawAll(trx: Trx, rows: Row[], request: { ipAddress?: string; userAgent?: string }) {
    for (const row of rows) await withdrawRow(trx, row, request);
    const ids = rows.map((row) => row.id);
    await forgetSearches(trx, ids);
    if (ids.length > 0) {
      const optOuts = await trx
        .selectFrom('face_opt_outs')
        .select('id')
        .where('consent_id', 'in', ids)
        .where('status', 'in', ['requested', 'confirmed'])
        .orderBy('id')
        .execute();
      for (const { id } of optOuts) await liftHiding(trx, id, 'withdrawn');
    }
  }
  const lock = (trx: Trx, id: string) =>
    trx.selectFrom('consents').select('id').where('id', '=', id).forUpdate().execute();

  async function withdrawIn(
    trx: Trx,
    userId: string,
    id: string,
    request: { ipAddress?: string; userAgent?: string },
  ): Promise<ConsentView> {
    await lock(trx, id);
    const mine = () => select(trx).where('c.id', '=', id).where('c.user_id', '=', userId).executeTakeFirst();
    const row = await mine();
    if (!row) throw new AppError('consent.not_found');
    if (row.withdrawn_at) return view(row);
    await withdrawAll(trx, [row], request);
    return view((await mine())!);
  }

  return {
    text(purpose: ConsentPurpose, language: Language) {
      const { version, sentences } = consentTexts[purpose];
      return {
        purpose,
        language,
        version,
        sentences: [...sentences[language]],
        hash: sha256Hex(consentWording(purpose, language)),
      };
    },
    /** Throws event.not_found, and resource.conflict when another version of the text was shown. */
    async grant(
      viewer: Viewer,
      input: {
        purpose: ConsentPurpose;
        eventId?: string | null | undefined;
        textVersion?: string | undefined;
        language?: Language | undefined;
        byGuardian: boolean;
        method: string;
      },
      request: { ipAddress: string | undefined; userAgent: string | undefined; key?: string | undefined },
    ): Promise<ConsentView> {
      const sameRequest = () =>
        select(db)
          .where('c.user_id', '=', viewer.userId)
          .where('c.request_key', '=', request.key ?? '')
          .executeTakeFirst();
      const before = await sameRequest();
      if (before) return view(before);
      const { version } = consentTexts[input.purpose];
      if (input.textVersion !== undefined && input.textVersion !== version)
        throw new AppError('resource.conflict', { textVersion: version });
      const language = input.language ?? viewer.locale;
      if (input.eventId) {
        const event = await db
          .selectFrom('events')
          .select('id')
          .where('id', '=', input.eventId)
          .where('deleted_at', 'is', null)
          .executeTakeFirst();
        if (!event) throw new AppError('event.not_found');
      }
      const { consentDays } = await settings.get('privacy');
      const made = await db
        .insertInto('consents')
        .values({
          user_id: viewer.userId,
          purpose: input.purpose,
          event_id: input.eventId ?? null,
          text_version: version,
          text_hash: sha256Hex(consentWording(input.purpose, language)),
          language,
          method: input.method,
          by_guardian: input.byGuardian,
          ip_address: request.ipAddress ?? null,
          user_agent: request.userAgent?.slice(0, 500) ?? null,
          // These hold until they are taken back; what they keep has its own end.
          expires_at:
            input.purpose === 'marketing' || input.purpose === 'hide_me'
              ? null
              : new Date(Date.now() + consentDays * 86_400_000),
          request_key: request.key ?? null,
        })
        .onConflict((c) => c.columns(['user_id', 'request_key']).where('request_key', 'is not', null).doNothing())
        .returning('id')
        .executeTakeFirst();
      if (!made) return view((await sameRequest())!);
      return view(await select(db).where('c.id', '=', made.id).executeTakeFirstOrThrow());
    },
    async list(userId: string, query: { cursor?: string | undefined; limit: number }) {
      const after: Cursor | undefined = decodeCursor(query.cursor);
      const rows = await select(db)
        .where((eb) => {
          const all: Expression<SqlBool>[] = [eb('c.user_id', '=', userId)];
          if (after) all.push(sql<boolean>`(c.created_at, c.id) < (${after.at}, ${after.id}::uuid)`);
          return eb.and(all);
        })
        .orderBy('c.created_at', 'desc')
        .orderBy('c.id', 'desc')
        .limit(query.limit + 1)
        .execute();
      return toPage(rows, query.limit, (row) => ({ at: row.created_at, id: row.id }), view);
    },
    /** Twice is once. Throws consent.not_found for somebody else's. */
    async withdraw(
      userId: string,
      id: string,
      request: { ipAddress?: string; userAgent?: string },
    ): Promise<ConsentView> {
      return db.transaction().execute((trx) => withdrawIn(trx, userId, id, request));
    },
    withdrawIn,
    /** Consents of both kinds to be searched at this event; answers how many lived. Twice is once. */
    async withdrawAtEvent(
      userId: string,
      eventId: string,
      request: { ipAddress?: string; userAgent?: string },
    ): Promise<number> {
      return db.transaction().execute(async (trx) => {
        const meant = trx
          .selectFrom('consents')
          .select('id')
          .where('user_id', '=', userId)
          .where('event_id', '=', eventId);
        await meant.orderBy('id').forUpdate().execute();
        const rows = await select(trx)
          .where('c.user_id', '=', userId)
          .where('c.event_id', '=', eventId)
          .where('c.purpose', 'in', ['face_search', 'selfie_upload'])
          .where('w.id', 'is', null)
          .execute();
        await withdrawAll(trx, rows, request);
        return rows.length;
      });
    },
    /** For erasure: every consent of a person that was not withdrawn yet. */
    async withdrawEverything(trx: Trx, userId: string): Promise<void> {
      await trx.selectFrom('consents').select('id').where('user_id', '=', userId).orderBy('id').forUpdate().execute();
      const rows = await select(trx).where('c.user_id', '=', userId).where('w.id', 'is', null).execute();
      await withdrawAll(trx, rows, {});
    },
    /**
     * Throws consent.required unless this person's consent to this purpose lives, for this event or for all. Inside a
     * transaction it holds the consent, so that a withdrawal waits and then sees what was made under it.
     */
    async requireLiveConsent(
      executor: DbOrTrx,
      userId: string,
      consentId: string,
      purpose: ConsentPurpose,
      eventId: string,
    ): Promise<void> {
      await executor.selectFrom('consents').select('id').where('id', '=', consentId).forShare().execute();
      const row = await select(executor)
        .where('c.id', '=', consentId)
        .where('c.user_id', '=', userId)
        .where('c.purpose', '=', purpose)
        .executeTakeFirst();
      if (!row || !isLive(row) || (row.event_id !== null && row.event_id !== eventId))
        throw new AppError('consent.required', { purpose });
    },
  };
}
