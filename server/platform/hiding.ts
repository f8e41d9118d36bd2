import { sql } from 'kysely';
import type { Trx } from './db.ts';
import { enqueue } from './outbox.ts';
import { nextRevision, scopes } from './sync-revision.ts';

/** What a photographer and the record of a photo say about one that shows only people who asked to be hidden. */
export const HIDDEN_REASON = 'ซ่อนตามคำขอของบุคคลในภาพ · Hidden at the wish of the person in it';

/**
 * Makes what a "hide me" says true: its faces are hidden from every search. Once an admin confirmed it, their descriptors are
 * deleted, they leave the groups, and photos that show nobody else of that size leave gallery and shop. Worker (photos that
 * arrive later) and API both call it; doing it twice changes nothing. Answers how many faces are hidden by it.
 */
export async function applyHiding(trx: Trx, optOutId: string): Promise<number> {
  const optOut = await trx
    .selectFrom('face_opt_outs')
    .select(['id', 'event_id as eventId', 'status'])
    .where('id', '=', optOutId)
    .where('status', 'in', ['requested', 'confirmed'])
    .forUpdate()
    .executeTakeFirst();
  if (!optOut) return 0;
  const newly = await sql`
    update faces f set hidden_at = now() from face_opt_out_faces o
    where o.opt_out_id = ${optOutId} and o.state = 'hidden' and f.id = o.face_id and f.hidden_at is null`.execute(trx);
  let changed = Number(newly.numAffectedRows ?? 0);
  if (optOut.status === 'confirmed') {
    const mine = sql`(select face_id from face_opt_out_faces where opt_out_id = ${optOutId} and state = 'hidden')`;
    const gone = await sql`delete from face_descriptors where face_id in ${mine}`.execute(trx);
    await sql`delete from face_group_members where face_id in ${mine}`.execute(trx);
    changed += Number(gone.numAffectedRows ?? 0) + (await withdrawPhotos(trx, optOutId, optOut.eventId));
  }
  const { count } = await trx
    .selectFrom('face_opt_out_faces')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('opt_out_id', '=', optOutId)
    .where('state', '=', 'hidden')
    .executeTakeFirstOrThrow();
  await trx.updateTable('face_opt_outs').set({ hidden_faces: count }).where('id', '=', optOutId).execute();
  if (changed > 0) await nextRevision(trx, scopes.eventFaces(optOut.eventId));
  return count;
}

