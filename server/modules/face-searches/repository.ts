import { sql } from 'kysely';
import type { DbOrTrx, Trx } from '#server/platform/db.ts';
import type { Cursor } from '#server/platform/pages.ts';

export interface NewSearch {
  id: string;
  userId: string;
  eventId: string;
  consentId: string;
  source: 'descriptor' | 'image';
  engine: string | null;
  descriptor: Buffer | null;
  imageKey: string | null;
  requestKey: string | null;
}

/** False when this person's same request made one already. */
export async function insertSearch(trx: Trx, search: NewSearch): Promise<boolean> {
  const made = await trx
    .insertInto('face_searches')
    .values({
      id: search.id,
      user_id: search.userId,
      event_id: search.eventId,
      consent_id: search.consentId,
      source: search.source,
      engine: search.engine,
      descriptor: search.descriptor,
      image_key: search.imageKey,
      request_key: search.requestKey,
    })
    .onConflict((c) => c.columns(['user_id', 'request_key']).where('request_key', 'is not', null).doNothing())
    .returning('id')
    .executeTakeFirst();
  return made !== undefined;
}

export const findByRequest = (db: DbOrTrx, userId: string, requestKey: string) =>
  db
    .selectFrom('face_searches')
    .select('id')
    .where('user_id', '=', userId)
    .where('request_key', '=', requestKey)
    .executeTakeFirst();

/** The space the event is searched in, which stays until the transaction ends. */
export const holdEngine = async (trx: Trx, eventId: string): Promise<string | undefined> =>
  (await trx.selectFrom('events').select('face_engine').where('id', '=', eventId).forKeyShare().executeTakeFirst())
    ?.face_engine;

/** Matches that may be shown: the photo is out, its face is not hidden, and the person did not say "not me". */
const shownMatches = (db: DbOrTrx) =>
  db
    .selectFrom('face_matches as m')
    .innerJoin('face_searches as s', 's.id', 'm.search_id')
    .innerJoin('photos as p', 'p.id', 'm.photo_id')
    .leftJoin('faces as f', 'f.id', 'm.face_id')
    .leftJoin('face_feedback as v', (join) =>
      join.onRef('v.photo_id', '=', 'm.photo_id').onRef('v.user_id', '=', 's.user_id'),
    )
    .where('p.status', '=', 'approved')
    .where('p.deleted_at', 'is', null)
    .where('f.hidden_at', 'is', null)
    .where((eb) => eb.or([eb('v.verdict', 'is', null), eb('v.verdict', '<>', 'not_me')]));

const searchColumns = [
  's.id',
  's.event_id as eventId',
  's.status',
  's.source',
  's.photos_searched as photosSearched',
  's.faces_searched as facesSearched',
  's.error_code as errorCode',
  's.open_until as openUntil',
  's.created_at as createdAt',
  's.finished_at as finishedAt',
  's.calibration',
] as const;

/** Somebody else's search is not found. */
export const findSearch = (db: DbOrTrx, searchId: string, userId: string) =>
  db
    .selectFrom('face_searches as s')
    .select(searchColumns)
    .where('s.id', '=', searchId)
    .where('s.user_id', '=', userId)
    .executeTakeFirst();
export type SearchRow = NonNullable<Awaited<ReturnType<typeof findSearch>>>;

export const listSearches = (
  db: DbOrTrx,
  userId: string,
  page: { eventId: string | undefined; after: Cursor | undefined; limit: number },
) =>
  db
    .selectFrom('face_searches as s')
    .select(searchColumns)
    .where('s.user_id', '=', userId)
    .$if(page.eventId !== undefined, (q) => q.where('s.event_id', '=', page.eventId!))
    .$if(page.after !== undefined, (q) =>
      q.where(sql<boolean>`(s.created_at, s.id) < (${page.after?.at}, ${page.after?.id}::uuid)`),
    )
    .orderBy('s.created_at', 'desc')
    .orderBy('s.id', 'desc')
    .limit(page.limit + 1)
    .execute();

/** How many photos each search shows, by band. */
export async function countMatches(
  db: DbOrTrx,
  searchIds: readonly string[],
): Promise<Map<string, { sure: number; maybe: number }>> {
  const counts = new Map(searchIds.map((id) => [id, { sure: 0, maybe: 0 }]));
  if (searchIds.length === 0) return counts;
  const rows = await shownMatches(db)
    .select((eb) => ['m.search_id as id', 'm.band', eb.fn.countAll<number>().as('count')])
    .where('m.search_id', 'in', [...searchIds])
    .groupBy(['m.search_id', 'm.band'])
    .execute();
  for (const { id, band, count } of rows) counts.get(id)![band as 'sure' | 'maybe'] = Number(count);
  return counts;
}

/** A place in the results: sure before maybe, then confidence downwards, then distance upwards. */
export interface ResultCursor {
  band: number;
  confidence: number;
  distance: number;
  photoId: string;
}
const bandRank = sql<number>`case when m.band = 'sure' then 0 else 1 end`;

