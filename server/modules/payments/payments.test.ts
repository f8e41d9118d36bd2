import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { sql } from 'kysely';
import { type Buying, startBuying, withCode } from '#test/buying.ts';
import type { ShopApp } from '#test/shop-app.ts';

describe('payments', () => {
  let buying: Buying;
  let shop: ShopApp;
  before(async function () {
    this.timeout(60_000);
    buying = await startBuying();
    shop = buying.shop;
  });
  after(() => shop?.stop());

  it('checks its state tables against the database', () => shop.payments.checkMachines());

  it('pays one photo of 60 THB: 18.00 platform, 30.00 photographer, 12.00 organizer', async () => {
    const { payment, transId, order } = await buying.started();
    assert.equal(payment.status, 'pending');
    assert.equal(payment.requestedSatang, 6000);
    assert.ok(payment.amountSatang > 6000 && payment.amountSatang < 6100 && payment.qrImageBase64);
    const leftMs = new Date(payment.expiresAt!).getTime() - shop.clock.now().getTime();
    assert.ok(leftMs > 14 * 60_000 && leftMs <= 15 * 60_000, 'Thai wall clock read as such');
    const changed = await buying.change(async () => {
      await shop.act(transId, 'lose-webhook');
      await buying.settle(payment.id);
    });
    assert.deepEqual(changed, {
      gateway_clearing: payment.amountSatang,
      platform_revenue: -1800,
      [buying.photographerId]: -3000,
      [buying.organizerId]: -1200,
      satang_extra: -(payment.amountSatang - 6000),
    });
    assert.equal((await buying.orderNow(order.id)).status, 'paid');
    assert.equal(await buying.grants(order.id), 1);
  });

  it('spreads a bundle over its photos, to the satang', async () => {
    const { payment, transId } = await buying.started(7);
    assert.equal(payment.requestedSatang, 37000);
    const changed = await buying.change(async () => {
      await shop.act(transId, 'lose-webhook');
      await buying.settle(payment.id);
    });
    assert.equal(changed[buying.photographerId], -18500);
    assert.equal(changed[buying.organizerId], -7400);
    assert.equal(changed.platform_revenue, -11100);
  });

  it('splits a premium event 25 / 55 / 20 and gives a platform event to the platform', async () => {
    const premium = await shop.event({ organizer_id: buying.organizerId, revenue_type: 'premium' });
    const own = await shop.event({ revenue_type: 'platform' });
    const paid = async (event: string) => {
      const { payment, transId } = await buying.started(1, event);
      return buying.change(async () => {
        await shop.act(transId, 'lose-webhook');
        await buying.settle(payment.id);
      });
    };
    const first = await paid(premium);
    assert.deepEqual(
      [first.platform_revenue, first[buying.photographerId], first[buying.organizerId]],
      [-1500, -3300, -1200],
    );
    const second = await paid(own);
    assert.deepEqual([second.platform_revenue, second[buying.photographerId]], [-6000, undefined]);
  });

  it('takes the same webhook ten times at once as one', async () => {
    const { payment, transId, order } = await buying.started();
    const changed = await buying.change(async () => {
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
    assert.equal((await buying.orderNow(order.id)).status, 'paid');
    const mails = await shop.db
      .selectFrom('messages')
      .selectAll()
      .where('dedupe_key', '=', `order.paid-${order.id}`)
      .execute();
    assert.equal(mails.length, 1);
  });

  it('hears of a payment by the gateway’s own webhook', async () => {
    const { transId, order } = await buying.started();
    const sum = await shop.db
      .selectFrom('payment_webhooks')
      .select(sql<number>`coalesce(sum(deliveries), 0)::int`.as('sum'))
      .executeTakeFirstOrThrow();
    await shop.act(transId, 'pay');
    await shop.webhooksReceived(sum.sum + 1);
    await shop.runJobs();
    assert.equal((await buying.orderNow(order.id)).status, 'paid');
  });

  it('settles 200 times in parallel with one effect', async () => {
    const { payment, transId, order, photoIds } = await buying.started(3);
    const changed = await buying.change(async () => {
      await shop.act(transId, 'lose-webhook');
      const row = await buying.paymentNow(payment.id);
      await Promise.all(Array.from({ length: 200 }, () => shop.payments.settle(row, { isUrgent: true })));
    });
    assert.equal(changed.gateway_clearing, payment.amountSatang);
    assert.equal(await buying.grants(order.id), photoIds.length);
    const invoices = await shop.db.selectFrom('invoices').selectAll().where('order_id', '=', order.id).execute();
    assert.equal(invoices.length, 1);
  });

  it('books money that fits no payment as held, once', async () => {
    const { transId, order, viewer } = await buying.started();
    await shop.act(transId, 'lose-webhook');
    await shop.db
      .updateTable('payments')
      .set({ trans_id: `gone-${transId}` })
      .where('trans_id', '=', transId)
      .execute();
    const data = JSON.stringify({ trans_id: transId, ref1: 'somebody-else' });
    const signature = createHmac('sha256', shop.apiKey).update(data).digest('hex');
    const changed = await buying.change(async () => {
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
    const { payment, order } = await buying.started();
    const other = await shop.viewer();
    await assert.rejects(shop.payments.status(payment.id, other), withCode('payment.not_found'));
    await assert.rejects(shop.payments.start(order.id, other), withCode('order.not_found'));
    assert.deepEqual((await shop.payments.history(other, { limit: 10 })).items, []);
  });

  it('shows it to who bears the order’s link, and has the gateway asked: the page of a buyer whose webhook was lost goes on', async () => {
    const { payment, order, transId } = await buying.started();
    await shop.act(transId, 'lose-webhook');
    const read = (query: string) => shop.call('GET', `/api/payment/${payment.id}/status${query}`);
    assert.deepEqual([(await read('')).status, (await read('?token=forged')).status], [404, 404]);
    const seen = await read(`?token=${encodeURIComponent(shop.orders.tokenOf(order.id))}`);
    assert.deepEqual([seen.status, seen.body.status, seen.body.orderStatus], [200, 'paid', 'paid']);
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
