import { sql } from 'kysely';
import type { z } from 'zod';
import { builtInCatalogue } from '#contracts/descriptors.ts';
import { AppError } from '#contracts/errors.ts';
import type { adminReadHide, HideView, hideMe } from '#contracts/http/hiding.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { audit } from '#server/platform/audit.ts';
import type { Db, DbOrTrx, Trx } from '#server/platform/db.ts';
import { applyHiding, liftHiding, showAgain } from '#server/platform/hiding.ts';
import { notify } from '#server/platform/notify.ts';
import { enqueue } from '#server/platform/outbox.ts';
import type { Consents } from './consents.ts';

export type Hiding = ReturnType<typeof createHidingService>;
type Input = z.output<typeof hideMe.body>;
type AdminView = z.input<(typeof adminReadHide)['responses'][200]>;
type Mark = { faceId: string; state: 'hidden' | 'dismissed' };

const select = (db: DbOrTrx) =>
  db
    .selectFrom('face_opt_outs as o')
    .select(['o.id', 'o.event_id', 'o.request_id', 'o.status', 'o.hidden_faces', 'o.created_at', 'o.expires_at'])
    .select(['o.consent_id', 'o.searched_revision', 'o.engine'])
    .select((eb) =>
      eb
        .selectFrom('face_opt_out_faces as f')
        .select((f) => f.fn.countAll<number>().as('n'))
        .whereRef('f.opt_out_id', '=', 'o.id')
        .where('f.state', '=', 'proposed')
        .as('proposed'),
    );
type Row = Awaited<ReturnType<ReturnType<typeof select>['executeTakeFirstOrThrow']>>;

const view = (row: Row): HideView => ({
  id: row.id,
  eventId: row.event_id,
  requestId: row.request_id,
  status: row.status as HideView['status'],
  // Without a face to go by there is nothing to look for; a person does it.
  isSearched: row.searched_revision !== null || row.engine === null,
  isWritten: row.engine === null,
  hiddenFaces: row.hidden_faces,
  proposedFaces: row.proposed ?? 0,
  createdAt: row.created_at.toISOString(),
  expiresAt: row.expires_at?.toISOString() ?? null,
});

