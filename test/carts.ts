import assert from 'node:assert/strict';
import { startShopApp } from './shop-app.ts';

export type Auth = { token: string };

/** A shop with an event of a photographer, and carts in it over HTTP. */
export async function startCarts() {
  const shop = await startShopApp();
  const photographer = await shop.person('photographer');
  const admin: Auth = { token: (await shop.person('admin')).token };
  const eventId = await shop.event();
  const photos = (count: number, event = eventId) => shop.photosOf(event, photographer.userId, count);
  return {
    shop,
    photographer,
    admin,
    eventId,
    photos,
    buyer: async (): Promise<Auth> => ({ token: (await shop.person()).token }),
    /** `count` new photos into the cart. */
    fill: async (auth: Auth, count: number, event = eventId) => {
      const photoIds = await photos(count, event);
      return shop.call('POST', '/api/cart/items', { ...auth, body: { photoIds } });
    },
    order: (auth: Auth, body: object = {}) => shop.call('POST', '/api/orders', { ...auth, body }),
    pay: async (auth: Auth, orderId: string) => {
      const { body: payment } = await shop.call('POST', '/api/payment/create', { ...auth, body: { orderId } });
      await shop.act(payment.transId, 'lose-webhook');
      const { body } = await shop.call('GET', `/api/payment/${payment.id}/status`, auth);
      assert.equal(body.orderStatus, 'paid');
    },
  };
}
export type Carts = Awaited<ReturnType<typeof startCarts>>;
