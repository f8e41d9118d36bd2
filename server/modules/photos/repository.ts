import { type ExpressionBuilder, type Selectable, type SqlBool, sql } from 'kysely';
import type { ThumbnailSize } from '#contracts/http/photos.ts';
import type { DbOrTrx } from '#server/platform/db.ts';
import type { DB, Photos } from '#server/platform/db-types.ts';
import type { Cursor } from '#server/platform/pages.ts';
import { afterCheckpoint } from '#server/platform/sync-revision.ts';

export type PhotoRow = Selectable<Photos>;
/** A photo with what its view needs of others. */
export type PhotoWithNames = PhotoRow & { photographer_name: string; photographer_user_id: string };

export const selectPhotos = (db: DbOrTrx) =>
  db
    .selectFrom('photos')
    .innerJoin('photographers', 'photographers.id', 'photos.photographer_id')
    .selectAll('photos')
    .select(['photographers.display_name as photographer_name', 'photographers.user_id as photographer_user_id']);

/** With its race numbers: what a view of it shows. */
export type ShownPhoto = PhotoWithNames & { bibs: string[] };
const bibsOf = sql<string[]>`array(select b.bib from photo_bibs b where b.photo_id = photos.id order by b.bib)`.as(
  'bibs',
);
export const selectShown = (db: DbOrTrx) => selectPhotos(db).select(bibsOf);

type InPhotos = ExpressionBuilder<DB, 'photos'>;
/** Bought by the user and not withdrawn. */
export const isBoughtBy = (eb: InPhotos, userId: string) =>
  eb.exists(
    eb
      .selectFrom('download_grants')
      .select('download_grants.id')
      .whereRef('download_grants.photo_id', '=', 'photos.id')
      .where('download_grants.user_id', '=', userId)
      .where('download_grants.revoked_at', 'is', null),
  );
/** Found by a face search of the user that was not withdrawn. */
export const isFoundBy = (eb: InPhotos, userId: string) =>
  eb.exists(
    eb
      .selectFrom('face_matches')
      .innerJoin('face_searches', 'face_searches.id', 'face_matches.search_id')
      .select('face_matches.photo_id')
      .whereRef('face_matches.photo_id', '=', 'photos.id')
      .where('face_searches.user_id', '=', userId)
      .where('face_searches.status', '<>', 'withdrawn'),
  );

export type FileKind = ThumbnailSize | 'preview' | 'original';

/** A photo with the file of one kind (nulls when there is none) and what decides who may see it. */
export const findWithFile = (db: DbOrTrx, photoId: string, kind: FileKind, viewerId: string | undefined) =>
  selectPhotos(db)
    .leftJoin('photo_files', (join) =>
      join.onRef('photo_files.photo_id', '=', 'photos.id').on('photo_files.kind', '=', kind),
    )
    .select([
      'photo_files.object_key',
      'photo_files.bytes as file_bytes',
      'photo_files.content_type as file_type',
      'photo_files.created_at as file_created_at',
    ])
    .select((eb) => [
      (viewerId ? isBoughtBy(eb as unknown as InPhotos, viewerId) : eb.lit(false)).as('is_bought'),
      (viewerId ? isFoundBy(eb as unknown as InPhotos, viewerId) : eb.lit(false)).as('is_found'),
    ])
    .where('photos.id', '=', photoId)
    .executeTakeFirst();

/** When a photo was taken, else when it arrived. */
const sortAt = sql<Date>`coalesce(photos.taken_at, photos.created_at)`;
export const sortAtOf = (photo: Pick<PhotoRow, 'taken_at' | 'created_at'>): Date => photo.taken_at ?? photo.created_at;

export interface PhotoFilter {
  eventId?: string | undefined;
  statuses?: readonly string[] | undefined;
  photographerId?: string | undefined;
  /** Photos of this user as a photographer. */
  photographerUserId?: string | undefined;
  /** Photos of events that this user organizes, or their own. */
  managedBy?: string | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
  bib?: string | undefined;
  fileName?: string | undefined;
  /** find-me events: only what this user (null: nobody) found or bought. */
  foundBy?: string | null | undefined;
  order: 'taken' | 'new';
  cursor: Cursor | undefined;
  limit: number;
}

