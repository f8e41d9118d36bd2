import type { Viewer } from '#server/http/viewer.ts';
import type { PaymentRow } from '#server/modules/payments/service.ts';
import { ensurePhotographer } from '#server/modules/photographers/service.ts';
import { startShopApp } from './shop-app.ts';

/** For `assert.rejects`: the AppError of this code. */
export const withCode = (expected: string) => (error: { code?: string }) => error.code === expected;

/** A shop with an event of a photographer and an organizer, and the ways to buy in it. */
export async function startBuying() {
  const shop = await startShopApp();
  const photographer = await shop.viewer('photographer');
  const photographerId = await ensurePhotographer(shop.db, photographer.userId);
  const organizerId = await shop.organizer();
  const eventId = await shop.event({ organizer_id: organizerId });

  /** Somebody new orders `count` photos. */
  async function ordered(count = 1, event = eventId) {
    const viewer = await shop.viewer();
    const photoIds = await shop.photosOf(event, photographer.userId, count);
    await shop.cart.add(viewer.userId, photoIds);
    const { order } = await shop.orders.place(viewer, {});
    return { viewer, photoIds, order };
  }
  /** And has a QR. */
  async function started(count = 1, event = eventId) {
    const made = await ordered(count, event);
    const payment = await shop.payments.start(made.order.id, made.viewer);
    return { ...made, payment, transId: payment.transId! };
  }
  const paymentNow = async (id: string): Promise<PaymentRow> => {
    const query = shop.db.selectFrom('payments').selectAll().where('id', '=', id);
    return (await query.executeTakeFirstOrThrow()) as PaymentRow;
  };

  return {
    shop,
    photographer: photographer as Viewer,
    photographerId,
    organizerId,
    eventId,
    ordered,
    started,
    paymentNow,
    orderNow: async (id: string) => (await shop.orders.find(shop.db, id))!,
    settle: async (id: string) => (await shop.payments.settle(await paymentNow(id), { isUrgent: true })).payment,
    /** How many photos of the order its buyer has. */
    grants: async (orderId: string) => {
      const query = shop.db.selectFrom('download_grants').select('id').where('order_id', '=', orderId);
      return (await query.where('revoked_at', 'is', null).execute()).length;
    },
    /** What `work` changes in the ledger: satang by account, those that did not change left out. */
    change: async (work: () => Promise<unknown>): Promise<Record<string, number>> => {
      const before = await shop.ledger();
      await work();
      const after = await shop.ledger();
      const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
      const changed = [...keys].map((key) => [key, (after[key] ?? 0) - (before[key] ?? 0)] as const);
      return Object.fromEntries(changed.filter(([, amount]) => amount !== 0));
    },
  };
}
export type Buying = Awaited<ReturnType<typeof startBuying>>;
