import { mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import { CHROMIUM, ensureTool } from '#test/install/tools.ts';

export const root = path.resolve(import.meta.dirname, '../..');

/** Lighthouse's slow 4G and a mid-range phone. CDP's latency stands before each request. */
export const slow4g = {
  latency: 150,
  downloadThroughput: (1_638_400 * 0.9) / 8,
  uploadThroughput: (675_000 * 0.9) / 8,
};
export const cpuSlowdown = 4;
export const phone = { width: 412, height: 823, deviceScaleFactor: 1.75 };

export function readOptions(runs: number) {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:8080' },
      page: { type: 'string', default: '/e/krungthep-night' },
      runs: { type: 'string', default: String(runs) },
      json: { type: 'boolean', default: false },
    },
  });
  return { ...values, runs: Number(values.runs) };
}

export async function findChromium(): Promise<string> {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  const cache = path.join(root, '.cache/tools');
  mkdirSync(cache, { recursive: true });
  return ensureTool(CHROMIUM, cache, root, (line) => console.error(line));
}

export const openChromium = async (): Promise<Browser> =>
  chromium.launch({
    executablePath: await findChromium(),
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
    ],
  });

/** What the compiler writes around functions with names; in the page it has to be there first. */
export const pageHelpers = 'globalThis.__name = (value) => value';

/** Watches what the eye gets: largest paint, shifts, tasks that block. Runs before the page's own code. */
export function watchPaint(): void {
  const seen = { lcp: 0, lcpWhat: '', cls: 0, blocking: 0, fcp: 0 };
  (globalThis as { __seen?: typeof seen }).__seen = seen;
  const on = (type: string, take: (entry: PerformanceEntry) => void): void => {
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  };
  on('paint', (entry) => {
    if (entry.name === 'first-contentful-paint') seen.fcp = entry.startTime;
  });
  on('largest-contentful-paint', (entry) => {
    seen.lcp = entry.startTime;
    seen.lcpWhat = (entry as unknown as { element?: Element }).element?.tagName ?? '';
  });
  on('layout-shift', (entry) => {
    const shift = entry as unknown as { value: number; hadRecentInput: boolean };
    if (!shift.hadRecentInput) seen.cls += shift.value;
  });
  on('longtask', (entry) => {
    if (entry.startTime >= seen.fcp) seen.blocking += Math.max(0, entry.duration - 50);
  });
}

export async function throttle(page: Page, network: typeof slow4g | null, cpu: number): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  if (network) await session.send('Network.emulateNetworkConditions', { offline: false, ...network });
  await session.send('Emulation.setCPUThrottlingRate', { rate: cpu });
  return session;
}

/** The value below which the share `p` of the values lies (nearest rank). */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN;
}

/** Prints figures as a table, or as JSON, with what the machine was doing. */
export function report(name: string, rows: Record<string, Record<string, number | string>>, isJson: boolean): void {
  const load = os.loadavg().map((value) => Number(value.toFixed(1)));
  if (isJson)
    console.log(JSON.stringify({ bench: name, at: new Date().toISOString(), cpus: os.cpus().length, load, rows }));
  else {
    console.table(rows);
    console.log(`load ${load.join(' ')} on ${os.cpus().length} processors`);
  }
}
