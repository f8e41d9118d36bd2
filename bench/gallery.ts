import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { openBrowser } from '#test/e2e/browser.ts';
import { until } from '#test/e2e/client.ts';
import { createStack } from '#test/e2e/stack.ts';
import { addPhotos, databaseUrlOf, fillEvent, makeMotifs, SLUG } from './gallery/event.ts';
import { plainPage, startFront } from './gallery/front.ts';
import { measureMemory, measureScroll } from './gallery/measure.ts';
import { findChromium } from './pages/browser.ts';

/*
 * npm run bench -- gallery: the wall of an event of 20,000 photos in Chromium, on the whole product as `npm start` brings it up.
 *   [--photos 20000] [--plain 2000,20000] [--seconds 6] [--width 390] [--out figures.json]
 * First rows, bytes, frames while scrolling, memory, and by how many pixels the photo one looks at moves when photos come above it, when the
 * screen turns, on the way back and after a reload. Beside it, in the same run: a plain page with every photo an element, and the same records by
 * the replication endpoint. Pictures come from memory. Headless Chromium draws on the processor: frames of a phone with a graphics chip are shorter.
 */
const { values } = parseArgs({
  options: {
    photos: { type: 'string', default: '20000' },
    plain: { type: 'string', default: '2000,20000' },
    seconds: { type: 'string', default: '6' },
    width: { type: 'string', default: '390' },
    out: { type: 'string' },
  },
});
const count = Number(values.photos);
const seconds = Number(values.seconds);
const viewport =
  Number(values.width) < 1000 ? { width: Number(values.width), height: 844 } : { width: 1440, height: 900 };
const speeds = { reading: viewport.height, flinging: viewport.height * 5 };

process.env.CHROMIUM_PATH = await findChromium();
const stack = await createStack({ DEMO: '0', RATE_LIMIT_SCALE: '1000' });
const figures: Record<string, unknown> = { photos: count, viewport };
const note = (name: string, value: unknown): void => {
  figures[name] = value;
  console.log(name);
  console.dir(value, { depth: 4 });
};
let db: pg.Client | undefined;
let browser: Browser | undefined;
let front: Awaited<ReturnType<typeof startFront>> | undefined;
try {
  await stack.start();
  const motifs = await makeMotifs();
  db = new pg.Client({ connectionString: await databaseUrlOf(stack.dataDir) });
  await db.connect();
  const eventId = await fillEvent(db, count, motifs);
  await db.query('analyze photos');
  const ids = (await db.query('select id from photos where event_id = $1 order by taken_at, id', [eventId])).rows.map(
    (row) => row.id as string,
  );
  const plain = values.plain.split(',').filter(Boolean).map(Number);
  front = await startFront(
    stack.url,
    motifs,
    new Map(plain.map((n) => [`/plain-${n}`, () => plainPage(ids.slice(0, n))])),
  );
  browser = await openBrowser();

  const address = `${front.url}/e/${SLUG}`;
  const records = await pullAll(front.url, eventId);
  front.takeBytes(/./);
  const ours = await openPage(browser);
  const startedAt = performance.now();
  await ours.page.goto(address);
  await ours.page.locator('.tile img.in').first().waitFor();
  const firstRowsMs = Math.round(performance.now() - startedAt);
  await until('the whole wall', async () => (await setSize(ours.page)) === count);
  const wholeWallMs = Math.round(performance.now() - startedAt);
  const wire = front.takeBytes(/\/wall$/);
  note('first rows', { firstRowsMs, wholeWallMs, answers: wire.answers, kB: kb(wire.bytes) });
  note('the same records by replication', records);
  await ours.page.evaluate(() => scrollTo(0, innerHeight));
  const wall = await scrollBoth(ours.page, ours.cdp);
  const memory = await measureMemory(browser, ours.cdp);
  note('wall', { ...wall, ...memory });
  note('pixels that the photo one looks at moves', await drifts(ours.page, db, eventId, motifs));
  note('rail: pictures after a jump of hours, ms', await jump(ours.page));
  await ours.context.close();

  for (const n of plain) {
    const theirs = await openPage(browser);
    const at = performance.now();
    await theirs.page.goto(`${front.url}/plain-${n}`);
    await theirs.page.waitForFunction(() =>
      [...document.images].some((image) => image.complete && image.naturalWidth > 0),
    );
    const shownMs = Math.round(performance.now() - at);
    const plainScroll = await scrollBoth(theirs.page, theirs.cdp);
    note(`plain page of ${n}`, {
      firstRowsMs: shownMs,
      ...plainScroll,
      ...(await measureMemory(browser, theirs.cdp)),
    });
    await theirs.context.close();
  }
} finally {
  await browser?.close();
  await front?.close();
  await db?.end();
  await stack.remove();
}
if (values.out) await writeFile(values.out, `${JSON.stringify(figures, null, 2)}\n`);

function kb(bytes: number): number {
  return Math.round(bytes / 1000);
}

