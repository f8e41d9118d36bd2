import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { findChromium, percentile, readOptions, report, root } from './pages/browser.ts';

/*
 * npm run bench -- lighthouse [--url …] [--page /e/…] [--runs 3] [--json]
 * Lighthouse's mobile scores of the home page and an event's page: the median of some runs. Lighthouse is no dependency: it is put
 * into .cache/lighthouse the first time (12.x, the newest for Node 20).
 */
const VERSION = '12.8.2';
const run = promisify(execFile);
const { url, page: address, runs, json } = readOptions(3);
const folder = path.join(root, '.cache/lighthouse');
const cli = path.join(folder, 'node_modules/lighthouse/cli/index.js');
if (!existsSync(cli)) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}\n');
  await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', `lighthouse@${VERSION}`], {
    cwd: folder,
  });
}
const chrome = await findChromium();

interface Result {
  categories: Record<string, { score: number | null }>;
  audits: Record<string, { numericValue?: number }>;
}
const metrics = {
  'FCP ms': 'first-contentful-paint',
  'LCP ms': 'largest-contentful-paint',
  'TBT ms': 'total-blocking-time',
  CLS: 'cumulative-layout-shift',
  'SI ms': 'speed-index',
};
async function measure(target: string): Promise<Record<string, number>> {
  const out = path.join(folder, 'report.json');
  const args = [cli, target, '--quiet', '--form-factor=mobile', '--output=json', `--output-path=${out}`];
  args.push('--chrome-flags=--headless --no-sandbox --disable-gpu');
  for (let tries = 1; ; tries++)
    try {
      await run(process.execPath, args, { env: { ...process.env, CHROME_PATH: chrome }, timeout: 180_000 });
      break;
    } catch (error) {
      // Chromium's trace now and then lacks the start of the page (NO_NAVSTART): no figure, so it is asked again.
      if (tries === 4) throw error;
    }
  const result = JSON.parse(readFileSync(out, 'utf8')) as Result;
  return {
    ...Object.fromEntries(
      Object.entries(result.categories).map(([name, { score }]) => [name, Math.round((score ?? 0) * 100)]),
    ),
    ...Object.fromEntries(Object.entries(metrics).map(([name, id]) => [name, result.audits[id]?.numericValue ?? 0])),
  };
}

const rows: Record<string, Record<string, number>> = {};
for (const page of ['/', address]) {
  const measured: Record<string, number>[] = [];
  for (let i = 0; i < runs; i++) measured.push(await measure(url + page));
  rows[page] = Object.fromEntries(
    Object.keys(measured[0]!).map((name) => {
      const median = percentile(
        measured.map((one) => one[name]!),
        0.5,
      );
      return [name, name === 'CLS' ? Number(median.toFixed(4)) : Math.round(median)];
    }),
  );
}
report('lighthouse', rows, json);
