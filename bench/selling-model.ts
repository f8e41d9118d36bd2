import { parseArgs } from 'node:util';
import { startTestServices } from '#test/services.ts';

// npm run bench -- selling-model --runs 500 --seed 1 --length 60: random lives of a small shop, each step checked.
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    length: { type: 'string', default: '60' },
  },
});
const services = process.env.TEST_DATABASE_URL ? undefined : await startTestServices();
if (services) Object.assign(process.env, services.env);
const { playModel } = await import('#test/selling-model.ts');
const startedAt = Date.now();
try {
  const { steps, kills, kinds, reached } = await playModel({
    runs: Number(values.runs),
    seed: Number(values.seed),
    length: Number(values.length),
    onRun: (run, count) => {
      if ((run + 1) % 10 === 0)
        console.log(`${run + 1} runs, ${count} steps, ${((Date.now() - startedAt) / 1000).toFixed(0)} s`);
    },
  });
  console.log(
    `seed ${values.seed}: ${values.runs} runs, ${steps} steps, ${kills} of them killed; every invariant held after each`,
  );
  console.table(kinds);
  console.table(reached);
} finally {
  await services?.stop();
}
process.exit(0);
