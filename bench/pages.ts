import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { openBrowser } from '#test/e2e/browser.ts';
import { until } from '#test/e2e/client.ts';
import { createStack } from '#test/e2e/stack.ts';
import { axe, enlargeText, measure, strayWords } from '#test/pages.ts';
import { findChromium } from './pages/browser.ts';
import { type Filled, fill, selfieIn } from './pages/fill.ts';
import { type Person, type Shot, type State, shots, states } from './pages/list.ts';
import { contactSheets } from './pages/sheet.ts';

/*
 * npm run bench -- pages: every page, photographed in every size, language and colour scheme, with data and without, looked over by axe and
 * by a ruler. The pictures, contact sheets and `report.txt` go to .cache/pages. Ends with 1 when something was found.
 *
 *   --only admin-re    names or people that match       --state filled,empty    which states (default all)
 *   --size 390,1440    --lang th    --scheme dark       a part of the matrix
 *   --text 200         with text of that size in percent
 *   --url URL --data FOLDER   a product that runs already, with its data folder, instead of one of its own
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    state: { type: 'string', default: states.join(',') },
    size: { type: 'string', default: '390,768,1440' },
    lang: { type: 'string', default: 'th,en' },
    scheme: { type: 'string', default: 'light,dark' },
    text: { type: 'string', default: '100' },
    out: { type: 'string', default: path.resolve(import.meta.dirname, '../.cache/pages') },
    url: { type: 'string' },
    data: { type: 'string' },
  },
});
const heights: Record<string, number> = { 390: 844, 768: 1024, 1440: 900 };
const list = (text: string): string[] => text.split(',').filter(Boolean);
const sizes = list(values.size).map(Number);
const languages = list(values.lang) as ('th' | 'en')[];
const schemes = list(values.scheme) as ('light' | 'dark')[];
const wanted = new RegExp(values.only);
const wantedStates = new Set(list(values.state));

const report: string[] = [];
const notes = new Set<string>();
const pictures: { file: string; label: string; width: number; group: string }[] = [];
const say = (line: string): void => console.log(line);

const signInAs: Partial<Record<Person, string>> = {
  buyer: 'buyer',
  photographer: 'photographer',
  organizer: 'organizer',
  admin: 'admin',
};

async function contextOf(browser: Browser, url: string, who: Person, language: 'th' | 'en', withWorker: boolean) {
  const context = await browser.newContext({
    locale: language === 'th' ? 'th-TH' : 'en-GB',
    timezoneId: 'Asia/Bangkok',
    reducedMotion: 'reduce',
    hasTouch: false,
  });
  await context.addInitScript("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })");
  // As in a browser that has none; its caches would otherwise answer for the server.
  if (!withWorker) await context.addInitScript('delete Navigator.prototype.serviceWorker');
  const account = signInAs[who];
  if (account) {
    const data = { email: `${account}@demo.thepixstock.test`, password: 'Demo-Pass-2026' };
    const answer = await context.request.post(`${url}/api/auth/login`, { data });
    if (!answer.ok()) throw new Error(`${account} cannot sign in: ${answer.status()}`);
  }
  return context;
}

/** Changes what the page is answered, so that it shows how it waits, fails or has nothing. */
async function disturb(page: Page, state: State): Promise<void> {
  if (state === 'filled' || state === 'offline') return;
  await page.route('**/api/**', async (route) => {
    const { pathname } = new URL(route.request().url());
    if (/^\/api\/(auth|config|notices|sync|face\/engine)/.test(pathname)) return route.fallback();
    if (state === 'loading') return; // never answered
    if (state === 'error')
      return route.fulfill({
        status: 500,
        contentType: 'application/problem+json',
        body: JSON.stringify({
          type: 'about:blank',
          title: 'internal',
          status: 500,
          code: 'internal',
          requestId: '7f3a9c41',
        }),
      });
    if (!/json/.test(route.request().headers().accept ?? 'json') || route.request().method() !== 'GET')
      return route.fallback();
    const response = await route.fetch();
    const body: unknown = await response.json().catch(() => undefined);
    if (body && typeof body === 'object' && 'items' in body)
      return route.fulfill({ response, json: { ...body, items: [], nextCursor: null } });
    return route.fulfill({ response });
  });
  // What an earlier visit kept would be shown instead.
  await page.addInitScript(
    'indexedDB.databases().then((all) => all.forEach(({ name }) => indexedDB.deleteDatabase(name)))',
  );
}

