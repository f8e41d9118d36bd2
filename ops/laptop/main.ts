import path from 'node:path';
import { StartError } from './data-dir.ts';
import { createLaptop, type Laptop } from './laptop.ts';
import { makePlan } from './plan.ts';

const PARENT_CHECK_MS = 500;
const say = (line: string): void => console.log(line);
let laptop: Laptop | undefined;
let isStopping = false;

async function stop(exitCode: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  await laptop?.stop();
  process.exit(exitCode);
}

function fail(error: unknown): void {
  if (isStopping) return;
  console.error(error instanceof StartError ? error.message : error);
  void stop(1);
}

/** Under `npm start` the end of npm, however it came, is ours too: nobody would be left to stop us. */
function followParent(): void {
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event === undefined || parent === 1) return;
  setInterval(() => process.ppid !== parent && void stop(0), PARENT_CHECK_MS).unref();
}

for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => void stop(0));
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

followParent();
try {
  const plan = makePlan(process.env, process.argv.slice(2));
  const marker = path.join('ops', 'laptop', 'main.ts');
  laptop = createLaptop({ plan, root: path.resolve(import.meta.dirname, '../..'), env: process.env, marker, say });
  say(`ThePixStock starts. Data and logs: ${plan.dataDir}`);
  await laptop.start();
  if (plan.embeds.mail) say(`  mail: ${plan.url}/dev/mail`);
  if (plan.embeds.paynoi) say(`  payments: ${plan.url}/dev/paynoi`);
  say(`ready ${plan.url}`);
} catch (error) {
  fail(error);
}
