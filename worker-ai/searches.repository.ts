import { sql } from 'kysely';
import type { Db, DbOrTrx, Trx } from '#server/platform/db.ts';

/** A live consent was granted, not withdrawn, and has not lapsed. */
const isConsentLive = sql<boolean>`exists (
  select 1 from consents c
  where c.id = s.consent_id and c.action = 'granted'
    and (c.expires_at is null or c.expires_at > now())
    and not exists (select 1 from consents w where w.withdraws_id = c.id)
)`;

const columns = [
  's.id',
  's.user_id as userId',
  's.event_id as eventId',
  's.status',
  's.source',
  's.engine',
  's.descriptor',
  's.image_key as imageKey',
  's.index_revision as indexRevision',
  's.open_until as openUntil',
] as const;

export const findSearch = (db: DbOrTrx, searchId: string) =>
  db
    .selectFrom('face_searches as s')
    .select([...columns, isConsentLive.as('isConsentLive')])
    .where('s.id', '=', searchId)
    .executeTakeFirst();
export type Search = NonNullable<Awaited<ReturnType<typeof findSearch>>>;

/** The same under a row lock: feedback, withdrawal and a second worker wait. */
export const lockSearch = (trx: Trx, searchId: string) =>
  trx
    .selectFrom('face_searches as s')
    .select([...columns, isConsentLive.as('isConsentLive')])
    .where('s.id', '=', searchId)
    .forUpdate('s')
    .executeTakeFirst();

/** Open searches of an event that have not seen this revision of its faces. */
export const findOpenSearches = (db: Db, eventId: string, revision: number) =>
  db
    .selectFrom('face_searches as s')
    .select('s.id')
    .where('s.event_id', '=', eventId)
    .where('s.status', '=', 'done')
    .where('s.descriptor', 'is not', null)
    .where('s.open_until', '>', sql<Date>`now()`)
    .where((eb) => eb.or([eb('s.index_revision', 'is', null), eb('s.index_revision', '<', revision)]))
    .orderBy('s.created_at')
    .orderBy('s.id')
    .execute();

/** The descriptor of an uploaded picture takes the picture's place. */
export async function keepDescriptor(trx: Trx, searchId: string, engine: string, descriptor: Buffer): Promise<void> {
  await trx
    .updateTable('face_searches')
    .set({ engine, descriptor, image_key: null })
    .where('id', '=', searchId)
    .where('status', '=', 'queued')
    .execute();
}

export async function closeSearch(
  trx: Trx,
  searchId: string,
  outcome: { status: 'failed'; errorCode: string } | { status: 'withdrawn' },
): Promise<void> {
  await trx
    .updateTable('face_searches')
    .set({
      status: outcome.status,
      error_code: outcome.status === 'failed' ? outcome.errorCode : null,
      descriptor: null,
      image_key: null,
      finished_at: sql<Date>`now()`,
    })
    .where('id', '=', searchId)
    .execute();
  if (outcome.status === 'withdrawn') await trx.deleteFrom('face_matches').where('search_id', '=', searchId).execute();
}

export interface Match {
  photoId: string;
  faceId: string | null;
  band: 'sure' | 'maybe';
  confidence: number;
  distance: number;
}

/** Makes the stored matches of a search those given; true when that changed what is shown. */
export async function replaceMatches(trx: Trx, searchId: string, matches: readonly Match[]): Promise<boolean> {
  const stored = await trx
    .selectFrom('face_matches')
    .select(['photo_id', 'face_id', 'band', 'confidence', 'distance'])
    .where('search_id', '=', searchId)
    .execute();
  const known = new Map(stored.map((row) => [row.photo_id, row]));
  const changed = matches.filter((match) => {
    const row = known.get(match.photoId);
    known.delete(match.photoId);
    return (
      !row ||
      row.face_id !== match.faceId ||
      row.band !== match.band ||
      Math.abs(row.confidence - match.confidence) > 1e-5 ||
      Math.abs(row.distance - match.distance) > 1e-5
    );
  });
  const gone = [...known.keys()];
  if (gone.length > 0)
    await trx.deleteFrom('face_matches').where('search_id', '=', searchId).where('photo_id', 'in', gone).execute();
  for (let i = 0; i < changed.length; i += 1000) await upsertMatches(trx, searchId, changed.slice(i, i + 1000));
  return changed.length + gone.length > 0;
}

/** A face deleted since the index was read keeps nobody from the rest of the results. */
async function upsertMatches(trx: Trx, searchId: string, matches: readonly Match[]): Promise<void> {
  await sql`
    insert into face_matches (search_id, photo_id, face_id, band, confidence, distance)
    select ${searchId}::uuid, m.photo_id, m.face_id, m.band, m.confidence, m.distance
    from unnest(
      ${matches.map((m) => m.photoId)}::uuid[], ${matches.map((m) => m.faceId)}::uuid[], ${matches.map((m) => m.band)}::text[],
      ${matches.map((m) => m.confidence)}::real[], ${matches.map((m) => m.distance)}::real[]
    ) as m (photo_id, face_id, band, confidence, distance)
    where exists (select 1 from photos p where p.id = m.photo_id and p.deleted_at is null)
      and (m.face_id is null or exists (select 1 from faces f where f.id = m.face_id))
    on conflict (search_id, photo_id) do update
      set face_id = excluded.face_id, band = excluded.band, confidence = excluded.confidence, distance = excluded.distance`.execute(
    trx,
  );
}

export async function markDone(
  trx: Trx,
  searchId: string,
  result: { photosSearched: number; facesSearched: number; indexRevision: number; calibration: unknown },
): Promise<void> {
  await trx
    .updateTable('face_searches')
    .set({
      status: 'done',
      error_code: null,
      photos_searched: result.photosSearched,
      faces_searched: result.facesSearched,
      index_revision: result.indexRevision,
      calibration: JSON.stringify(result.calibration),
      finished_at: sql<Date>`coalesce(finished_at, now())`,
    })
    .where('id', '=', searchId)
    .execute();
}

/** What the searcher said about photos of the event. */
export async function findVerdicts(
  db: DbOrTrx,
  userId: string,
  eventId: string,
): Promise<Map<string, { verdict: 'me' | 'not_me'; faceId: string | null }>> {
  const rows = await db
    .selectFrom('face_feedback as v')
    .innerJoin('photos as p', 'p.id', 'v.photo_id')
    .select(['v.photo_id as photoId', 'v.verdict', 'v.face_id as faceId'])
    .where('v.user_id', '=', userId)
    .where('v.event_id', '=', eventId)
    .where('p.status', '=', 'approved')
    .where('p.deleted_at', 'is', null)
    .execute();
  return new Map(rows.map((row) => [row.photoId, { verdict: row.verdict as 'me' | 'not_me', faceId: row.faceId }]));
}
