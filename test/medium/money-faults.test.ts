import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { createFaultPoints, type Side } from '#test/fault-points.ts';
import { type Ground, prepareGround, scenarios, verifyBooks } from '#test/fault-scenarios.ts';
import { type ShopApp, startShopApp } from '#test/shop-app.ts';

// Every call that settle and its neighbours make is a place to die, found by counting: a new await is covered by being there.
describe('money, killed anywhere', function () {
  this.timeout(120_000);
  let shop: ShopApp;
  let ground: Ground;
  before(async () => {
    shop = await startShopApp();
    ground = await prepareGround(shop);
  });
  after(() => shop?.stop());

  /** Dies right after the n-th call, with its answer unheard; false when it was through before. */
  async function diesAt(name: string, at: number, side: Side = 'after'): Promise<boolean> {
    const scenario = await scenarios[name]!(ground);
    const points = createFaultPoints({ databaseUrl: shop.database.url, at, side });
    const services = shop.composeAgain({ db: points.db, wrap: points.wrap });
    const done = scenario.run(services).then(() => undefined);
    const label = await Promise.race([done, points.killed]);
    await points.close();
    await scenario.recover();
    await scenario.verify().catch((error: Error) => {
      error.message = `${name}, died ${label} (${at}): ${error.message}`;
      throw error;
    });
    return label !== undefined;
  }
  /** Between a call's answer and the next call nothing happens outside: to die after each, and before the first, is all there is. */
  async function enumerate(name: string, stride = 1): Promise<number> {
    assert.ok(await diesAt(name, 1, 'before'));
    let at = 1;
    while (await diesAt(name, at)) {
      at += stride;
      assert.ok(at < 300, `${name} never came to its end`);
    }
    await verifyBooks(shop);
    return at - 1;
  }

  it('settle finishes right after the restart, whichever of its calls was the last', async () => {
    const points = await enumerate('settle');
    assert.ok(points >= 15, `${points} calls`);
  });
  // All of them: npm run bench -- money-faults.
  for (const name of Object.keys(scenarios).filter((each) => each !== 'settle')) {
    it(`${name}: finishes once, whichever of its calls was the last`, async () => {
      const points = await enumerate(name, Number(process.env.FAULT_STRIDE ?? 6));
      assert.ok(points >= 5, `${points} calls`);
    });
  }

  it('a process that really gets SIGKILL in the middle of settle leaves nothing half', async () => {
    const child = (at: number, side: Side, paymentId: string) =>
      new Promise<string | null>((resolve, reject) => {
        const input = {
          databaseUrl: shop.database.url,
          gateway: shop.gateway,
          hosted: shop.hosted,
          paymentId,
          at,
          side,
        };
        const program = spawn(process.execPath, ['--import', 'tsx', path.resolve('test/fault-child.ts')], {
          env: { ...process.env, FAULT_CHILD: JSON.stringify(input) },
          stdio: ['ignore', 'ignore', 'inherit'],
        });
        program.once('error', reject);
        program.once('exit', (_code, signal) => resolve(signal));
      });
    // One after the other: the payment of a scenario is known as the newest.
    for (const at of [9, 20]) {
      const scenario = await scenarios.settle!(ground);
      const newest = await shop.db
        .selectFrom('payments')
        .select('id')
        .orderBy('created_at', 'desc')
        .executeTakeFirstOrThrow();
      assert.equal(await child(at, at % 4 ? 'after' : 'before', newest.id), 'SIGKILL');
      await scenario.recover();
      await scenario.verify();
    }
    await verifyBooks(shop);
  });
});
