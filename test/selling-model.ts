import { createHmac } from 'node:crypto';
import { AppError } from '#contracts/errors.ts';
import { createCoupon } from '#contracts/http/coupons.ts';
import type { Viewer } from '#server/http/viewer.ts';
import type { PaymentProvider } from '#server/modules/payments/service.ts';
import { createFaultPoints } from './fault-points.ts';
import { type Ground, photoRows, prepareGround } from './fault-scenarios.ts';
import { checkAlways, checkSettled } from './selling-model-checks.ts';
import { type ShopApp, type ShopServices, startShopApp } from './shop-app.ts';

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
type Random = ReturnType<typeof randomOf>;

/** Ends a step that a person or a gateway was refused; anything else is a bug. */
const refused = (error: unknown): void => {
  if (!(error instanceof AppError)) throw error;
};
const minute = 60_000;

interface World {
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
  log: string[];
}
type GatewayPayment = { transId: string; ref1: string; status: string; paidSatang: number | null };

const gatewayPayments = async (shop: ShopApp): Promise<GatewayPayment[]> =>
  (await (await fetch(`${shop.devUrl}/dev/paynoi.json`)).json()) as GatewayPayment[];
const paymentRow = async (shop: ShopApp, id: string) =>
  (await shop.db.selectFrom('payments').selectAll().where('id', '=', id).executeTakeFirstOrThrow()) as never;

