import { startTestApi, type TestApi } from '#test/api.ts';
import { openWorld, play, tellPlayed, type World } from './play.ts';

const FIRST = Number(process.env.CHAOS_SEED ?? 1);
const SEEDS = 7;

// Three more of the ten seeds are played in a browser: test/e2e/chaos.e2e.ts. CHAOS_SEED=42 plays from that one on. More, and longer: npm run bench -- chaos.
describe('an hour on three devices of one person, one with a clock a day wrong, on networks as bad as they come', function () {
  this.timeout(480_000);
  let api: TestApi;
  let world: World;
  before(async () => {
    api = await startTestApi();
    world = await openWorld(api);
  });
  after(async () => {
    for (const device of world?.devices ?? []) await device.stop();
    await api?.stop();
  });

  for (let seed = FIRST; seed < FIRST + SEEDS; seed += 1)
    it(`ends with all agreed with the server and with what was tapped, each effect once (seed ${seed})`, async () => {
      try {
        console.log(`      ${tellPlayed(await play(world, { seed, minutes: 60 }))}`);
      } catch (error) {
        console.log(`      ${(error as Error).message}`);
        throw error;
      }
    });
});
