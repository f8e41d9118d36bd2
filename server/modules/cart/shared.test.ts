import assert from 'node:assert/strict';
import { type Auth, type Carts, startCarts } from '#test/carts.ts';

describe('a cart shared by a link', function () {
  this.timeout(60_000);
  let shop: Carts['shop'];
  let photos: Carts['photos'];
  let buyer: Carts['buyer'];
  let order: Carts['order'];
  let pay: Carts['pay'];
  before(async () => {
    ({ shop, photos, buyer, order, pay } = await startCarts());
  });
  after(() => shop?.stop());

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
