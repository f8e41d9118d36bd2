import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type ShopApp, startShopApp } from '#test/shop-app.ts';

type Auth = { token: string };

// Coupons, prices by rule, carts that friends fill together: over HTTP, on a real database.
describe('cart', function () {
  this.timeout(60_000);
  let shop: ShopApp;
  let photographer: { userId: string; token: string };
  let admin: Auth;
  let eventId: string;
  before(async () => {
    shop = await startShopApp();
    photographer = await shop.person('photographer');
    admin = { token: (await shop.person('admin')).token };
    eventId = await shop.event();
  });
  after(() => shop?.stop());

  const photos = (count: number, event = eventId) => shop.photosOf(event, photographer.userId, count);
  const fill = async (auth: Auth, count: number, event = eventId) => {
    const photoIds = await photos(count, event);
    return shop.call('POST', '/api/cart/items', { ...auth, body: { photoIds } });
  };
  const buyer = async (): Promise<Auth> => ({ token: (await shop.person()).token });
  const coupon = async (values: object) => {
    const code = `T${randomBytes(5).toString('hex')}`.toUpperCase();
    const { status, body } = await shop.call('POST', '/api/admin/coupons', { ...admin, body: { code, ...values } });
    assert.equal(status, 201, JSON.stringify(body));
    return body;
  };
  const put = (auth: Auth, code: string | null) => shop.call('PUT', '/api/cart/coupon', { ...auth, body: { code } });
  const order = (auth: Auth, body: object = {}) => shop.call('POST', '/api/orders', { ...auth, body });
  const figures = async (id: string) => {
    const { body } = await shop.call('PUT', `/api/admin/coupons/${id}`, { ...admin, body: {} });
    return [body.heldCount, body.usedCount, body.discountSatang];
  };
  async function pay(auth: Auth, orderId: string) {
    const { body: payment } = await shop.call('POST', '/api/payment/create', { ...auth, body: { orderId } });
    await shop.act(payment.transId, 'lose-webhook');
    const { body } = await shop.call('GET', `/api/payment/${payment.id}/status`, auth);
    assert.equal(body.orderStatus, 'paid');
  }

  describe('coupons', () => {
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
        assert.equal(
          (await shop.call(method, target, { ...auth, body: method === 'GET' ? undefined : {} })).status,
          403,
        );
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

  describe('prices of photos', () => {
    it('follow a photographer’s rule, for the photos there and those to come, and the single price', async () => {
      const event = await shop.event({ own_prices: true });
      const before = await photos(2, event);
      await shop.db
        .insertInto('event_staff')
        .values({ event_id: event, user_id: photographer.userId, role: 'photographer' })
        .execute();
      const rule = (price: object, auth: Auth = photographer, photographerId?: string) =>
        shop.call('PUT', `/api/events/${event}/price-rules`, { ...auth, body: { price, photographerId } });
      const { body } = await rule({ kind: 'percent', percentBp: 2500 });
      assert.equal(body.changedPhotos, 2);
      const after = await photos(1, event);
      const auth = await buyer();
      const all = { ...auth, body: { photoIds: [...before, ...after] } };
      const { body: cart } = await shop.call('POST', '/api/cart/items', all);
      assert.equal(cart.quote.totalSatang, 3 * 4500);
      const { body: offered } = await shop.call('GET', `/api/events/${event}/packages`);
      const single = offered.items.find((each: { kind: string }) => each.kind === 'single');
      const own = { ...admin, body: { packageId: single.id, priceSatang: 8000 } };
      await shop.call('POST', `/api/events/${event}/packages`, own);
      const { body: dearer } = await shop.call('GET', '/api/cart', auth);
      assert.equal(dearer.quote.totalSatang, 3 * 6000);
      assert.deepEqual(
        dearer.items.map((item: { previousPriceSatang: number }) => item.previousPriceSatang),
        [4500, 4500, 4500],
      );
      const accepted = await shop.call('POST', '/api/cart/accept', { ...auth, body: {} });
      assert.ok(accepted.body.items.every((item: { previousPriceSatang: null }) => item.previousPriceSatang === null));
      await rule({ kind: 'free' });
      assert.equal((await shop.call('GET', '/api/cart', auth)).body.quote.totalSatang, 0);
      await rule({ kind: 'standard' });
      assert.equal((await shop.call('GET', '/api/cart', auth)).body.quote.totalSatang, 3 * 8000);
      const { body: mine } = await shop.call('PUT', '/api/photo-prices', {
        ...photographer,
        body: { photoIds: [before[0]], price: { kind: 'price', priceSatang: 1000 } },
      });
      assert.equal(mine.changedPhotos, 1);
      await rule({ kind: 'free' });
      // What was set on the photo itself stays.
      assert.equal((await shop.call('GET', '/api/cart', auth)).body.quote.totalSatang, 1000);
    });

    it('are one’s own to set', async () => {
      const event = await shop.event();
      const [photoId] = await photos(1, event);
      const other = await shop.person('photographer');
      const body = { price: { kind: 'free' } };
      const target = `/api/events/${event}/price-rules`;
      assert.equal((await shop.call('PUT', target, { token: other.token, body })).body.code, 'event.not_found');
      assert.equal((await shop.call('PUT', target, { ...(await buyer()), body })).status, 403);
      const prices = { token: other.token, body: { photoIds: [photoId], ...body } };
      assert.equal((await shop.call('PUT', '/api/photo-prices', prices)).body.code, 'price_rule.not_yours');
      const everybody = await shop.call('PUT', target, { ...admin, body });
      assert.deepEqual([everybody.status, everybody.body.changedPhotos], [200, 1]);
    });

    it('are a photographer’s to set only where the event says so, within its bounds, whichever way they are set', async () => {
      const event = await shop.event();
      const [photoId] = await photos(1, event);
      await shop.db
        .insertInto('event_staff')
        .values({ event_id: event, user_id: photographer.userId, role: 'photographer' })
        .execute();
      const target = `/api/events/${event}/price-rules`;
      const rule = (price: object) => shop.call('PUT', target, { ...photographer, body: { price } });
      const onPhoto = (price: object) =>
        shop.call('PUT', '/api/photo-prices', { ...photographer, body: { photoIds: [photoId], price } });
      const dear = { kind: 'price', priceSatang: 12_100 };
      for (const set of [rule, onPhoto]) assert.equal((await set(dear)).body.code, 'price_rule.not_allowed');
      assert.equal((await rule({ kind: 'standard' })).status, 200);
      await shop.db
        .updateTable('events')
        .set({ own_prices: true, own_price_min_satang: 3_000, own_price_max_satang: 12_000 })
        .where('id', '=', event)
        .execute();
      const { body: seen } = await shop.call('GET', target, photographer);
      assert.deepEqual(seen.ownPrices, { isAllowed: true, minSatang: 3_000, maxSatang: 12_000, singleSatang: 6_000 });
      for (const set of [rule, onPhoto])
        for (const price of [dear, { kind: 'free' }, { kind: 'percent', percentBp: 5_100 }])
          assert.equal((await set(price)).body.code, 'price_rule.bounds', JSON.stringify(price));
      assert.equal((await rule({ kind: 'price', priceSatang: 9_000 })).body.changedPhotos, 1);
      const auth = await buyer();
      await shop.call('POST', '/api/cart/items', { ...auth, body: { photoIds: [photoId] } });
      assert.equal((await shop.call('GET', '/api/cart', auth)).body.quote.totalSatang, 9_000);
      await onPhoto({ kind: 'price', priceSatang: 3_000 });
      assert.equal((await shop.call('GET', '/api/cart', auth)).body.quote.totalSatang, 3_000);
      const free = { ...admin, body: { price: { kind: 'free' } } };
      assert.equal((await shop.call('PUT', target, free)).status, 200, 'an admin is not bound');
    });
  });

  it('shows what cannot be bought any more, and takes it out on request', async () => {
    const auth = await buyer();
    const [kept, rejected, deleted] = await photos(3);
    await shop.call('POST', '/api/cart/items', { ...auth, body: { photoIds: [kept, rejected, deleted] } });
    await shop.db.updateTable('photos').set({ status: 'rejected' }).where('id', '=', rejected!).execute();
    await shop.db.updateTable('photos').set({ deleted_at: new Date() }).where('id', '=', deleted!).execute();
    const { body: cart } = await shop.call('GET', '/api/cart', auth);
    const states = Object.fromEntries(cart.items.map((item: { id: string; status: string }) => [item.id, item.status]));
    assert.deepEqual(states, { [kept!]: 'available', [rejected!]: 'withdrawn', [deleted!]: 'withdrawn' });
    const { body: after } = await shop.call('POST', '/api/cart/accept', { ...auth, body: {} });
    assert.deepEqual(
      after.items.map((item: { id: string }) => item.id),
      [kept],
    );
    assert.deepEqual(
      after.options.map((option: { kind: string }) => option.kind),
      ['bundle', 'unlimited'],
    );
  });

  describe('shared by a link', () => {
    const create = async (auth: Auth, body: object = {}) => {
      const answer = await shop.call('POST', '/api/cart/shared', { ...auth, body });
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      return { ...answer.body, path: `/api/cart/shared/${answer.body.link.split('/').at(-1)}` };
    };
    const add = (path: string, auth: object, photoIds: string[]) =>
      shop.call('POST', `${path}/items`, { ...auth, body: { photoIds } });

    it('is filled by several people, who see who put what in', async () => {
      const [a, b, c] = await photos(3);
      const owner = await buyer();
      const group = await create(owner, { name: 'Team Chiang Mai', firstName: 'Nok', photoIds: [a] });
      const guest = await shop.call('POST', `${group.path}/join`, { body: { firstName: 'Ben' } });
      assert.equal(guest.status, 200);
      const friend = { cookie: guest.cookie };
      await Promise.all([add(group.path, friend, [b!, a!]), add(group.path, owner, [c!, b!])]);
      const { body: seen } = await shop.call('GET', group.path, friend);
      assert.deepEqual([seen.items.length, seen.quote.totalSatang, seen.isOwner], [3, 18_000, false]);
      const by = Object.fromEntries(
        seen.items.map((item: { photoId: string; addedBy: string }) => [item.photoId, item.addedBy]),
      );
      assert.equal(by[a!], 'Nok');
      assert.equal(by[c!], 'Nok');
      assert.ok(['Nok', 'Ben'].includes(by[b!]));
      // A removal names the line that was seen: what was put in again meanwhile stays.
      const line = seen.items.find((item: { photoId: string }) => item.photoId === c).id;
      const remove = { ...friend, body: { itemIds: [line] } };
      assert.equal((await shop.call('POST', `${group.path}/remove`, remove)).body.items.length, 2);
      await add(group.path, owner, [c!]);
      assert.equal((await shop.call('POST', `${group.path}/remove`, remove)).body.items.length, 3);
    });

    it('is placed as one order by one of them, which opens again when it is given up', async () => {
      const owner = await buyer();
      const friend = await buyer();
      const stranger = await buyer();
      const group = await create(owner, { photoIds: await photos(5) });
      const sharedCart = group.link.split('/').at(-1);
      const answers = await Promise.all([order(owner, { sharedCart }), order(friend, { sharedCart })]);
      assert.deepEqual(answers.map((each) => each.status).sort(), [201, 409]);
      assert.equal(answers.find((each) => each.status === 409)!.body.code, 'shared_cart.paying');
      const isOwnerFirst = answers[0]!.status === 201;
      const payer = isOwnerFirst ? owner : friend;
      const watcher = isOwnerFirst ? friend : owner;
      const placed = answers.find((each) => each.status === 201)!.body;
      assert.deepEqual([placed.totalSatang, placed.sharedCartId], [25_000, group.id]);
      const { body: waiting } = await shop.call('GET', group.path, watcher);
      assert.deepEqual([waiting.status, waiting.payer.isMe, waiting.orderLink], ['paying', false, null]);
      assert.equal((await add(group.path, watcher, await photos(1))).body.code, 'shared_cart.paying');
      // Nobody else of the group gets at the order, its payment or the photos.
      assert.equal((await shop.call('GET', `/api/orders/${placed.id}`, watcher)).body.code, 'order.not_found');
      assert.equal((await shop.call('GET', `${group.path}/downloads`, watcher)).body.code, 'photo.not_purchased');
      await shop.call('POST', `/api/orders/${placed.id}/cancel`, { ...payer, body: {} });
      const { body: open } = await shop.call('GET', group.path, watcher);
      assert.deepEqual([open.status, open.items.length], ['open', 5]);
      assert.equal((await shop.call('GET', '/api/cart', payer)).body.items.length, 0);
      const { body: second } = await order(payer, { sharedCart });
      await pay(payer, second.id);
      const { body: paid } = await shop.call('GET', group.path, watcher);
      assert.deepEqual([paid.status, paid.canDownload, paid.isOrderShared], ['paid', false, false]);
      assert.equal((await order(watcher, { sharedCart })).body.code, 'shared_cart.paid');
      // Only the payer decides that the others get the photos.
      const share = { body: { isShared: true } };
      assert.equal(
        (await shop.call('PUT', `${group.path}/order`, { ...watcher, ...share })).body.code,
        'order.not_found',
      );
      assert.equal((await shop.call('PUT', `${group.path}/order`, { ...payer, ...share })).body.isOrderShared, true);
      const { body: links } = await shop.call('GET', `${group.path}/downloads`, watcher);
      assert.equal(links.items.length, 5);
      assert.equal((await fetch(`${shop.url}${links.items[0].url}`)).status, 200);
      await shop.call('PUT', `${group.path}/order`, { ...payer, body: { isShared: false } });
      assert.equal((await shop.call('GET', `${group.path}/downloads`, stranger)).body.code, 'photo.not_purchased');
    });

    it('opens for nobody without the link, nor when it was revoked or is too old', async () => {
      const owner = await buyer();
      const friend = await buyer();
      const stranger = await buyer();
      const group = await create(owner, { photoIds: await photos(1) });
      await add(group.path, friend, await photos(1));
      const wrong = `/api/cart/shared/${'A'.repeat(22)}`;
      for (const [method, target] of [
        ['GET', wrong],
        ['GET', `/api/cart/shared/${group.id}`],
        ['POST', `${wrong}/join`],
        ['GET', `${wrong}/downloads`],
      ] as const) {
        const { status } = await shop.call(method, target, { ...stranger, body: method === 'GET' ? undefined : {} });
        assert.equal(status, 404);
      }
      const mine = async (auth: Auth) => (await shop.call('GET', '/api/cart/shared', auth)).body.items.length;
      assert.deepEqual([await mine(owner), await mine(friend), await mine(stranger)], [1, 1, 0]);
      const revoke = (auth: Auth) => shop.call('POST', `${group.path}/revoke`, { ...auth, body: {} });
      assert.equal((await revoke(friend)).body.code, 'shared_cart.not_found');
      assert.equal((await revoke(owner)).status, 204);
      for (const auth of [owner, friend, stranger]) {
        assert.equal((await shop.call('GET', group.path, auth)).body.code, 'shared_cart.not_found');
        const sharedCart = group.link.split('/').at(-1);
        assert.equal((await order(auth, { sharedCart })).body.code, 'shared_cart.not_found');
      }
      assert.deepEqual([await mine(owner), await mine(friend)], [0, 0]);
      const stored = await shop.db
        .selectFrom('shared_carts')
        .selectAll()
        .where('id', '=', group.id)
        .executeTakeFirstOrThrow();
      assert.ok(!JSON.stringify(stored).includes(group.link.split('/').at(-1)));
    });

    it('goes along when a guest signs in', async () => {
      const [photoId] = await photos(1);
      const made = await shop.call('POST', '/api/cart/shared', { body: { firstName: 'Fah', photoIds: [photoId] } });
      const guest = { cookie: made.cookie };
      const row = await shop.db
        .selectFrom('shared_carts')
        .select('owner_id')
        .where('id', '=', made.body.id)
        .executeTakeFirstOrThrow();
      const account = await shop.viewer();
      await shop.db.transaction().execute((trx) => shop.sharedCarts.joinGuest(trx, row.owner_id, account.userId));
      const list = await shop.sharedCarts.list(account);
      assert.deepEqual([list.length, list[0]!.isOwner], [1, true]);
      assert.equal((await shop.call('GET', '/api/cart/shared', guest)).body.items.length, 0);
    });
  });

  it('of 500 photos answers fast', async () => {
    const auth = await buyer();
    const event = await shop.event();
    const photographerId = (
      await shop.db
        .selectFrom('photographers')
        .select('id')
        .where('user_id', '=', photographer.userId)
        .executeTakeFirstOrThrow()
    ).id;
    const rows = Array.from({ length: 500 }, () => ({
      event_id: event,
      photographer_id: photographerId,
      status: 'approved',
      approved_at: new Date(),
      sha256: randomBytes(32),
      file_name: 'IMG.JPG',
      content_type: 'image/jpeg',
      bytes: 1,
    }));
    const made = await shop.db.insertInto('photos').values(rows).returning('id').execute();
    const body = { photoIds: made.map((row) => row.id) };
    const { body: cart } = await shop.call('POST', '/api/cart/items', { ...auth, body });
    assert.deepEqual([cart.items.length, cart.quote.totalSatang], [500, 50_000]);
    const small = await buyer();
    await shop.call('POST', '/api/cart/items', { ...small, body: { photoIds: body.photoIds.slice(0, 50) } });
    const best = async (who: Auth) => {
      let least = Number.POSITIVE_INFINITY;
      for (let i = 0; i < 5; i++) {
        const start = performance.now();
        await shop.call('GET', '/api/cart', who);
        least = Math.min(least, performance.now() - start);
      }
      return least;
    };
    // Ten times the photos: about ten times the work, not a hundred times.
    const ratio = (await best(auth)) / (await best(small));
    assert.ok(ratio < 30, `500 photos take ${ratio.toFixed(1)} times as long as 50`);
    assert.equal((await order(auth)).body.totalSatang, 50_000);
  });
});
