import assert from 'node:assert/strict';
import { objectKeys } from '#server/platform/storage.ts';
import { type ShopApp, startShopApp } from '#test/shop-app.ts';

// Bought photos without watermark, over HTTP; and who may not see them.
describe('downloads: the clean picture', () => {
  let shop: ShopApp;
  let photographer: { userId: string; token: string };
  let eventId: string;
  before(async function () {
    this.timeout(60_000);
    shop = await startShopApp();
    photographer = await shop.person('photographer');
    eventId = await shop.event({ organizer_id: await shop.organizer() });
  });
  after(() => shop?.stop());

  const photos = (count: number) => shop.photosOf(eventId, photographer.userId, count);
  /** An order that costs nothing is paid at once. */
  async function paid(count: number) {
    const auth = { token: (await shop.person()).token };
    const photoIds = await photos(count);
    await shop.db.updateTable('photos').set({ price_satang: 0 }).where('id', 'in', photoIds).execute();
    await shop.call('POST', '/api/cart/items', { ...auth, body: { photoIds } });
    const { body: order } = await shop.call('POST', '/api/orders', { ...auth, body: {} });
    assert.equal(order.status, 'paid');
    return { auth, photoIds, order };
  }

  it('shows bought photos without watermark to the buyer and the link’s bearer; to nobody else', async () => {
    const { auth, photoIds, order } = await paid(2);
    const [photoId] = photoIds as [string];
    const itemOf = (body: { items: { photoId: string; cleanUrl: string | null }[] }) =>
      body.items.find((item) => item.photoId === photoId)!;
    const path = `/api/photos/${photoId}/clean`;
    assert.equal(itemOf(order).cleanUrl, path);
    const stored = await shop.store.getBuffer(objectKeys.clean(eventId, photoId));
    const response = await fetch(`${shop.url}${path}`, { headers: { authorization: `Bearer ${auth.token}` } });
    assert.equal(response.status, 200);
    assert.ok(Buffer.from(await response.arrayBuffer()).equals(stored));
    assert.match(response.headers.get('cache-control') ?? '', /^private/);

    const link = new URL(order.links.page);
    const { body: byLink } = await shop.call('GET', `/api/orders/${order.id}${link.search}`);
    assert.equal(itemOf(byLink).cleanUrl, path + link.search);
    assert.equal((await fetch(shop.url + itemOf(byLink).cleanUrl)).status, 200);
    const { body: links } = await shop.call('GET', `/api/orders/${order.id}/download`, auth);
    assert.equal(links.items[0].downloadsLeft, 20, 'looking is not a download');

    const other = await paid(1);
    const stranger = { token: (await shop.person()).token };
    const codeOf = async (target: string, who: object = {}) => (await shop.call('GET', target, who)).body.code;
    assert.equal(await codeOf(path), 'photo.not_purchased');
    assert.equal(await codeOf(path, stranger), 'photo.not_purchased');
    assert.equal(await codeOf(path, other.auth), 'photo.not_purchased');
    assert.equal(await codeOf(path, { token: photographer.token }), 'photo.not_purchased');
    assert.equal(await codeOf(path + new URL(other.order.links.page).search), 'photo.not_purchased');
    assert.equal(await codeOf(`${path}?token=abc.def`), 'photo.not_purchased');
    assert.equal(await codeOf(`/api/photos/${crypto.randomUUID()}/clean`, auth), 'photo.not_found');

    // Before payment there is none, without the file neither; after a refund it is gone.
    const [unpaidId] = await photos(1);
    await shop.call('POST', '/api/cart/items', { ...stranger, body: { photoId: unpaidId } });
    const { body: unpaid } = await shop.call('POST', '/api/orders', { ...stranger, body: {} });
    assert.equal(unpaid.items[0].cleanUrl, null);
    assert.equal(
      await codeOf(`/api/photos/${unpaidId}/clean${new URL(unpaid.links.page).search}`),
      'photo.not_purchased',
    );
    const missing = photoIds[1]!;
    await shop.db.deleteFrom('photo_files').where('photo_id', '=', missing).where('kind', '=', 'clean').execute();
    assert.equal(await codeOf(`/api/photos/${missing}/clean`, auth), 'photo.not_ready');
    const seller = { ...(await shop.viewer('admin')), userId: photographer.userId };
    await shop.photos.remove(photoId, seller);
    assert.equal((await shop.call('GET', path, auth)).status, 200, 'deleted after the sale: the buyer keeps it');
    await shop.db
      .updateTable('download_grants')
      .set({ revoked_at: new Date() })
      .where('order_id', '=', order.id)
      .execute();
    assert.equal(await codeOf(path, auth), 'photo.not_purchased');
    assert.equal(await codeOf(path + link.search), 'photo.not_purchased');
    assert.equal(itemOf((await shop.call('GET', `/api/orders/${order.id}`, auth)).body).cleanUrl, null);
  });
});
