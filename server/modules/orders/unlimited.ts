import type { Trx } from '#server/platform/db.ts';
import { notify } from '#server/platform/notify.ts';
import type { OrderItemRow, OrderRow } from './repository.ts';
import * as repository from './repository.ts';

/*
 * An unlimited package is one thing: everything of an event, also what is chosen after it was paid. So it is given back as a whole, and
 * what was taken under it goes with it; else who gets back its price photo by photo would keep all the rest for nothing.
 */

const keyOf = (eventId: string, packageId: string | null): string => `${eventId} ${packageId}`;

/** Events whose unlimited package is given back with these items, and whether each is given back whole. */
export function unlimitedIn(
  order: Pick<OrderRow, 'quote'>,
  left: readonly OrderItemRow[],
  chosen: readonly OrderItemRow[],
): { eventIds: string[]; isWhole: boolean } {
  const unlimited = order.quote.packages.filter((each) => each.kind === 'unlimited');
  const keys = new Set(unlimited.map((each) => keyOf(each.eventId, each.packageId)));
  const of = (items: readonly OrderItemRow[]) =>
    items.filter((item) => keys.has(keyOf(item.event_id, item.package_id))).map((item) => item.event_id);
  const eventIds = new Set(of(chosen));
  const isWhole = of(left).filter((id) => eventIds.has(id)).length === of(chosen).length;
  return { eventIds: [...eventIds], isWhole };
}

/**
 * Takes back what this person has for nothing because of an unlimited package of these events, under the locks of those orders.
 * Nothing was paid for it: no money moves, no document is written. Call with the person's cart locked, so that nothing is ordered meanwhile.
 */
export async function withdrawTaken(trx: Trx, userId: string, eventIds: readonly string[], at: Date): Promise<void> {
  if (eventIds.length === 0) return;
  const taken = await trx
    .selectFrom('orders as o')
    .innerJoin('order_items as i', 'i.order_id', 'o.id')
    .select(['o.id as order_id', 'i.id'])
    .where('o.user_id', '=', userId)
    .where('o.status', 'in', ['paid', 'partially_refunded'])
    .where('i.event_id', 'in', [...eventIds])
    .where('i.package_id', 'is', null)
    .where('i.price_satang', '=', 0)
    .where('i.coupon_satang', '=', 0)
    // A photo that is free for everybody stays.
    .where('i.list_price_satang', '>', 0)
    .where('i.refunded_at', 'is', null)
    .orderBy('o.id')
    .forUpdate('o')
    .execute();
  if (taken.length === 0) return;
  await repository.refundItems(
    trx,
    taken.map((item) => item.id),
    at,
  );
  for (const orderId of new Set(taken.map((item) => item.order_id))) {
    const rest = (await repository.itemsOf(trx, orderId)).filter((item) => item.refunded_at === null);
    await repository.move(trx, orderId, rest.length === 0 ? 'refunded' : 'partially_refunded', at);
    await notify(trx, userId, { type: 'order.changed', orderId });
  }
}
