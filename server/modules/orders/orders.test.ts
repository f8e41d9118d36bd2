import assert from 'node:assert/strict';
import { type ShopApp, startShopApp } from '#test/shop-app.ts';

// The way of a buyer over HTTP: cart, order, payment, originals; and who may not.
describe('selling over HTTP', () => {
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
  async function paidOrder(count = 2) {
    const buyer = await shop.person();
    const auth = { token: buyer.token };
    const photoIds = await photos(count);
    await shop.call('POST', '/api/cart/items', { ...auth, body: { photoIds } });
    const { body: order } = await shop.call('POST', '/api/orders', { ...auth, body: {} });
    const { body: payment } = await shop.call('POST', '/api/payment/create', { ...auth, body: { orderId: order.id } });
    await shop.act(payment.transId, 'lose-webhook');
    const { body: paid } = await shop.call('GET', `/api/payment/${payment.id}/status`, auth);
    assert.deepEqual([paid.status, paid.orderStatus], ['paid', 'paid']);
    const { body: after } = await shop.call('GET', `/api/orders/${order.id}`, auth);
    return { auth, photoIds, order: after, payment: paid };
  }

  it('keeps a guest’s cart, prices it, and explains', async () => {
    const [one, ...more] = await photos(5);
    const first = await shop.call('POST', '/api/cart/items', { body: { photoId: one } });
    assert.equal(first.status, 201);
    const guest = { cookie: first.cookie };
    await shop.call('POST', '/api/cart/items', { ...guest, body: { photoId: one } });
    const added = await shop.call('POST', '/api/cart/items', { ...guest, body: { photoIds: more.slice(0, 3) } });
    assert.deepEqual([added.body.items.length, added.body.quote.totalSatang], [4, 24000]);
    assert.equal(added.body.quote.suggestion.addPhotos, 1);
    const all = await shop.call('POST', '/api/cart/items', { ...guest, body: { photoIds: more } });
    assert.deepEqual([all.body.quote.totalSatang, all.body.quote.savingSatang], [25000, 5000]);
    const fewer = await shop.call('PUT', `/api/cart/items/${one}`, { ...guest, body: { isSelected: false } });
    assert.equal(fewer.body.quote.totalSatang, 24000);
    const removed = await shop.call('DELETE', `/api/cart/items/${one}`, guest);
    assert.equal(removed.body.items.length, 4);
    assert.equal((await shop.call('DELETE', `/api/cart/items/${one}`, guest)).body.code, 'cart.item_not_found');
    const { body: offered } = await shop.call('GET', `/api/events/${eventId}/packages`);
    const unlimited = offered.items.find((each: { kind: string }) => each.kind === 'unlimited');
    const forced = await shop.call('PUT', '/api/cart/package', { ...guest, body: { packageId: unlimited.id } });
    assert.equal(forced.body.quote.totalSatang, 50000);
    await shop.call('PUT', '/api/cart/package', { ...guest, body: { packageId: null } });
    await shop.db.updateTable('photos').set({ status: 'rejected' }).where('id', '=', more[0]!).execute();
    await shop.db.updateTable('photos').set({ price_satang: 1000 }).where('id', '=', more[1]!).execute();
    const { body: summary } = await shop.call('GET', '/api/cart/summary', guest);
    assert.deepEqual([summary.selectedCount, summary.quote.totalSatang], [3, 13000]);
    const issues = summary.issues.map((each: { kind: string; photoId: string }) => [each.photoId, each.kind]);
    assert.deepEqual(
      issues.sort(),
      [
        [more[0], 'withdrawn'],
        [more[1], 'price_changed'],
      ].sort(),
    );
    const refused = await shop.call('POST', '/api/cart/items', { ...guest, body: { photoId: more[0] } });
    assert.equal(refused.body.code, 'photo.not_for_sale');
    const unknown = await shop.call('POST', '/api/cart/items', { ...guest, body: { photoId: crypto.randomUUID() } });
    assert.equal(unknown.body.code, 'photo.not_found');
    assert.equal((await shop.call('POST', '/api/cart/clear', { ...guest, body: {} })).body.items.length, 0);
  });

  it('joins the guest’s cart and orders to the account', async () => {
    const photoIds = await photos(3);
    const guest = await shop.call('POST', '/api/cart/items', { body: { photoIds: photoIds.slice(0, 2) } });
    const guestId = (
      await shop.db
        .selectFrom('carts')
        .innerJoin('cart_items', 'cart_items.cart_id', 'carts.id')
        .select('user_id')
        .where('photo_id', '=', photoIds[0]!)
        .executeTakeFirstOrThrow()
    ).user_id;
    const account = await shop.viewer();
    await shop.cart.add(account.userId, photoIds.slice(1));
    await shop.db.transaction().execute(async (trx) => {
      await shop.orders.joinGuest(trx, guestId, account.userId);
      await shop.cart.joinGuest(trx, guestId, account.userId);
    });
    assert.equal((await shop.cart.get(account.userId)).items.length, 3);
    assert.equal((await shop.call('GET', '/api/cart', { cookie: guest.cookie })).body.items.length, 0);
  });

  it('makes one order of two checkouts at once', async () => {
    const buyer = await shop.person();
    const auth = { token: buyer.token };
    assert.equal((await shop.call('POST', '/api/orders', { ...auth, body: {} })).body.code, 'cart.empty');
    await shop.call('POST', '/api/cart/items', { ...auth, body: { photoIds: await photos(2) } });
    const stale = await shop.call('POST', '/api/orders', { ...auth, body: { expectedTotalSatang: 1 } });
    assert.deepEqual([stale.status, stale.body.code, stale.body.totalSatang], [409, 'order.price_changed', 12000]);
    const answers = await Promise.all([1, 2, 3].map(() => shop.call('POST', '/api/orders', { ...auth, body: {} })));
    assert.deepEqual(answers.map((each) => each.status).sort(), [200, 200, 201]);
    assert.equal(new Set(answers.map((each) => each.body.id)).size, 1);
    const { body: list } = await shop.call('GET', '/api/orders', auth);
    assert.equal(list.items.length, 1);
    assert.deepEqual((await shop.call('GET', '/api/cart', auth)).body.items, []);
  });

  it('asks a guest for an e-mail, and opens the order by its link', async () => {
    const [photoId] = await photos(1);
    const { cookie } = await shop.call('POST', '/api/cart/items', { body: { photoId } });
    const missing = await shop.call('POST', '/api/orders', { cookie, body: {} });
    assert.equal(missing.body.code, 'order.email_required');
    const { body: order } = await shop.call('POST', '/api/orders', { cookie, body: { email: 'Guest@Example.test' } });
    assert.equal(order.email, 'guest@example.test');
    assert.deepEqual([order.can.pay, order.can.download, order.items[0].delivery], [true, false, 'locked']);
    const link = new URL(order.links.page);
    assert.equal(link.pathname, `/orders/${order.id}`);
    assert.equal((await shop.call('GET', `/api/orders/${order.id}${link.search}`)).status, 200);
    assert.equal((await shop.call('GET', `/api/orders/${order.id}`)).body.code, 'order.not_found');
    assert.equal((await shop.call('GET', `/api/orders/${order.id}?token=abc.def`)).body.code, 'order.not_found');
    assert.equal(
      (await shop.call('GET', `/api/orders/${order.id}/download${link.search}`)).body.code,
      'order.not_paid',
    );
    assert.equal((await shop.call('GET', `/api/orders/${order.id}/invoice${link.search}`)).body.code, 'order.not_paid');
  });

  it('takes nothing for an order that costs nothing', async () => {
    const [photoId] = await photos(1);
    await shop.db.updateTable('photos').set({ price_satang: 0 }).where('id', '=', photoId!).execute();
    const buyer = await shop.person();
    await shop.call('POST', '/api/cart/items', { token: buyer.token, body: { photoId } });
    const { body: order } = await shop.call('POST', '/api/orders', { token: buyer.token, body: {} });
    assert.deepEqual([order.status, order.totalSatang, order.items[0].delivery], ['paid', 0, 'ready']);
    const owned = await shop.call('POST', '/api/cart/items', { token: buyer.token, body: { photoId } });
    assert.deepEqual([owned.body.items[0].status, owned.body.quote.totalSatang], ['owned', 0]);
  });

  it('delivers originals by link, in ranges and as ZIP, counted; to nobody else', async () => {
    const { auth, photoIds, order } = await paidOrder();
    const { body: links } = await shop.call('GET', `/api/orders/${order.id}/download`, auth);
    assert.equal(links.items.length, 2);
    assert.deepEqual(
      links.items.map((item: { fileName: string }) => item.fileName),
      ['IMG_1.JPG', 'IMG_1 (2).JPG'],
    );
    const { url, photoId } = links.items[0];
    const original = await shop.photos.originalOf(shop.db, photoId);
    const stored = await shop.store.getBuffer(original!.objectKey);
    const bytes = async (target: string, headers: Record<string, string> = {}) => {
      const response = await fetch(`${shop.url}${target}`, { headers });
      return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
    };
    const whole = await bytes(url);
    assert.equal(whole.status, 200);
    assert.ok(whole.body.equals(stored));
    assert.match(whole.headers.get('content-disposition') ?? '', /^attachment; filename="IMG_1.JPG"/);
    const part = await bytes(url, { range: 'bytes=500-' });
    assert.deepEqual([part.status, part.headers.get('content-range')], [206, 'bytes 500-1999/2000']);
    assert.ok(part.body.equals(stored.subarray(500)));
    assert.equal((await bytes(url, { range: 'bytes=9000-' })).status, 416);
    const zip = await bytes(links.zipUrl);
    assert.equal(zip.headers.get('content-type'), 'application/zip');
    assert.ok(zip.body.includes(stored) && zip.body.includes('IMG_1 (2).JPG'));
    const count = async () =>
      (await shop.call('GET', `/api/orders/${order.id}/download`, auth)).body.items[0].downloadsLeft;
    assert.equal(await count(), 18, 'one whole, one ZIP; going on with a range is free');
    await shop.db.updateTable('download_grants').set({ download_count: 20 }).where('order_id', '=', order.id).execute();
    assert.equal((await shop.call('GET', url)).body.code, 'download.limit');
    await shop.call('POST', `/api/orders/${order.id}/redownload`, { ...auth, body: {} });
    assert.equal(await count(), 20);
    assert.equal((await bytes(`/api/photos/${photoIds[0]}/original`)).status, 403);
    const mine = await shop.call('GET', `/api/photos/${photoIds[0]}/original`, auth);
    assert.equal(mine.status, 200);
    const other = await shop.person();
    const theirs = await shop.call('GET', `/api/photos/${photoIds[0]}/original`, { token: other.token });
    assert.equal(theirs.body.code, 'photo.not_purchased');
    for (const target of ['', '/download', '/invoice'])
      assert.equal((await shop.call('GET', `/api/orders/${order.id}${target}`, { token: other.token })).status, 404);
    assert.equal((await shop.call('GET', `/api/downloads/${url.split('/').at(-1)}x`)).status, 404);
    shop.wait(73 * 3600_000);
    assert.equal((await shop.call('GET', url)).body.code, 'download.expired');
    const logged = await shop.db
      .selectFrom('audit_logs')
      .selectAll()
      .where('action', '=', 'download.original')
      .execute();
    assert.ok(logged.length >= 4);
  });

  it('writes receipts without gaps, as PDF', async () => {
    const made = [await paidOrder(1), await paidOrder(1)];
    const rows = await shop.db.selectFrom('invoices').selectAll().orderBy('sequence').execute();
    assert.deepEqual(
      rows.map((row) => row.sequence),
      rows.map((_, index) => index + 1),
    );
    const { order, payment, auth } = made[0]!;
    const mine = rows.find((row) => row.order_id === order.id)!;
    assert.deepEqual([mine.kind, mine.total_satang], ['receipt', payment.paidSatang]);
    const pdf = await shop.call('GET', `/api/orders/${order.id}/invoice`, auth);
    assert.equal(pdf.headers.get('content-type'), 'application/pdf');
    assert.ok(String(pdf.body).startsWith('%PDF-'));
  });

  it('refunds: one asks, two decide above the limit, postings turn round, access ends', async () => {
    const { auth, order, payment } = await paidOrder(2);
    const admins = [await shop.person('admin'), await shop.person('admin')];
    const before = await shop.ledger();
    const ask = { orderId: order.id, reason: 'ภาพเบลอ', itemIds: [order.items[0].id] };
    const { body: partial } = await shop.call('POST', '/api/payment/refund', { ...auth, body: ask });
    assert.deepEqual([partial.status, partial.amountSatang], ['requested', 6000]);
    assert.equal((await shop.call('POST', '/api/payment/refund', { ...auth, body: ask })).body.code, 'refund.exists');
    const decide = (id: string, admin: number, decision = 'approve') =>
      shop.call('POST', `/api/admin/refunds/${id}/decide`, { token: admins[admin]!.token, body: { decision } });
    assert.equal((await decide(partial.id, 0)).body.status, 'approved');
    const half = (await shop.call('GET', `/api/orders/${order.id}`, auth)).body;
    assert.equal(half.status, 'partially_refunded');
    assert.deepEqual(half.items.map((item: { delivery: string }) => item.delivery).sort(), ['ready', 'revoked']);

    await shop.db
      .insertInto('settings')
      .values({ key: 'refunds', value: JSON.stringify({ twoPersonLimitSatang: 100 }) })
      .execute();
    const payee = { bankCode: 'KBANK', accountName: 'ผู้ซื้อ', accountNumber: '123-4-56789-0' };
    const { body: rest } = await shop.call('POST', '/api/payment/refund', {
      ...auth,
      body: { orderId: order.id, reason: 'ทั้งหมด', payee },
    });
    assert.equal(rest.amountSatang, payment.paidSatang - 6000);
    assert.equal((await decide(rest.id, 0)).body.needsSecondApproval, true);
    assert.equal((await decide(rest.id, 0)).body.code, 'refund.second_person');
    const { body: approved } = await decide(rest.id, 1);
    assert.deepEqual([approved.status, approved.payee], ['approved', payee]);
    const transfer = () =>
      shop.call('POST', `/api/admin/refunds/${rest.id}/transfer`, {
        token: admins[0]!.token,
        body: { transferReference: 'KB-1' },
      });
    assert.equal((await transfer()).body.status, 'transferred');
    assert.equal((await transfer()).status, 200);
    const after = await shop.ledger();
    const changed = Object.keys(after).filter((key) => after[key] !== (before[key] ?? 0));
    // Sold before `before` was read: what was earned is taken back, the first part is still owed.
    assert.equal(after.refunds_payable! - (before.refunds_payable ?? 0), -6000);
    assert.equal(after.bank! - (before.bank ?? 0), -(payment.paidSatang - 6000));
    assert.equal(
      Object.values(after).reduce((sum, amount) => sum + amount, 0),
      0,
    );
    assert.ok(changed.includes('platform_revenue') && changed.includes('satang_extra'));
    const { body: done } = await shop.call('GET', `/api/orders/${order.id}`, auth);
    assert.deepEqual([done.status, done.can.download, done.can.refund], ['refunded', false, false]);
    assert.equal((await shop.call('GET', `/api/photos/${done.items[0].photoId}/original`, auth)).status, 403);
    const note = await shop.call('GET', `/api/orders/${order.id}/invoice?document=credit_note`, auth);
    assert.equal(note.status, 200);
    const plain = await shop.call('GET', '/api/admin/refunds', { token: (await shop.person()).token });
    assert.equal(plain.status, 403);
  });

  it('pays photographers and organizers out once, tax kept back, and carries less than nothing on', async () => {
    const admin = { token: (await shop.person('admin')).token };
    await paidOrder(30);
    const due = await shop.call('POST', '/api/revenue/payouts', { ...admin, body: {} });
    assert.equal(due.body.code, 'payout.nothing_due', 'still in the hold period');
    shop.wait(8 * 86_400_000);
    const { body: mine } = await shop.call('GET', '/api/revenue/mine', { token: photographer.token });
    const batches = await Promise.all(
      [1, 2].map(() => shop.call('POST', '/api/revenue/payouts', { ...admin, body: {} })),
    );
    assert.deepEqual(batches.map((each) => each.status).sort(), [201, 409]);
    const { items } = batches.find((each) => each.status === 201)!.body;
    const payout = items.find((each: { payee: { kind: string } }) => each.payee.kind === 'photographer');
    assert.equal(payout.grossSatang, mine.availableSatang);
    assert.equal(payout.grossSatang, mine.balanceSatang);
    const isTaxed = payout.grossSatang >= 100_000;
    assert.equal(payout.withholdingSatang, isTaxed ? Math.round(payout.grossSatang * 0.03) : 0);
    const path = `/api/revenue/payouts/${payout.id}`;
    const pay = () => shop.call('POST', `${path}/pay`, { ...admin, body: { transferReference: 'KB-77' } });
    assert.equal((await pay()).body.code, 'payout.transition');
    await shop.call('POST', `${path}/approve`, { ...admin, body: {} });
    assert.equal((await pay()).body.status, 'paid');
    assert.equal((await pay()).body.status, 'paid');
    const { body: after } = await shop.call('GET', '/api/revenue/mine', { token: photographer.token });
    assert.deepEqual([after.balanceSatang, after.paidOutSatang, after.payouts.length], [0, payout.grossSatang, 1]);
  });

  it('shows revenue that is the sum of its postings, and guards the rules', async () => {
    const admin = { token: (await shop.person('admin')).token };
    const { body: summary } = await shop.call('GET', '/api/revenue/summary', admin);
    const { totals } = summary;
    const parts = ['photographerSatang', 'organizerSatang', 'platformSatang', 'vatSatang', 'satangExtra'];
    assert.equal(
      parts.reduce((sum, part) => sum + totals[part], 0),
      totals.grossSatang,
    );
    assert.equal(
      summary.balances.reduce((sum: number, each: { balanceSatang: number }) => sum + each.balanceSatang, 0),
      0,
    );
    assert.equal(summary.photographers[0].earnedSatang, totals.photographerSatang);
    const rule = { scope: 'event', eventId, platformBp: 4000, photographerBp: 5000, organizerBp: 2000 };
    const wrong = await shop.call('POST', '/api/revenue/split-rules', { ...admin, body: rule });
    assert.equal(wrong.body.code, 'revenue.rule_invalid');
    for (const version of [1, 2]) {
      const made = await shop.call('POST', '/api/revenue/split-rules', {
        ...admin,
        body: { ...rule, platformBp: 3000 },
      });
      assert.deepEqual([made.status, made.body.version], [201, version]);
    }
    const { body: rules } = await shop.call('GET', `/api/revenue/split-rules?eventId=${eventId}`, admin);
    assert.equal(rules.items.length, 1);
    const buyer = await shop.person();
    for (const target of ['/api/revenue/summary', '/api/revenue/payouts', '/api/admin/orders'])
      assert.equal((await shop.call('GET', target, { token: buyer.token })).status, 403);
    const { body: all } = await shop.call('GET', '/api/admin/orders?limit=2', admin);
    assert.equal(all.items.length, 2);
    const next = await shop.call('GET', `/api/admin/orders?limit=2&cursor=${all.nextCursor}`, admin);
    assert.ok(
      next.body.items.every((each: { id: string }) => !all.items.some((other: { id: string }) => other.id === each.id)),
    );
  });
});
