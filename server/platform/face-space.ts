import { sql } from 'kysely';
import { audit } from './audit.ts';
import type { Trx } from './db.ts';
import { nextRevision, scopes } from './sync-revision.ts';

/** `none`: no change runs; `waiting`: photos are left, or failed. */
export type FaceSpaceSwitch = 'switched' | 'waiting' | 'none';

/**
 * Switches an event to the descriptor space it is going to if every photo is described in it: from this commit on new searches
 * use it. Holds the event's row, so that no face and no search slips in between. Worker and API both call it.
 */
export async function switchSpace(
  trx: Trx,
  eventId: string,
  options: { withoutFailed?: boolean; actorId?: string } = {},
): Promise<FaceSpaceSwitch> {
  await trx.selectFrom('events').select('id').where('id', '=', eventId).forUpdate().execute();
  const change = await trx
    .selectFrom('face_engine_changes')
    .select(['id', 'from_engine as from', 'to_engine as to'])
    .where('event_id', '=', eventId)
    .where('status', '=', 'running')
    .forUpdate()
    .executeTakeFirst();
  if (!change) return 'none';
  const { rows } = await sql<{ photos: number; missing: number; failed: number }>`
    select count(*)::int as photos,
      (count(*) filter (where not p.face_spaces @> array[${change.to}]::text[] and f.photo_id is null))::int as missing,
      (count(*) filter (where not p.face_spaces @> array[${change.to}]::text[] and f.photo_id is not null))::int as failed
    from photos p left join face_engine_failures f on f.photo_id = p.id and f.change_id = ${change.id}
    where p.event_id = ${eventId} and p.deleted_at is null and p.status <> 'failed' and p.face_spaces <> '{}'`.execute(
    trx,
  );
  const { photos, missing, failed } = rows[0]!;
  if (missing > 0 || (failed > 0 && !options.withoutFailed)) return 'waiting';
  await trx.updateTable('events').set({ face_engine: change.to }).where('id', '=', eventId).execute();
  await trx
    .updateTable('face_engine_changes')
    .set({ status: 'switched', photos, finished_at: sql<Date>`now()` })
    .where('id', '=', change.id)
    .execute();
  await nextRevision(trx, scopes.eventFaces(eventId));
  await audit(trx, {
    actorId: options.actorId ?? null,
    action: 'faces.engine_switch',
    subjectKind: 'event',
    subjectId: eventId,
    details: { from: change.from, to: change.to, photos, without: failed },
  });
  return 'switched';
}
