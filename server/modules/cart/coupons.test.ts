import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type Auth, type Carts, startCarts } from '#test/carts.ts';

describe('coupons', function () {
  this.timeout(60_000);
  let shop: Carts['shop'];
  let admin: Carts['admin'];
  let photos: Carts['photos'];
  let buyer: Carts['buyer'];
  let fill: Carts['fill'];
  let order: Carts['order'];
  let pay: Carts['pay'];
  before(async () => {
    ({ shop, admin, photos, buyer, fill, order, pay } = await startCarts());
  });
  after(() => shop?.stop());

  const coupon = async (values: object) => {
    const code = `T${randomBytes(5).toString('hex')}`.toUpperCase();
    const { status, body } = await shop.call('POST', '/api/admin/coupons', { ...admin, body: { code, ...values } });
    assert.equal(status, 201, JSON.stringify(body));
    return body;
  };
  const put = (auth: Auth, code: string | null) => shop.call('PUT', '/api/cart/coupon', { ...auth, body: { code } });
  const figures = async (id: string) => {
    const { body } = await shop.call('PUT', `/api/admin/coupons/${id}`, { ...admin, body: {} });
    return [body.heldCount, body.usedCount, body.discountSatang];
  };

  it('lower the price, are held by the order, used when it is paid', async () => {
    const ten = await coupon({ kind: 'percent', percentBp: 1000, maxRedemptions: 5 });
    const auth = await buyer();
    await fill(auth, 6);
    // Typed as people type: lower case, with spaces.
    const { body: cart } = await put(auth, ` ${ten.code.toLowerCase().replace(/(.{4})/g, '$1 ')}`);
    assert.deepEqual([cart.quote.couponSatang, cart.quote.totalSatang], [3100, 27_900]);
    assert.deepEqual([cart.coupon.terms.code, cart.coupon.problem], [ten.code, null]);
    const { body: placed } = await order(auth, { expectedTotalSatang: 27_900 });
    assert.deepEqual([placed.totalSatang, placed.discountSatang, placed.coupon.code], [27_900, 8100, ten.code]);
    const parts = placed.items.map((item: { priceSatang: number; couponSatang: number }) => item);
    assert.equal(
      parts.reduce((sum: number, item: { couponSatang: number }) => sum + item.couponSatang, 0),
      3100,
    );
    assert.deepEqual(await figures(ten.id), [1, 0, 0]);
    await pay(auth, placed.id);
    assert.deepEqual(await figures(ten.id), [0, 1, 3100]);
    const ledger = await shop.db
      .selectFrom('ledger_postings')
      .innerJoin('ledger_transactions as t', 't.id', 'transaction_id')
      .select(['amount_satang'])
      .where('t.order_id', '=', placed.id)
      .execute();
    assert.equal(
      ledger.reduce((sum, row) => sum + row.amount_satang, 0),
      0,
    );
    assert.equal((await shop.call('GET', '/api/cart', auth)).body.coupon, null);
  });

  it('are released when the order is given up or runs out, and come back to the cart', async () => {
    const once = await coupon({ kind: 'amount', amountSatang: 1000, maxRedemptions: 1 });
    const auth = await buyer();
    await fill(auth, 1);
    await put(auth, once.code);
    const { body: placed } = await order(auth);
    assert.deepEqual(await figures(once.id), [1, 0, 0]);
    const other = await buyer();
    await fill(other, 1);
    assert.equal((await put(other, once.code)).body.code, 'coupon.used_up');
    await shop.call('POST', `/api/orders/${placed.id}/cancel`, { ...auth, body: {} });
    assert.deepEqual(await figures(once.id), [0, 0, 0]);
    const { body: cart } = await shop.call('GET', '/api/cart', auth);
    assert.deepEqual([cart.coupon.terms.code, cart.quote.totalSatang], [once.code, 5000]);
    // Somebody else is faster: the order is refused, not dearer than shown.
    assert.equal((await put(other, once.code)).status, 200);
    assert.equal((await order(other)).status, 201);
    const late = await order(auth, { expectedTotalSatang: 5000 });
    assert.deepEqual([late.status, late.body.code, late.body.totalSatang], [409, 'coupon.used_up', 6000]);
    assert.equal((await put(auth, null)).body.quote.totalSatang, 6000);
    assert.equal((await order(auth, { expectedTotalSatang: 6000 })).status, 201);
  });

  it('count exactly once under parallel checkouts', async () => {
    const three = await coupon({ kind: 'amount', amountSatang: 1000, maxRedemptions: 3, maxPerPerson: 1 });
    const people = await Promise.all(Array.from({ length: 8 }, buyer));
    for (const auth of people) {
      await fill(auth, 1);
      assert.equal((await put(auth, three.code)).status, 200);
    }
    const answers = await Promise.all(people.flatMap((auth) => [order(auth), order(auth)]));
    const made = new Set(answers.filter((each) => each.status === 201).map((each) => each.body.id));
    assert.equal(made.size, 3);
    const refused = answers.filter((each) => each.status >= 400).map((each) => each.body.code);
    assert.deepEqual([...new Set(refused)], ['coupon.used_up']);
    assert.deepEqual(await figures(three.id), [3, 0, 0]);
  });

  it('say in one sentence why not', async () => {
    const auth = await buyer();
    await fill(auth, 1);
    const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
    const amount = { kind: 'amount', amountSatang: 1000 };
    const past = await coupon({ ...amount, startsAt: day(-9), endsAt: day(-1) });
    const future = await coupon({ ...amount, startsAt: day(1) });
    const elsewhere = await coupon({ ...amount, eventId: await shop.event() });
    const first = await coupon({ ...amount, firstOrderOnly: true });
    const own = await coupon({ ...amount, maxPerPerson: 1 });
    const off = await coupon({ ...amount, isActive: false });
    const codeOf = async (code: string) => (await put(auth, code)).body.code;
    assert.equal(await codeOf('NOSUCHCODE'), 'coupon.unknown');
    assert.equal(await codeOf(off.code), 'coupon.unknown');
    assert.equal(await codeOf(past.code), 'coupon.expired');
    assert.equal(await codeOf(future.code), 'coupon.not_started');
    assert.equal(await codeOf(elsewhere.code), 'coupon.other_event');
    assert.equal((await put(auth, own.code)).status, 200);
    await pay(auth, (await order(auth)).body.id);
    await fill(auth, 1);
    assert.equal(await codeOf(own.code), 'coupon.used_by_you');
    assert.equal(await codeOf(first.code), 'coupon.first_order_only');
    const low = await coupon({ ...amount, minSpendSatang: 20_000 });
    const { body: cart } = await put(auth, low.code);
    assert.deepEqual(cart.quote.coupon, {
      code: low.code,
      state: 'below_minimum',
      discountSatang: 0,
      missingSatang: 14_000,
    });
    // Ordered without it: it stays unused.
    assert.equal((await order(auth, { expectedTotalSatang: 6000 })).status, 201);
    assert.deepEqual(await figures(low.id), [0, 0, 0]);
  });

  it('know a person by the e-mail, too: a second guest session is no second person', async () => {
    const first = await coupon({ kind: 'amount', amountSatang: 1000, firstOrderOnly: true, maxPerPerson: 1 });
    const email = `${randomBytes(4).toString('hex')}@example.test`;
    const guestOrder = async () => {
      const [photoId] = await photos(1);
      const { cookie } = await shop.call('POST', '/api/cart/items', { body: { photoId } });
      const used = await shop.call('PUT', '/api/cart/coupon', { cookie, body: { code: first.code } });
      assert.equal(used.status, 200);
      return shop.call('POST', '/api/orders', { cookie, body: { email: email.toUpperCase() } });
    };
    assert.equal((await guestOrder()).status, 201);
    assert.equal((await guestOrder()).body.code, 'coupon.used_by_you');
  });

  it('come in batches of codes for one use each, and guessing is slowed down', async () => {
    const batch = { kind: 'percent', percentBp: 5000, count: 30, prefix: 'run-', maxPerPerson: 1, label: 'Sponsors' };
    const { body: made } = await shop.call('POST', '/api/admin/coupons/batch', { ...admin, body: batch });
    assert.equal(new Set(made.codes).size, 30);
    assert.ok(made.codes.every((code: string) => /^RUN[A-Z2-9]{10}$/.test(code)));
    const auth = await buyer();
    await fill(auth, 1);
    await put(auth, made.codes[0]);
    assert.equal((await order(auth)).body.totalSatang, 3000);
    await fill(auth, 1);
    assert.equal((await put(auth, made.codes[1])).body.code, 'coupon.used_by_you');
    const { body: list } = await shop.call('GET', '/api/admin/coupons', admin);
    const shown = list.items.filter((each: { batchId: string }) => each.batchId === made.batchId);
    assert.deepEqual([shown.length, shown[0].batchSize, shown[0].heldCount], [1, 30, 1]);
    const csv = await fetch(`${shop.url}/api/admin/coupons/batches/${made.batchId}/codes`, {
      headers: { authorization: `Bearer ${admin.token}` },
    });
    const lines = (await csv.text()).trim().split('\r\n');
    assert.equal(lines.length, 31);
    assert.equal(lines.filter((line) => line.includes(',held,')).length, 1);
    const guesser = await buyer();
    let last = { status: 0, body: { code: '' } };
    for (let i = 0; i < 21; i++) last = await put(guesser, `GUESS${i}X`);
    assert.deepEqual([last.status, last.body.code], [429, 'coupon.too_many_tries']);
    assert.equal((await put(guesser, made.codes[5])).body.code, 'coupon.too_many_tries');
  });

  it('may make an order cost nothing: delivered at once, with a receipt, no gateway and no ledger entry', async () => {
    const all = await coupon({ kind: 'percent', percentBp: 10_000 });
    const auth = await buyer();
    await fill(auth, 2);
    await put(auth, all.code);
    const { body: placed } = await order(auth, { expectedTotalSatang: 0 });
    assert.deepEqual([placed.status, placed.totalSatang, placed.payment], ['paid', 0, null]);
    assert.deepEqual(
      placed.items.map((item: { delivery: string }) => item.delivery),
      ['ready', 'ready'],
    );
    assert.deepEqual(await figures(all.id), [0, 1, 12_000]);
    const count = async (table: 'payments' | 'ledger_transactions' | 'invoices' | 'download_grants') =>
      (await shop.db.selectFrom(table).select('order_id').where('order_id', '=', placed.id).execute()).length;
    assert.deepEqual(
      [
        await count('payments'),
        await count('ledger_transactions'),
        await count('invoices'),
        await count('download_grants'),
      ],
      [0, 0, 1, 2],
    );
    const paid = await shop.call('POST', '/api/payment/create', { ...auth, body: { orderId: placed.id } });
    assert.equal(paid.body.code, 'order.already_paid');
  });

  it('are an admin’s to make, change and see', async () => {
    const one = await coupon({ kind: 'amount', amountSatang: 1000 });
    const auth = await buyer();
    for (const [method, target] of [
      ['GET', '/api/admin/coupons'],
      ['POST', '/api/admin/coupons'],
      ['PUT', `/api/admin/coupons/${one.id}`],
      ['DELETE', `/api/admin/coupons/${one.id}`],
    ] as const) {
      assert.equal((await shop.call(method, target, { ...auth, body: method === 'GET' ? undefined : {} })).status, 403);
    }
    const again = { ...admin, body: { code: one.code, kind: 'amount', amountSatang: 1 } };
    assert.equal((await shop.call('POST', '/api/admin/coupons', again)).body.code, 'coupon.code_taken');
    const wrong = { ...admin, body: { code: 'WRONG1', kind: 'percent', amountSatang: 1 } };
    assert.equal((await shop.call('POST', '/api/admin/coupons', wrong)).status, 400);
    const changed = await shop.call('PUT', `/api/admin/coupons/${one.id}`, {
      ...admin,
      body: { amountSatang: 2500, endsAt: null },
    });
    assert.equal(changed.body.amountSatang, 2500);
    assert.equal((await shop.call('DELETE', `/api/admin/coupons/${one.id}`, admin)).status, 204);
    assert.equal((await put(auth, one.code)).body.code, 'coupon.unknown');
  });
});
