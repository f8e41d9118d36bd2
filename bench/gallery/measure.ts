import { readFile } from 'node:fs/promises';
import type { Browser, CDPSession, Page } from 'playwright-core';

export interface Scroll {
  /** Median, 95th and 99th percentile and the longest time between two frames, ms. */
  p50: number;
  p95: number;
  p99: number;
  longest: number;
  /** Frames that took longer than 25 ms, of a hundred. */
  lateShare: number;
  /** Processor time of the page's process for each second of scrolling, ms. */
  cpuPerSecond: number;
}

/** Scrolls down at an even speed, a step each frame, and measures the time between frames. */
export async function measureScroll(
  page: Page,
  cdp: CDPSession,
  { pxPerSecond, seconds }: { pxPerSecond: number; seconds: number },
): Promise<Scroll> {
  const before = await taskSeconds(cdp);
  const deltas = await page.evaluate(
    ([speed, duration]) =>
      new Promise<number[]>((resolve) => {
        const times: number[] = [];
        const startedAt = performance.now();
        let last = startedAt;
        let first = true;
        const step = (now: number): void => {
          if (!first) times.push(now - last);
          scrollBy({ top: (speed! * Math.min(50, now - last)) / 1000, behavior: 'instant' });
          first = false;
          last = now;
          if (now - startedAt < duration! * 1000) requestAnimationFrame(step);
          else resolve(times);
        };
        requestAnimationFrame(step);
      }),
    [pxPerSecond, seconds],
  );
  const cpu = (await taskSeconds(cdp)) - before;
  deltas.sort((a, b) => a - b);
  const at = (share: number) => round(deltas[Math.min(deltas.length - 1, Math.floor(deltas.length * share))] ?? 0);
  return {
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    longest: at(1),
    lateShare: round((deltas.filter((delta) => delta > 25).length / deltas.length) * 100),
    cpuPerSecond: Math.round((cpu / seconds) * 1000),
  };
}

/** Main thread's busy time so far, s. */
async function taskSeconds(cdp: CDPSession): Promise<number> {
  const { metrics } = await cdp.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0;
}

export interface Memory {
  heapMb: number;
  nodes: number;
  /** Memory of the page's process that is its own (decoded pictures, style and layout included), MB. */
  processMb: number;
}

export async function measureMemory(browser: Browser, cdp: CDPSession): Promise<Memory> {
  await cdp.send('HeapProfiler.collectGarbage');
  const { metrics } = await cdp.send('Performance.getMetrics');
  const { nodes } = await cdp.send('Memory.getDOMCounters');
  const whole = await browser.newBrowserCDPSession();
  const { processInfo } = await whole.send('SystemInfo.getProcessInfo');
  await whole.detach();
  let largest = 0;
  for (const { id } of processInfo.filter(({ type }) => type === 'renderer')) {
    const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '');
    largest = Math.max(largest, Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  }
  const heap = metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? 0;
  return { heapMb: round(heap / 1e6), nodes, processMb: Math.round(largest) };
}

const round = (value: number): number => Math.round(value * 10) / 10;
