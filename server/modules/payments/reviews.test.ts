import assert from 'node:assert/strict';
import type { Viewer } from '#server/http/viewer.ts';
import { type Buying, startBuying } from '#test/buying.ts';
import type { ShopApp } from '#test/shop-app.ts';

describe('payments that a person looks at', () => {
  let buying: Buying;
  let shop: ShopApp;
  let admin: Viewer;
  before(async function () {
    this.timeout(60_000);
    buying = await startBuying();
    shop = buying.shop;
    admin = await shop.viewer('admin');
  });
  after(() => shop?.stop());

  it('parks short money, keeps surplus apart, and a person decides', async () => {
    const short = await buying.started();
    await shop.act(short.transId, 'pay-short');
    await buying.settle(short.payment.id);
    assert.equal((await buying.paymentNow(short.payment.id)).review, 'underpaid');
    assert.equal((await buying.orderNow(short.order.id)).status, 'pending');
    assert.equal(await buying.grants(short.order.id), 0);
    assert.equal(
      (await shop.payments.start(short.order.id, short.viewer)).id,
      short.payment.id,
      'no second QR meanwhile',
    );
    const paid = short.payment.amountSatang - 100;
    const fulfilled = await buying.change(() => shop.reviews.resolve(short.payment.id, 'fulfil', admin));
    assert.equal(fulfilled.suspense, paid);
    assert.equal(fulfilled[buying.photographerId], -3000);
    assert.equal(await buying.grants(short.order.id), 1);

    const over = await buying.started();
    await shop.act(over.transId, 'pay-over');
    const changed = await buying.change(() => buying.settle(over.payment.id));
    assert.equal(changed.suspense, -100);
    assert.equal((await buying.orderNow(over.order.id)).status, 'paid');
    assert.equal((await shop.reviews.resolve(over.payment.id, 'keep', admin)).resolution, 'keep');
  });

  it('deliver with what was to be paid when money is late and too much; the surplus waits for a decision of its own', async () => {
    const { viewer, order, payment, transId } = await buying.started();
    await shop.payments.cancelOrder(order.id, viewer);
    await shop.act(transId, 'pay-over');
    const { review, paid_satang } = await buying.settle(payment.id);
    assert.deepEqual([review, paid_satang], ['late', payment.amountSatang + 100]);
    const before = await shop.ledger();
    const looked = await shop.reviews.resolve(payment.id, 'fulfil', admin, 'she wrote to us');
    assert.deepEqual([looked.review, looked.resolution, looked.actions], ['overpaid', null, ['keep', 'return']]);
    assert.equal((await shop.orders.find(shop.db, order.id))!.status, 'paid');
    const after = await shop.ledger();
    assert.equal(after.suspense! - before.suspense!, payment.amountSatang, 'the surplus waits on');
    const extra = (before.satang_extra ?? 0) - after.satang_extra!;
    assert.equal(extra, payment.amountSatang - 6000, 'no more than the satang of the QR is ours');
    const returned = await buying.change(() => shop.reviews.resolve(payment.id, 'return', admin));
    assert.deepEqual(returned, { suspense: 100, refunds_payable: -100 });
  });
});