async function settle(page: Page, state: State): Promise<void> {
  if (state !== 'loading') {
    const isThere = () =>
      page.evaluate("document.querySelector('h1') && !document.querySelector('main .skeleton') ? true : false");
    await until('the page', isThere as () => Promise<boolean>, 20_000).catch(() =>
      report.push(`${new URL(page.url()).pathname}: no heading, or still loading after 20 s`),
    );
  } else await page.waitForTimeout(700);
  await page.evaluate(`Promise.race([
    Promise.all([document.fonts.ready, ...[...document.images].filter((i) => i.getBoundingClientRect().top < innerHeight * 2).map((i) => i.decode().catch(() => {}))]),
    new Promise((done) => setTimeout(done, 3000)),
  ])`);
  await page.waitForTimeout(250);
}

async function photograph(page: Page, shot: Shot, state: State, language: 'th' | 'en'): Promise<void> {
  const full = state === 'filled';
  for (const width of full ? sizes : sizes.filter((size) => size !== 768))
    for (const scheme of full ? schemes : schemes.slice(language === 'th' ? 0 : -1).slice(0, 1)) {
      // A picture of the whole page would set the letters back.
      const isEnlarged = values.text !== '100';
      const height = (heights[width] ?? 900) * (isEnlarged ? 2 : 1);
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      await page.waitForTimeout(200);
      const key = `${shot.name}${full ? '' : `.${state}`}.${language}.${scheme}.${width}`;
      const room = await page.evaluate(() => document.documentElement.scrollHeight);
      const most = width < 500 ? height * 2 : Math.round(height * 1.6);
      const file = path.join(values.out, 'pictures', `${key}.jpg`);
      await page.screenshot({
        path: file,
        type: 'jpeg',
        quality: 88,
        ...(!shot.isScreen &&
          !isEnlarged && {
            fullPage: true,
            clip: { x: 0, y: 0, width, height: Math.min(Math.max(room, height), most) },
          }),
      });
      const side = shot.name.startsWith('admin')
        ? 'admin'
        : shot.who === 'guest' || shot.who === 'buyer'
          ? 'shop'
          : 'desks';
      pictures.push({
        file,
        label: `${shot.name} ${full ? '' : state}`,
        width,
        group: `${side}-${full ? 'filled' : 'states'}-${language}-${scheme}`,
      });
      const found = [...(scheme === schemes[0] ? await measure(page) : []), ...(width === 768 ? [] : await axe(page))];
      report.push(...found.map((line) => `${key}: ${line}`));
    }
  if (full) for (const text of await strayWords(page, language)) notes.add(`${language} ${shot.name}: ${text}`);
}

