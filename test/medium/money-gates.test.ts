import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { signOmise } from '#ops/laptop/omise/gateway.ts';
import { type Ground, photoRows, prepareGround, verifyPaid } from '#test/fault-scenarios.ts';
import { type ShopApp, startShopApp } from '#test/shop-app.ts';

// What comes from outside and is not to be believed: webhooks, prices, other people's ids. And the second gateway over HTTP.
describe('money at the gates', () => {
  let shop: ShopApp;
  let ground: Ground;
  before(async function () {
    this.timeout(60_000);
    shop = await startShopApp();
    ground = await prepareGround(shop);
  });
  after(() => shop?.stop());

  const sign = (data: string) => createHmac('sha256', shop.apiKey).update(data).digest('hex');
  const send = async (body: string | Buffer, headers: Record<string, string> = {}, target = '/api/payment/webhook') => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: body.toString() };
    const response = await fetch(`${shop.url}${target}`, init);
    return { status: response.status, body: (await response.json()) as { code?: string; status?: number } };
  };
  const stored = async () => (await shop.db.selectFrom('payment_webhooks').select('id').execute()).length;
  const refusals = async () =>
    (await shop.db.selectFrom('audit_logs').select('details').where('action', '=', 'webhook.refused').execute()).length;

  it('refuses webhooks that are forged, cut, of another type or too large, stores none of them and writes it down', async () => {
    const data = '{"trans_id":"T-1","payment_status":"completed","amount":"1.00"}';
    const before = await stored();
    const auditedBefore = await refusals();
    const good = `{"data":${data},"signature":"${sign(data)}"}`;
    const cases: [string, string | Buffer, Record<string, string>, number][] = [
      [
        'another key',
        `{"data":${data},"signature":"${createHmac('sha256', 'x').update(data).digest('hex')}"}`,
        {},
        401,
      ],
      ['no signature', `{"data":${data}}`, {}, 400],
      ['an empty signature', `{"data":${data},"signature":""}`, {}, 401],
      ['a changed byte', good.replace('completed', 'Completed'), {}, 401],
      [
        'data twice, the second forged',
        `{"data":${data},"data":{"trans_id":"T-2"},"signature":"${sign(data)}"}`,
        {},
        401,
      ],
      ['signed text in another type', good, { 'content-type': 'text/plain' }, 400],
      ['a form', 'data=1&signature=2', { 'content-type': 'application/x-www-form-urlencoded' }, 400],
      ['nothing', '', {}, 400],
      ['too much', `{"data":"${'x'.repeat(70_000)}","signature":"${sign('x')}"}`, {}, 413],
    ];
    for (const [what, body, headers, status] of cases) {
      const answer = await send(body, headers);
      const expected = what === 'data twice, the second forged' ? [400, 401] : [status];
      assert.ok(expected.includes(answer.status), `${what}: ${answer.status} ${JSON.stringify(answer.body)}`);
      assert.equal(answer.body.status === 1, false, what);
    }
    assert.equal(await stored(), before);
    assert.ok((await refusals()) > auditedBefore, 'written down, once a minute for an address however many come');
    assert.ok((await refusals()) <= auditedBefore + 2);
  });

  it('answers a replay and does nothing more', async () => {
    const viewer = await shop.viewer();
    await shop.cart.add(viewer.userId, await photoRows(ground, 1));
    const { order } = await shop.orders.place(viewer, {});
    const payment = await shop.payments.start(order.id, viewer);
    await shop.act(payment.transId!, 'lose-webhook');
    const data = `{"trans_id":"${payment.transId}","payment_status":"completed"}`;
    const body = `{"data":${data},"signature":"${sign(data)}"}`;
    for (let i = 0; i < 5; i++) {
      assert.deepEqual(await send(body), { status: 200, body: { status: 1 } });
      await shop.runJobs();
    }
    await verifyPaid(shop, order.id, payment.amountSatang);
    const row = await shop.db
      .selectFrom('payment_webhooks')
      .select(['deliveries', 'status'])
      .where('trans_id', '=', payment.transId!)
      .executeTakeFirstOrThrow();
    assert.deepEqual(row, { deliveries: 5, status: 'applied' });
  });

  it('refuses a price in the body of what buys, by name, and writes it down; nothing is put in, ordered or asked for by it', async () => {
    const buyer = await shop.person();
    const [photoId] = await photoRows(ground, 1);
    const post = (target: string, body: object, method = 'POST') =>
      shop.call(method, target, { token: buyer.token, body });
    const refuses = async (target: string, good: object, method?: string) => {
      for (const more of [{ priceSatang: 1 }, { totalSatang: 1, discountSatang: 5999 }, { amount: '0.01' }]) {
        const { status, body } = await post(target, { ...good, ...more }, method);
        assert.deepEqual([status, body.code], [400, 'request.invalid'], `${method ?? 'POST'} ${target}`);
        for (const field of Object.keys(more)) assert.match(JSON.stringify(body.errors), new RegExp(field));
      }
    };
    await refuses('/api/cart/items', { photoId });
    await refuses('/api/cart/items', { photoIds: [photoId] });
    assert.equal((await shop.cart.get(buyer.userId)).items.length, 0);
    await post('/api/cart/items', { photoId });
    await refuses(`/api/cart/items/${photoId}`, { isSelected: false }, 'PUT');
    await refuses('/api/cart/package', { packageId: null }, 'PUT');
    await refuses('/api/cart/coupon', { code: null }, 'PUT');
    await refuses('/api/orders', {});
    assert.equal((await shop.cart.get(buyer.userId)).items.length, 1);
    const order = await post('/api/orders', {});
    assert.deepEqual([order.status, order.body.totalSatang], [201, 6000]);
    await refuses('/api/payment/create', { orderId: order.body.id });
    const payments = shop.db.selectFrom('payments').select('id').where('order_id', '=', order.body.id);
    assert.deepEqual(await payments.execute(), []);
    await refuses('/api/payment/refund', { orderId: order.body.id, reason: 'all of it and more' });
    const refused = await shop.db
      .selectFrom('audit_logs')
      .select(['actor_id', 'details'])
      .where('action', '=', 'request.refused')
      .execute();
    assert.ok(refused.length > 0 && refused.every((each) => each.actor_id === buyer.userId));
  });

  it('shows nobody what is another’s', async () => {
    const [buyer, thief] = [await shop.person(), await shop.person()] as const;
    const as = (token: string, method: string, target: string, body?: unknown) =>
      shop.call(method, target, { token, body });
    await as(buyer.token, 'POST', '/api/cart/items', { photoId: (await photoRows(ground, 1))[0] });
    const wrong = await as(buyer.token, 'POST', '/api/orders', { expectedTotalSatang: 1 });
    assert.deepEqual([wrong.status, wrong.body.code], [409, 'order.price_changed']);
    const order = await as(buyer.token, 'POST', '/api/orders', {});
    const payment = await as(buyer.token, 'POST', '/api/payment/create', { orderId: order.body.id });
    assert.equal(payment.body.requestedSatang, 6000);
    for (const [method, target, body] of [
      ['GET', `/api/orders/${order.body.id}`],
      ['GET', `/api/orders/${order.body.id}/invoice`],
      ['GET', `/api/orders/${order.body.id}/download`],
      ['GET', `/api/payment/${payment.body.id}/status`],
      ['POST', '/api/payment/create', { orderId: order.body.id }],
      ['POST', '/api/payment/refund', { orderId: order.body.id, reason: 'give it to me' }],
    ] as const)
      assert.equal((await as(thief.token, method, target, body)).status, 404, `${method} ${target}`);
    const refused = await shop.db
      .selectFrom('audit_logs')
      .select(['actor_id', 'details'])
      .where('action', '=', 'order.refused')
      .where('subject_id', '=', order.body.id)
      .execute();
    assert.equal(refused.length, 6, 'each is written down');
    assert.ok(refused.every((each) => each.actor_id === thief.userId));
    for (const target of [
      '/api/admin/money-cases',
      '/api/admin/reconciliation',
      '/api/admin/bank-rows',
      '/api/admin/refunds',
    ])
      assert.equal((await as(thief.token, 'GET', target)).status, 403, target);
    assert.equal((await as(thief.token, 'POST', '/api/admin/reconciliation/run', {})).status, 403);
  });

  it('sells through the second gateway: hosted page, signed webhook, fee, and money sent back by the gateway, once', async () => {
    const { providers } = shop.payments;
    const hosted = providers.find((each) => each.name === 'omise')!;
    const other = shop.composeAgain({
      db: shop.db,
      wrap: (provider) => (provider.name === 'paynoi' ? hosted : provider),
    });
    const admin = ground.admin;
    const viewer = await shop.viewer();
    await shop.cart.add(viewer.userId, await photoRows(ground, 2));
    const { order } = await other.orders.place(viewer, {});
    const payment = await other.payments.start(order.id, viewer);
    assert.equal(payment.qrImageBase64, null);
    assert.match(payment.redirectUrl!, /\/dev\/omise\/pay\/chrg_/);
    assert.equal(payment.amountSatang, 12_000, 'to the satang, nothing on top');
    await shop.dev(`/dev/omise/${payment.transId}/lose-webhook`);
    const charge = { object: 'charge', id: payment.transId, amount: 12_000, currency: 'THB', status: 'successful' };
    const body = JSON.stringify({ object: 'event', key: 'charge.complete', data: charge });
    const signed = (secondsAgo: number) =>
      signOmise(body, shop.hosted.webhookSecret, new Date(shop.clock.now().getTime() - secondsAgo * 1000));
    assert.equal((await send(body, signed(400), '/api/payment/webhook/omise')).status, 401, 'of long ago');
    assert.equal((await send(`${body} `, signed(1), '/api/payment/webhook/omise')).status, 401, 'a byte more');
    assert.equal((await send(body, {}, '/api/payment/webhook/omise')).status, 401);
    assert.equal((await send(body, signed(1), '/api/payment/webhook/nobody')).status, 404);
    assert.deepEqual(await send(body, signed(1), '/api/payment/webhook/omise'), { status: 200, body: { status: 1 } });
    await shop.runJobs();
    await verifyPaid(shop, order.id, 12_000);
    await shop.reconcile.run();
    const fees = await shop.ledger();
    assert.equal(fees.gateway_fees, Math.round(12_000 * 0.0365 * 1.07));
    const items = await shop.orders.itemsOf(shop.db, order.id);
    const refund = await shop.refunds.request(viewer, {
      orderId: order.id,
      reason: 'one is blurred',
      itemIds: [items[0]!.id],
    });
    const approved = await shop.refunds.decide(refund.id, 'approve', admin);
    assert.equal(approved.canSend, true);
    const before = await shop.ledger();
    const [sent, again] = [await shop.refunds.send(refund.id, admin), await shop.refunds.send(refund.id, admin)];
    assert.deepEqual(
      [sent.status, sent.transferVia, again.transferReference],
      ['transferred', 'gateway', sent.transferReference],
    );
    const after = await shop.ledger();
    assert.equal(after.gateway_clearing! - before.gateway_clearing!, -refund.amountSatang);
    assert.equal(after.refunds_payable! - before.refunds_payable!, refund.amountSatang);
    const charges = (await (await fetch(`${shop.devUrl}/dev/omise.json`)).json()) as {
      id: string;
      refundedSatang: number;
    }[];
    assert.equal(charges.find((each) => each.id === payment.transId)!.refundedSatang, refund.amountSatang);
  });
});
