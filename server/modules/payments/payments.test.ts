import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { sql } from 'kysely';
import type { Viewer } from '#server/http/viewer.ts';
import type { PaymentRow } from '#server/modules/payments/service.ts';
import { ensurePhotographer } from '#server/modules/photographers/service.ts';
import { type ShopApp, startShopApp } from '#test/shop-app.ts';

const code = (expected: string) => (error: { code?: string }) => {
  assert.equal(error.code, expected);
  return true;
};

/** A port that nothing listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('payments', () => {
  let shop: ShopApp;
  let photographer: Viewer;
  let photographerId: string;
  let organizerId: string;
  let eventId: string;
  before(async function () {
    this.timeout(60_000);
    shop = await startShopApp();
    photographer = await shop.viewer('photographer');
    photographerId = await ensurePhotographer(shop.db, photographer.userId);
    organizerId = await shop.organizer();
    eventId = await shop.event({ organizer_id: organizerId });
  });
  after(() => shop?.stop());

  async function ordered(count = 1, event = eventId) {
    const viewer = await shop.viewer();
    const photoIds = await shop.photosOf(event, photographer.userId, count);
    await shop.cart.add(viewer.userId, photoIds);
    const { order } = await shop.orders.place(viewer, {});
    return { viewer, photoIds, order };
  }
  async function started(count = 1, event = eventId) {
    const made = await ordered(count, event);
    const payment = await shop.payments.start(made.order.id, made.viewer);
    return { ...made, payment, transId: payment.transId! };
  }
  const orderNow = async (id: string) => (await shop.orders.find(shop.db, id))!;
  const paymentNow = async (id: string): Promise<PaymentRow> => {
    const query = shop.db.selectFrom('payments').selectAll().where('id', '=', id);
    return (await query.executeTakeFirstOrThrow()) as PaymentRow;
  };
  const grants = async (orderId: string) => {
    const query = shop.db.selectFrom('download_grants').selectAll().where('order_id', '=', orderId);
    return (await query.where('revoked_at', 'is', null).execute()).length;
  };
  const change = async (work: () => Promise<unknown>) => {
    const before = await shop.ledger();
    await work();
    const after = await shop.ledger();
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    const changed = [...keys].map((key) => [key, (after[key] ?? 0) - (before[key] ?? 0)] as const);
    return Object.fromEntries(changed.filter(([, amount]) => amount !== 0));
  };
  const settle = async (id: string) => (await shop.payments.settle(await paymentNow(id), { isUrgent: true })).payment;

  it('checks its state tables against the database', () => shop.payments.checkMachines());

  it('pays one photo of 60 THB: 18.00 platform, 30.00 photographer, 12.00 organizer', async () => {
    const { payment, transId, order } = await started();
    assert.equal(payment.status, 'pending');
    assert.equal(payment.requestedSatang, 6000);
    assert.ok(payment.amountSatang > 6000 && payment.amountSatang < 6100 && payment.qrImageBase64);
    const leftMs = new Date(payment.expiresAt!).getTime() - shop.clock.now().getTime();
    assert.ok(leftMs > 14 * 60_000 && leftMs <= 15 * 60_000, 'Thai wall clock read as such');
    const changed = await change(async () => {
      await shop.act(transId, 'lose-webhook');
      await settle(payment.id);
    });
    assert.deepEqual(changed, {
      gateway_clearing: payment.amountSatang,
      platform_revenue: -1800,
      [photographerId]: -3000,
      [organizerId]: -1200,
      satang_extra: -(payment.amountSatang - 6000),
    });
    assert.equal((await orderNow(order.id)).status, 'paid');
    assert.equal(await grants(order.id), 1);
  });

  it('spreads a bundle over its photos, to the satang', async () => {
    const { payment, transId } = await started(7);
    assert.equal(payment.requestedSatang, 37000);
    const changed = await change(async () => {
      await shop.act(transId, 'lose-webhook');
      await settle(payment.id);
    });
    assert.equal(changed[photographerId], -18500);
    assert.equal(changed[organizerId], -7400);
    assert.equal(changed.platform_revenue, -11100);
  });

  it('splits a premium event 25 / 55 / 20 and gives a platform event to the platform', async () => {
    const premium = await shop.event({ organizer_id: organizerId, revenue_type: 'premium' });
    const own = await shop.event({ revenue_type: 'platform' });
    const paid = async (event: string) => {
      const { payment, transId } = await started(1, event);
      return change(async () => {
        await shop.act(transId, 'lose-webhook');
        await settle(payment.id);
      });
    };
    const first = await paid(premium);
    assert.deepEqual([first.platform_revenue, first[photographerId], first[organizerId]], [-1500, -3300, -1200]);
    const second = await paid(own);
    assert.deepEqual([second.platform_revenue, second[photographerId]], [-6000, undefined]);
  });

  it('takes the same webhook ten times at once as one', async () => {
    const { payment, transId, order } = await started();
    const changed = await change(async () => {
      await shop.act(transId, 'lose-webhook');
      const { rows } = await sql<{ ref1: string }>`select ref1 from payments where id = ${payment.id}`.execute(shop.db);
      const data = `{"trans_id":"${transId}","ref1":"${rows[0]!.ref1}", "msg":"\\u0e0a\\/x","payment_status":"completed"}`;
      const signature = createHmac('sha256', shop.apiKey).update(data).digest('hex');
      const send = (body: string) =>
        fetch(`${shop.url}/api/payment/webhook`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        });
      const body = `{"data":${data},"signature":"${signature}"}`;
      const answers = await Promise.all(Array.from({ length: 10 }, () => send(body)));
      for (const answer of answers) assert.deepEqual([answer.status, await answer.json()], [200, { status: 1 }]);
      const forged = await send(`{"data":${data.replace('"completed"', '"completed" ')},"signature":"${signature}"}`);
      assert.equal(forged.status, 401);
      assert.equal(((await forged.json()) as { code: string }).code, 'webhook.signature');
      assert.equal((await send('{"signature":"x"}')).status, 400);
      const stored = await shop.db.selectFrom('payment_webhooks').selectAll().where('trans_id', '=', transId).execute();
      assert.deepEqual(
        stored.map((row) => [row.deliveries, row.status]),
        [[10, 'received']],
      );
      assert.equal(await shop.runJobs(), 1);
    });
    assert.equal(changed.gateway_clearing, payment.amountSatang);
    assert.equal((await orderNow(order.id)).status, 'paid');
    const mails = await shop.db
      .selectFrom('messages')
      .selectAll()
      .where('dedupe_key', '=', `order.paid-${order.id}`)
      .execute();
    assert.equal(mails.length, 1);
  });

  it('hears of a payment by the gateway’s own webhook', async () => {
    const { transId, order } = await started();
    const sum = await shop.db
      .selectFrom('payment_webhooks')
      .select(sql<number>`coalesce(sum(deliveries), 0)::int`.as('sum'))
      .executeTakeFirstOrThrow();
    await shop.act(transId, 'pay');
    await shop.webhooksReceived(sum.sum + 1);
    await shop.runJobs();
    assert.equal((await orderNow(order.id)).status, 'paid');
  });

  it('settles 200 times in parallel with one effect', async () => {
    const { payment, transId, order, photoIds } = await started(3);
    const changed = await change(async () => {
      await shop.act(transId, 'lose-webhook');
      const row = await paymentNow(payment.id);
      await Promise.all(Array.from({ length: 200 }, () => shop.payments.settle(row, { isUrgent: true })));
    });
    assert.equal(changed.gateway_clearing, payment.amountSatang);
    assert.equal(await grants(order.id), photoIds.length);
    const invoices = await shop.db.selectFrom('invoices').selectAll().where('order_id', '=', order.id).execute();
    assert.equal(invoices.length, 1);
  });

  it('has one live attempt; after its end a new QR', async () => {
    const { payment, order, viewer, transId } = await started();
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
    assert.equal((await paymentNow(payment.id)).status, 'expired');
    // The old QR is paid after all, then the new one too: one sale, the second waits for a person.
    await shop.act(transId, 'pay-late');
    await settle(payment.id);
    assert.equal((await orderNow(order.id)).status, 'paid');
    await shop.act(next.transId!, 'lose-webhook');
    const changed = await change(() => settle(next.id));
    assert.deepEqual(changed, { gateway_clearing: next.amountSatang, suspense: -next.amountSatang });
    assert.equal((await paymentNow(next.id)).review, 'duplicate');
    const admin = await shop.viewer('admin');
    const resolved = await change(() => shop.reviews.resolve(next.id, 'return', admin));
    assert.deepEqual(resolved, { suspense: next.amountSatang, refunds_payable: -next.amountSatang });
    await assert.rejects(shop.reviews.resolve(next.id, 'keep', admin), code('payment.transition'));
  });

  it('parks short money, keeps surplus apart, and a person decides', async () => {
    const admin = await shop.viewer('admin');
    const short = await started();
    await shop.act(short.transId, 'pay-short');
    await settle(short.payment.id);
    assert.equal((await paymentNow(short.payment.id)).review, 'underpaid');
    assert.equal((await orderNow(short.order.id)).status, 'pending');
    assert.equal(await grants(short.order.id), 0);
    assert.equal(
      (await shop.payments.start(short.order.id, short.viewer)).id,
      short.payment.id,
      'no second QR meanwhile',
    );
    const paid = short.payment.amountSatang - 100;
    const fulfilled = await change(() => shop.reviews.resolve(short.payment.id, 'fulfil', admin));
    assert.equal(fulfilled.suspense, paid);
    assert.equal(fulfilled[photographerId], -3000);
    assert.equal(await grants(short.order.id), 1);

    const over = await started();
    await shop.act(over.transId, 'pay-over');
    const changed = await change(() => settle(over.payment.id));
    assert.equal(changed.suspense, -100);
    assert.equal((await orderNow(over.order.id)).status, 'paid');
    assert.equal((await shop.reviews.resolve(over.payment.id, 'keep', admin)).resolution, 'keep');
  });

  const impatient = (isIt: boolean) => Object.assign(shop.gateway, { patienceMs: isIt ? 300 : 20_000 });

  it('shows the QR by itself when the gateway answers a create late', async () => {
    impatient(true);
    const { order, viewer } = await ordered();
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
    const { order, viewer } = await ordered();
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
    assert.deepEqual((await paymentNow(lost.id)).status, 'expired');
    // The gateway did make the lost one, and somebody pays it: a webhook names our reference.
    const { ref1 } = await paymentNow(lost.id);
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
    assert.equal((await orderNow(order.id)).status, 'paid');
    // The one on the screen is ended at the gateway; money on it all the same waits for a person.
    assert.equal((await paymentNow(next.id)).status, 'cancelled');
    await shop.act(next.transId!, 'pay-late');
    const changed = await change(() => settle(next.id));
    assert.equal(changed.suspense, -next.amountSatang);
    assert.equal((await paymentNow(next.id)).review, 'duplicate');
  });

  it('leaves a gateway alone that does not answer three times', async () => {
    const { order, viewer } = await ordered();
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
    const { order, viewer } = await ordered();
    await shop.faults({ createFails: 1 });
    await assert.rejects(shop.payments.start(order.id, viewer), code('payment.gateway_unavailable'));
    const { baseUrl } = shop.gateway;
    shop.gateway.baseUrl = `http://127.0.0.1:${await closedPort()}/`;
    await assert.rejects(shop.payments.start(order.id, viewer), code('payment.gateway_unavailable'));
    shop.gateway.baseUrl = baseUrl;
    assert.equal((await shop.payments.start(order.id, viewer)).status, 'pending');
  });

  it('cancels: photos go back to the cart, later money waits for a person', async () => {
    const { order, viewer, photoIds, payment } = await started(2);
    assert.deepEqual((await shop.cart.get(viewer.userId)).items, []);
    assert.equal((await shop.payments.cancelOrder(order.id, viewer)).status, 'cancelled');
    assert.equal((await paymentNow(payment.id)).status, 'cancelled');
    const items = (await shop.cart.get(viewer.userId)).items.map((item) => item.id);
    assert.deepEqual(items.sort(), [...photoIds].sort());
    await assert.rejects(shop.payments.start(order.id, viewer), code('order.transition'));
    await shop.act(payment.transId!, 'pay-late');
    await settle(payment.id);
    assert.equal((await paymentNow(payment.id)).review, 'late');
    const admin = await shop.viewer('admin');
    await shop.reviews.resolve(payment.id, 'fulfil', admin);
    assert.equal((await orderNow(order.id)).status, 'paid');
    assert.deepEqual((await shop.cart.get(viewer.userId)).items, [], 'delivered photos leave the cart');
  });

  it('sweeps what was missed: lost webhooks, ended QRs, late money, forgotten orders', async () => {
    const lost = await started();
    const late = await started();
    const forgotten = await ordered();
    await shop.act(lost.transId, 'lose-webhook');
    shop.wait(17 * 60_000);
    await shop.sweep();
    assert.equal((await orderNow(lost.order.id)).status, 'paid');
    assert.equal((await paymentNow(late.payment.id)).status, 'expired');
    await shop.faults({ dropWebhooks: true });
    await shop.act(late.transId, 'pay-late');
    await shop.faults({ dropWebhooks: false });
    shop.wait(11 * 60_000);
    await shop.sweep();
    assert.equal((await orderNow(late.order.id)).status, 'paid', 'late, and still in time for its order');
    shop.wait(24 * 3600_000);
    await shop.sweep();
    assert.equal((await orderNow(forgotten.order.id)).status, 'expired');
    assert.equal((await shop.cart.get(forgotten.viewer.userId)).items.length, 1);
  });

  it('books money that fits no payment as held, once', async () => {
    const { transId, order, viewer } = await started();
    await shop.act(transId, 'lose-webhook');
    await shop.db
      .updateTable('payments')
      .set({ trans_id: `gone-${transId}` })
      .where('trans_id', '=', transId)
      .execute();
    const data = JSON.stringify({ trans_id: transId, ref1: 'somebody-else' });
    const signature = createHmac('sha256', shop.apiKey).update(data).digest('hex');
    const changed = await change(async () => {
      for (const space of ['', ' ']) {
        const body = Buffer.from(`{"data":${data},${space}"signature":"${signature}"}`);
        await shop.webhooks.receive({ body, requestId: 'test' });
      }
      await shop.runJobs();
    });
    assert.equal(Object.keys(changed).length, 2);
    assert.equal(changed.suspense, -changed.gateway_clearing!);
    const cases = (await shop.cases.list({ limit: 100 })).items.filter((each) => each.transId === transId);
    assert.deepEqual(
      cases.map((each) => [each.kind, each.status]),
      [['gateway_unmatched', 'open']],
    );
    await shop.payments.cancelOrder(order.id, viewer);
  });

  it('shows a payment to its buyer only', async () => {
    const { payment, order } = await started();
    const other = await shop.viewer();
    await assert.rejects(shop.payments.status(payment.id, other), code('payment.not_found'));
    await assert.rejects(shop.payments.start(order.id, other), code('order.not_found'));
    assert.deepEqual((await shop.payments.history(other, { limit: 10 })).items, []);
  });

  it('is a ledger that adds up to zero and refuses to be changed', async () => {
    const total = Object.values(await shop.ledger()).reduce((sum, amount) => sum + amount, 0);
    assert.equal(total, 0);
    const refused = (error: { code?: string }) => error.code === '23001';
    await assert.rejects(sql`update ledger_postings set amount_satang = 1`.execute(shop.db), refused);
    await assert.rejects(sql`delete from ledger_transactions`.execute(shop.db), refused);
    const unbalanced = shop.db.transaction().execute(async (trx) => {
      const { id } = await trx
        .insertInto('ledger_transactions')
        .values({ kind: 'adjustment', reference: 'unbalanced' })
        .returning('id')
        .executeTakeFirstOrThrow();
      await sql`insert into ledger_postings (transaction_id, account_id, amount_satang)
        select ${id}, id, 5 from ledger_accounts where code = 'bank'`.execute(trx);
    });
    await assert.rejects(unbalanced, (error: { code?: string }) => error.code === '23514');
    // Gateway money: what the payments received is what the clearing account holds.
    const received = await sql<{ sum: number }>`select sum(paid_satang)::bigint as sum from payments`.execute(shop.db);
    const held = (await shop.ledger()).gateway_clearing!;
    const unmatched = await sql<{
      sum: number;
    }>`select coalesce(sum(p.amount_satang), 0)::bigint as sum from ledger_postings p
      join ledger_transactions t on t.id = p.transaction_id join ledger_accounts a on a.id = p.account_id
      where t.reference like 'paynoi-%' and a.code = 'gateway_clearing'`.execute(shop.db);
    assert.equal(held - unmatched.rows[0]!.sum, received.rows[0]!.sum);
  });
});
