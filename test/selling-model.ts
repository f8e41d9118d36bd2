import { createCoupon } from '#contracts/http/coupons.ts';
import type { SettingKey, SettingValue } from '#contracts/settings.ts';
import type { PaymentProvider } from '#server/modules/payments/service.ts';
import { createFaultPoints } from './fault-points.ts';
import { photoRows, prepareGround } from './fault-scenarios.ts';
import { checkAlways, checkSettled, reachedIn } from './selling-model-checks.ts';
import {
  bag,
  gatewayPayments,
  mayDie,
  minute,
  officeBag,
  type Random,
  randomOf,
  refused,
  signed,
  steps,
  type World,
} from './selling-model-steps.ts';
import { type ShopApp, type ShopServices, startShopApp } from './shop-app.ts';

/** Low limits, so that second persons, withheld tax and payouts happen in a short life. */
export const limits = { refundSatang: 8_000, payoutSatang: 9_000, writeOffSatang: 100 };
async function setUp(shop: ShopApp, random: Random): Promise<void> {
  const settings: { [K in SettingKey]?: Partial<SettingValue<K>> } = {
    seller: { vatRegistered: random.chance(0.5) },
    refunds: { twoPersonLimitSatang: limits.refundSatang },
    reconciliation: { writeOffLimitSatang: limits.writeOffSatang },
    payouts: {
      holdDays: random.below(2),
      minimumSatang: 500,
      withholdingThresholdSatang: 4_000,
      twoPersonLimitSatang: limits.payoutSatang,
    },
  };
  const rows = Object.entries(settings).map(([key, value]) => ({ key, value: JSON.stringify(value) }));
  await shop.db.insertInto('settings').values(rows).execute();
  // Cheap enough to be bought, so that more is taken under it.
  if (random.chance(0.5))
    await shop.db.updateTable('packages').set({ price_satang: 9_000 }).where('kind', '=', 'unlimited').execute();
}

/** Now and then the answer to a create is lost, though the gateway made it. `isStubborn`: what ended unpaid stays pending there for ever. */
const disturbing =
  (random: Random, isStubborn: boolean) =>
  (provider: PaymentProvider): PaymentProvider => ({
    ...provider,
    async create(request) {
      const answer = await provider.create(request);
      return random.chance(0.12) ? { kind: 'unknown', reason: 'lost by the model' } : answer;
    },
    async check(transId) {
      const answer = await provider.check(transId);
      const isOver = answer.kind === 'found' && answer.status === 'expired';
      return isStubborn && isOver ? { ...answer, status: 'pending' } : answer;
    },
  });

async function step(world: World, services: ShopServices, from: readonly string[]): Promise<void> {
  const { random, shop, log } = world;
  const name = random.pick(from);
  const fate = mayDie.includes(name) ? random.next() : 1;
  if (fate < 0.08) return together(world, services, name, random.pick(mayDie));
  if (fate > 0.2) {
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
/** Two at the same time, each with numbers of its own: what they draw is the same for the same seed, how they interleave is not. */
async function together(world: World, services: ShopServices, one: string, other: string): Promise<void> {
  world.log.push(`${one} (with ${other})`);
  await Promise.all(
    [one, other].map((name) => {
      const mine = { ...world, random: randomOf(world.random.below(2 ** 31)) };
      return steps[name]!.run(mine, services).catch(refused);
    }),
  );
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
    await world.jobs();
    await world.sweep();
    await shop.reconcile.run();
  }
}

/** `runs` lives of a small shop, each of `length` random steps and half as many of the office. Throws with seed, run and the steps that led there. */
export async function playModel(options: {
  seed: number;
  runs: number;
  length?: number;
  onRun?: (run: number, steps: number) => void;
}): Promise<{ steps: number; kills: number; kinds: Record<string, number>; reached: Record<string, number> }> {
  const { seed, runs, length = 40 } = options;
  let count = 0;
  let kills = 0;
  const kinds: Record<string, number> = {};
  const reached: Record<string, number> = {};
  for (let run = 0; run < runs; run++) {
    const shop = await startShopApp();
    const random = randomOf(seed + run * 7919);
    const log: string[] = [];
    try {
      await setUp(shop, random);
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
      const services = shop.composeAgain({ db: shop.db, wrap: disturbing(random, random.chance(0.3)) });
      const photoIds = [...(await photoRows(ground, 16)), ...(await photoRows(other, 9))];
      await shop.db.updateTable('photos').set({ price_satang: 0 }).where('id', '=', photoIds[0]!).execute();
      const world: World = {
        shop,
        ground,
        random,
        buyers: await Promise.all([shop.viewer(), shop.viewer(), shop.viewer()]),
        admins: [ground.admin, ground.second],
        photoIds,
        orderIds: new Set(),
        checkFails: false,
        jobs: () => shop.runJobs(services.handlers),
        sweep: () =>
          services.handlers['sweep-payments']!(
            {},
            { jobId: 'sweep', attempt: 1, logger: shop.logger, signal: new AbortController().signal },
          ),
        log,
      };
      await shop.reconcile.run();
      const seen = { posting: 0, evidence: new Map<string, string>() };
      // First the shop is open, then the office decides about what that has left.
      for (const [from, times] of [
        [bag, length],
        [officeBag, length / 2],
      ] as const) {
        for (let i = 0; i < times; i++) {
          await step(world, services, from);
          await checkAlways(shop.db, seen, limits);
          const placed = await shop.db.selectFrom('orders').select('id').execute();
          for (const row of placed) world.orderIds.add(row.id);
        }
        log.push('settle down');
        await settleDown(world);
        await checkAlways(shop.db, seen, limits);
        const feed = await shop.payments.provider.bankFeed!();
        const arrived = feed.kind === 'rows' ? feed.rows.reduce((sum, row) => sum + row.amountSatang, 0) : 0;
        await checkSettled(shop.db, await gatewayPayments(shop), arrived);
      }
      for (const [name, times] of Object.entries(await reachedIn(shop.db)))
        reached[name] = (reached[name] ?? 0) + times;
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
  return { steps: count, kills, kinds, reached };
}
