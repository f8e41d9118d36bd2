import { openChromium, pageHelpers, percentile, phone, readOptions, report, throttle } from './pages/browser.ts';

/*
 * npm run bench -- repeat-visit [--url …] [--page /e/…] [--runs 10] [--json]
 * An event that was visited before is opened anew without any network: how long until its photos are on the screen.
 */
const { url, page: address, runs, json } = readOptions(10);
const browser = await openChromium();
const slowed: Record<string, number[]> = { 'as it is': [], 'processor slowed 4x': [] };
try {
  const context = await browser.newContext({
    viewport: phone,
    deviceScaleFactor: phone.deviceScaleFactor,
    isMobile: true,
    hasTouch: true,
    locale: 'th-TH',
  });
  await context.addInitScript(pageHelpers);
  await context.addInitScript(() => {
    const look = (): void => {
      const tiles = [...document.querySelectorAll<HTMLImageElement>('px-photo-grid img')].filter((image) => {
        const { top, bottom } = image.getBoundingClientRect();
        return bottom > 0 && top < innerHeight;
      });
      const isShown = tiles.length > 0 && tiles.every(({ complete, naturalWidth }) => complete && naturalWidth > 0);
      if (isShown) (globalThis as { __photos?: number }).__photos = performance.now();
      else setTimeout(look, 10);
    };
    look();
  });
  const photosAt = async (page: Awaited<ReturnType<typeof context.newPage>>): Promise<number> => {
    await page.waitForFunction(() => (globalThis as { __photos?: number }).__photos !== undefined, undefined, {
      timeout: 30_000,
    });
    return page.evaluate(() => (globalThis as unknown as { __photos: number }).__photos);
  };
  const first = await context.newPage();
  await first.goto(url + address);
  await photosAt(first);
  // Once under its service worker, as any second visit is: what is seen then is kept.
  await first.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await first.reload();
  await photosAt(first);
  await first.waitForLoadState('networkidle').catch(() => undefined);
  await first.close();
  await context.setOffline(true);
  for (const [name, values] of Object.entries(slowed)) {
    for (let run = 0; run < runs; run++) {
      const page = await context.newPage();
      await throttle(page, null, name === 'as it is' ? 1 : 4);
      await page.goto(url + address, { waitUntil: 'commit' });
      values.push(await photosAt(page));
      await page.close();
    }
  }
} finally {
  await browser.close();
}
report(
  'repeat-visit',
  Object.fromEntries(
    Object.entries(slowed).map(([name, values]) => [
      name,
      Object.fromEntries([0.5, 0.9, 1].map((p) => [`p${p * 100} ms`, Math.round(percentile(values, p))])),
    ]),
  ),
  json,
);
