import { sql } from 'kysely';
import type { z } from 'zod';
import type { eventStatistics as shape } from '#contracts/http/events.ts';
import type { Db } from '#server/platform/db.ts';
import type { EventRow } from './repository.ts';

const photoStatuses = ['uploaded', 'pending', 'approved', 'rejected', 'failed'] as const;
const paidStatuses = ['paid', 'partially_refunded', 'refunded'];

/** Lines that were paid for, with the shares of the snapshot: floors to photographer and organizer, the rest to the platform. */
const soldLines = (db: Db, eventId: string) =>
  db
    .selectFrom('order_items')
    .innerJoin('orders', 'orders.id', 'order_items.order_id')
    .where('order_items.event_id', '=', eventId)
    .where('orders.status', 'in', paidStatuses);

async function revenue(db: Db, eventId: string) {
  const row = await soldLines(db, eventId)
    .select((eb) => [
      eb.fn.countAll<number>().filterWhere('refunded_at', 'is', null).as('photos'),
      sql<number>`count(distinct orders.id)`.as('orders'),
      sql<number>`count(distinct orders.user_id)`.as('buyers'),
      sql<number>`coalesce(sum(price_satang), 0)::bigint`.as('gross'),
      sql<number>`coalesce(sum(price_satang) filter (where refunded_at is not null), 0)::bigint`.as('refunded'),
      sql<number>`coalesce(sum(price_satang * photographer_bp / 10000) filter (where refunded_at is null), 0)::bigint`.as(
        'photographer',
      ),
      sql<number>`coalesce(sum(price_satang * organizer_bp / 10000) filter (where refunded_at is null), 0)::bigint`.as(
        'organizer',
      ),
    ])
    .executeTakeFirstOrThrow();
  return {
    orders: { paid: row.orders, photosSold: row.photos, buyers: row.buyers },
    revenue: {
      grossSatang: row.gross,
      refundedSatang: row.refunded,
      photographerSatang: row.photographer,
      organizerSatang: row.organizer,
      platformSatang: row.gross - row.refunded - row.photographer - row.organizer,
    },
  };
}

async function photographers(db: Db, eventId: string) {
  const rows = await db
    .selectFrom('photos')
    .innerJoin('photographers', 'photographers.id', 'photos.photographer_id')
    .select((eb) => [
      'photographers.id',
      'photographers.display_name',
      eb.fn.countAll<number>().as('photos'),
      eb.fn.countAll<number>().filterWhere('photos.status', '=', 'approved').as('approved'),
    ])
    .where('photos.event_id', '=', eventId)
    .where('photos.deleted_at', 'is', null)
    .groupBy(['photographers.id', 'photographers.display_name'])
    .orderBy('photographers.display_name')
    .execute();
  const sold = await soldLines(db, eventId)
    .select((eb) => ['order_items.photographer_id', eb.fn.countAll<number>().as('sold')])
    .where('order_items.refunded_at', 'is', null)
    .groupBy('order_items.photographer_id')
    .execute();
  const soldBy = new Map(sold.map((row) => [row.photographer_id, row.sold]));
  return rows.map((row) => ({
    id: row.id,
    displayName: row.display_name,
    photos: row.photos,
    approved: row.approved,
    sold: soldBy.get(row.id) ?? 0,
  }));
}

/** Numbers of one event, counted now from the rows themselves. */
export async function eventStatistics(db: Db, event: EventRow): Promise<z.input<typeof shape>> {
  const byStatus = await db
    .selectFrom('photos')
    .select((eb) => ['status', eb.fn.countAll<number>().as('count')])
    .where('event_id', '=', event.id)
    .where('deleted_at', 'is', null)
    .groupBy('status')
    .execute();
  const count = Object.fromEntries(byStatus.map((row) => [row.status, row.count]));
  const [totals, money, days, byPhotographer] = await Promise.all([
    db
      .selectNoFrom((eb) => [
        eb
          .selectFrom('faces')
          .select((f) => f.fn.countAll<number>().as('n'))
          .where('faces.event_id', '=', event.id)
          .as('faces'),
        eb
          .selectFrom('photo_views')
          .innerJoin('photos', 'photos.id', 'photo_views.photo_id')
          .select(sql<number>`coalesce(sum(views), 0)::bigint`.as('n'))
          .where('photos.event_id', '=', event.id)
          .as('views'),
        eb
          .selectFrom('favorites')
          .select((f) => f.fn.countAll<number>().as('n'))
          .where('favorites.event_id', '=', event.id)
          .where('favorites.deleted_at', 'is', null)
          .as('favorites'),
      ])
      .executeTakeFirstOrThrow(),
    revenue(db, event.id),
    soldLines(db, event.id)
      .select((eb) => [
        sql<string>`to_char(orders.paid_at at time zone ${event.time_zone}, 'YYYY-MM-DD')`.as('day'),
        eb.fn.countAll<number>().as('photos'),
        sql<number>`sum(price_satang)::bigint`.as('gross'),
      ])
      .groupBy('day')
      .orderBy('day')
      .execute(),
    photographers(db, event.id),
  ]);
  const searches = await db
    .selectFrom('face_searches')
    .select((eb) => [
      eb.fn.countAll<number>().as('total'),
      sql<number>`count(distinct user_id)`.as('people'),
      sql<number>`count(*) filter (where exists (select 1 from face_matches m where m.search_id = face_searches.id))`.as(
        'found',
      ),
    ])
    .where('event_id', '=', event.id)
    .executeTakeFirstOrThrow();
  const photos = Object.fromEntries(photoStatuses.map((status) => [status, count[status] ?? 0])) as Record<
    (typeof photoStatuses)[number],
    number
  >;
  return {
    eventId: event.id,
    photos: { ...photos, total: Object.values(photos).reduce((a, b) => a + b, 0) },
    faces: totals.faces ?? 0,
    views: totals.views ?? 0,
    favorites: totals.favorites ?? 0,
    searches,
    ...money,
    days: days.map((row) => ({ day: row.day, photosSold: row.photos, grossSatang: row.gross })),
    photographers: byPhotographer,
  };
}
