import type { DbOrTrx } from '#server/platform/db.ts';

// What a person owns already: asked by cart and orders before they charge.

/** Those of the photos that the user has a live grant for. */
export async function ownedPhotoIds(db: DbOrTrx, userId: string, photoIds: readonly string[]): Promise<Set<string>> {
  if (photoIds.length === 0) return new Set();
  const rows = await db
    .selectFrom('download_grants')
    .select('photo_id')
    .where('user_id', '=', userId)
    .where('photo_id', 'in', [...photoIds])
    .where('revoked_at', 'is', null)
    .execute();
  return new Set(rows.map((row) => row.photo_id));
}

/** What the user may download, last bought first: each photo once, with the order that opened it. */
export const boughtPhotos = (db: DbOrTrx, userId: string, eventId: string | undefined, limit: number) =>
  db
    .with('mine', (cte) =>
      cte
        .selectFrom('download_grants as g')
        .innerJoin('photos as p', 'p.id', 'g.photo_id')
        .distinctOn('g.photo_id')
        .select(['g.photo_id', 'g.order_id', 'p.event_id', 'g.created_at'])
        .where('g.user_id', '=', userId)
        .where('g.revoked_at', 'is', null)
        .$if(eventId !== undefined, (q) => q.where('p.event_id', '=', eventId!))
        .orderBy('g.photo_id')
        .orderBy('g.created_at', 'desc'),
    )
    .selectFrom('mine')
    .select(['photo_id as photoId', 'order_id as orderId', 'event_id as eventId'])
    .orderBy('created_at', 'desc')
    .orderBy('photo_id')
    .limit(limit)
    .execute();

/** Those of the events whose unlimited package the user bought and did not get back: further photos cost nothing. */
export async function unlimitedEventIds(db: DbOrTrx, userId: string, eventIds: readonly string[]): Promise<string[]> {
  if (eventIds.length === 0) return [];
  const rows = await db
    .selectFrom('order_items')
    .innerJoin('orders', 'orders.id', 'order_items.order_id')
    .innerJoin('packages', 'packages.id', 'order_items.package_id')
    .select('order_items.event_id')
    .distinct()
    .where('orders.user_id', '=', userId)
    .where('orders.status', 'in', ['paid', 'partially_refunded'])
    .where('packages.kind', '=', 'unlimited')
    .where('order_items.event_id', 'in', [...eventIds])
    .where('order_items.refunded_at', 'is', null)
    .execute();
  return rows.map((row) => row.event_id);
}