async function openPage(at: Browser): Promise<{ context: BrowserContext; page: Page; cdp: CDPSession }> {
  const context = await at.newContext({ viewport, locale: 'en-GB', timezoneId: 'Asia/Bangkok' });
  // tsx gives inner functions their names by a helper that the page does not have.
  await context.addInitScript('globalThis.__name ??= (it) => it');
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on('pageerror', (error) => console.error(`page: ${error.message}`));
  const cdp = await context.newCDPSession(page);
  await cdp.send('Performance.enable');
  return { context, page, cdp };
}

function setSize(page: Page): Promise<number> {
  return page.evaluate(() => Number(document.querySelector('.tile')?.getAttribute('aria-setsize')));
}

async function scrollBoth(page: Page, cdp: CDPSession) {
  // What the browser compiles the first time is not the second time's.
  await measureScroll(page, cdp, { pxPerSecond: speeds.reading, seconds: 2 });
  return {
    reading: await measureScroll(page, cdp, { pxPerSecond: speeds.reading, seconds }),
    flinging: await measureScroll(page, cdp, { pxPerSecond: speeds.flinging, seconds }),
  };
}

/** All records as an RxDB client pulls them, 200 at a time: what a replica of the photos would cost. */
async function pullAll(url: string, eventId: string): Promise<{ answers: number; kB: number; ms: number }> {
  const at = performance.now();
  let checkpoint: unknown = null;
  let answers = 0;
  front!.takeBytes(/./);
  for (let documents = 200; documents === 200; answers++) {
    const query = new URLSearchParams({ v: '1', eventId, limit: '200' });
    if (checkpoint) query.set('checkpoint', JSON.stringify(checkpoint));
    const answer = (await (await fetch(`${url}/api/sync/photos/pull?${query}`)).json()) as {
      documents: unknown[];
      checkpoint: unknown;
    };
    documents = answer.documents.length;
    checkpoint = answer.checkpoint;
  }
  return { answers, kB: kb(front!.takeBytes(/\/pull$/).bytes), ms: Math.round(performance.now() - at) };
}

/** The first photo below the header, and where it stands. */
function lookedAt(page: Page): Promise<{ id: string; top: number }> {
  return page.evaluate(() => {
    const tiles = [...document.querySelectorAll<HTMLElement>('.tile')].map((tile) => ({
      id: tile.dataset.photo!,
      top: tile.getBoundingClientRect().top,
      bottom: tile.getBoundingClientRect().bottom,
    }));
    const seen = tiles.filter(({ bottom }) => bottom > 64 + 24).sort((a, b) => a.top - b.top)[0]!;
    return { id: seen.id, top: seen.top };
  });
}
function topOf(page: Page, id: string): Promise<number | null> {
  return page.evaluate(
    (photo) => document.querySelector(`[data-photo="${photo}"]`)?.getBoundingClientRect().top ?? null,
    id,
  );
}

async function moved(page: Page, before: { id: string; top: number }): Promise<number> {
  await until('the photo is in the page', async () => (await topOf(page, before.id)) !== null);
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  return Math.round(Math.abs((await topOf(page, before.id))! - before.top) * 10) / 10;
}

async function drifts(page: Page, client: pg.Client, eventId: string, motifs: Awaited<ReturnType<typeof makeMotifs>>) {
  await page.waitForTimeout(400);
  const start = await lookedAt(page);
  const size = await setSize(page);
  await addPhotos(client, eventId, { count: 40, from: '2026-11-28T22:31Z', seconds: 60, motifs });
  await until('photos above', async () => (await setSize(page)) === size + 40);
  const above = await moved(page, start);
  await addPhotos(client, eventId, { count: 40, from: '2026-11-29T04:20Z', seconds: 60, motifs });
  await until('photos below', async () => (await setSize(page)) === size + 80);
  const below = await moved(page, start);
  await page.setViewportSize({ width: viewport.height, height: viewport.width });
  const turned = await moved(page, start);
  await page.setViewportSize(viewport);
  await page.waitForTimeout(400);
  const here = await lookedAt(page);
  await page.evaluate(() => document.querySelector<HTMLAnchorElement>('a[href="/cart"]')!.click());
  await page.locator('px-cart-page').waitFor();
  await page.goBack();
  const back = await moved(page, here);
  await page.reload();
  const reloaded = await moved(page, here);
  return { 'photos above': above, 'photos below': below, turned, 'gone back': back, reloaded };
}

/** From letting go of the rail until every picture on the screen is there. */
async function jump(page: Page): Promise<number> {
  await page.evaluate(() => scrollBy(0, 200));
  const thumb = page.locator('.rail-thumb');
  await thumb.focus();
  const at = performance.now();
  for (let n = 0; n < 2; n++) await page.keyboard.press('ArrowDown');
  await page.waitForFunction(() => {
    const seen = [...document.querySelectorAll('.tile')].filter((tile) => {
      const { top, bottom } = tile.getBoundingClientRect();
      return bottom > 64 && top < innerHeight;
    });
    return seen.length > 3 && seen.every((tile) => tile.querySelector('img.in'));
  });
  return Math.round(performance.now() - at);
}
