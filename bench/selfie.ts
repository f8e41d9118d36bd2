/**
 * Selfie to descriptor in Chromium, as the pages do it: the built face worker, its networks from the Cache API, the renderer process
 * slowed down. `npm run bench -- selfie [--slow 4] [--runs 20] [--picture FILE] [--engine ID] [--dist DIR] [--json FILE]`
 *
 * Chromium's own throttling slows the page's main thread only and refuses workers, where the networks run. So the whole
 * renderer process is stopped and continued in turns (1 part running, `slow - 1` parts stopped); what that comes to is measured by a loop
 * in a worker and stands in the result: on an idle machine of two cores `--slow 5` comes to four times, on a busy one to anything.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import express from 'express';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { builtInCatalogue } from '#contracts/descriptors.ts';
import { networkPath } from '#face/node/recognition.ts';
import { openBrowser } from '#test/e2e/browser.ts';
import { findChromium } from './pages/browser.ts';

const root = path.resolve(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    slow: { type: 'string', default: '4' },
    runs: { type: 'string', default: '20' },
    picture: { type: 'string', default: path.join(root, 'node_modules/@vladmandic/face-api/demo/sample6.jpg') },
    engine: { type: 'string', default: 'faceapi-128-r1' },
    dist: { type: 'string' },
    json: { type: 'string' },
  },
});
const slow = Number(values.slow);
const runs = Number(values.runs);

/** The address the bench page talks to: the built site, and the networks as the API serves them. */
async function serve(dist: string): Promise<{ url: string; close(): void }> {
  const app = express();
  app.get('/api/face/models/:sha256', (req, res) => {
    const all = builtInCatalogue.manifests.flatMap((each) => (each.kind === 'network' ? [each] : []));
    const file = all.find((each) => each.file.sha256 === req.params.sha256);
    const found = file && networkPath(file);
    if (found) res.sendFile(found, { dotfiles: 'allow' });
    else res.status(404).end();
  });
  app.get('/bench', (_req, res) => void res.type('html').send('<!doctype html><title>bench</title>'));
  app.use(express.static(dist, { immutable: true, maxAge: '1y' }));
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

/** Runs in the page. `script`: the worker's address. */
interface Asked {
  script: string;
  options: unknown;
  pixels: { bytes: string; width: number; height: number };
  warmRuns: number;
}

/** Text, because the test runner's own helpers are not in the page. */
const inPage = `async ({ script, options, pixels, warmRuns }) => {
  const raw = Uint8Array.from(atob(pixels.bytes), (c) => c.charCodeAt(0));
  const begun = performance.now();
  const worker = new Worker(script, { type: 'module' });
  let serial = 0;
  const waiting = new Map();
  let ready;
  const isReady = new Promise((resolve) => { ready = resolve; });
  worker.onmessage = ({ data }) => {
    if (data.type === 'ready') ready(performance.now() - begun);
    else if (data.type === 'failed') { console.error(data.message); waiting.get(data.id)?.(null); }
    else if (data.id) waiting.get(data.id)?.(data);
  };
  const ask = (message, transfer = []) => new Promise((resolve) => {
    const id = ++serial;
    waiting.set(id, resolve);
    worker.postMessage({ ...message, id }, transfer);
  });
  const once = async (isLive) => {
    const at = performance.now();
    const data = raw.slice().buffer;
    const looked = await ask({ type: 'look', pixels: { data, width: pixels.width, height: pixels.height }, isLive }, [data]);
    const seen = performance.now();
    const described = await ask({ type: 'describe', face: 0 });
    const now = performance.now();
    return { look: seen - at, describe: now - seen, all: now - at, now, descriptors: described?.descriptors };
  };
  worker.postMessage({ type: 'load', options });
  const first = await once(true);
  const firstMs = first.now - begun;
  const readyMs = warmRuns > 0 ? await isReady : 0;
  if (warmRuns > 0) await new Promise((resolve) => setTimeout(resolve, 1500)); // the warming up goes on behind
  const warm = [];
  for (let i = 0; i < warmRuns; i++) {
    const { look, describe, all } = await once(true);
    warm.push({ look, describe, all });
  }
  worker.terminate();
  const descriptors = Object.fromEntries(Object.entries(first.descriptors).map(([id, d]) => [id, Array.from(d)]));
  return { readyMs, firstMs, warm, descriptors };
}`;

/** Milliseconds that a fixed amount of arithmetic takes in a worker. */
const spin = `() => new Promise((resolve) => {
  const code = 'const t = performance.now(); let x = 0; for (let i = 0; i < 4e7; i++) x = (x * 31 + i) | 0; postMessage([performance.now() - t, x]);';
  const worker = new Worker(URL.createObjectURL(new Blob([code])));
  worker.onmessage = ({ data }) => { worker.terminate(); resolve(data[0]); };
})`;

const inTurns = `
const [on, off, ...pids] = process.argv.slice(1).map(Number);
const all = (signal) => { for (const pid of pids) process.kill(pid, signal); };
const wait = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
process.on('SIGTERM', () => { try { all('SIGCONT'); } finally { process.exit(0); } });
const parent = process.ppid;
(async () => { for (;;) {
  if (process.ppid !== parent) { all('SIGCONT'); process.exit(0); }
  try { all('SIGCONT'); wait(on); all('SIGSTOP'); wait(off); } catch { process.exit(0); }
  await new Promise(setImmediate);
} })();`;

/** Processes that pages run in: the one at work, and one that Chromium keeps ready. */
async function renderersOf(browser: Browser): Promise<number[]> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = (await session.send('SystemInfo.getProcessInfo')) as {
    processInfo: { type: string; id: number }[];
  };
  await session.detach();
  return processInfo.flatMap(({ type, id }) => (type === 'renderer' ? [id] : []));
}

