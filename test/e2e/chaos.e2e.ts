import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { startTestApi, type TestApi } from '#test/api.ts';
import { bundleDevice, startPageDevice } from '#test/chaos/page.ts';
import { openWorld, play, tellPlayed, type World } from '#test/chaos/play.ts';
import { openBrowser } from './browser.ts';

const FIRST = Number(process.env.CHAOS_SEED ?? 8);
const SEEDS = 3;

// In three profiles of a real browser: its storage, its connections, its streams; lines break as sockets do. More seeds, and in threads: bench/chaos.ts.
describe('an hour on three devices of one person in a browser', function () {
  this.timeout(480_000);
  let api: TestApi;
  let browser: Browser;
  let world: World;
  before(async () => {
    api = await startTestApi();
    browser = await openBrowser();
    const script = await bundleDevice();
    world = await openWorld(api, () => startPageDevice(browser, api.url, script));
  });
  after(async () => {
    for (const device of world?.devices ?? []) await device.stop();
    await browser?.close();
    await api?.stop();
  });

  for (let seed = FIRST; seed < FIRST + SEEDS; seed += 1)
    it(`ends with all agreed with the server and with what was tapped, each effect once (seed ${seed})`, async () => {
      try {
        const played = await play(world, { seed, minutes: 60 });
        console.log(`      ${tellPlayed(played)}`);
        assert.ok(played.requestsHit > 10, 'the lines were bad');
      } catch (error) {
        console.log(`      ${(error as Error).message}`);
        throw error;
      }
    });
});