/** A face beside the hidden one counts as somebody the photo is for when it is at least half as tall. */
async function withdrawPhotos(trx: Trx, optOutId: string, eventId: string): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    select distinct p.id from face_opt_out_faces o join faces f on f.id = o.face_id join photos p on p.id = f.photo_id
    where o.opt_out_id = ${optOutId} and o.state = 'hidden' and p.status = 'approved' and p.deleted_at is null
      and not exists (
        select 1 from faces other where other.photo_id = p.id and other.hidden_at is null
          and other.box_height >= f.box_height / 2)
    order by p.id`.execute(trx);
  await setStatus(
    trx,
    eventId,
    rows.map(({ id }) => id),
    { from: 'approved', to: 'rejected' },
  );
  return rows.length;
}

async function setStatus(
  trx: Trx,
  eventId: string,
  photoIds: readonly string[],
  step: { from: 'approved' | 'rejected'; to: 'approved' | 'rejected' },
): Promise<void> {
  if (photoIds.length === 0) return;
  await trx
    .insertInto('photo_reviews')
    .values(photoIds.map((id) => ({ photo_id: id, from_status: step.from, to_status: step.to, reason: HIDDEN_REASON })))
    .execute();
  const facesRevision = await nextRevision(trx, scopes.eventFaces(eventId));
  const revision = await nextRevision(trx, scopes.eventPhotos(eventId));
  await trx
    .updateTable('photos')
    .set({
      status: step.to,
      revision,
      updated_at: sql<Date>`now()`,
      approved_at: step.to === 'approved' ? sql<Date>`now()` : null,
    })
    .where('id', 'in', [...photoIds])
    .where('status', '=', step.from)
    .execute();
  if (step.to === 'approved')
    for (const id of photoIds) await enqueue(trx, 'match-photo', `${id}-f${facesRevision}`, { photoId: id });
}

/**
 * Takes a hiding back: faces that no other wish hides may be found again and are described anew, photos that left the shop
 * for it return. The descriptor of the wish is deleted. `status` says why.
 */
export async function liftHiding(trx: Trx, optOutId: string, status: 'rejected' | 'withdrawn'): Promise<void> {
  const optOut = await trx
    .selectFrom('face_opt_outs')
    .select(['id', 'event_id as eventId', 'status'])
    .where('id', '=', optOutId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  if (optOut.status === 'rejected' || optOut.status === 'withdrawn') return;
  await trx
    .updateTable('face_opt_outs')
    .set({ status, descriptor: null, hidden_faces: 0 })
    .where('id', '=', optOutId)
    .execute();
  await showAgain(trx, optOut.eventId, await facesOf(trx, optOutId));
  await trx.deleteFrom('face_opt_out_faces').where('opt_out_id', '=', optOutId).execute();
}

const facesOf = async (trx: Trx, optOutId: string): Promise<string[]> =>
  (
    await trx
      .selectFrom('face_opt_out_faces')
      .select('face_id')
      .where('opt_out_id', '=', optOutId)
      .where('state', '=', 'hidden')
      .execute()
  ).map((row) => row.face_id);

/** Shows faces again unless another wish that stands hides them. */
export async function showAgain(trx: Trx, eventId: string, faceIds: readonly string[]): Promise<void> {
  if (faceIds.length === 0) return;
  const { rows } = await sql<{ photoId: string }>`
    update faces f set hidden_at = null
    where f.id = any(${[...faceIds]}::uuid[]) and not exists (
      select 1 from face_opt_out_faces o join face_opt_outs w on w.id = o.opt_out_id
      where o.face_id = f.id and o.state = 'hidden' and w.status in ('requested', 'confirmed'))
    returning photo_id as "photoId"`.execute(trx);
  const photoIds = [...new Set(rows.map(({ photoId }) => photoId))].sort();
  if (photoIds.length === 0) return;
  const withdrawn = await sql<{ id: string }>`
    select p.id from photos p
    where p.id = any(${photoIds}::uuid[]) and p.status = 'rejected' and p.deleted_at is null and (
      select r.reason from photo_reviews r where r.photo_id = p.id order by r.id desc limit 1) = ${HIDDEN_REASON}
    order by p.id`.execute(trx);
  const revision = await nextRevision(trx, scopes.eventFaces(eventId));
  await setStatus(
    trx,
    eventId,
    withdrawn.rows.map(({ id }) => id),
    { from: 'rejected', to: 'approved' },
  );
  for (const photoId of photoIds) {
    await enqueue(trx, 'describe-photo', `${photoId}-u${revision}`, { photoId });
    await enqueue(trx, 'match-photo', `${photoId}-u${revision}`, { photoId });
  }
}

/** Whoever asked is erased: what is hidden stays hidden, and nothing that describes the person stays. */
export async function keepHidden(trx: Trx, optOutId: string): Promise<void> {
  await trx
    .updateTable('face_opt_outs')
    .set({ status: 'confirmed' })
    .where('id', '=', optOutId)
    .where('status', '=', 'requested')
    .execute();
  await applyHiding(trx, optOutId);
  await trx
    .deleteFrom('face_opt_out_faces')
    .where('opt_out_id', '=', optOutId)
    .where('state', '<>', 'hidden')
    .execute();
  await trx
    .updateTable('face_opt_outs')
    .set({ user_id: null, consent_id: null, engine: null, descriptor: null })
    .where('id', '=', optOutId)
    .execute();
}
