import {
  cpuSlowdown,
  openChromium,
  pageHelpers,
  percentile,
  phone,
  readOptions,
  report,
  slow4g,
  throttle,
  watchPaint,
} from './pages/browser.ts';

/*
 * npm run bench -- first-load [--url http://127.0.0.1:8080] [--page /e/…] [--runs 10] [--json]
 * First visits of an event's page with an empty cache, over slow 4G and a processor slowed four times, against a running `npm start`.
 */
const SETTLED_MS = 6_000;
const { url, page: address, runs, json } = readOptions(10);
const browser = await openChromium();
const figures: Record<'fcp' | 'lcp' | 'cls' | 'blocking' | 'photos' | 'kilobytes', number[]> = {
  fcp: [],
  lcp: [],
  cls: [],
  blocking: [],
  photos: [],
  kilobytes: [],
};
try {
  for (let run = 0; run < runs; run++) {
    const context = await browser.newContext({
      viewport: phone,
      deviceScaleFactor: phone.deviceScaleFactor,
      isMobile: true,
      hasTouch: true,
      locale: 'th-TH',
      // What the service worker fetches is not the first screen's.
      serviceWorkers: 'block',
    });
    const page = await context.newPage();
    await page.addInitScript(pageHelpers);
    await page.addInitScript(watchPaint);
    await page.addInitScript(() => {
      const look = (): void => {
        const image = [...document.querySelectorAll<HTMLImageElement>('px-photo-grid img')].find(
          ({ complete, naturalWidth }) => complete && naturalWidth > 0,
        );
        if (image) (globalThis as { __photos?: number }).__photos = performance.now();
        else setTimeout(look, 20);
      };
      look();
    });
    const session = await throttle(page, slow4g, cpuSlowdown);
    let bytes = 0;
    session.on('Network.loadingFinished', ({ encodedDataLength }) => {
      bytes += encodedDataLength;
    });
    await page.goto(url + address, { waitUntil: 'load' });
    await page.waitForFunction(() => (globalThis as { __photos?: number }).__photos !== undefined);
    const kilobytes = bytes / 1_000;
    await page.waitForTimeout(SETTLED_MS);
    const seen = await page.evaluate(() => {
      const { __seen, __photos } = globalThis as unknown as {
        __seen: { fcp: number; lcp: number; cls: number; blocking: number };
        __photos: number;
      };
      return { ...__seen, photos: __photos };
    });
    for (const key of ['fcp', 'lcp', 'cls', 'blocking', 'photos'] as const) figures[key].push(seen[key]);
    figures.kilobytes.push(kilobytes);
    await context.close();
  }
} finally {
  await browser.close();
}
const digits = (key: string): number => (key === 'cls' ? 4 : 0);
report(
  'first-load',
  Object.fromEntries(
    Object.entries(figures).map(([key, values]) => [
      key,
      Object.fromEntries(
        [0.5, 0.75, 0.9, 1].map((p) => [`p${p * 100}`, Number(percentile(values, p).toFixed(digits(key)))]),
      ),
    ]),
  ),
  json,
);
