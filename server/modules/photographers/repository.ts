import { type Selectable, sql } from 'kysely';
import type { DbOrTrx, Trx } from '#server/platform/db.ts';
import type { Photographers } from '#server/platform/db-types.ts';
import type { Cursor } from '#server/platform/pages.ts';

export type PhotographerRow = Selectable<Photographers>;

export const findByUser = (db: DbOrTrx, userId: string): Promise<PhotographerRow | undefined> =>
  db.selectFrom('photographers').selectAll().where('user_id', '=', userId).executeTakeFirst();

export const findPublic = (db: DbOrTrx, slug: string): Promise<PhotographerRow | undefined> =>
  db.selectFrom('photographers').selectAll().where('slug', '=', slug).where('is_public', '=', true).executeTakeFirst();

/** Approved photos of public events that are open to everybody: what a portfolio page may show. */
const showable = (db: DbOrTrx, photographerId: string) =>
  db
    .selectFrom('photos')
    .innerJoin('events', 'events.id', 'photos.event_id')
    .select(['photos.id', 'photos.created_at'])
    .where('photos.photographer_id', '=', photographerId)
    .where('photos.status', '=', 'approved')
    .where('photos.deleted_at', 'is', null)
    .where('events.deleted_at', 'is', null)
    .where('events.access_mode', '=', 'open')
    .where('events.status', 'in', ['published', 'live', 'ended']);

/** Newest first, those after the cursor. */
export const latestShowable = (db: DbOrTrx, photographerId: string, after: Cursor | undefined, limit: number) =>
  showable(db, photographerId)
    .$if(after !== undefined, (query) =>
      query.where((eb) => eb(eb.refTuple('photos.created_at', 'photos.id'), '<', eb.tuple(after!.at, after!.id))),
    )
    .orderBy('photos.created_at', 'desc')
    .orderBy('photos.id', 'desc')
    .limit(limit)
    .execute();

/** What the photographer chose and may still be shown, in that order. */
export async function chosenIds(db: DbOrTrx, photographerId: string): Promise<string[]> {
  const rows = await showable(db, photographerId)
    .innerJoin('portfolio_photos as c', 'c.photo_id', 'photos.id')
    .where('c.photographer_id', '=', photographerId)
    .orderBy('c.position')
    .execute();
  return rows.map((row) => row.id);
}

/** Those of the photos that the portfolio page may show. */
export async function showableOf(db: DbOrTrx, photographerId: string, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await showable(db, photographerId)
    .where('photos.id', 'in', [...ids])
    .execute();
  return new Set(rows.map((row) => row.id));
}

/** In the order given; the row of the photographer keeps two devices apart. */
export async function choose(trx: Trx, photographerId: string, ids: readonly string[]): Promise<void> {
  await trx.selectFrom('photographers').select('id').where('id', '=', photographerId).forUpdate().execute();
  await trx.deleteFrom('portfolio_photos').where('photographer_id', '=', photographerId).execute();
  if (ids.length === 0) return;
  const rows = ids.map((id, position) => ({ photo_id: id, photographer_id: photographerId, position }));
  await trx.insertInto('portfolio_photos').values(rows).execute();
}

/** Photos by status, and how many different ones were sold. */
export async function countPhotos(db: DbOrTrx, photographerId: string, eventId: string | undefined) {
  const byStatus = await db
    .selectFrom('photos')
    .select((eb) => ['status', eb.fn.countAll<number>().as('count')])
    .where('photographer_id', '=', photographerId)
    .where('deleted_at', 'is', null)
    .$if(eventId !== undefined, (query) => query.where('event_id', '=', eventId!))
    .groupBy('status')
    .execute();
  const { sold } = await db
    .selectFrom('order_items')
    .innerJoin('orders', 'orders.id', 'order_items.order_id')
    .select(sql<number>`count(distinct order_items.photo_id)`.as('sold'))
    .where('order_items.photographer_id', '=', photographerId)
    .where('order_items.refunded_at', 'is', null)
    .where('orders.status', 'in', ['paid', 'partially_refunded'])
    .$if(eventId !== undefined, (query) => query.where('order_items.event_id', '=', eventId!))
    .executeTakeFirstOrThrow();
  return { byStatus: new Map(byStatus.map((row) => [row.status, row.count])), sold };
}
