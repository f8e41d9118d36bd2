import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type Auth, type Carts, startCarts } from '#test/carts.ts';

// Prices by rule, what cannot be bought any more: over HTTP, on a real database.
describe('cart', function () {
  this.timeout(60_000);
  let shop: Carts['shop'];
  let photographer: Carts['photographer'];
  let admin: Carts['admin'];
  let photos: Carts['photos'];
  let buyer: Carts['buyer'];
  let order: Carts['order'];
  before(async () => {
    ({ shop, photographer, admin, photos, buyer, order } = await startCarts());
  });
  after(() => shop?.stop());

  describe('prices of photos', () => {
    it('follow a photographer’s rule, for the photos there and those to come, and the single price', async () => {
      const event = await shop.event({ own_prices: true });
      const before = await photos(2, event);
      await shop.db
        .insertInto('event_staff')
        .values({ event_id: event, user_id: photographer.userId, role: 'photographer' })
        .execute();
      const rule = (price: object, auth: Auth = photographer, photographerId?: string) =>
        shop.call('PUT', `/api/events/${event}/price-rules`, { ...auth, body: { price, photographerId } });
      const { body } = await rule({ kind: 'percent', percentBp: 2500 });
      assert.equal(body.changedPhotos, 2);
      const after = await photos(1, event);
      const auth = await buyer();
      const all = { ...auth, body: { photoIds: [...before, ...after] } };
      const { body: cart } = await shop.call('POST', '/api/cart/items', all);
      assert.equal(cart.quote.totalSatang, 3 * 4500);
      const { body: offered } = await shop.call('GET', `/api/events/${event}/packages`);
      const single = offered.items.find((each: { kind: string }) => each.kind === 'single');
      const own = { ...admin, body: { packageId: single.id, priceSatang: 8000 } };
      await shop.call('POST', `/api/events/${event}/packages`, own);
      const { body: dearer } = await shop.call('GET', '/api/cart', auth);
      assert.equal(dearer.quote.totalSatang, 3 * 6000);
      assert.deepEqual(
        dearer.items.map((item: { previousPriceSatang: number }) => item.previousPriceSatang),
        [4500, 4500, 4500],
      );
      const accepted = await shop.call('POST', '/api/cart/accept', { ...auth, body: {} });
      assert.ok(accepted.body.items.every((item: { previousPriceSatang: null }) => item.previousPriceSatang === null));
      await rule({ kind: 'free' });
      assert.equal((await shop.call('GET', '/api/cart', auth)).body.quote.totalSatang, 0);
      await rule({ kind: 'standard' });
      assert.equal((await shop.call('GET', '/api/cart', auth)).body.quote.totalSatang, 3 * 8000);
      const { body: mine } = await shop.call('PUT', '/api/photo-prices', {
        ...photographer,
        body: { photoIds: [before[0]], price: { kind: 'price', priceSatang: 1000 } },
      });
      assert.equal(mine.changedPhotos, 1);
      await rule({ kind: 'free' });
      // What was set on the photo itself stays.
      assert.equal((await shop.call('GET', '/api/cart', auth)).body.quote.totalSatang, 1000);
    });

    it('are one’s own to set', async () => {
      const event = await shop.event();
      const [photoId] = await photos(1, event);
      const other = await shop.person('photographer');
      const body = { price: { kind: 'free' } };
      const target = `/api/events/${event}/price-rules`;
      assert.equal((await shop.call('PUT', target, { token: other.token, body })).body.code, 'event.not_found');
      assert.equal((await shop.call('PUT', target, { ...(await buyer()), body })).status, 403);
      const prices = { token: other.token, body: { photoIds: [photoId], ...body } };
      assert.equal((await shop.call('PUT', '/api/photo-prices', prices)).body.code, 'price_rule.not_yours');
      const everybody = await shop.call('PUT', target, { ...admin, body });
      assert.deepEqual([everybody.status, everybody.body.changedPhotos], [200, 1]);
    });

    it('are a photographer’s to set only where the event says so, within its bounds, whichever way they are set', async () => {
      const event = await shop.event();
      const [photoId] = await photos(1, event);
      await shop.db
        .insertInto('event_staff')
        .values({ event_id: event, user_id: photographer.userId, role: 'photographer' })
        .execute();
      const target = `/api/events/${event}/price-rules`;
      const rule = (price: object) => shop.call('PUT', target, { ...photographer, body: { price } });
      const onPhoto = (price: object) =>
        shop.call('PUT', '/api/photo-prices', { ...photographer, body: { photoIds: [photoId], price } });
      const dear = { kind: 'price', priceSatang: 12_100 };
      for (const set of [rule, onPhoto]) assert.equal((await set(dear)).body.code, 'price_rule.not_allowed');
      assert.equal((await rule({ kind: 'standard' })).status, 200);
      await shop.db
        .updateTable('events')
        .set({ own_prices: true, own_price_min_satang: 3_000, own_price_max_satang: 12_000 })
        .where('id', '=', event)
        .execute();
      const { body: seen } = await shop.call('GET', target, photographer);
      assert.deepEqual(seen.ownPrices, { isAllowed: true, minSatang: 3_000, maxSatang: 12_000, singleSatang: 6_000 });
      for (const set of [rule, onPhoto])
        for (const price of [dear, { kind: 'free' }, { kind: 'percent', percentBp: 5_100 }])
          assert.equal((await set(price)).body.code, 'price_rule.bounds', JSON.stringify(price));
      assert.equal((await rule({ kind: 'price', priceSatang: 9_000 })).body.changedPhotos, 1);
      const auth = await buyer();
      await shop.call('POST', '/api/cart/items', { ...auth, body: { photoIds: [photoId] } });
      assert.equal((await shop.call('GET', '/api/cart', auth)).body.quote.totalSatang, 9_000);
      await onPhoto({ kind: 'price', priceSatang: 3_000 });
      assert.equal((await shop.call('GET', '/api/cart', auth)).body.quote.totalSatang, 3_000);
      const free = { ...admin, body: { price: { kind: 'free' } } };
      assert.equal((await shop.call('PUT', target, free)).status, 200, 'an admin is not bound');
    });
  });

  it('shows what cannot be bought any more, and takes it out on request', async () => {
    const auth = await buyer();
    const [kept, rejected, deleted] = await photos(3);
    await shop.call('POST', '/api/cart/items', { ...auth, body: { photoIds: [kept, rejected, deleted] } });
    await shop.db.updateTable('photos').set({ status: 'rejected' }).where('id', '=', rejected!).execute();
    await shop.db.updateTable('photos').set({ deleted_at: new Date() }).where('id', '=', deleted!).execute();
    const { body: cart } = await shop.call('GET', '/api/cart', auth);
    const states = Object.fromEntries(cart.items.map((item: { id: string; status: string }) => [item.id, item.status]));
    assert.deepEqual(states, { [kept!]: 'available', [rejected!]: 'withdrawn', [deleted!]: 'withdrawn' });
    const { body: after } = await shop.call('POST', '/api/cart/accept', { ...auth, body: {} });
    assert.deepEqual(
      after.items.map((item: { id: string }) => item.id),
      [kept],
    );
    assert.deepEqual(
      after.options.map((option: { kind: string }) => option.kind),
      ['bundle', 'unlimited'],
    );
  });

  it('of 500 photos is priced by its packages, and ordered', async () => {
    const auth = await buyer();
    const event = await shop.event();
    const photographerId = (
      await shop.db
        .selectFrom('photographers')
        .select('id')
        .where('user_id', '=', photographer.userId)
        .executeTakeFirstOrThrow()
    ).id;
    const rows = Array.from({ length: 500 }, () => ({
      event_id: event,
      photographer_id: photographerId,
      status: 'approved',
      approved_at: new Date(),
      sha256: randomBytes(32),
      file_name: 'IMG.JPG',
      content_type: 'image/jpeg',
      bytes: 1,
    }));
    const made = await shop.db.insertInto('photos').values(rows).returning('id').execute();
    const body = { photoIds: made.map((row) => row.id) };
    const { body: cart } = await shop.call('POST', '/api/cart/items', { ...auth, body });
    assert.deepEqual([cart.items.length, cart.quote.totalSatang], [500, 50_000]);
    assert.equal((await order(auth)).body.totalSatang, 50_000);
  });
});
