import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type Buying, startBuying, withCode } from '#test/buying.ts';
import type { ShopApp } from '#test/shop-app.ts';

/** A port that nothing listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('attempts to pay', () => {
  let buying: Buying;
  let shop: ShopApp;
  before(async function () {
    this.timeout(60_000);
    buying = await startBuying();
    shop = buying.shop;
  });
  after(() => shop?.stop());

  const impatient = (isIt: boolean) => Object.assign(shop.gateway, { patienceMs: isIt ? 300 : 20_000 });

  it('has one live attempt; after its end a new QR', async () => {
    const { payment, order, viewer, transId } = await buying.started();
    const again = await Promise.all([
      shop.payments.start(order.id, viewer),
      shop.payments.start(order.id, viewer),
      shop.payments.start(order.id, viewer),
    ]);
    assert.deepEqual(new Set(again.map((each) => each.id)), new Set([payment.id]));
    await shop.act(transId, 'expire');
    shop.wait(15 * 60_000 + 1000);
    const next = await shop.payments.start(order.id, viewer);
    assert.notEqual(next.id, payment.id);
    assert.equal(next.status, 'pending');
    assert.equal((await buying.paymentNow(payment.id)).status, 'expired');
    // The old QR is paid after all, then the new one too: one sale, the second waits for a person.
    await shop.act(transId, 'pay-late');
    await buying.settle(payment.id);
    assert.equal((await buying.orderNow(order.id)).status, 'paid');
    await shop.act(next.transId!, 'lose-webhook');
    const changed = await buying.change(() => buying.settle(next.id));
    assert.deepEqual(changed, { gateway_clearing: next.amountSatang, suspense: -next.amountSatang });
    assert.equal((await buying.paymentNow(next.id)).review, 'duplicate');
    const admin = await shop.viewer('admin');
    const resolved = await buying.change(() => shop.reviews.resolve(next.id, 'return', admin));
    assert.deepEqual(resolved, { suspense: next.amountSatang, refunds_payable: -next.amountSatang });
    await assert.rejects(shop.reviews.resolve(next.id, 'keep', admin), withCode('payment.transition'));
  });

  it('shows the QR by itself when the gateway answers a create late', async () => {
    impatient(true);
    const { order, viewer } = await buying.ordered();
    await shop.faults({ createDelayMs: 1200 });
    const slow = await shop.payments.start(order.id, viewer);
    await shop.faults({ createDelayMs: 0 });
    assert.equal(slow.status, 'unknown');
    assert.ok(slow.retryAt && new Date(slow.retryAt) > shop.clock.now());
    impatient(false);
    assert.equal((await shop.payments.start(order.id, viewer)).id, slow.id, 'it is not asked for again meanwhile');
    await shop.payments.idle();
    const now = await shop.payments.status(slow.id, viewer);
    assert.equal(now.status, 'pending');
    assert.ok(now.qrImageBase64 && now.transId);
  });

  it('replaces an attempt the gateway never answered after 30 seconds, watches it on, and no money is taken twice unseen', async () => {
    const { order, viewer } = await buying.ordered();
    await shop.faults({ createDelayMs: 30_000 });
    impatient(true);
    const lost = await shop.payments.start(order.id, viewer);
    impatient(false);
    await shop.faults({ createDelayMs: 0 });
    assert.equal((await shop.payments.start(order.id, viewer)).id, lost.id);
    shop.wait(31_000);
    const next = await shop.payments.start(order.id, viewer);
    assert.notEqual(next.id, lost.id);
    assert.equal(next.status, 'pending');
    assert.deepEqual((await buying.paymentNow(lost.id)).status, 'expired');
    // The gateway did make the lost one, and somebody pays it: a webhook names our reference.
    const { ref1 } = await buying.paymentNow(lost.id);
    const made = (await (await fetch(`${shop.devUrl}/dev/paynoi.json`)).json()) as { ref1: string; transId: string }[];
    const { transId } = made.find((each) => each.ref1 === ref1)!;
    await shop.act(transId, 'lose-webhook');
    const tell = async () => {
      const data = JSON.stringify({ trans_id: transId, ref1 });
      const signature = createHmac('sha256', shop.apiKey).update(data).digest('hex');
      await shop.webhooks.receive({
        body: Buffer.from(`{"data":${data},"signature":"${signature}"}`),
        requestId: 'test',
      });
      await shop.runJobs();
    };
    await tell();
    assert.equal((await buying.orderNow(order.id)).status, 'paid');
    // The one on the screen is ended at the gateway; money on it all the same waits for a person.
    assert.equal((await buying.paymentNow(next.id)).status, 'cancelled');
    await shop.act(next.transId!, 'pay-late');
    const changed = await buying.change(() => buying.settle(next.id));
    assert.equal(changed.suspense, -next.amountSatang);
    assert.equal((await buying.paymentNow(next.id)).review, 'duplicate');
  });

  it('leaves a gateway alone that does not answer three times', async () => {
    const { order, viewer } = await buying.ordered();
    await shop.faults({ createDelayMs: 30_000 });
    impatient(true);
    const ids = new Set<string>();
    for (let i = 0; i < 5; i++) {
      ids.add((await shop.payments.start(order.id, viewer)).id);
      shop.wait(31_000);
    }
    await shop.faults({ createDelayMs: 0 });
    impatient(false);
    assert.equal(ids.size, 3);
    shop.wait(16 * 60_000);
    const next = await shop.payments.start(order.id, viewer);
    assert.equal(next.status, 'pending');
  }).timeout(10_000);

  it('keeps the order when the gateway says no or is away, and trying again works', async () => {
    const { order, viewer } = await buying.ordered();
    await shop.faults({ createFails: 1 });
    await assert.rejects(shop.payments.start(order.id, viewer), withCode('payment.gateway_unavailable'));
    const { baseUrl } = shop.gateway;
    shop.gateway.baseUrl = `http://127.0.0.1:${await closedPort()}/`;
    await assert.rejects(shop.payments.start(order.id, viewer), withCode('payment.gateway_unavailable'));
    shop.gateway.baseUrl = baseUrl;
    assert.equal((await shop.payments.start(order.id, viewer)).status, 'pending');
  });

  it('cancels: photos go back to the cart, later money waits for a person', async () => {
    const { order, viewer, photoIds, payment } = await buying.started(2);
    assert.deepEqual((await shop.cart.get(viewer.userId)).items, []);
    assert.equal((await shop.payments.cancelOrder(order.id, viewer)).status, 'cancelled');
    assert.equal((await buying.paymentNow(payment.id)).status, 'cancelled');
    const items = (await shop.cart.get(viewer.userId)).items.map((item) => item.id);
    assert.deepEqual(items.sort(), [...photoIds].sort());
    await assert.rejects(shop.payments.start(order.id, viewer), withCode('order.transition'));
    await shop.act(payment.transId!, 'pay-late');
    await buying.settle(payment.id);
    assert.equal((await buying.paymentNow(payment.id)).review, 'late');
    const admin = await shop.viewer('admin');
    await shop.reviews.resolve(payment.id, 'fulfil', admin);
    assert.equal((await buying.orderNow(order.id)).status, 'paid');
    assert.deepEqual((await shop.cart.get(viewer.userId)).items, [], 'delivered photos leave the cart');
  });

  it('sweeps what was missed: lost webhooks, ended QRs, late money, forgotten orders', async () => {
    const lost = await buying.started();
    const late = await buying.started();
    const forgotten = await buying.ordered();
    await shop.act(lost.transId, 'lose-webhook');
    shop.wait(17 * 60_000);
    await shop.sweep();
    assert.equal((await buying.orderNow(lost.order.id)).status, 'paid');
    assert.equal((await buying.paymentNow(late.payment.id)).status, 'expired');
    await shop.faults({ dropWebhooks: true });
    await shop.act(late.transId, 'pay-late');
    await shop.faults({ dropWebhooks: false });
    shop.wait(11 * 60_000);
    await shop.sweep();
    assert.equal((await buying.orderNow(late.order.id)).status, 'paid', 'late, and still in time for its order');
    shop.wait(24 * 3600_000);
    await shop.sweep();
    assert.equal((await buying.orderNow(forgotten.order.id)).status, 'expired');
    assert.equal((await shop.cart.get(forgotten.viewer.userId)).items.length, 1);
  });

  // Paid by another way than the QR on the screen: that must not be paid, too.
  const attached = async (orderId: string, totalSatang: number, isGatewayAway = false) => {
    const admin = await shop.viewer('admin');
    await shop.dev('/dev/paynoi/stray', { amountSatang: totalSatang });
    await shop.reconcile.run();
    shop.wait(11 * 60_000);
    await shop.reconcile.run();
    const [held] = (await shop.cases.list({ limit: 1, status: 'open' })).items;
    const { baseUrl } = shop.gateway;
    if (isGatewayAway) shop.gateway.baseUrl = `http://127.0.0.1:${await closedPort()}/`;
    await shop.cases.resolve(held!.id, { action: 'attach', order: orderId }, admin);
    shop.gateway.baseUrl = baseUrl;
    assert.equal((await buying.orderNow(orderId)).status, 'paid');
  };
  const atGateway = async (transId: string) => {
    const all = (await (await fetch(`${shop.devUrl}/dev/paynoi.json`)).json()) as { transId: string; status: string }[];
    return all.find((each) => each.transId === transId)?.status;
  };

  it('end at the gateway when other money is attached to the order; what comes all the same waits for a person', async () => {
    const { order, payment, transId } = await buying.started();
    await attached(order.id, order.total_satang);
    assert.deepEqual(
      [(await buying.paymentNow(payment.id)).status, await atGateway(transId)],
      ['cancelled', 'cancelled'],
    );
    await shop.act(transId, 'pay-late');
    const changed = await buying.change(() => buying.settle(payment.id));
    assert.deepEqual(changed, { gateway_clearing: payment.amountSatang, suspense: -payment.amountSatang });
    const review = (await shop.reviews.list({ limit: 10 })).items.find((each) => each.id === payment.id);
    assert.deepEqual([review?.review, review?.actions], ['duplicate', ['return', 'keep']]);
  });

  it('end with the next sweep when the gateway was away while money was attached', async () => {
    const { order, payment, transId } = await buying.started();
    await attached(order.id, order.total_satang, true);
    assert.deepEqual([(await buying.paymentNow(payment.id)).status, await atGateway(transId)], ['pending', 'pending']);
    shop.wait(61_000);
    await shop.sweep();
    assert.deepEqual(
      [(await buying.paymentNow(payment.id)).status, await atGateway(transId)],
      ['cancelled', 'cancelled'],
    );
  });

  it('show no QR that the gateway made while other money paid the order', async () => {
    const { order, viewer } = await buying.ordered();
    await shop.faults({ createDelayMs: 4_000 });
    const asked = shop.payments.start(order.id, viewer);
    await attached(order.id, order.total_satang);
    const payment = await asked;
    await shop.faults({ createDelayMs: 0 });
    assert.equal(payment.status, 'cancelled');
    assert.equal(await atGateway(payment.transId!), 'cancelled');
  });

  it('end when a person delivers the order with the money of an earlier one', async () => {
    const { order, viewer, payment, transId } = await buying.started();
    shop.wait(15 * 60_000 + 1000);
    const next = await shop.payments.start(order.id, viewer);
    await shop.act(transId, 'pay-short');
    await buying.settle(payment.id);
    await shop.reviews.resolve(payment.id, 'fulfil', await shop.viewer('admin'));
    assert.deepEqual(
      [(await buying.paymentNow(next.id)).status, await atGateway(next.transId!)],
      ['cancelled', 'cancelled'],
    );
  });
});
