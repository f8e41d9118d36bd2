import assert from 'node:assert/strict';
import type { Viewer } from '#server/http/viewer.ts';
import { type ShopApp, startShopApp } from '#test/shop-app.ts';

const code = (expected: string) => (error: { code?: string }) => {
  assert.equal(error.code, expected);
  return true;
};
const quiet = {
  feedLateMs: 0,
  feedTwice: false,
  feedWithoutIds: false,
  feedOffSatang: 0,
  feedFeeSatang: 0,
  feedDrops: false,
};
const day = 24 * 3600_000;

describe('reconciliation with the bank', () => {
  let shop: ShopApp;
  let admin: Viewer;
  let second: Viewer;
  let photographer: Viewer;
  let eventId: string;
  before(async function () {
    this.timeout(60_000);
    shop = await startShopApp();
    admin = await shop.viewer('admin');
    second = await shop.viewer('admin');
    photographer = await shop.viewer('photographer');
    eventId = await shop.event();
    await shop.reconcile.run();
  });
  after(() => shop?.stop());
  afterEach(() => shop.faults(quiet));

  async function ordered() {
    const viewer = await shop.viewer();
    await shop.cart.add(viewer.userId, await shop.photosOf(eventId, photographer.userId, 1));
    const { order } = await shop.orders.place(viewer, {});
    return { viewer, order };
  }
  async function started() {
    const { viewer, order } = await ordered();
    const payment = await shop.payments.start(order.id, viewer);
    return { viewer, order, payment, transId: payment.transId! };
  }
  async function paid() {
    const made = await started();
    await shop.act(made.transId, 'lose-webhook');
    await settle(made.payment.id);
    return made;
  }
  const settle = async (id: string) => {
    const row = await shop.db.selectFrom('payments').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    return (await shop.payments.settle(row as never, { isUrgent: true })).payment;
  };
  const change = async (work: () => Promise<unknown>) => {
    const before = await shop.ledger();
    await work();
    const after = await shop.ledger();
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    const changed = [...keys].map((key) => [key, (after[key] ?? 0) - (before[key] ?? 0)] as const);
    return Object.fromEntries(changed.filter(([, amount]) => amount !== 0));
  };
  const setting = async (key: 'refunds' | 'reconciliation', changes: object) =>
    shop.settings.put(admin.userId, [{ key, value: { ...(await shop.settings.get(key)), ...changes } }]);
  const openCases = async () => (await shop.cases.list({ limit: 100, status: 'open' })).items;
  const caseOf = async (transId: string) =>
    (await shop.cases.list({ limit: 100 })).items.find((each) => each.transId === transId);
  const wait = (ms: number) => shop.wait(ms);
  const statusOf = async (orderId: string) => (await shop.orders.find(shop.db, orderId))!.status;

  it('moves what the bank shows from the gateway to the bank, once, though the feed lists it twice and five runs read it', async () => {
    await shop.faults({ feedTwice: true });
    const { payment } = await paid();
    const changed = await change(() => Promise.all(Array.from({ length: 5 }, () => shop.reconcile.run())));
    assert.deepEqual(changed, { bank: payment.amountSatang, gateway_clearing: -payment.amountSatang });
    assert.deepEqual(await change(() => shop.reconcile.run()), {});
    assert.deepEqual(await openCases(), []);
  });

  it('matches a row without an id by its satang, and a payment we had not heard of settles by its row', async () => {
    await shop.faults({ feedWithoutIds: true });
    const known = await paid();
    const unheard = await started();
    await shop.act(unheard.transId, 'lose-webhook');
    await shop.reconcile.run();
    assert.equal(await statusOf(unheard.order.id), 'paid');
    const rows = await shop.db.selectFrom('bank_rows').select('payment_id').where('status', '=', 'matched').execute();
    const ids = rows.map((row) => row.payment_id);
    assert.ok(ids.includes(known.payment.id) && ids.includes(unheard.payment.id));
    assert.deepEqual(await openCases(), []);
  });

  it('opens a case for a payment without its row after a day, and closes it by itself when the row comes', async () => {
    await shop.faults({ feedLateMs: 2 * day });
    const { payment, transId } = await paid();
    await shop.reconcile.run();
    assert.equal(await caseOf(transId), undefined);
    wait(day + 3600_000);
    await shop.reconcile.run();
    const missing = (await caseOf(transId))!;
    assert.deepEqual(
      [missing.kind, missing.status, missing.actions],
      ['bank_missing', 'open', ['confirm', 'write_off', 'park']],
    );
    wait(day);
    const changed = await change(() => shop.reconcile.run());
    assert.equal(changed.bank, payment.amountSatang);
    assert.deepEqual([(await caseOf(transId))!.status, (await caseOf(transId))!.outcome], ['resolved', 'arrived']);
  });

  it('takes a person’s word for a row that never comes; the row that comes all the same books nothing twice', async () => {
    await shop.faults({ feedLateMs: 2 * day });
    const { payment, transId } = await paid();
    wait(day + 3600_000);
    await shop.reconcile.run();
    const changed = await change(async () =>
      shop.cases.resolve((await caseOf(transId))!.id, { action: 'confirm', note: 'seen in the bank app' }, admin),
    );
    assert.deepEqual(changed, { bank: payment.amountSatang, gateway_clearing: -payment.amountSatang });
    wait(day);
    assert.deepEqual(await change(() => shop.reconcile.run()), {});
  });

  it('needs a second person to give a payment up; found again, the loss is taken back', async () => {
    await shop.faults({ feedLateMs: 2 * day });
    const { payment, transId } = await paid();
    wait(day + 3600_000);
    await shop.reconcile.run();
    const { id } = (await caseOf(transId))!;
    assert.deepEqual(await change(() => shop.cases.resolve(id, { action: 'write_off' }, admin)), {});
    assert.equal((await caseOf(transId))!.needsSecondApproval, true);
    await assert.rejects(shop.cases.resolve(id, { action: 'write_off' }, admin), code('refund.second_person'));
    const given = await change(() => shop.cases.resolve(id, { action: 'write_off' }, second));
    assert.deepEqual(given, { losses: payment.amountSatang, gateway_clearing: -payment.amountSatang });
    wait(day);
    const found = await change(() => shop.reconcile.run());
    assert.deepEqual(found, { bank: payment.amountSatang, losses: -payment.amountSatang });
  });

  it('books the gateway’s fee where it is known, else the difference waits: one person may write off a little', async () => {
    await shop.faults({ feedOffSatang: -3 });
    const off = await paid();
    const changed = await change(() => shop.reconcile.run());
    const amount = off.payment.amountSatang;
    assert.deepEqual(changed, { bank: amount - 3, suspense: 3, gateway_clearing: -amount });
    const differs = (await caseOf(off.transId))!;
    assert.deepEqual([differs.kind, differs.amountSatang, differs.differenceSatang], ['bank_differs', 3, 3]);
    const written = await change(() => shop.cases.resolve(differs.id, { action: 'write_off' }, admin));
    assert.deepEqual(written, { suspense: -3, gateway_fees: 3 });
    await assert.rejects(shop.cases.resolve(differs.id, { action: 'write_off' }, admin), code('case.transition'));

    await setting('reconciliation', { feeSatang: 150 });
    await shop.faults({ ...quiet, feedFeeSatang: 150 });
    const fee = await paid();
    const booked = await change(() => shop.reconcile.run());
    assert.deepEqual(booked, {
      bank: fee.payment.amountSatang - 150,
      gateway_fees: 150,
      gateway_clearing: -fee.payment.amountSatang,
    });
    await setting('reconciliation', { feeSatang: 0 });
  });

  it('holds a stranger’s transfer after ten minutes; attached to an order it delivers the photos', async () => {
    const { order, viewer } = await ordered();
    await shop.dev('/dev/paynoi/stray', { amountSatang: 6000 });
    await shop.reconcile.run();
    assert.deepEqual(await openCases(), [], 'its webhook may be on the way');
    wait(11 * 60_000);
    assert.deepEqual(await change(() => shop.reconcile.run()), { bank: 6000, suspense: -6000 });
    const [held] = await openCases();
    assert.equal(held!.kind, 'bank_unmatched');
    await assert.rejects(
      shop.cases.resolve(held!.id, { action: 'attach', order: 'TPS-000000-000000' }, admin),
      code('order.not_found'),
    );
    const changed = await change(() => shop.cases.resolve(held!.id, { action: 'attach', order: order.number }, admin));
    assert.equal(changed.suspense, 6000);
    assert.equal(await statusOf(order.id), 'paid');
    const shown = (await shop.payments.currentOf((await shop.orders.find(shop.db, order.id))!))!;
    assert.equal(shown.status, 'paid');
    await assert.rejects(
      shop.cases.resolve(held!.id, { action: 'attach', order: order.number }, second),
      code('case.transition'),
    );
    assert.equal((await shop.payments.history(viewer, { limit: 5 })).items.length, 1);
    wait(2 * day);
    await shop.reconcile.run();
    assert.deepEqual(await openCases(), [], 'it has its row');
  });

  /** A QR of another till of the same account. */
  const ofAnotherTill = async (amount: string) => {
    const { apiKey: api_key, account, type } = shop.gateway;
    const request = { method: 'create', api_key, amount, ref1: 'TILL-2', account, type };
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(request) };
    return (await (await fetch(shop.gateway.baseUrl, init)).json()) as { trans_id: string; amount_check: number };
  };
  const heardOf = async (transId: string) => {
    const query = shop.db.selectFrom('payment_webhooks').select('id').where('trans_id', '=', transId);
    while ((await query.execute()).length === 0) await new Promise((resolve) => setTimeout(resolve, 25));
  };

  it('knows the money of another till by webhook and by bank row as one, though the gateway kept a fee of it', async () => {
    const made = await ofAnotherTill('90');
    await shop.faults({ feedFeeSatang: 150 });
    await shop.act(made.trans_id, 'pay');
    await heardOf(made.trans_id);
    const told = await change(() => shop.runJobs());
    assert.deepEqual(told, { gateway_clearing: made.amount_check, suspense: -made.amount_check });
    await shop.reconcile.run();
    wait(11 * 60_000);
    await shop.reconcile.run();
    const about = (await shop.cases.list({ limit: 100 })).items.filter((each) => each.transId === made.trans_id);
    assert.deepEqual(
      about.map((each) => [each.kind, each.amountSatang]).sort(),
      [
        ['bank_differs', 150],
        ['gateway_unmatched', made.amount_check],
      ],
      'not a second time as money of nobody',
    );
    for (const each of about)
      await shop.cases.resolve(each.id, { action: each.kind === 'bank_differs' ? 'write_off' : 'income' }, admin);
    const left = (await shop.cases.list({ limit: 100 })).items.find(
      (each) => each.kind === 'bank_differs' && each.transId === made.trans_id,
    )!;
    if (left.status !== 'resolved') await shop.cases.resolve(left.id, { action: 'write_off' }, second);
  });

  it('knows it as one by its satang where the bank names no payment, whichever tells of it first', async () => {
    await shop.faults({ feedWithoutIds: true });
    for (const isBankFirst of [false, true]) {
      const made = await ofAnotherTill(isBankFirst ? '93' : '92');
      await shop.act(made.trans_id, 'pay');
      await heardOf(made.trans_id);
      const changed = await change(async () => {
        if (!isBankFirst) await shop.runJobs();
        await shop.reconcile.run();
        wait(11 * 60_000);
        await shop.reconcile.run();
        if (isBankFirst) await shop.runJobs();
        await shop.reconcile.run();
      });
      assert.deepEqual(changed, { bank: made.amount_check, suspense: -made.amount_check }, 'held once');
      const about = (await openCases()).filter((each) => each.amountSatang === made.amount_check);
      assert.deepEqual(
        about.map((each) => [each.kind, each.transId]),
        [['gateway_unmatched', made.trans_id]],
      );
      await shop.cases.resolve(about[0]!.id, { action: 'income' }, admin);
    }
  });

  it('does not let too little money pay an order, nor any pay one twice', async () => {
    await shop.dev('/dev/paynoi/stray', { amountSatang: 4000 });
    await shop.reconcile.run();
    wait(11 * 60_000);
    await shop.reconcile.run();
    const [held] = await openCases();
    const { order } = await ordered();
    await assert.rejects(
      shop.cases.resolve(held!.id, { action: 'attach', order: order.id }, admin),
      code('case.too_little'),
    );
    const done = await paid();
    await assert.rejects(
      shop.cases.resolve(held!.id, { action: 'attach', order: done.order.id }, admin),
      code('order.already_paid'),
    );
    const parked = await shop.cases.resolve(held!.id, { action: 'park', note: 'waiting for the sender' }, admin);
    assert.deepEqual([parked.status, parked.note, parked.outcome], ['parked', 'waiting for the sender', null]);
    assert.deepEqual(await change(() => shop.cases.resolve(held!.id, { action: 'income' }, admin)), {
      suspense: 4000,
      satang_extra: -4000,
    });
  });

  it('takes a second transfer to a paid QR for what it is, and sends it back: two persons above the limit, evidence, once', async () => {
    const { transId, payment, order } = await paid();
    await shop.reconcile.run();
    await shop.act(transId, 'pay-again');
    const changed = await change(() => shop.reconcile.run());
    assert.deepEqual(changed, { bank: payment.amountSatang, suspense: -payment.amountSatang });
    const held = (await openCases()).find((each) => each.paymentId === payment.id)!;
    assert.deepEqual([held.kind, held.orderId, held.orderNumber], ['bank_unmatched', order.id, order.number]);
    await setting('refunds', { twoPersonLimitSatang: 5000 });
    const payee = { bankCode: 'KBANK', accountName: 'สมชาย ใจดี', accountNumber: '123-4-56789-0' };
    await shop.cases.resolve(held.id, { action: 'return', payee }, admin);
    await assert.rejects(shop.cases.transfer(held.id, 'KB-1', admin), code('case.transition'));
    const owed = await change(() => shop.cases.resolve(held.id, { action: 'return' }, second));
    assert.deepEqual(owed, { suspense: payment.amountSatang, refunds_payable: -payment.amountSatang });
    const sent = await change(async () => {
      await shop.cases.transfer(held.id, 'KB-1', admin);
      const again = await shop.cases.transfer(held.id, 'KB-1', admin);
      assert.deepEqual([again.status, again.outcome, again.payee], ['resolved', 'return', payee]);
    });
    assert.deepEqual(sent, { refunds_payable: payment.amountSatang, bank: -payment.amountSatang });
    await assert.rejects(shop.cases.transfer(held.id, 'KB-2', admin), code('case.transition'));
    await setting('refunds', { twoPersonLimitSatang: 200_000 });
    const log = await shop.db
      .selectFrom('audit_logs')
      .select('action')
      .where('subject_id', '=', held.id)
      .orderBy('created_at')
      .execute();
    assert.deepEqual(
      log.map((row) => row.action),
      ['money_case.propose', 'money_case.resolve', 'money_case.transfer'],
    );
  });

  it('wants two persons for a surplus above the limit, too; the second one’s no puts it back into the queue', async () => {
    await setting('refunds', { twoPersonLimitSatang: 50 });
    const { payment, transId } = await started();
    await shop.act(transId, 'pay-over');
    await settle(payment.id);
    assert.deepEqual(await change(() => shop.reviews.resolve(payment.id, 'return', admin)), {});
    const refund = async () =>
      (await shop.refunds.list({ limit: 50, status: 'requested' })).items.find((each) => each.amountSatang === 100)!;
    await assert.rejects(shop.refunds.decide((await refund()).id, 'approve', admin), code('refund.second_person'));
    await shop.refunds.decide((await refund()).id, 'reject', second);
    await shop.reviews.resolve(payment.id, 'return', admin);
    const owed = await change(async () => shop.refunds.decide((await refund()).id, 'approve', second));
    assert.deepEqual(owed, { suspense: 100, refunds_payable: -100 });
    await setting('refunds', { twoPersonLimitSatang: 200_000 });
  });

  it('says so when the feed does not answer, and goes on from there', async () => {
    const { baseUrl } = shop.gateway;
    shop.gateway.baseUrl = 'http://127.0.0.1:9/x';
    const results = await shop.reconcile.run();
    assert.ok(results.find((each) => each.provider === 'paynoi')!.error);
    const feed = (await shop.reconcile.overview()).feeds.find((each) => each.provider === 'paynoi')!;
    assert.ok(feed.lastError && feed.hasFeed);
    shop.gateway.baseUrl = baseUrl;
    await shop.reconcile.run();
    assert.equal((await shop.reconcile.overview()).feeds.find((each) => each.provider === 'paynoi')!.lastError, null);
  });

  it('ends with every satang of the bank account in the ledger', async () => {
    const feed = await shop.payments.provider.bankFeed!();
    assert.ok(feed.kind === 'rows');
    const arrived = feed.rows.reduce((sum, row) => sum + row.amountSatang, 0);
    const sent = await shop.db
      .selectFrom('money_cases')
      .select('amount_satang')
      .where('transfer_reference', 'is not', null)
      .execute();
    const ledger = await shop.ledger();
    assert.equal(ledger.bank, arrived - sent.reduce((sum, row) => sum + row.amount_satang, 0));
    assert.equal(
      Object.values(ledger).reduce((sum, amount) => sum + amount, 0),
      0,
    );
  });
});
