import { parseArgs } from 'node:util';
import { startTestApi } from '#test/api.ts';
import { bundleDevice, startPageDevice } from '#test/chaos/page.ts';
import { openWorld, play, tellPlayed } from '#test/chaos/play.ts';
import { openBrowser } from '#test/e2e/browser.ts';
import { startTestServices } from '#test/services.ts';

/*
 * npm run bench -- chaos --seeds 100 --minutes 240 [--from 1] [--badness 0.3] [--browser]
 *
 * Three devices of one person on networks that lose, delay, double and reorder (docs/offline.md), in threads or, with --browser, in
 * Chromium (CHROMIUM_PATH). One line a seed. A seed that fails is played again with its number; the others go on, the exit code is 1.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    minutes: { type: 'string', default: '60' },
    from: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    badness: { type: 'string', default: '0.3' },
    browser: { type: 'boolean', default: false },
  },
});
const services = process.env.TEST_DATABASE_URL ? null : await startTestServices();
if (services) Object.assign(process.env, services.env);
const api = await startTestApi();
const browser = values.browser ? await openBrowser() : null;
const script = browser ? await bundleDevice() : '';
const world = await openWorld(api, browser ? () => startPageDevice(browser, api.url, script) : undefined);
const failed: number[] = [];
try {
  for (let i = 0; i < Number(values.seeds); i++) {
    const seed = Number(values.from) + i;
    const began = Date.now();
    const cpu = process.cpuUsage();
    try {
      const played = await play(world, { seed, minutes: Number(values.minutes), badness: Number(values.badness) });
      const { user, system } = process.cpuUsage(cpu);
      const took = `${((Date.now() - began) / 1000).toFixed(1)} s, CPU ${((user + system) / 1e6).toFixed(1)} s`;
      console.log(`${tellPlayed(played)}; ${took}`);
    } catch (error) {
      failed.push(seed);
      console.log(error instanceof Error ? error.message : error);
    }
  }
} finally {
  for (const device of world.devices) await device.stop();
  await browser?.close();
  await api.stop();
  await services?.stop();
}
if (failed.length > 0) console.log(`failed: ${failed.join(', ')}`);
process.exit(failed.length === 0 ? 0 : 1);
