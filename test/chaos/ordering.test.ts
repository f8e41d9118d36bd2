import assert from 'node:assert/strict';
import { startTestApi, type TestApi } from '#test/api.ts';
import type { Act, ChaosPhoto, DeviceState } from './messages.ts';
import { agreement, makeEvent, makePerson, openWorld, type World } from './play.ts';

// An order, and the cart of the person's other device: the app's data layer in two threads against the real API, on lines that do what is planned.
describe('the carts of two devices around an order', function () {
  this.timeout(180_000);
  let api: TestApi;
  let world: World;
  before(async () => {
    api = await startTestApi();
    world = await openWorld(api, undefined, 2);
  });
  after(async () => {
    for (const device of world?.devices ?? []) await device.stop();
    await api?.stop();
  });
  afterEach(() => Promise.all(world.devices.map((device) => device.ask({ do: 'end' }))));

  /** Somebody who is signed in at both, with a photo that is in the cart of both. */
  async function enter() {
    const person = await makePerson(world, 'ordering');
    const { eventId, photoIds } = await makeEvent(world, 1);
    const mine = photoIds.map((id): ChaosPhoto => ({ id, eventId }));
    const begin = { seed: 1, clockSkewMs: 0, mine, shared: mine, events: [eventId], badness: 0 };
    for (const device of world.devices) {
      await device.ask({ do: 'begin', ...begin });
      await device.ask({ do: 'sign-in', ...person });
    }
    const [one, two] = world.devices.map((device) => ({
      plan: (request: string, slowMs: [number, number]) =>
        device.ask({ do: 'plan', plan: { request, fate: 'slow', slowMs } }),
      act: (act: Act) => device.ask({ do: 'act', act }),
      until: async (what: string, holds: (state: DeviceState) => boolean): Promise<void> => {
        for (let look = 0; look < 600; look += 1) {
          if (holds(await device.state())) return;
          await new Promise((resolve) => setTimeout(resolve, 30));
        }
        assert.fail(`in vain waited for: ${what}`);
      },
    }));
    await one!.act('tap');
    const [state] = await agreement(world, person.userId);
    assert.deepEqual(state!.cart, photoIds);
    return { one: one!, two: two!, person, photoIds };
  }

  for (const isNews of [false, true])
    it(`what one device puts in after the other has ordered it stays, though that hears of its order later${isNews ? ' than of this' : ''}`, async () => {
      const { one, two, person, photoIds } = await enter();
      await one.plan('POST /api/orders', [0, 3_000]);
      if (!isNews) await one.plan('GET /api/sync/cart_items/pull', [0, 6_000]);
      await one.act('order');
      await two.until('the ordered photo has left its cart', ({ cart }) => cart.length === 0);
      await two.act('tap');
      await one.until('the answer', ({ outcomes }) => Object.values(outcomes).some(({ code }) => code === 'ok'));
      const [state] = await agreement(world, person.userId);
      assert.deepEqual(state!.cart, photoIds);
    });

  it('what was put in before the order and arrives after it goes, though another device has seen it by then', async () => {
    const { one, two, person } = await enter();
    await one.act('tap');
    await agreement(world, person.userId);
    // The order is sent without waiting for the cart any longer.
    await one.plan('POST /api/sync/cart_items/push', [4_000, 0]);
    await one.plan('POST /api/orders', [0, 6_000]);
    await one.act('tap');
    await one.act('order');
    await two.until('the late photo is in its cart', ({ cart }) => cart.length === 1);
    await one.until('the answer', ({ outcomes }) => Object.values(outcomes).some(({ code }) => code === 'ok'));
    const [state] = await agreement(world, person.userId);
    assert.deepEqual(state!.cart, []);
  });
});
