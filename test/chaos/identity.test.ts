import assert from 'node:assert/strict';
import { startTestApi, type TestApi } from '#test/api.ts';
import type { Act, ChaosPhoto, DeviceState } from './messages.ts';
import { agreement, makeEvent, makePerson, openWorld, serverCart, type World } from './play.ts';

// What the seeds of chaos found, one thing at a time: the app's data layer in a thread against the real API, on a line that does what is planned.
describe('who is here, while the line fails', function () {
  this.timeout(180_000);
  let api: TestApi;
  let world: World;
  before(async () => {
    api = await startTestApi();
    world = await openWorld(api, undefined, 1);
  });
  afterEach(() => world.devices[0]!.ask({ do: 'end' }));
  after(async () => {
    for (const device of world?.devices ?? []) await device.stop();
    await api?.stop();
  });

  /** Somebody who is signed in at the device. */
  async function enter() {
    const device = world.devices[0]!;
    const person = await makePerson(world, 'identity');
    const { eventId, photoIds } = await makeEvent(world, 3);
    const mine = photoIds.map((id): ChaosPhoto => ({ id, eventId }));
    const begin = { seed: 1, clockSkewMs: 0, mine, shared: mine, events: [eventId], badness: 0 };
    await device.ask({ do: 'begin', ...begin });
    await device.ask({ do: 'sign-in', ...person });
    const act = (name: Act, photo?: ChaosPhoto): Promise<void> =>
      device.ask({ do: 'act', act: name, ...(photo && { photo }) });
    const until = async (what: string, holds: (state: DeviceState) => boolean): Promise<void> => {
      for (let look = 0; look < 300; look += 1) {
        if (holds(await device.state())) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.fail(`in vain waited for: ${what}`);
    };
    return { device, person, mine, act, until };
  }

  it('what is taken out after a sign-out whose answer was lost is taken out of the account, not of a guest’s list', async () => {
    const { device, person, mine, act, until } = await enter();
    const [photo] = mine as [ChaosPhoto];
    await act('tap', photo);
    await act('mark', photo);
    const [before] = await agreement(world, person.userId);
    assert.deepEqual([before!.cart, before!.marked], [[photo.id], [photo.id]]);
    await device.ask({ do: 'plan', plan: { request: 'POST /api/auth/logout', fate: 'unanswered' } });
    await act('sign out');
    await act('tap', photo);
    await act('mark', photo);
    await act('search');
    await until('the session is known to have ended', ({ userId }) => userId !== person.userId);
    await act('sign in');
    const [state] = await agreement(world, person.userId);
    assert.deepEqual([state!.cart, state!.marked], [[], []]);
  });

  it('lists live on when the signal comes back in the very moment of a sign-out', async () => {
    const { device, person, mine, act } = await enter();
    await act('tap', mine[0]);
    await act('mark', mine[0]);
    await agreement(world, person.userId);
    await act('offline');
    await device.ask({ do: 'plan', plan: { request: 'POST /api/auth/logout', fate: 'slow', slowMs: [0, 100] } });
    const back = act('online');
    await act('sign out');
    await back;
    await act('sign in');
    await act('tap', mine[1]);
    await act('mark', mine[1]);
    const [state] = await agreement(world, person.userId);
    assert.deepEqual(state!.cart, [mine[0]!.id, mine[1]!.id].sort());
    assert.deepEqual(state!.marked, [mine[0]!.id, mine[1]!.id].sort());
  });

  it('what was tapped is sent though the page is put away before it could be', async () => {
    const { person, mine, act } = await enter();
    await act('tap', mine[0]);
    await agreement(world, person.userId);
    await act('offline');
    await act('tap', mine[1]);
    await act('hide');
    await act('online');
    await act('tap', mine[2]);
    for (let look = 0; look < 100 && (await serverCart(world, person.userId)).length < 3; look += 1)
      await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal((await serverCart(world, person.userId)).length, 3, 'the cart at the server');
    await act('show');
    await agreement(world, person.userId);
  });

  it('no guest takes the place of who signs in, and what the guest asked for while that went on is done', async () => {
    const { device, person, act } = await enter();
    await act('sign out');
    await act('search');
    await device.ask({ do: 'plan', plan: { request: 'POST /api/auth/login', fate: 'slow', slowMs: [0, 400] } });
    const signingIn = act('sign in');
    // The guest is part of the account now, the device does not know yet.
    await new Promise((resolve) => setTimeout(resolve, 200));
    await act('search');
    await signingIn;
    const [state] = await agreement(world, person.userId);
    const codes = state!.searches.map(({ effectId }) => state!.outcomes[effectId]?.code);
    assert.deepEqual(codes, ['ok', 'ok']);
    const searches = api.db.selectFrom('face_searches').select('id').where('user_id', '=', person.userId);
    assert.equal((await searches.execute()).length, 2, 'the account has both');
  });
});
