import { type Selectable, sql } from 'kysely';
import type { DbOrTrx } from '#server/platform/db.ts';
import type { Photographers } from '#server/platform/db-types.ts';

export type PhotographerRow = Selectable<Photographers>;

export const findByUser = (db: DbOrTrx, userId: string): Promise<PhotographerRow | undefined> =>
  db.selectFrom('photographers').selectAll().where('user_id', '=', userId).executeTakeFirst();

export const findPublic = (db: DbOrTrx, slug: string): Promise<PhotographerRow | undefined> =>
  db.selectFrom('photographers').selectAll().where('slug', '=', slug).where('is_public', '=', true).executeTakeFirst();

/** Latest approved photos of public events that are open to everybody. */
export async function portfolioPhotoIds(db: DbOrTrx, photographerId: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('photos')
    .innerJoin('events', 'events.id', 'photos.event_id')
    .select('photos.id')
    .where('photos.photographer_id', '=', photographerId)
    .where('photos.status', '=', 'approved')
    .where('photos.deleted_at', 'is', null)
    .where('events.deleted_at', 'is', null)
    .where('events.access_mode', '=', 'open')
    .where('events.status', 'in', ['published', 'live', 'ended'])
    .orderBy('photos.created_at', 'desc')
    .orderBy('photos.id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => row.id);
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