/** "Hide me at this event": the person shows who they are, the sure faces vanish from every search, an admin looks at the rest. */
export function createHidingService({ db, consents }: { db: Db; consents: Consents }) {
  /** The person's template: from an open search of theirs, or as their device sent it. */
  async function templateOf(trx: Trx, viewer: Viewer, input: Input, engine: string) {
    if (input.searchId) {
      const search = await trx
        .selectFrom('face_searches')
        .select(['engine', 'descriptor'])
        .where('id', '=', input.searchId)
        .where('user_id', '=', viewer.userId)
        .where('event_id', '=', input.eventId)
        .executeTakeFirst();
      if (!search?.descriptor || !search.engine) throw new AppError('search.not_found');
      return { engine: search.engine, descriptor: search.descriptor };
    }
    const { descriptor } = input;
    if (!descriptor || !input.engine) throw invalid('descriptor', 'send a descriptor with its engine, or a search');
    if (input.engine !== engine)
      throw new AppError(builtInCatalogue.has(input.engine) ? 'face.engine_mismatch' : 'face.engine_unknown', {
        engine,
      });
    const length = Math.hypot(...descriptor);
    const wanted = builtInCatalogue.find(engine)?.length ?? descriptor.length;
    if (descriptor.length !== wanted || !(Math.abs(length - 1) <= 0.02))
      throw invalid('descriptor', `${wanted} numbers of length 1`);
    const bytes = Buffer.alloc(wanted * 4);
    descriptor.forEach((value, i) => void bytes.writeFloatLE(value / length, i * 4));
    return { engine, descriptor: bytes };
  }

  const ofRequest = (at: DbOrTrx, requestId: string) =>
    select(at).where('o.request_id', '=', requestId).executeTakeFirst();

  const ofKey = (at: DbOrTrx, userId: string, requestKey: string) =>
    select(at)
      .innerJoin('privacy_requests as r', 'r.id', 'o.request_id')
      .where('r.user_id', '=', userId)
      .where('r.request_key', '=', requestKey)
      .executeTakeFirst();

  return {
    /**
     * `requestKey`: the same wish said again, also days later, is the same row. Throws consent.required, event.not_found,
     * search.not_found, face.engine_unknown, face.engine_mismatch.
     */
    async start(viewer: Viewer, input: Input, requestKey?: string): Promise<HideView> {
      const id = await db.transaction().execute(async (trx) => {
        const same = requestKey && (await ofKey(trx, viewer.userId, requestKey));
        if (same) return same.id;
        const event = await trx
          .selectFrom('events')
          .select(['id', 'face_engine as engine'])
          .select(sql<Date>`ends_at + make_interval(days => retention_days)`.as('keptUntil'))
          .where('id', '=', input.eventId)
          .where('deleted_at', 'is', null)
          .forKeyShare()
          .executeTakeFirst();
        if (!event) throw new AppError('event.not_found');
        await consents.requireLiveConsent(trx, viewer.userId, input.consentId, 'hide_me', event.id);
        const template = await templateOf(trx, viewer, input, event.engine);
        const request = await trx
          .insertInto('privacy_requests')
          .values({
            user_id: viewer.userId,
            kind: 'hide',
            details: [input.details, `event ${event.id}`].filter(Boolean).join('\n'),
            request_key: requestKey ?? null,
          })
          .returning('id')
          .executeTakeFirstOrThrow();
        const optOut = await trx
          .insertInto('face_opt_outs')
          .values({
            user_id: viewer.userId,
            event_id: event.id,
            consent_id: input.consentId,
            request_id: request.id,
            ...template,
            expires_at: event.keptUntil,
          })
          .returning('id')
          .executeTakeFirstOrThrow();
        await enqueue(trx, 'hide-faces', optOut.id, { optOutId: optOut.id });
        await audit(trx, {
          actorId: viewer.userId,
          action: 'privacy.hide',
          subjectKind: 'privacy_request',
          subjectId: request.id,
          details: { eventId: event.id },
        });
        return optOut.id;
      });
      return view(await select(db).where('o.id', '=', id).executeTakeFirstOrThrow());
    },

    async listOwn(userId: string): Promise<HideView[]> {
      const rows = await select(db)
        .where('o.user_id', '=', userId)
        .orderBy('o.created_at', 'desc')
        .limit(100)
        .execute();
      return rows.map(view);
    },

    /** Throws resource.not_found for somebody else's. Twice is once. */
    async undo(
      viewer: Viewer,
      id: string,
      request: { ipAddress?: string; userAgent?: string } = {},
    ): Promise<HideView> {
      await db.transaction().execute(async (trx) => {
        const mine = await select(trx).where('o.id', '=', id).where('o.user_id', '=', viewer.userId).executeTakeFirst();
        if (!mine) throw new AppError('resource.not_found');
        if (mine.consent_id) await consents.withdrawIn(trx, viewer.userId, mine.consent_id, request);
        await liftHiding(trx, id, 'withdrawn');
        if (mine.request_id)
          await trx
            .updateTable('privacy_requests')
            .set({
              status: 'completed',
              decision: 'ผู้ขอยกเลิกเอง · withdrawn by the person',
              completed_at: sql<Date>`now()`,
            })
            .where('id', '=', mine.request_id)
            .where('status', 'in', ['received', 'in_progress'])
            .execute();
        await audit(trx, {
          actorId: viewer.userId,
          action: 'privacy.unhide',
          subjectKind: 'face_opt_out',
          subjectId: id,
        });
      });
      return view(await select(db).where('o.id', '=', id).executeTakeFirstOrThrow());
    },

    /** Throws resource.not_found when the request hides nobody by face. */
    async facesOf(requestId: string): Promise<AdminView> {
      const row = await ofRequest(db, requestId);
      if (!row) throw new AppError('resource.not_found');
      const faces = await db
        .selectFrom('face_opt_out_faces as o')
        .innerJoin('faces as f', 'f.id', 'o.face_id')
        .innerJoin('photos as p', 'p.id', 'f.photo_id')
        .select(['o.face_id', 'o.state', 'o.confidence', 'f.photo_id', 'p.width', 'p.height'])
        .select(['f.box_x', 'f.box_y', 'f.box_width', 'f.box_height'])
        .where('o.opt_out_id', '=', row.id)
        .where('p.deleted_at', 'is', null)
        .orderBy(sql`case o.state when 'proposed' then 0 when 'hidden' then 1 else 2 end`)
        .orderBy('o.confidence', 'desc')
        .orderBy('o.face_id')
        .limit(1000)
        .execute();
      return {
        hide: view(row),
        items: faces.map((face) => ({
          faceId: face.face_id,
          photoId: face.photo_id,
          state: face.state as 'hidden' | 'proposed' | 'dismissed',
          confidence: face.confidence,
          box: [face.box_x, face.box_y, face.box_width, face.box_height],
          width: face.width,
          height: face.height,
          thumbnailUrl: `/api/photos/${face.photo_id}/thumbnails/large`,
        })),
      };
    },

    /** Throws resource.not_found, and resource.conflict when the request does not stand any more. */
    async mark(actorId: string, requestId: string, marks: readonly Mark[]): Promise<AdminView> {
      await db.transaction().execute(async (trx) => {
        const row = await ofRequest(trx, requestId);
        if (!row) throw new AppError('resource.not_found');
        if (row.status !== 'requested' && row.status !== 'confirmed') throw new AppError('resource.conflict');
        await trx.selectFrom('face_opt_outs').select('id').where('id', '=', row.id).forUpdate().execute();
        for (const { faceId, state } of marks)
          await trx
            .updateTable('face_opt_out_faces')
            .set({ state })
            .where('opt_out_id', '=', row.id)
            .where('face_id', '=', faceId)
            .execute();
        const dismissed = marks.filter(({ state }) => state === 'dismissed').map(({ faceId }) => faceId);
        await showAgain(trx, row.event_id, dismissed);
        await applyHiding(trx, row.id);
        await audit(trx, {
          actorId,
          action: 'privacy.hide_faces',
          subjectKind: 'privacy_request',
          subjectId: requestId,
          details: { faces: marks },
        });
      });
      return this.facesOf(requestId);
    },

    /** The decision on a request of kind `hide`: done makes it stand, rejected takes back what was hidden already. */
    async decide(trx: Trx, requestId: string, isGranted: boolean): Promise<void> {
      const row = await ofRequest(trx, requestId);
      if (row?.status !== 'requested') return;
      const owner = await trx.selectFrom('face_opt_outs').select('user_id').where('id', '=', row.id).executeTakeFirst();
      if (owner?.user_id) await notify(trx, owner.user_id, { type: 'hide.changed', hideId: row.id });
      if (!isGranted) return liftHiding(trx, row.id, 'rejected');
      await trx.updateTable('face_opt_outs').set({ status: 'confirmed' }).where('id', '=', row.id).execute();
      await applyHiding(trx, row.id);
      // What came since the first look is looked through at once, not with the next photo.
      await enqueue(trx, 'hide-faces', `${row.id}-confirmed`, { optOutId: row.id });
    },
  };
}

const invalid = (path: string, message: string) =>
  new AppError('request.invalid', { errors: [{ path: `body.${path}`, message }] });
