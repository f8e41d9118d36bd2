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

/** Those that are waiting or done, ordered by id. */
export const findSearches = (db: DbOrTrx, searchIds: readonly string[]) =>
  db
    .selectFrom('face_searches as s')
    .select([...columns, isConsentLive.as('isConsentLive')])
    .where('s.id', 'in', [...searchIds])
    .where('s.status', 'in', ['queued', 'done'])
    .orderBy('s.id')
    .execute();

/** The state of those under a row lock, in the order of their ids. */
export const lockSearches = (trx: Trx, searchIds: readonly string[]) =>
  trx
    .selectFrom('face_searches as s')
    .select(['s.id', 's.user_id as userId', 's.status', 's.index_revision as indexRevision'])
    .where('s.id', 'in', [...searchIds])
    .where('s.status', 'in', ['queued', 'done'])
    .orderBy('s.id')
    .forUpdate('s')
    .execute();

/** Open searches of an event; with `revision` those that have not seen this revision of its faces. */
export const findOpenSearches = (db: Db, eventId: string, revision?: number) =>
  db
    .selectFrom('face_searches as s')
    .select(['s.id', 's.engine', 's.user_id as userId'])
    .where('s.event_id', '=', eventId)
    .where('s.status', '=', 'done')
    .where('s.descriptor', 'is not', null)
    .where('s.open_until', '>', sql<Date>`now()`)
    .$if(revision !== undefined, (q) =>
      q.where((eb) => eb.or([eb('s.index_revision', 'is', null), eb('s.index_revision', '<', revision!)])),
    )
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

/** A difference in confidence that a page shows. */
const SHOWN = 0.01;
/** Real numbers are stored with seven digits. */
const STORED = 1e-5;

/** Makes the stored matches of these searches those given; answers the searches of which that changed what is shown. */
export async function replaceMatches(
  trx: Trx,
  results: ReadonlyArray<{ searchId: string; matches: readonly Match[] }>,
): Promise<Set<string>> {
  const stored = await trx
    .selectFrom('face_matches')
    .select(['search_id', 'photo_id', 'face_id', 'band', 'confidence', 'distance'])
    .where(
      'search_id',
      'in',
      results.map(({ searchId }) => searchId),
    )
    .execute();
  const known = new Map(stored.map((row) => [`${row.search_id} ${row.photo_id}`, row]));
  const shown = new Set<string>();
  const changed: Array<Match & { searchId: string }> = [];
  for (const { searchId, matches } of results) {
    for (const match of matches) {
      const key = `${searchId} ${match.photoId}`;
      const row = known.get(key);
      known.delete(key);
      const moved = row ? Math.abs(row.confidence - match.confidence) : 1;
      const isShown = !row || row.face_id !== match.faceId || row.band !== match.band || moved > SHOWN;
      if (isShown) shown.add(searchId);
      if (isShown || moved > STORED || Math.abs(row.distance - match.distance) > STORED)
        changed.push({ ...match, searchId });
    }
  }
  const gone = [...known.values()];
  for (const row of gone) shown.add(row.search_id);
  if (gone.length > 0)
    await sql`
      delete from face_matches m
      using unnest(${gone.map((row) => row.search_id)}::uuid[], ${gone.map((row) => row.photo_id)}::uuid[]) as g (search_id, photo_id)
      where m.search_id = g.search_id and m.photo_id = g.photo_id`.execute(trx);
  for (let i = 0; i < changed.length; i += 5000) await upsertMatches(trx, changed.slice(i, i + 5000));
  return shown;
}

/** A face deleted since the index was read keeps nobody from the rest of the results. */
async function upsertMatches(trx: Trx, matches: ReadonlyArray<Match & { searchId: string }>): Promise<void> {
  await sql`
    insert into face_matches (search_id, photo_id, face_id, band, confidence, distance)
    select m.search_id, m.photo_id, m.face_id, m.band, m.confidence, m.distance
    from unnest(
      ${matches.map((m) => m.searchId)}::uuid[],
      ${matches.map((m) => m.photoId)}::uuid[], ${matches.map((m) => m.faceId)}::uuid[], ${matches.map((m) => m.band)}::text[],
      ${matches.map((m) => m.confidence)}::real[], ${matches.map((m) => m.distance)}::real[]
    ) as m (search_id, photo_id, face_id, band, confidence, distance)
    where exists (select 1 from photos p where p.id = m.photo_id and p.deleted_at is null)
      and (m.face_id is null or exists (select 1 from faces f where f.id = m.face_id))
    on conflict (search_id, photo_id) do update
      set face_id = excluded.face_id, band = excluded.band, confidence = excluded.confidence, distance = excluded.distance`.execute(
    trx,
  );
}

export interface Searched {
  searchId: string;
  photosSearched: number;
  facesSearched: number;
  indexRevision: number;
  calibration: unknown;
}

export async function markDone(trx: Trx, results: readonly Searched[]): Promise<void> {
  await sql`
    update face_searches s
    set status = 'done', error_code = null, photos_searched = r.photos, faces_searched = r.faces, index_revision = r.revision,
      calibration = r.calibration, finished_at = coalesce(s.finished_at, now())
    from unnest(
      ${results.map((r) => r.searchId)}::uuid[], ${results.map((r) => r.photosSearched)}::int[],
      ${results.map((r) => r.facesSearched)}::int[], ${results.map((r) => r.indexRevision)}::bigint[],
      ${results.map((r) => (r.calibration === null ? null : JSON.stringify(r.calibration)))}::jsonb[]
    ) as r (id, photos, faces, revision, calibration)
    where s.id = r.id`.execute(trx);
}

/** Searches whose result newer faces do not change: only what they were compared with moves on. */
export async function markCompared(
  db: Db,
  searchIds: readonly string[],
  seen: { revision: number; photoCount: number; faces: number },
): Promise<void> {
  await db
    .updateTable('face_searches')
    .set({ index_revision: seen.revision, photos_searched: seen.photoCount, faces_searched: seen.faces })
    .where('id', 'in', [...searchIds])
    .where('status', '=', 'done')
    .where('index_revision', '<', seen.revision)
    .execute();
}

/** What these people said about photos of the event, by person and photo. */
export async function findVerdicts(
  db: DbOrTrx,
  userIds: readonly string[],
  eventId: string,
): Promise<Map<string, Map<string, { verdict: 'me' | 'not_me'; faceId: string | null }>>> {
  const rows = await db
    .selectFrom('face_feedback as v')
    .innerJoin('photos as p', 'p.id', 'v.photo_id')
    .select(['v.user_id as userId', 'v.photo_id as photoId', 'v.verdict', 'v.face_id as faceId'])
    .where('v.user_id', 'in', [...userIds])
    .where('v.event_id', '=', eventId)
    .where('p.status', '=', 'approved')
    .where('p.deleted_at', 'is', null)
    .orderBy('v.user_id')
    .orderBy('v.photo_id')
    .execute();
  const verdicts = new Map<string, Map<string, { verdict: 'me' | 'not_me'; faceId: string | null }>>();
  for (const { userId, photoId, verdict, faceId } of rows) {
    const own = verdicts.get(userId) ?? new Map();
    verdicts.set(userId, own.set(photoId, { verdict: verdict as 'me' | 'not_me', faceId }));
  }
  return verdicts;
}