/** `limit + 1` rows. */
export function listPhotos(db: DbOrTrx, filter: PhotoFilter): Promise<ShownPhoto[]> {
  const { cursor, order, foundBy } = filter;
  return selectShown(db)
    .where('photos.deleted_at', 'is', null)
    .$if(filter.eventId !== undefined, (q) => q.where('photos.event_id', '=', filter.eventId!))
    .$if(filter.statuses?.length === 1, (q) => q.where('photos.status', '=', filter.statuses![0]!))
    .$if((filter.statuses?.length ?? 0) > 1, (q) => q.where('photos.status', 'in', filter.statuses!))
    .$if(filter.photographerId !== undefined, (q) => q.where('photos.photographer_id', '=', filter.photographerId!))
    .$if(filter.photographerUserId !== undefined, (q) =>
      q.where('photographers.user_id', '=', filter.photographerUserId!),
    )
    .$if(filter.managedBy !== undefined, (q) =>
      q.where((eb) =>
        eb.or([
          eb('photographers.user_id', '=', filter.managedBy!),
          eb('photos.event_id', 'in', (e) =>
            e
              .selectFrom('event_staff')
              .select('event_id')
              .where('user_id', '=', filter.managedBy!)
              .where('role', '=', 'organizer'),
          ),
        ]),
      ),
    )
    .$if(filter.from !== undefined, (q) => q.where(sortAt, '>=', filter.from!))
    .$if(filter.to !== undefined, (q) => q.where(sortAt, '<', filter.to!))
    .$if(filter.bib !== undefined, (q) =>
      q.where((eb) =>
        eb.exists(
          eb
            .selectFrom('photo_bibs')
            .select('photo_bibs.id')
            .whereRef('photo_bibs.photo_id', '=', 'photos.id')
            .where('photo_bibs.bib', '=', filter.bib!),
        ),
      ),
    )
    .$if(!!filter.fileName, (q) =>
      q.where('photos.file_name', 'ilike', `%${filter.fileName!.replace(/[\\%_]/g, (c) => `\\${c}`)}%`),
    )
    .$if(foundBy === null, (q) => q.where(sql<SqlBool>`false`))
    .$if(typeof foundBy === 'string', (q) =>
      q.where((eb) => {
        const inPhotos = eb as unknown as InPhotos;
        return eb.or([isFoundBy(inPhotos, foundBy!), isBoughtBy(inPhotos, foundBy!)]);
      }),
    )
    .$if(cursor !== undefined && order === 'taken', (q) =>
      q.where(sql<SqlBool>`(coalesce(photos.taken_at, photos.created_at), photos.id) > (${cursor!.at}, ${cursor!.id})`),
    )
    .$if(cursor !== undefined && order === 'new', (q) =>
      q.where(sql<SqlBool>`(photos.created_at, photos.id) < (${cursor!.at}, ${cursor!.id})`),
    )
    .$if(order === 'taken', (q) => q.orderBy(sortAt).orderBy('photos.id'))
    .$if(order === 'new', (q) => q.orderBy('photos.created_at', 'desc').orderBy('photos.id', 'desc'))
    .limit(filter.limit + 1)
    .execute();
}

/** Rows in id order, so that two batches never wait for each other in a circle. */
export const lockPhotos = (trx: DbOrTrx, ids: readonly string[]): Promise<PhotoRow[]> =>
  trx
    .selectFrom('photos')
    .selectAll()
    .where('id', 'in', ids)
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .forUpdate()
    .execute();

export const photographerUsers = async (db: DbOrTrx, ids: readonly string[]): Promise<Map<string, string>> => {
  const rows = await db.selectFrom('photographers').select(['id', 'user_id']).where('id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.id, row.user_id]));
};

/** Reason of the last review of each photo. */
export async function reviewReasons(db: DbOrTrx, ids: readonly string[]): Promise<Map<string, string | null>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('photo_reviews')
    .distinctOn('photo_id')
    .select(['photo_id', 'reason'])
    .where('photo_id', 'in', ids)
    .orderBy('photo_id')
    .orderBy('id', 'desc')
    .execute();
  return new Map(rows.map((row) => [row.photo_id, row.reason]));
}

export const addViews = async (db: DbOrTrx, views: ReadonlyMap<string, number>): Promise<void> => {
  if (views.size === 0) return;
  const ids = [...views.keys()].sort();
  const counts = ids.map((id) => views.get(id)!);
  await sql`
    insert into photo_views (photo_id, day, views)
    select v.id, (now() at time zone 'Asia/Bangkok')::date, v.count
    from unnest(${ids}::uuid[], ${counts}::int[]) as v(id, count) join photos on photos.id = v.id
    on conflict (photo_id, day) do update set views = photo_views.views + excluded.views`.execute(db);
};

/** What phones hold of a photo: a page of a thousand is read without the rest of its thirty columns. */
const pulledColumns = [
  'photos.id',
  'photos.event_id',
  'photos.status',
  'photos.width',
  'photos.height',
  'photos.taken_at',
  'photos.created_at',
  'photos.placeholder_color',
  'photos.thumb_hash',
  'photos.focus_x',
  'photos.focus_y',
  'photos.photographer_id',
  'photos.price_satang',
  'photos.revision',
  'photos.deleted_at',
  'photographers.display_name as photographer_name',
] as const;
export type PulledPhoto = Awaited<ReturnType<typeof pullPhotos>>[number];

/** Photos of an event above a checkpoint in (revision, id) order, whatever became of them; only approved ones from the very start. */
export const pullPhotos = (db: DbOrTrx, eventId: string, after: { revision: number; id: string }, limit: number) =>
  db
    .selectFrom('photos')
    .innerJoin('photographers', 'photographers.id', 'photos.photographer_id')
    .select(pulledColumns)
    .select(bibsOf)
    .where('photos.event_id', '=', eventId)
    .where('photos.revision', '>', 0)
    .where(afterCheckpoint('photos', after))
    .$if(after.revision === 0, (q) => q.where('photos.deleted_at', 'is', null).where('photos.status', '=', 'approved'))
    .orderBy('photos.revision')
    .orderBy('photos.id')
    .limit(limit)
    .execute();
