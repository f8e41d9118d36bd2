import assert from 'node:assert/strict';
import type { AppError } from '#contracts/errors.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { type Ground, photoRows, prepareGround } from '#test/fault-scenarios.ts';
import { type ShopApp, startShopApp } from '#test/shop-app.ts';

// What goes back: never more than came, never twice, and with it everything that was had for it.
describe('refunds', () => {
  let shop: ShopApp;
  let ground: Ground;
  let admin: Viewer;
  before(async function () {
    this.timeout(60_000);
    shop = await startShopApp();
    ground = await prepareGround(shop);
    admin = ground.admin;
  });
  after(() => shop?.stop());

  const code = (expected: string) => (error: AppError) => error.code === expected;
  const place = async (viewer: Viewer, photoIds: readonly string[]) => {
    await shop.cart.add(viewer.userId, [...photoIds]);
    return (await shop.orders.place(viewer, {})).order;
  };
  const paymentRow = async (id: string) =>
    (await shop.db.selectFrom('payments').selectAll().where('id', '=', id).executeTakeFirstOrThrow()) as never;
  /** Orders and pays; `how`: what the gateway's simulator does. */
  async function bought(viewer: Viewer, photoIds: readonly string[], how = 'lose-webhook') {
    const order = await place(viewer, photoIds);
    const payment = await shop.payments.start(order.id, viewer);
    await shop.act(payment.transId!, how);
    await shop.payments.settle(await paymentRow(payment.id), { isUrgent: true });
    return { order, payment };
  }
  const refund = async (viewer: Viewer, orderId: string, itemIds?: string[]) => {
    const { id, amountSatang } = await shop.refunds.request(viewer, { orderId, reason: 'not me', itemIds });
    const { needsSecondApproval } = await shop.refunds.decide(id, 'approve', admin);
    if (needsSecondApproval) await shop.refunds.decide(id, 'approve', ground.second);
    return amountSatang;
  };
  const statusOf = async (id: string) => (await shop.orders.find(shop.db, id))!.status;
  const grants = async (viewer: Viewer) => {
    const query = shop.db.selectFrom('download_grants').select('photo_id').where('user_id', '=', viewer.userId);
    return (await query.where('revoked_at', 'is', null).execute()).map((row) => row.photo_id).sort();
  };

  it('of an order that was let off a part of its price never come to more than was paid, photo by photo', async () => {
    const viewer = await shop.viewer();
    const order = await place(viewer, await photoRows(ground, 2));
    const payment = await shop.payments.start(order.id, viewer);
    await shop.act(payment.transId!, 'pay-short');
    await shop.payments.settle(await paymentRow(payment.id), { isUrgent: true });
    // As if a person had taken 40.37 for 120.
    const paidSatang = 4037;
    await shop.db.transaction().execute(async (trx) => {
      const { paid_satang: held } = await trx
        .selectFrom('payments')
        .select('paid_satang')
        .where('id', '=', payment.id)
        .executeTakeFirstOrThrow();
      const terms = await shop.orders.loadTerms();
      assert.ok(held! > paidSatang);
      const received = { paymentId: payment.id, paidSatang, from: 'suspense' as const };
      await shop.orders.fulfil(trx, (await shop.orders.lock(trx, order.id))!, received, terms);
    });
    const items = await shop.orders.itemsOf(shop.db, order.id);
    const first = await refund(viewer, order.id, [items[0]!.id]);
    const second = await refund(viewer, order.id, [items[1]!.id]);
    assert.equal(first + second, paidSatang);
    assert.ok(Math.abs(first - second) <= 1, `${first} and ${second}`);
    assert.equal(await statusOf(order.id), 'refunded');
    const notes = await shop.db
      .selectFrom('invoices')
      .select(['kind', 'total_satang'])
      .where('order_id', '=', order.id)
      .orderBy('issued_at')
      .orderBy('number')
      .execute();
    assert.equal(notes.find((each) => each.kind === 'receipt')!.total_satang, paidSatang);
    const credited = notes.filter((each) => each.kind === 'credit_note').map((each) => each.total_satang);
    assert.equal(
      credited.reduce((sum, each) => sum + each, 0),
      paidSatang,
    );
  });

  it('of free photos are none, also when they are asked for alone', async () => {
    const viewer = await shop.viewer();
    const [free, dear] = await photoRows(ground, 2);
    await shop.db.updateTable('photos').set({ price_satang: 0 }).where('id', '=', free!).execute();
    const { order } = await bought(viewer, [free!, dear!]);
    const items = await shop.orders.itemsOf(shop.db, order.id);
    const of = (photoId: string) => items.find((item) => item.photo_id === photoId)!.id;
    await assert.rejects(refund(viewer, order.id, [of(free!)]), code('refund.not_allowed'));
    assert.equal(await refund(viewer, order.id, [of(dear!)]), 6000);
    assert.deepEqual(await grants(viewer), [free!]);
    const nothing = await place(await shop.viewer(), [free!]);
    await assert.rejects(refund(ground.admin, nothing.id), code('refund.not_allowed'));
  });

  it('decided on twice at once take effect once', async () => {
    const viewer = await shop.viewer();
    const { order, payment } = await bought(viewer, await photoRows(ground, 2));
    const { id } = await shop.refunds.request(viewer, { orderId: order.id, reason: 'not me' });
    const before = await shop.ledger();
    const both = await Promise.allSettled(
      [admin, ground.second, admin].map((by) => shop.refunds.decide(id, 'approve', by)),
    );
    assert.deepEqual(both.map((each) => each.status).sort(), ['fulfilled', 'rejected', 'rejected']);
    const sent = await Promise.allSettled(
      ['KB-1', 'KB-2', 'KB-1'].map((reference) => shop.refunds.transfer(id, reference, admin)),
    );
    assert.ok(sent.some((each) => each.status === 'fulfilled'));
    const after = await shop.ledger();
    assert.equal(after.bank! - (before.bank ?? 0), -payment.amountSatang);
    assert.equal(after.refunds_payable ?? 0, before.refunds_payable ?? 0);
  });

  it('of 500 photos are booked and given back to the satang, in one go', async () => {
    const viewer = await shop.viewer();
    const bundle = await shop.db
      .selectFrom('packages')
      .select('id')
      .where('kind', '=', 'unlimited')
      .executeTakeFirstOrThrow();
    await shop.packages.update(bundle.id, { isActive: false } as never);
    const before = await shop.ledger();
    try {
      const { order, payment } = await bought(viewer, await photoRows(ground, 500));
      assert.equal(order.total_satang, 100 * 25_000);
      assert.equal((await grants(viewer)).length, 500);
      assert.equal(await refund(viewer, order.id), payment.amountSatang);
      assert.equal((await grants(viewer)).length, 0);
    } finally {
      await shop.packages.update(bundle.id, { isActive: true } as never);
    }
    const after = await shop.ledger();
    assert.equal(after[ground.photographerId] ?? 0, before[ground.photographerId] ?? 0);
    assert.equal(after.platform_revenue, before.platform_revenue);
  });

  describe('of an unlimited package', () => {
    const unlimitedOrder = async () => {
      const viewer = await shop.viewer();
      const { order } = await bought(viewer, await photoRows(ground, 11));
      assert.equal(order.quote.packages[0]!.kind, 'unlimited');
      const later = await photoRows(ground, 3);
      const [free] = await photoRows(ground, 1);
      await shop.db.updateTable('photos').set({ price_satang: 0 }).where('id', '=', free!).execute();
      const taken = await place(viewer, later);
      assert.deepEqual([taken.total_satang, taken.status], [0, 'paid']);
      const gift = await place(viewer, [free!]);
      return { viewer, order, taken, gift, free: free! };
    };

    it('are of all of it: some photos of it cannot go back alone', async () => {
      const { viewer, order } = await unlimitedOrder();
      const items = await shop.orders.itemsOf(shop.db, order.id);
      const some = items.slice(0, 9).map((item) => item.id);
      await assert.rejects(refund(viewer, order.id, some), code('refund.whole_package'));
      assert.equal(await statusOf(order.id), 'paid');
    });

    it('take back what was taken under it, and leave what is free for everybody', async () => {
      const { viewer, order, taken, gift, free } = await unlimitedOrder();
      const before = await shop.ledger();
      await refund(viewer, order.id);
      assert.deepEqual(await grants(viewer), [free]);
      assert.deepEqual(
        [await statusOf(order.id), await statusOf(taken.id), await statusOf(gift.id)],
        ['refunded', 'refunded', 'paid'],
      );
      const after = await shop.ledger();
      assert.equal(
        Object.values(after).reduce((sum, each) => sum + each, 0),
        0,
      );
      // Eleven shares, each rounded down.
      const back = after[ground.photographerId]! - before[ground.photographerId]!;
      assert.ok(back > 25_000 - 11 && back <= 25_000, `${back} of 25000`);
      const again = await place(viewer, await photoRows(ground, 1));
      assert.equal(again.total_satang, 6000, 'what comes after it costs again');
    });

    it('leave nothing behind that was ordered at the same moment', async () => {
      for (let round = 0; round < 5; round++) {
        const { viewer, order } = await unlimitedOrder();
        const { id } = await shop.refunds.request(viewer, { orderId: order.id, reason: 'not me' });
        await shop.cart.add(viewer.userId, await photoRows(ground, 2));
        const [placed] = await Promise.all([shop.orders.place(viewer, {}), shop.refunds.decide(id, 'approve', admin)]);
        assert.equal((await grants(viewer)).length, 1, `round ${round}: only the free one`);
        assert.ok(['refunded', 'pending'].includes(await statusOf(placed.order.id)));
      }
    });
  });
});