export const listMatches = (
  db: DbOrTrx,
  searchId: string,
  page: { band: 'sure' | 'maybe' | undefined; after: ResultCursor | undefined; limit: number },
) =>
  shownMatches(db)
    .select([
      'm.photo_id as photoId',
      'm.band',
      'm.confidence',
      'm.distance',
      'f.box_x as boxX',
      'f.box_y as boxY',
      'f.box_width as boxWidth',
      'f.box_height as boxHeight',
      'p.event_id as eventId',
      'p.width',
      'p.height',
      'p.placeholder_color as placeholderColor',
      'p.thumb_hash as thumbHash',
      'p.focus_x as focusX',
      'p.focus_y as focusY',
      'p.taken_at as takenAt',
      'p.price_satang as priceSatang',
      'v.verdict',
    ])
    .select(bandRank.as('rank'))
    .where('m.search_id', '=', searchId)
    .$if(page.band !== undefined, (q) => q.where('m.band', '=', page.band!))
    .$if(page.after !== undefined, (q) => {
      const { band, confidence, distance, photoId } = page.after!;
      return q.where(
        sql<boolean>`(${bandRank}, -m.confidence, m.distance, m.photo_id) > (${band}::int, -(${confidence}::real), ${distance}::real, ${photoId}::uuid)`,
      );
    })
    .orderBy(bandRank)
    .orderBy('m.confidence', 'desc')
    .orderBy('m.distance')
    .orderBy('m.photo_id')
    .limit(page.limit + 1)
    .execute();
export type MatchRow = Awaited<ReturnType<typeof listMatches>>[number];

/** Removes a search of this person with its results; undefined when it is not theirs. */
export const deleteSearch = (trx: Trx, searchId: string, userId: string) =>
  trx
    .deleteFrom('face_searches')
    .where('id', '=', searchId)
    .where('user_id', '=', userId)
    .returning(['id', 'image_key as imageKey'])
    .executeTakeFirst();

/** A photo that is out, its event's mode, and whether one of this person's searches found it. */
export const findPhotoForFeedback = (db: DbOrTrx, photoId: string, userId: string) =>
  db
    .selectFrom('photos as p')
    .innerJoin('events as e', 'e.id', 'p.event_id')
    .select((eb) => [
      'p.id',
      'p.event_id as eventId',
      'e.access_mode as accessMode',
      eb
        .exists(
          eb
            .selectFrom('face_matches as m')
            .innerJoin('face_searches as s', 's.id', 'm.search_id')
            .select('m.photo_id')
            .whereRef('m.photo_id', '=', 'p.id')
            .where('s.user_id', '=', userId),
        )
        .as('isFound'),
    ])
    .where('p.id', '=', photoId)
    .where('p.status', '=', 'approved')
    .where('p.deleted_at', 'is', null)
    .where('e.deleted_at', 'is', null)
    .executeTakeFirst();

/** This person's finished searches in an event, locked against the worker's writing. */
export const lockSearches = (trx: Trx, userId: string, eventId: string) =>
  trx
    .selectFrom('face_searches')
    .select(['id', 'open_until as openUntil'])
    .select(sql<boolean>`descriptor is not null`.as('hasDescriptor'))
    .where('user_id', '=', userId)
    .where('event_id', '=', eventId)
    .where('status', '=', 'done')
    .orderBy('id')
    .forUpdate()
    .execute();

export async function saveVerdict(
  trx: Trx,
  feedback: { userId: string; photoId: string; eventId: string; verdict: 'me' | 'not_me' },
): Promise<void> {
  const face = await trx
    .selectFrom('face_matches as m')
    .innerJoin('face_searches as s', 's.id', 'm.search_id')
    .select('m.face_id')
    .where('m.photo_id', '=', feedback.photoId)
    .where('s.user_id', '=', feedback.userId)
    .where('m.face_id', 'is not', null)
    .orderBy('m.confidence', 'desc')
    .limit(1)
    .executeTakeFirst();
  await trx
    .insertInto('face_feedback')
    .values({
      user_id: feedback.userId,
      photo_id: feedback.photoId,
      event_id: feedback.eventId,
      face_id: face?.face_id ?? null,
      verdict: feedback.verdict,
    })
    .onConflict((c) =>
      c.columns(['user_id', 'photo_id']).doUpdateSet((eb) => ({
        verdict: feedback.verdict,
        face_id: sql<string | null>`coalesce(${eb.ref('excluded.face_id')}, face_feedback.face_id)`,
        updated_at: sql<Date>`now()`,
      })),
    )
    .execute();
}

/** "This is me" is certain: first place in every one of the person's searches of the event. */
export async function pinMatch(trx: Trx, searchIds: readonly string[], photoId: string): Promise<void> {
  if (searchIds.length === 0) return;
  await trx
    .insertInto('face_matches')
    .values(
      searchIds.map((id) => ({
        search_id: id,
        photo_id: photoId,
        face_id: null,
        band: 'sure',
        confidence: 1,
        distance: 0,
      })),
    )
    .onConflict((c) => c.columns(['search_id', 'photo_id']).doUpdateSet({ band: 'sure', confidence: 1 }))
    .execute();
}

/** Everything a guest looked for and said goes to the account; what the account said about a photo stays. */
export async function moveToUser(trx: Trx, guestId: string, userId: string): Promise<void> {
  await trx.updateTable('face_searches').set({ user_id: userId }).where('user_id', '=', guestId).execute();
  await trx
    .updateTable('face_feedback')
    .set({ user_id: userId })
    .where('user_id', '=', guestId)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('face_feedback as other')
            .select('other.photo_id')
            .where('other.user_id', '=', userId)
            .whereRef('other.photo_id', '=', 'face_feedback.photo_id'),
        ),
      ),
    )
    .execute();
  await trx.deleteFrom('face_feedback').where('user_id', '=', guestId).execute();
}
