import assert from 'node:assert/strict';
import { type Ground, photoRows, prepareGround } from '#test/fault-scenarios.ts';
import { type ShopApp, startShopApp } from '#test/shop-app.ts';

describe('payments that a person looks at', () => {
  let shop: ShopApp;
  let ground: Ground;
  before(async function () {
    this.timeout(60_000);
    shop = await startShopApp();
    ground = await prepareGround(shop);
  });
  after(() => shop?.stop());

  it('deliver with what was to be paid when money is late and too much; the surplus waits for a decision of its own', async () => {
    const { admin } = ground;
    const viewer = await shop.viewer();
    await shop.cart.add(viewer.userId, await photoRows(ground, 1));
    const { order } = await shop.orders.place(viewer, {});
    const payment = await shop.payments.start(order.id, viewer);
    await shop.payments.cancelOrder(order.id, viewer);
    await shop.act(payment.transId!, 'pay-over');
    const rowNow = () =>
      shop.db.selectFrom('payments').selectAll().where('id', '=', payment.id).executeTakeFirstOrThrow();
    await shop.payments.settle((await rowNow()) as never, { isUrgent: true });
    assert.deepEqual([(await rowNow()).review, (await rowNow()).paid_satang], ['late', payment.amountSatang + 100]);
    const looked = await shop.reviews.resolve(payment.id, 'fulfil', admin, 'she wrote to us');
    assert.deepEqual([looked.review, looked.resolution, looked.actions], ['overpaid', null, ['keep', 'return']]);
    assert.equal((await shop.orders.find(shop.db, order.id))!.status, 'paid');
    const after = await shop.ledger();
    assert.equal(after.suspense, -100);
    assert.equal(after.satang_extra, -(payment.amountSatang - 6000), 'no more than the satang of the QR is ours');
    await shop.reviews.resolve(payment.id, 'return', admin);
    const { suspense, refunds_payable } = await shop.ledger();
    assert.deepEqual([suspense, refunds_payable], [0, -100]);
  });
});
