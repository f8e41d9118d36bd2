import { sql } from 'kysely';
import { descriptorFromBytes } from '#face/descriptor.ts';
import type { SearchHit } from '#face/search.ts';
import type { Db } from '#server/platform/db.ts';
import { applyHiding } from '#server/platform/hiding.ts';
import { notify } from '#server/platform/notify.ts';
import type { JobHandler } from '#server/platform/queue.ts';
import { facesRevision } from '../event-faces.repository.ts';

export interface HidingDeps {
  db: Db;
  /** Photos of the event that show the person, one face each, with the bands of a search; hidden faces are not among them. */
  search: (eventId: string, engine: string, descriptor: Float32Array) => Promise<readonly SearchHit[]>;
}
export type Hider = ReturnType<typeof createHider>;

/** Finds the faces that a "hide me" means, as a search would: sure ones are hidden at once, the others proposed to an admin. */
export function createHider({ db, search }: HidingDeps) {
  const standing = (id?: string, eventId?: string) =>
    db
      .selectFrom('face_opt_outs')
      .select(['id', 'event_id as eventId', 'engine', 'descriptor', 'searched_revision as revision'])
      .where('status', 'in', ['requested', 'confirmed'])
      .where('descriptor', 'is not', null)
      .where('engine', 'is not', null)
      .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', sql<Date>`now()`)]))
      .$if(id !== undefined, (q) => q.where('id', '=', id!))
      .$if(eventId !== undefined, (q) => q.where('event_id', '=', eventId!))
      .orderBy('created_at')
      .execute();
  type Standing = Awaited<ReturnType<typeof standing>>[number];

  async function look({ id, eventId, engine, descriptor }: Standing): Promise<void> {
    const revision = await facesRevision(db, eventId);
    const hits = await search(eventId, engine!, descriptorFromBytes(descriptor!));
    await db.transaction().execute(async (trx) => {
      const live = await trx
        .selectFrom('face_opt_outs')
        .select(['id', 'user_id'])
        .where('id', '=', id)
        .where('status', 'in', ['requested', 'confirmed'])
        .forUpdate()
        .executeTakeFirst();
      if (!live) return;
      if (hits.length > 0)
        // An admin's "no" stands; a "perhaps" may become sure.
        await sql`
          insert into face_opt_out_faces (opt_out_id, face_id, state, confidence)
          select ${id}::uuid, h.face_id, h.state, h.confidence
          from unnest(
            ${hits.map((hit) => hit.faceId)}::uuid[],
            ${hits.map((hit) => (hit.band === 'sure' ? 'hidden' : 'proposed'))}::text[],
            ${hits.map((hit) => hit.confidence)}::real[]
          ) as h (face_id, state, confidence)
          where exists (select 1 from faces f where f.id = h.face_id)
          on conflict (opt_out_id, face_id) do update set state = excluded.state, confidence = excluded.confidence
            where face_opt_out_faces.state = 'proposed'`.execute(trx);
      await applyHiding(trx, id);
      await trx.updateTable('face_opt_outs').set({ searched_revision: revision }).where('id', '=', id).execute();
      if (live.user_id) await notify(trx, live.user_id, { type: 'hide.changed', hideId: id });
    });
  }

  return {
    async run(optOutId: string): Promise<void> {
      for (const optOut of await standing(optOutId)) await look(optOut);
    },
    /** Before a new photo is brought to anybody's search: whoever asked not to be found is hidden in it. */
    async beforeMatching(photoId: string): Promise<void> {
      const photo = await db.selectFrom('photos').select('event_id').where('id', '=', photoId).executeTakeFirst();
      if (!photo) return;
      for (const optOut of await standing(undefined, photo.event_id))
        if ((optOut.revision ?? -1) < (await facesRevision(db, photo.event_id))) await look(optOut);
    },
  };
}

export const createHideFacesJob =
  (hider: Hider): JobHandler<'hide-faces'> =>
  ({ optOutId }) =>
    hider.run(optOutId);
