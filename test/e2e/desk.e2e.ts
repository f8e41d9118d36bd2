import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, Page, Route } from 'playwright-core';
import sharp from 'sharp';
import { demoPhotos } from '#ops/laptop/demo/photos.ts';
import { axe, enlargeText, measure } from '#test/pages.ts';
import { desk, openBrowser, openPage, phone, screenshot, signInAs } from './browser.ts';
import { Client, until } from './client.ts';
import { order, pay } from './main-job.ts';
import { createStack, type Stack } from './stack.ts';

describe('the people at the desks', function () {
  this.timeout(90_000);
  let stack: Stack;
  let browser: Browser;
  let eventId: string;
  let admin: Client;
  let files: string[];
  before(async function () {
    this.timeout(240_000);
    stack = await createStack({ RATE_LIMIT_SCALE: '20' });
    await stack.start();
    browser = await openBrowser();
    admin = await new Client(stack.url).signIn('admin');
    eventId = (await admin.call('GET', '/api/events')).items[0].id;
    files = await Promise.all([0, 1].map((n) => writePhoto(n, 3200)));
  });
  afterEach(async function () {
    const page = browser?.contexts().at(-1)?.pages()[0];
    if (this.currentTest?.state === 'failed' && page) await screenshot(page, 'desk-failed');
  });
  after(async () => {
    await browser?.close();
    await stack.remove();
  });

  /** A demo photo as another shot of the same moment: mirrored, other pixels, a camera's size. */
  async function writePhoto(n: number, width: number): Promise<string> {
    const file = path.join(stack.dataDir, `DSC_${2001 + n}.jpg`);
    await sharp(demoPhotos[n])
      .flop()
      .modulate({ brightness: 1.03, hue: 2 })
      .resize({ width })
      .jpeg({ quality: 97, chromaSubsampling: '4:4:4' })
      .toFile(file);
    return file;
  }

  const signIn = (page: Page, name: string, next: string) => signInAs(page, stack.url, name, next);

  /** The chooser of browsers without file handles, which a test can answer. */
  const plainChooser = (page: Page) =>
    page.addInitScript(() => {
      Reflect.deleteProperty(window, 'showOpenFilePicker');
      Reflect.deleteProperty(window, 'showDirectoryPicker');
    });

  async function choose(page: Page, chosen: string[]): Promise<void> {
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.locator('.drop-zone .file-picker.btn-gold').click(),
    ]);
    await chooser.setFiles(chosen);
  }

  /** The first file loses the signal when half of it is on the server. Call before choosing files; wait for what it answers after. */
  function cutInTheMiddle(page: Page): Promise<{ url: string; halfBytes: number }> {
    return new Promise((resolve, reject) => {
      const cut = async (route: Route): Promise<void> => {
        const url = route.request().url();
        const headers = { 'tus-resumable': '1.0.0' };
        const head = await page.request.fetch(url, { method: 'HEAD', headers });
        const bytes = Number(head.headers()['upload-length']);
        const halfBytes = Math.floor(bytes / 2);
        const photos = await Promise.all(files.map((file) => readFile(file)));
        const photo = photos.find(({ length }) => length === bytes);
        assert.ok(photo, `${head.status()}: no file of ${bytes} bytes`);
        const sent = await page.request.fetch(url, {
          method: 'PATCH',
          headers: { ...headers, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
          data: photo.subarray(0, halfBytes),
        });
        assert.equal(sent.headers()['upload-offset'], String(halfBytes));
        await page.context().setOffline(true);
        await route.abort('internetdisconnected');
        resolve({ url, halfBytes });
      };
      let isFirst = true;
      void page.route('**/api/uploads/*', (route) => {
        if (route.request().method() !== 'PATCH' || !isFirst) return route.fallback();
        isFirst = false;
        return cut(route).catch(reject);
      });
    });
  }

  const managed = async (status?: string): Promise<Managed[]> =>
    (await admin.call('GET', `/api/photos?limit=100&eventId=${eventId}${status ? `&status=${status}` : ''}`)).items;
  interface Managed {
    id: string;
    status: string;
    manage: { fileName: string };
  }

  it('the photographer sends two photos through a gap in the signal, each once', async () => {
    const { context, page, sent, complaints } = await openPage(browser, 'en', desk);
    await plainChooser(page);
    await signIn(page, 'photographer', '/studio');
    await page.locator('.drop-zone').waitFor();
    const cut = cutInTheMiddle(page);
    await choose(page, files);
    const { url, halfBytes } = await cut;
    await page.locator('.upload-total .note-warning').waitFor();
    assert.equal(await page.locator('.upload-total.complete').count(), 0);
    const foot = await page.locator('.desk > .desk-side .desk-foot').boundingBox();
    assert.ok(foot && foot.y + foot.height <= desk.height, 'the notice pushes nothing off the screen');
    const goesOn = page.waitForRequest((request) => request.method() === 'PATCH' && request.url() === url);
    await context.setOffline(false);
    assert.equal((await goesOn).headers()['upload-offset'], String(halfBytes), 'at the same byte');
    await page.locator('.upload-total.complete').waitFor();
    assert.equal(await page.locator('.upload-row.done').count(), 2);
    await screenshot(page, 'studio-upload-en-1440');

    await page.locator('.upload-total .btn-quiet').click();
    await page.locator('.upload-row').first().waitFor({ state: 'detached' });
    const again = sent.length;
    await choose(page, files);
    await page.locator('.upload-total.complete').waitFor();
    assert.equal(await page.locator('.upload-row.duplicate').count(), 2);
    assert.match((await page.locator('.upload-row').first().textContent()) ?? '', /Already there/);
    assert.deepEqual(
      sent.slice(again).filter((each) => each.method === 'PATCH'),
      [],
      'not one byte twice',
    );
    // The cut ends what is under way, and the page asks /api/health whether there is a signal again.
    assert.deepEqual(
      complaints.filter((each) => !/ERR_INTERNET_DISCONNECTED|net::ERR_FAILED \/api\/health$/.test(each)),
      [],
    );
    await context.close();

    const names = files.map((file) => path.basename(file));
    const arrived = (await managed()).filter(({ manage }) => names.includes(manage.fileName));
    assert.deepEqual(arrived.map(({ manage }) => manage.fileName).sort(), names);
  });

  it('the same desk in Thai on a phone knows the photos, too', async () => {
    const { context, page, complaints } = await openPage(browser, 'th', phone);
    await plainChooser(page);
    await signIn(page, 'photographer', '/studio');
    await choose(page, files);
    await page.locator('.upload-total.complete').waitFor();
    assert.equal(await page.locator('.upload-row.duplicate').count(), 2);
    await screenshot(page, 'studio-upload-th-390');
    assert.deepEqual(complaints, []);
    await context.close();
  });

  it('the admin approves, rejects and takes back without the mouse', async () => {
    const photographer = await new Client(stack.url).signIn('photographer');
    const form = new FormData();
    form.set('eventId', eventId);
    for (const n of [2, 3, 4, 5]) {
      const picture = await sharp(await writePhoto(n, 1600)).toBuffer();
      form.append('files', new Blob([new Uint8Array(picture)], { type: 'image/jpeg' }), `DSC_${2001 + n}.jpg`);
    }
    await photographer.call('POST', '/api/photos/batch-upload', form);
    await until('six photos to decide', async () => (await managed('pending')).length === 6, 60_000);

    const { context, page, complaints } = await openPage(browser, 'th', desk);
    await signIn(page, 'admin', '/admin/approve');
    const tiles = page.locator('.approve-tile');
    await until('all six on the wall', async () => (await tiles.count()) === 6);
    const status = async (fileName: string) =>
      (await managed()).find(({ manage }) => manage.fileName === fileName)?.status;
    const current = async () =>
      /DSC_\d+\.jpg/.exec(
        (await page.locator('.approve-tile.current button[data-index]').getAttribute('aria-label')) ?? '',
      )![0];

    const approved = await current();
    await page.keyboard.press('a');
    const rejected = await until('the next photo', async () => (await current()) !== approved && current());
    await page.keyboard.press('r');
    await until('both decisions on the server', async () => {
      return (await status(approved)) === 'approved' && (await status(rejected)) === 'rejected';
    });
    await screenshot(page, 'approve-th-1440');
    await page.keyboard.press('u');
    await until('the rejection taken back', async () => (await status(rejected)) === 'pending');
    assert.equal(await status(approved), 'approved');
    assert.equal(await current(), rejected);
    assert.equal((await managed('pending')).length, 5);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  it('dashboard, orders, revenue and the organizer’s desk show what was sold', async () => {
    const buyer = await new Client(stack.url).signIn('buyer');
    const { items } = await buyer.call('GET', `/api/events/${eventId}/photos`);
    await pay(buyer, (await order(buyer, [items[0].id, items[1].id])).id);
    await order(buyer, [items[2].id]);

    const look = async (language: 'th' | 'en', who: string, pages: [url: string, sight: string, name: string][]) => {
      const { context, page, complaints } = await openPage(browser, language, desk);
      await signIn(page, who, pages[0]![0]);
      for (const [url, sight, name] of pages) {
        if (url !== pages[0]![0]) await page.goto(`${stack.url}${url}`);
        await page.locator(sight).first().waitFor();
        await until('no skeletons', async () => (await page.locator('.skeleton').count()) === 0);
        assert.equal(await page.locator('.error-state').count(), 0, url);
        await screenshot(page, name);
      }
      assert.deepEqual(complaints, []);
      await context.close();
    };
    await look('en', 'admin', [
      ['/admin', 'px-admin-dashboard h1', 'dashboard-en-1440'],
      ['/admin/orders', 'px-admin-orders table, px-admin-orders li', 'orders-en-1440'],
    ]);
    await look('th', 'admin', [['/admin/revenue', 'px-admin-revenue h1', 'revenue-th-1440']]);
    await look('en', 'organizer', [['/organizer', 'px-organizer-events h1', 'organizer-en-1440']]);
  });

  it('no page of a desk or an account has anything for axe or the ruler, with text twice as large neither', async function () {
    this.timeout(240_000);
    const found: string[] = [];
    const below: Record<string, string[]> = {
      admin: [`/admin/events/${eventId}`, `/admin/events/${eventId}/edit`, `/admin/events/${eventId}/faces`],
      photographer: [`/studio/events/${eventId}`],
      organizer: [`/organizer/events/${eventId}`],
      buyer: ['/account/notifications', '/account/security'],
    };
    const roots = { admin: '/admin', photographer: '/studio', organizer: '/organizer', buyer: '/account' };
    for (const [who, root] of Object.entries(roots)) {
      const { context, page, complaints } = await openPage(browser, 'th', phone);
      await signIn(page, who, root);
      const links = page.locator(who === 'buyer' ? '.tabs a' : '.desk > .desk-side nav a');
      await links.first().waitFor({ state: 'attached' });
      const menu = await links.evaluateAll((all) =>
        all.map((link) => new URL((link as HTMLAnchorElement).href).pathname),
      );
      assert.ok(menu.length >= 3, `${who}: ${menu}`);
      for (const [index, address] of [...menu, ...below[who]!].entries()) {
        // Every other page in the dark.
        await page.emulateMedia({ colorScheme: index % 2 === 0 ? 'light' : 'dark', reducedMotion: 'reduce' });
        await page.goto(`${stack.url}${address}`);
        await page.locator('h1').first().waitFor();
        await until(`${address} to be there`, async () => (await page.locator('main .skeleton').count()) === 0);
        const barriers = await axe(page);
        // A page may still have been drawing: what is true is found again.
        const again = barriers.length > 0 ? await axe(page) : [];
        const lines = [...(await measure(page)), ...barriers.filter((line) => again.includes(line))];
        found.push(...lines.map((line) => `${address}: ${line}`));
        await enlargeText(page, 200);
        const large = (await measure(page)).filter((line) => /^(sideways|cut off|sticks out)/.test(line));
        found.push(...large.map((line) => `${address} with large text: ${line}`));
        await enlargeText(page, 100);
      }
      found.push(...complaints.map((line) => `${who}: ${line}`));
      await context.close();
    }
    assert.deepEqual(found, []);
  });
});