async function take(context: BrowserContext, url: string, shot: Shot, state: State, language: 'th' | 'en') {
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  if (values.text !== '100') await enlargeText(page, Number(values.text));
  const complain = (text: string): void => {
    // The browser's own word on an answer that was refused here on purpose, or that the page asked for to learn whether it is there.
    if (/Failed to load resource|ERR_INTERNET_DISCONNECTED|ERR_FAILED/.test(text)) return;
    report.push(`${shot.name}.${state}.${language}: console ${text.slice(0, 300)}`);
  };
  page.on('console', (message) => message.type() === 'error' && complain(message.text()));
  page.on('pageerror', (error) => complain(error.message));
  try {
    await page.setViewportSize({ width: sizes[0]!, height: heights[sizes[0]!] ?? 900 });
    await disturb(page, state);
    await page.goto(`${url}${shot.path}`, { waitUntil: 'domcontentloaded' });
    if (state === 'offline') {
      await settle(page, 'filled');
      await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
      await page.reload();
      await settle(page, 'filled');
      await page.waitForTimeout(1000);
      await context.setOffline(true);
      await page.reload({ waitUntil: 'domcontentloaded' });
    }
    await settle(page, state);
    if (state === 'filled' && shot.prepare) {
      await shot.prepare(page);
      await settle(page, state);
    }
    await photograph(page, shot, state, language);
  } catch (error) {
    await page.screenshot({ path: path.join(values.out, `failed-${shot.name}.png`) }).catch(() => undefined);
    report.push(`${shot.name}.${state}.${language}: not photographed: ${(error as Error).message.slice(0, 400)}`);
  } finally {
    await context.setOffline(false);
    await page.close();
  }
}

const own = values.url ? null : await createStack({ RATE_LIMIT_SCALE: '1000' });
if (own) say(`ready after ${Math.round(await own.start())} s`);
const url = values.url ?? own!.url;
const dataDir = values.data ?? own!.dataDir;
await mkdir(path.join(values.out, 'pictures'), { recursive: true });
const memory = path.join(dataDir, 'photographed.json');
const made: Filled = existsSync(memory)
  ? JSON.parse(await readFile(memory, 'utf8'))
  : await fill(url, selfieIn(dataDir), (line) => report.push(line));
await writeFile(memory, JSON.stringify(made));
process.env.CHROMIUM_PATH = await findChromium();
const browser = await openBrowser();
try {
  const chosen = shots(made, selfieIn(dataDir)).filter((shot) => wanted.test(shot.name) || wanted.test(shot.who));
  for (const language of languages)
    for (const who of ['guest', 'buyer', 'photographer', 'organizer', 'admin'] as const) {
      const mine = chosen.filter((shot) => shot.who === who);
      if (mine.length === 0) continue;
      for (const kind of ['plain', 'offline'] as const) {
        const due = mine.flatMap((shot) =>
          (['filled', ...(shot.states ?? [])] as State[])
            .filter((state) => wantedStates.has(state) && (state === 'offline') === (kind === 'offline'))
            .map((state) => ({ shot, state })),
        );
        if (due.length === 0) continue;
        // A guest is somebody else on each page; an account signs in once.
        for (const some of who === 'guest' ? due.map((each) => [each]) : [due]) {
          const context = await contextOf(browser, url, who, language, kind === 'offline');
          for (const { shot, state } of some) await take(context, url, shot, state, language);
          await context.close();
        }
        say(`${who} ${language} ${kind}: ${due.length}`);
      }
    }
} finally {
  await browser.close();
  await own?.remove();
}
for (const group of new Set(pictures.map((picture) => picture.group)))
  for (const width of sizes) {
    const some = pictures.filter((picture) => picture.group === group && picture.width === width);
    if (some.length > 0) await contactSheets(some, width, values.out, `${group}-${width}`);
  }
/** The same finding once, with the places where it is. */
const places = new Map<string, Set<string>>();
for (const line of report) {
  const [, place = '', what = ''] = /^(.*?): (.*)$/s.exec(line) ?? [];
  if (!places.has(what)) places.set(what, new Set());
  places.get(what)!.add(place);
}
const lines = [...places]
  .map(
    ([what, where]) => `${what}\n    ${[...where].slice(0, 6).join(' ')}${where.size > 6 ? ` +${where.size - 6}` : ''}`,
  )
  .sort();
await writeFile(
  path.join(values.out, 'report.txt'),
  `${lines.join('\n')}\n\nwords of the other language\n${[...notes].sort().join('\n')}\n`,
);
say(`${pictures.length} pictures, ${lines.length} findings: ${path.join(values.out, 'report.txt')}`);
process.exitCode = lines.length > 0 ? 1 : 0;
