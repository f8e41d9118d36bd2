import { createHmac } from 'node:crypto';
import { AppError } from '#contracts/errors.ts';
import type { Viewer } from '#server/http/viewer.ts';
import type { Ground } from './fault-scenarios.ts';
import type { ShopApp, ShopServices } from './shop-app.ts';

// What can happen in the model of selling (selling-model.ts), by what weight, and who does it.

/** Small, fast, and the same numbers for the same seed (mulberry32). */
export function randomOf(seed: number) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n: number) => Math.floor(next() * n);
  return {
    next,
    below,
    pick: <T>(list: readonly T[]): T => list[below(list.length)]!,
    chance: (p: number) => next() < p,
  };
}
export type Random = ReturnType<typeof randomOf>;

/** Ends a step that a person or a gateway was refused; anything else is a bug. */
export const refused = (error: unknown): void => {
  if (!(error instanceof AppError)) throw error;
};
export const minute = 60_000;

export interface World {
  shop: ShopApp;
  ground: Ground;
  random: Random;
  buyers: Viewer[];
  admins: Viewer[];
  /** Photos for sale by event, and what this run ordered. */
  photoIds: string[];
  orderIds: Set<string>;
  /** The gateway leaves checks unanswered now and then: a sweep may leave something to the next one. */
  checkFails: boolean;
  /** Sweeps and jobs of the shop as the model's gateways let it see them. */
  sweep(): Promise<unknown>;
  jobs(): Promise<unknown>;
  log: string[];
}
export type GatewayPayment = { transId: string; ref1: string; status: string; paidSatang: number | null };

export const gatewayPayments = async (shop: ShopApp): Promise<GatewayPayment[]> =>
  (await (await fetch(`${shop.devUrl}/dev/paynoi.json`)).json()) as GatewayPayment[];
const paymentRow = async (shop: ShopApp, id: string) =>
  (await shop.db.selectFrom('payments').selectAll().where('id', '=', id).executeTakeFirstOrThrow()) as never;

export function signed(shop: ShopApp, claim: object, key = shop.apiKey): Buffer {
  const data = JSON.stringify(claim);
  const signature = createHmac('sha256', key).update(data).digest('hex');
  return Buffer.from(`{"data":${data},"signature":"${signature}"}`);
}
const ids = async (world: World, table: 'payments' | 'orders'): Promise<string[]> => {
  const mine = [...world.orderIds];
  if (mine.length === 0) return [];
  const column = table === 'payments' ? 'order_id' : 'id';
  const rows = await world.shop.db
    .selectFrom(table)
    .select('id')
    .where(column as 'id', 'in', mine)
    .execute();
  return rows.map((row) => row.id);
};