/** Processor time of all threads of these processes, milliseconds; what other programs do does not show in it. Null where /proc is not. */
function processorMs(pids: readonly number[]): number | null {
  try {
    // Of the process, not of its threads: the worker's thread is gone when this is read again. In hundredths of a second.
    const spent = pids.map((pid) => {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
      return (Number(fields[11]) + Number(fields[12])) * 10;
    });
    return spent.reduce((sum, milliseconds) => sum + milliseconds, 0);
  } catch {
    return null;
  }
}

async function slowed<T>(pids: readonly number[], act: () => Promise<T>): Promise<T> {
  if (slow <= 1) return act();
  const turns = spawn(process.execPath, ['-e', inTurns, '4', String(4 * (slow - 1)), ...pids.map(String)], {
    stdio: 'ignore',
  });
  try {
    return await act();
  } finally {
    turns.kill('SIGTERM');
    await new Promise((resolve) => turns.once('exit', resolve));
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
}

const share = (all: number[], p: number): number =>
  Math.round([...all].sort((a, b) => a - b)[Math.min(all.length - 1, Math.floor(all.length * p))]!);

async function main(): Promise<void> {
  const temporary = values.dist ? null : mkdtempSync(path.join(os.tmpdir(), 'thepixstock-bench-'));
  const dist = values.dist ?? temporary!;
  if (temporary) {
    const vite = path.join(root, 'node_modules/vite/bin/vite.js');
    const build = spawnSync(process.execPath, ['--import', 'tsx', vite, 'build', '--outDir', dist, '--emptyOutDir'], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (build.status !== 0) throw new Error('the pages do not build');
  }
  const site = await serve(dist);
  process.env.CHROMIUM_PATH = await findChromium();
  const browser = await openBrowser();
  try {
    const manifest = builtInCatalogue.get(values.engine);
    const networks = builtInCatalogue
      .networksOf(values.engine)
      .flatMap((each) =>
        each.format === 'onnx' ? [{ manifest: each, url: `/api/face/models/${each.file.sha256}` }] : [],
      );
    const { data, info } = await sharp(readFileSync(values.picture))
      .rotate()
      .resize(480, 480, { fit: 'cover', position: 'attention' })
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const script = readdirSync(path.join(dist, 'assets')).find((name) => /^worker-face\.worker-.*\.js$/.test(name));
    const asked: Asked = {
      script: `/assets/${script}`,
      options: { spaces: [manifest], networks },
      pixels: { bytes: data.toString('base64'), width: info.width, height: info.height },
      warmRuns: 1,
    };
    const context = await browser.newContext();
    const measure = async (isSlow: boolean, warmRuns: number) => {
      const page = await context.newPage();
      page.on('console', (message) => message.type() === 'error' && console.error(message.text()));
      await page.goto(`${site.url}/bench`);
      const pids = await renderersOf(browser);
      const free = Number(await page.evaluate(`(${spin})()`));
      const act = async () => {
        const slowness = Number(await page.evaluate(`(${spin})()`)) / free;
        const before = processorMs(pids);
        const got = await page.evaluate(`(${inPage})(${JSON.stringify({ ...asked, warmRuns })})`);
        const after = processorMs(pids);
        return {
          slowness,
          spent: before !== null && after !== null ? after - before : null,
          ...(got as { readyMs: number; firstMs: number; warm: Record<'look' | 'describe' | 'all', number>[] }),
        };
      };
      const result = isSlow ? await slowed(pids, act) : await act();
      await page.close();
      return result;
    };
    const download = await measure(false, 1); // fills the cache
    const full = await measure(false, runs);
    const one = await measure(false, 1);
    /** Processor time of a first selfie, of a warm one. */
    const spentFirst: number[] = [];
    for (let i = 0; i < 5; i++) spentFirst.push((await measure(false, 0)).spent ?? 0);
    const spentWarm = ((full.spent ?? 0) - (one.spent ?? 0)) / Math.max(1, runs - 1);
    const firsts: number[] = [];
    const ratios: number[] = [];
    const warm: Record<'look' | 'describe' | 'all', number>[] = [];
    for (let i = 0; i < 5; i++) {
      const one = await measure(true, Math.ceil(runs / 5));
      firsts.push(one.firstMs);
      ratios.push(one.slowness);
      warm.push(...one.warm);
    }
    const of = (list: Record<'look' | 'describe' | 'all', number>[], key: 'look' | 'describe' | 'all') => ({
      p50: share(
        list.map((each) => each[key]),
        0.5,
      ),
      p95: share(
        list.map((each) => each[key]),
        0.95,
      ),
    });
    const result = {
      engine: values.engine,
      slow,
      measuredSlowdown: Math.round((ratios.reduce((a, b) => a + b, 0) / ratios.length) * 10) / 10,
      firstWithDownloadMs: Math.round(download.firstMs),
      fullSpeed: { firstFromCacheMs: Math.round(full.firstMs), warmMs: of(full.warm, 'all') },
      /** All threads together, and times `slow`: what it takes on an idle machine so much slower, at most. */
      processor: {
        firstMs: { best: share(spentFirst, 0), p50: share(spentFirst, 0.5) },
        firstTimesSlow: share(spentFirst, 0.5) * slow,
        warmMs: Math.round(spentWarm),
        warmTimesSlow: Math.round(spentWarm * slow),
      },
      slowed: {
        firstFromCacheMs: { best: share(firsts, 0), p50: share(firsts, 0.5) },
        lookMs: of(warm, 'look'),
        describeMs: of(warm, 'describe'),
        warmMs: {
          best: share(
            warm.map(({ all }) => all),
            0,
          ),
          ...of(warm, 'all'),
        },
      },
    };
    console.log(JSON.stringify(result, null, 2));
    if (values.json) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
    await context.close();
  } finally {
    await browser.close();
    site.close();
    if (temporary) rmSync(temporary, { recursive: true, force: true });
  }
}
await main();