function signed(shop: ShopApp, claim: object, key = shop.apiKey): Buffer {
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
const steps: Record<string, { weight: number; run(world: World, by: ShopServices): Promise<unknown> }> = {
  add: {
    weight: 8,
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
    weight: 2,
    async run({ shop, random }) {
      const [single] = (await shop.packages.list(true)).filter((each) => each.kind === 'single');
      await shop.packages.update(single!.id, { priceSatang: 3000 + random.below(60) * 100 } as never);
    },
  },
  coupon: {
    weight: 2,
    run: ({ random, buyers }, by) =>
      by.cart.useCoupon(random.pick(buyers), random.pick(['MODEL33', 'MODEL100', null]), '127.0.0.1'),
  },
  checkout: {
    weight: 9,
    async run({ random, buyers, orderIds }, by) {
      const viewer = random.pick(buyers);
      const { order } = await by.orders.place(viewer, {});
      orderIds.add(order.id);
      await by.payments.start(order.id, viewer);
    },
  },
  'QR again': {
    weight: 3,
    async run(world, by) {
      const id = world.random.pick(await ids(world, 'orders'));
      if (id) await by.payments.start(id, world.admins[0]!);
    },
  },
  pay: {
    weight: 9,
    async run({ shop, random }) {
      const open = (await gatewayPayments(shop)).filter((each) => each.paidSatang === null);
      const kind = random.pick(['lose-webhook', 'lose-webhook', 'lose-webhook', 'pay-short', 'pay-over', 'pay-late']);
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
  webhook: {
    weight: 9,
    async run({ shop, random }, by) {
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
      if (random.chance(0.7)) await shop.runJobs();
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
  jobs: { weight: 2, run: ({ shop }) => shop.runJobs() },
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
    run: ({ shop, checkFails }) =>
      shop.sweep().catch((error) => {
        if (!checkFails) throw error;
      }),
  },
  'ask for a refund': {
    weight: 3,
    async run(world, by) {
      const orderId = world.random.pick(await ids(world, 'orders'));
      if (!orderId) return;
      const items = await world.shop.db
        .selectFrom('order_items')
        .select('id')
        .where('order_id', '=', orderId)
        .execute();
      const part = world.random.chance(0.5) ? { itemIds: [world.random.pick(items).id] } : {};
      await by.refunds.request(world.admins[0]!, { orderId, reason: 'model', ...part });
    },
  },
  'decide a refund': {
    weight: 4,
    async run({ shop, random, admins }, by) {
      const open = (await shop.refunds.list({ limit: 50 })).items.filter(
        (each) => each.status === 'requested' || each.status === 'approved',
      );
      if (open.length === 0) return;
      const refund = random.pick(open);
      const admin = random.pick(admins);
      if (refund.status === 'approved') await by.refunds.transfer(refund.id, `KB-${refund.id.slice(0, 8)}`, admin);
      else await by.refunds.decide(refund.id, random.chance(0.8) ? 'approve' : 'reject', admin);
    },
  },
  'look at a payment': {
    weight: 4,
    async run({ shop, random, admins }, by) {
      const open = (await shop.reviews.list({ limit: 50 })).items;
      if (open.length === 0) return;
      const review = random.pick(open);
      await by.reviews.resolve(review.id, random.pick(review.actions), random.pick(admins));
    },
  },
  'decide about money': {
    weight: 4,
    async run(world, by) {
      const { shop, random, admins } = world;
      const open = (await shop.cases.list({ limit: 50 })).items.filter((each) => each.status !== 'resolved');
      if (open.length === 0) return;
      const found = random.pick(open);
      if (found.status === 'returning')
        return by.cases.transfer(found.id, `KB-${found.id.slice(0, 8)}`, random.pick(admins));
      const action = random.pick(found.actions);
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
  payout: {
    weight: 2,
    async run({ shop, random, admins }, by) {
      const admin = random.pick(admins);
      await by.revenue.payouts.createBatch(admin, {}).catch(refused);
      const { items } = await shop.revenue.payouts.list({ limit: 50 });
      for (const payout of items.filter((each) => each.status === 'draft'))
        await by.revenue.payouts.approve(payout.id, admin).catch(refused);
      const ready = items.filter((each) => each.status === 'approved');
      if (ready.length > 0)
        await by.revenue.payouts.pay(random.pick(ready).id, { transferReference: 'KB-PAYOUT' }, admin);
    },
  },
};
const mayDie = Object.keys(steps).filter(
  (name) => !['time', 'pay', 'price change', 'faults of the feed', 'stray money'].includes(name),
);
const bag = Object.entries(steps).flatMap(([name, { weight }]) => Array.from({ length: weight }, () => name));

/** Now and then the answer to a create is lost, though the gateway made it. */
const losing =
  (random: Random) =>
  (provider: PaymentProvider): PaymentProvider => ({
    ...provider,
    async create(request) {
      const answer = await provider.create(request);
      return random.chance(0.12) ? { kind: 'unknown', reason: 'lost by the model' } : answer;
    },
  });

async function step(world: World, services: ShopServices): Promise<void> {
  const { random, shop, log } = world;
  const name = random.pick(bag);
  if (!mayDie.includes(name) || !random.chance(0.12)) {
    log.push(name);
    await steps[name]!.run(world, services).catch(refused);
    return;
  }
  const points = createFaultPoints({ databaseUrl: shop.database.url, at: 1 + random.below(30), side: 'after' });
  const dying = shop.composeAgain({ db: points.db, wrap: points.wrap });
  const label = await Promise.race([
    steps[name]!.run(world, dying)
      .catch(refused)
      .then(() => 'lived'),
    points.killed,
  ]);
  log.push(`${name} (killed: ${label})`);
  await points.close();
}

/** Everything has its time: faults end, the gateway's webhooks come, sweeps and reconciliation run, a day passes. */
async function settleDown(world: World): Promise<void> {
  const { shop } = world;
  await shop.faults({
    feedLateMs: 0,
    feedTwice: false,
    feedWithoutIds: false,
    feedOffSatang: 0,
    checkFails: 0,
    createFails: 0,
  });
  for (const each of (await gatewayPayments(shop)).filter((one) => one.paidSatang !== null)) {
    const body = signed(shop, { trans_id: each.transId, ref1: each.ref1, end: 1 });
    await shop.webhooks.receive({ body, requestId: 'model' });
  }
  for (const ms of [minute, 20 * minute, 26 * 60 * minute, 20 * minute]) {
    shop.wait(ms);
    await shop.runJobs();
    await shop.sweep();
    await shop.reconcile.run();
  }
}

/** `runs` lives of a small shop, each of `length` random steps. Throws with seed, run and the steps that led there. */
export async function playModel(options: {
  seed: number;
  runs: number;
  length?: number;
  onRun?: (run: number, steps: number) => void;
}): Promise<{ steps: number; kills: number; kinds: Record<string, number> }> {
  const { seed, runs, length = 40 } = options;
  let count = 0;
  let kills = 0;
  const kinds: Record<string, number> = {};
  for (let run = 0; run < runs; run++) {
    const shop = await startShopApp();
    const random = randomOf(seed + run * 7919);
    const log: string[] = [];
    try {
      await shop.faults({ dropWebhooks: true });
      const ground = await prepareGround(shop);
      const other = { ...ground, eventId: await shop.event({ revenue_type: 'premium' }) };
      for (const [code, percentBp] of [
        ['MODEL33', 3300],
        ['MODEL100', 10_000],
      ] as const)
        await shop.coupons.create(
          createCoupon.body.parse({ code, kind: 'percent', percentBp }) as never,
          ground.admin.userId,
        );
      const world: World = {
        shop,
        ground,
        random,
        buyers: await Promise.all([shop.viewer(), shop.viewer(), shop.viewer()]),
        admins: [ground.admin, ground.second],
        photoIds: [...(await photoRows(ground, 5)), ...(await photoRows(other, 4))],
        orderIds: new Set(),
        checkFails: false,
        log,
      };
      await shop.reconcile.run();
      const services = shop.composeAgain({ db: shop.db, wrap: losing(random) });
      let newest = 0;
      for (let i = 0; i < length; i++) {
        await step(world, services);
        newest = await checkAlways(shop.db, newest);
        const placed = await shop.db.selectFrom('orders').select('id').execute();
        for (const row of placed) world.orderIds.add(row.id);
      }
      log.push('settle down');
      await settleDown(world);
      await checkAlways(shop.db, newest);
      const feed = await shop.payments.provider.bankFeed!();
      const arrived = feed.kind === 'rows' ? feed.rows.reduce((sum, row) => sum + row.amountSatang, 0) : 0;
      await checkSettled(shop.db, await gatewayPayments(shop), arrived);
    } catch (error) {
      const { message } = error as Error;
      throw new Error(`seed ${seed}, run ${run}: ${message}\n  ${log.join(' > ')}`, { cause: error });
    } finally {
      await shop.stop();
    }
    count += log.length;
    kills += log.filter((each) => each.includes('killed') && !each.includes('lived')).length;
    for (const each of log) kinds[each.split(' (')[0]!] = (kinds[each.split(' (')[0]!] ?? 0) + 1;
    options.onRun?.(run, count);
  }
  return { steps: count, kills, kinds };
}