/** What can happen next. `by` is the process it happens in: the shop, or one that dies on the way. */
export const steps: Record<string, { weight: number; run(world: World, by: ShopServices): Promise<unknown> }> = {
  add: {
    weight: 5,
    run: ({ random, buyers, photoIds }, by) =>
      by.cart.add(random.pick(buyers).userId, [
        ...new Set([random.pick(photoIds), random.pick(photoIds), random.pick(photoIds)]),
      ]),
  },
  remove: {
    weight: 2,
    run: ({ random, buyers, photoIds }, by) => by.cart.remove(random.pick(buyers).userId, random.pick(photoIds)),
  },
  'price change': {
    weight: 3,
    async run({ shop, random }) {
      // Unlimited may be cheap here: what is taken under it later costs nothing, and goes back with it.
      const kind = random.pick(['single', 'unlimited'] as const);
      const [changed] = (await shop.packages.list(true)).filter((each) => each.kind === kind);
      const priceSatang = kind === 'single' ? 3000 + random.below(60) * 100 : 8000 + random.below(400) * 100;
      await shop.packages.update(changed!.id, { priceSatang } as never);
    },
  },
  coupon: {
    weight: 2,
    run: ({ random, buyers }, by) =>
      by.cart.useCoupon(random.pick(buyers), random.pick(['MODEL33', 'MODEL100', null]), '127.0.0.1'),
  },
  checkout: {
    weight: 6,
    async run({ random, buyers, orderIds }, by) {
      const viewer = random.pick(buyers);
      const { order } = await by.orders.place(viewer, {});
      orderIds.add(order.id);
      await by.payments.start(order.id, viewer);
    },
  },
  // All of it without a fault, so that a life comes to what follows on a sale.
  'buy and pay': {
    weight: 9,
    async run({ shop, random, buyers, photoIds, orderIds }, by) {
      const viewer = random.pick(buyers);
      const chosen = Array.from({ length: 1 + random.below(5) }, () => random.pick(photoIds));
      await by.cart.add(viewer.userId, [...new Set(chosen)]);
      const { order } = await by.orders.place(viewer, {});
      orderIds.add(order.id);
      const { id, transId } = await by.payments.start(order.id, viewer);
      if (!transId) return;
      await shop.act(transId, 'lose-webhook');
      await by.payments.settle(await paymentRow(shop, id), { isUrgent: true });
    },
  },
  // Everything of an event, and later more of it for nothing: what an unlimited package is bought for.
  'buy unlimited and take more': {
    weight: 3,
    async run({ shop, random, buyers, photoIds, orderIds }, by) {
      const viewer = random.pick(buyers);
      // Of one event, so that a part of the package can be asked back.
      const first = 1 + random.below(12);
      await by.cart.add(viewer.userId, photoIds.slice(first, first + 3));
      const unlimited = (await shop.packages.list(true)).find((each) => each.kind === 'unlimited')!;
      await by.cart.choosePackage(viewer.userId, unlimited.id);
      const { order } = await by.orders.place(viewer, {});
      orderIds.add(order.id);
      if (order.status === 'pending') {
        const { id, transId } = await by.payments.start(order.id, viewer);
        if (!transId) return;
        await shop.act(transId, 'lose-webhook');
        await by.payments.settle(await paymentRow(shop, id), { isUrgent: true });
      }
      await by.cart.add(viewer.userId, photoIds.slice(0, 8));
      const more = await by.orders.place(viewer, {});
      orderIds.add(more.order.id);
    },
  },
  // Her first QR ran out, she pays the second, and a friend pays the first from a picture of it.
  'pay the old QR and the new one': {
    weight: 2,
    async run({ shop, random, buyers, photoIds, orderIds }, by) {
      const viewer = random.pick(buyers);
      await by.cart.add(viewer.userId, [random.pick(photoIds)]);
      const { order } = await by.orders.place(viewer, {});
      orderIds.add(order.id);
      const old = await by.payments.start(order.id, viewer);
      if (!old.transId) return;
      shop.wait(16 * minute);
      const { id, transId } = await by.payments.start(order.id, viewer);
      if (!transId || id === old.id) return;
      for (const each of [
        { id, transId },
        { id: old.id, transId: old.transId },
      ]) {
        await shop.act(each.transId, 'pay-late');
        await by.payments.settle(await paymentRow(shop, each.id), { isUrgent: true });
      }
    },
  },
  'QR again': {
    weight: 2,
    async run(world, by) {
      const id = world.random.pick(await ids(world, 'orders'));
      if (id) await by.payments.start(id, world.admins[0]!);
    },
  },
  pay: {
    weight: 7,
    async run({ shop, random }) {
      const open = (await gatewayPayments(shop)).filter((each) => each.paidSatang === null);
      const kind = random.pick(['lose-webhook', 'lose-webhook', 'pay-short', 'pay-over', 'pay-late']);
      if (open.length > 0) await shop.act(random.pick(open.slice(0, 4)).transId, kind);
    },
  },
  'pay the same QR again': {
    weight: 1,
    async run({ shop, random }) {
      const paid = (await gatewayPayments(shop)).filter((each) => each.paidSatang !== null);
      if (paid.length > 0) await shop.act(random.pick(paid.slice(0, 4)).transId, 'pay-again');
    },
  },
  'gateway gives up': {
    weight: 1,
    async run({ shop, random }) {
      const open = (await gatewayPayments(shop)).filter((each) => each.status === 'pending');
      if (open.length > 0) await shop.act(random.pick(open).transId, random.pick(['expire', 'fail']));
    },
  },
  'stray money': {
    weight: 1,
    run: ({ shop, random }) => shop.dev('/dev/paynoi/stray', { amountSatang: 1000 + random.below(9000) }),
  },
  // Another till of the same gateway account makes a QR: its webhooks come to us, too.
  'a QR that is not ours': {
    weight: 1,
    async run({ shop, random }) {
      const { apiKey: api_key, account, type } = shop.gateway;
      const request = { method: 'create', api_key, amount: `${30 + random.below(200)}`, ref1: 'TILL-2', account, type };
      const headers = { 'content-type': 'application/json' };
      await fetch(shop.gateway.baseUrl, { method: 'POST', headers, body: JSON.stringify(request) });
    },
  },
  webhook: {
    weight: 7,
    async run({ shop, random, jobs }, by) {
      const all = await gatewayPayments(shop);
      if (all.length === 0) return;
      // Early, late, twice, of any payment; the claims may lie, as nothing in them is believed.
      const about = random.pick(all.slice(0, 8));
      const claim = {
        trans_id: about.transId,
        ...(random.chance(0.7) && { ref1: about.ref1 }),
        amount: `${random.below(200)}.00`,
        n: random.below(3),
      };
      await by.webhooks.receive({ body: signed(shop, claim), requestId: 'model' });
      if (random.chance(0.7)) await jobs();
    },
  },
  'forged webhook': {
    weight: 1,
    async run({ shop, random }) {
      const about = (await gatewayPayments(shop))[0];
      const body = signed(
        shop,
        { trans_id: about?.transId ?? 'x', payment_status: 'completed' },
        `not ${random.next()}`,
      );
      const code = await shop.webhooks.receive({ body, requestId: 'model' }).then(
        () => 'taken',
        (error: AppError) => error.code,
      );
      if (code !== 'webhook.signature') throw new Error(`a forged webhook was ${code}`);
    },
  },
  jobs: { weight: 2, run: ({ jobs }) => jobs() },
  poll: {
    weight: 6,
    async run(world, by) {
      const id = world.random.pick(await ids(world, 'payments'));
      if (id) await by.payments.settle(await paymentRow(world.shop, id), { isUrgent: world.random.chance(0.5) });
    },
  },
  cancel: {
    weight: 1,
    async run(world, by) {
      const id = world.random.pick(await ids(world, 'orders'));
      if (id) await by.payments.cancelOrder(id, world.admins[0]!);
    },
  },
  time: {
    weight: 6,
    run: async ({ shop, random }) =>
      shop.wait(random.pick([5_000, 31_000, 2 * minute, 2 * minute, 16 * minute, 3 * 60 * minute, 25 * 60 * minute])),
  },
  sweep: {
    weight: 4,
    run: ({ sweep, checkFails }) =>
      sweep().catch((error) => {
        if (!checkFails) throw error;
      }),
  },
  'ask for a refund': {
    weight: 4,
    async run({ shop, random, admins, orderIds }, by) {
      const paid = await shop.db
        .selectFrom('orders')
        .select('id')
        .where('paid_at', 'is not', null)
        .orderBy('number')
        .execute();
      const orderId = random.chance(0.9) ? random.pick(paid)?.id : random.pick([...orderIds]);
      if (!orderId) return;
      const items = await shop.db
        .selectFrom('order_items')
        .select('id')
        .where('order_id', '=', orderId)
        .orderBy('id')
        .execute();
      const part = random.chance(0.5) ? { itemIds: [random.pick(items).id] } : {};
      await by.refunds.request(admins[0]!, { orderId, reason: 'model', ...part });
    },
  },
  'decide a refund': {
    weight: 9,
    async run({ shop, random, admins }, by) {
      const all = (await shop.refunds.list({ limit: 50 })).items;
      const open = all.filter((each) => each.status === 'requested' || each.status === 'approved');
      // Now and then what is not to be done: again, too early, with another reference.
      const isWrong = random.chance(0.3);
      const refund = random.pick(isWrong ? all : open);
      if (!refund) return;
      const admin = random.pick(admins);
      const isTransfer = isWrong ? random.chance(0.5) : refund.status === 'approved';
      const reference = `KB-${refund.id.slice(0, 8)}${isWrong && random.chance(0.5) ? '-again' : ''}`;
      if (isTransfer) await by.refunds.transfer(refund.id, reference, admin);
      else await by.refunds.decide(refund.id, random.chance(0.8) ? 'approve' : 'reject', admin);
    },
  },
  'look at a payment': {
    weight: 7,
    async run({ shop, random, admins }, by) {
      const open = (await shop.reviews.list({ limit: 50 })).items;
      if (open.length === 0) return;
      const review = random.pick(open);
      await by.reviews.resolve(review.id, random.pick(review.actions), random.pick(admins));
    },
  },
  'decide about money': {
    weight: 5,
    async run(world, by) {
      const { shop, random, admins } = world;
      const all = (await shop.cases.list({ limit: 50 })).items;
      const isWrong = random.chance(0.2);
      const found = random.pick(isWrong ? all : all.filter((each) => each.status !== 'resolved'));
      if (!found) return;
      if (found.status === 'returning' || (isWrong && random.chance(0.3)))
        return by.cases.transfer(found.id, `KB-${found.id.slice(0, 8)}`, random.pick(admins));
      const action = random.pick(isWrong ? (['attach', 'return', 'income', 'write_off'] as const) : found.actions);
      const order = action === 'attach' ? random.pick(await ids(world, 'orders')) : undefined;
      return by.cases.resolve(found.id, { action, ...(order && { order }) }, random.pick(admins));
    },
  },
  reconcile: { weight: 4, run: (_world, by) => by.reconcile.run() },
  'faults of the feed': {
    weight: 2,
    async run(world) {
      const { shop, random } = world;
      const faults = {
        feedLateMs: random.pick([0, 0, 20 * minute, 26 * 60 * minute]),
        feedTwice: random.chance(0.3),
        feedWithoutIds: random.chance(0.3),
        feedOffSatang: random.pick([0, 0, 0, -2, 3]),
        checkFails: random.pick([0, 0, 1]),
        createFails: random.pick([0, 0, 0, 1]),
      };
      world.checkFails = faults.checkFails > 0;
      await shop.faults(faults);
    },
  },
  'payout batch': {
    weight: 4,
    run: ({ random, admins }, by) => by.revenue.payouts.createBatch(random.pick(admins), {}),
  },
  'decide a payout': {
    weight: 10,
    async run({ shop, random, admins }, by) {
      const { items } = await shop.revenue.payouts.list({ limit: 20 });
      const { payouts } = by.revenue;
      const payout = random.pick(items.filter((each) => !['cancelled', 'failed'].includes(each.status)));
      if (!payout) return;
      const admin = random.pick(admins);
      const transferReference = `KB-${random.below(2)}`;
      // Mostly the next step, now and then any.
      const next = payout.status === 'draft' ? 'approve' : 'pay';
      const action = random.chance(0.7) ? next : random.pick(['approve', 'pay', 'cancel', 'fail']);
      if (action === 'approve') await payouts.approve(payout.id, admin);
      else if (action === 'pay') await payouts.pay(payout.id, { transferReference }, admin);
      else if (action === 'cancel') await payouts.cancel(payout.id, admin);
      else await payouts.fail(payout.id, 'account closed', admin);
    },
  },
};
export const mayDie = Object.keys(steps).filter(
  (name) =>
    !['time', 'pay', 'pay the old QR and the new one', 'price change', 'faults of the feed', 'stray money'].includes(
      name,
    ),
);
const bagOf = (entries: readonly (readonly [string, number])[]): string[] =>
  entries.flatMap(([name, weight]) => Array.from({ length: weight }, () => name));
export const bag = bagOf(Object.entries(steps).map(([name, { weight }]) => [name, weight]));
/** When the shop is closed: persons decide, money goes out, and what the world still does meanwhile. */
export const officeBag = bagOf([
  ['look at a payment', 6],
  ['decide about money', 10],
  ['ask for a refund', 4],
  ['decide a refund', 9],
  ['payout batch', 5],
  ['decide a payout', 14],
  ['reconcile', 2],
  ['time', 2],
  ['pay the same QR again', 1],
  ['webhook', 1],
]);
