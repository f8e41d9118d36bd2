import { parseArgs } from 'node:util';
import { startTestApi } from '#test/api.ts';
import { openWorld, play } from '#test/chaos/play.ts';
import { startTestServices } from '#test/services.ts';

/*
 * npm run bench -- chaos --seeds 100 --minutes 240 [--from 1] [--badness 0.3]
 *
 * Three devices of one person on networks that lose, delay, double and reorder (docs/offline.md). One line a seed; the first seed
 * that fails ends it, and is played again with the same number.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    minutes: { type: 'string', default: '60' },
    from: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    badness: { type: 'string', default: '0.3' },
  },
});
const services = process.env.TEST_DATABASE_URL ? null : await startTestServices();
if (services) Object.assign(process.env, services.env);
const api = await startTestApi();
const world = await openWorld(api);
let failed = 0;
try {
  for (let i = 0; i < Number(values.seeds); i++) {
    const seed = Number(values.from) + i;
    const began = Date.now();
    const cpu = process.cpuUsage();
    try {
      const played = await play(world, { seed, minutes: Number(values.minutes), badness: Number(values.badness) });
      const { user, system } = process.cpuUsage(cpu);
      const faults = Object.entries(played.faults).map(([name, count]) => `${name} ${count}`);
      console.log(
        `seed ${seed}: ${played.steps} steps, ${played.orders} orders, ${played.searches} searches, ${faults.join(', ')}; ${((Date.now() - began) / 1000).toFixed(1)} s, CPU ${((user + system) / 1e6).toFixed(1)} s`,
      );
    } catch (error) {
      failed += 1;
      console.log(error instanceof Error ? error.message : error);
      break;
    }
  }
} finally {
  for (const device of world.devices) await device.stop();
  await api.stop();
  await services?.stop();
}
process.exit(failed === 0 ? 0 : 1);
