import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CHROMIUM, ensureTool, FIREFOX, REDIS, type Tool } from './install/tools.ts';
import { startTestServices, type TestServices } from './services.ts';

// npm test: everything. npm test -- server/modules/cart -g "adds": only those files, with mocha's own options.

const REPOSITORY = path.resolve(import.meta.dirname, '..');
const CACHE = path.join(REPOSITORY, '.cache', 'tools');
const FOLDERS = ['contracts', 'face', 'migrations', 'server', 'sync', 'worker-ai', 'pwa', 'ops', 'bench', 'test'];
const SKIPPED = new Set(['node_modules', 'dist', '.cache', '.data']);
const STEP_LIMIT_MS = 25 * 60_000;

interface Counts {
  passed: number;
  failed: number;
}

const total: Counts = { passed: 0, failed: 0 };
const problems: string[] = [];

function fail(problem: string): void {
  total.failed += 1;
  problems.push(problem);
  console.error(`\nFAILED: ${problem}\n`);
}

/** Files below `target` (or it itself) whose name ends so, relative to the repository. */
function filesBelow(target: string, ending: string): string[] {
  const full = path.resolve(REPOSITORY, target);
  if (!existsSync(full)) return [];
  if (statSync(full).isFile()) return full.endsWith(ending) ? [path.relative(REPOSITORY, full)] : [];
  return readdirSync(full)
    .filter((name) => !SKIPPED.has(name))
    .sort()
    .flatMap((name) => filesBelow(path.join(full, name), ending));
}

/** Runs Node or a program of the repository in view of everybody; resolves with its exit code, 124 when over its time. */
function runStep(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: REPOSITORY, env, stdio: 'inherit', detached: true });
    const end = () => child.pid && process.kill(-child.pid, 'SIGKILL');
    const limit = setTimeout(() => {
      end();
      resolve(124);
    }, STEP_LIMIT_MS);
    process.once('exit', end);
    child.once('error', () => resolve(127));
    child.once('exit', (code) => {
      clearTimeout(limit);
      process.off('exit', end);
      resolve(code ?? 1);
    });
  });
}

async function check(env: NodeJS.ProcessEnv): Promise<void> {
  for (const script of ['types', 'lint']) {
    console.log(`\n== npm run ${script}`);
    const code = await runStep('npm', ['run', '--silent', script], env);
    if (code === 0) total.passed += 1;
    else fail(`npm run ${script} (exit code ${code})`);
  }
}

/** Adds what mocha counted; a run that ends badly without a failed test to show for it is a failure of its own. */
async function mocha(
  title: string,
  files: readonly string[],
  options: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  console.log(`\n== ${title}`);
  if (files.length === 0) return fail(`${title}: there is no test file`);
  const folder = mkdtempSync(path.join(tmpdir(), 'thepixstock-counts-'));
  const countsFile = path.join(folder, 'counts');
  const program = path.join(REPOSITORY, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const code = await runStep(process.execPath, [program, ...options, ...files], {
    ...env,
    TEST_COUNTS_FILE: countsFile,
  });
  const lines = existsSync(countsFile) ? readFileSync(countsFile, 'utf8').trim().split('\n') : [];
  rmSync(folder, { recursive: true });
  const counts = lines.map((line) => JSON.parse(line) as Counts);
  const passed = counts.reduce((sum, each) => sum + each.passed, 0);
  const failed = counts.reduce((sum, each) => sum + each.failed, 0);
  total.passed += passed;
  total.failed += failed;
  if (failed > 0) problems.push(`${title}: ${failed} failed`);
  if (code !== 0 && failed === 0) fail(`${title} ended with exit code ${code} before it was done`);
  else if (passed + failed === 0) fail(`${title}: no test ran`);
}

async function tool(which: Tool): Promise<string | undefined> {
  try {
    return await ensureTool(which, CACHE, REPOSITORY, console.log);
  } catch (error) {
    fail((error as Error).message);
    return undefined;
  }
}

async function all(args: readonly string[]): Promise<void> {
  const targets = args.filter((arg) => existsSync(path.resolve(REPOSITORY, arg)));
  const options = args.filter((arg) => !targets.includes(arg));
  const browserFiles = (targets.length > 0 ? targets : ['test/e2e']).flatMap((target) => filesBelow(target, '.e2e.ts'));
  const testFiles = (targets.length > 0 ? targets : FOLDERS).flatMap((target) => filesBelow(target, '.test.ts'));
  const needsBrowser = targets.length === 0 || browserFiles.length > 0;

  const redisServer = await tool(REDIS);
  const chromium = needsBrowser ? (process.env.CHROMIUM_PATH ?? (await tool(CHROMIUM))) : undefined;
  const needsFirefox = browserFiles.some((file) => path.basename(file).startsWith('other-ways'));
  const firefox = needsFirefox ? (process.env.FIREFOX_PATH ?? (await tool(FIREFOX))) : undefined;
  let services: TestServices | undefined;
  try {
    services = await startTestServices({ redisServer });
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      ...services.env,
      NODE_ENV: 'test',
      // redis-server for those who start the whole laptop.
      PATH: `${path.join(CACHE, 'bin')}${path.delimiter}${process.env.PATH}`,
      ...(chromium && { CHROMIUM_PATH: chromium }),
      ...(firefox && { FIREFOX_PATH: firefox }),
    };
    if (targets.length === 0) await check(process.env);
    // Each file has a database of its own, so two run at a time. A browser wants the machine to itself.
    if (targets.length === 0 || testFiles.length > 0)
      await mocha('pure and medium tests', testFiles, ['--parallel', '--jobs', '2', ...options], env);
    if (needsBrowser) await mocha('browser tests', browserFiles, ['--timeout', '300000', ...options], env);
    if (targets.length > 0 && testFiles.length + browserFiles.length === 0)
      fail(`no test file in ${targets.join(', ')}`);
  } catch (error) {
    fail(`the test services did not start: ${error instanceof Error ? error.message : error}`);
  } finally {
    await services?.stop();
  }
}

for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => process.exit(130));
const unknown = process.argv
  .slice(2)
  .filter((arg) => /^[^-].*\//.test(arg) && !existsSync(path.resolve(REPOSITORY, arg)));
if (unknown.length > 0) fail(`there is no ${unknown.join(', ')}`);
else await all(process.argv.slice(2));
if (problems.length > 0) console.log(`\nWhat failed:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 ? 0 : 1);
