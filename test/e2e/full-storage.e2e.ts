import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { desk, openPage } from './browser.ts';
import { Client, until } from './client.ts';
import { useProduct } from './shared-product.ts';
import {
  errorsIn,
  languages,
  picture,
  serverCart,
  serverCartToBe,
  serverOrders,
  signIn,
  slug,
  visitEvent,
} from './visitor.ts';

/**
 * A device without room: writes to databases and caches of the page are refused as browsers refuse them. `window.room`: "none", or
 * "pictures", which is made by dropping the previews. (Chromium's own switch counts again only after half a minute.)
 */
const fullDevice = `{
  window.room = '';
  const refuse = () => {
    if (window.room) throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
  };
  for (const name of ['add', 'put']) {
    const write = IDBObjectStore.prototype[name];
    IDBObjectStore.prototype[name] = function (...row) {
      refuse();
      return write.apply(this, row);
    };
  }
  const keep = Cache.prototype.put;
  Cache.prototype.put = async function (...row) {
    refuse();
    return keep.apply(this, row);
  };
  const drop = CacheStorage.prototype.delete;
  CacheStorage.prototype.delete = function (name) {
    if (name === 'px-pictures' && window.room === 'pictures') window.room = '';
    return drop.call(this, name);
  };
}`;

describe('a device that is full', function () {
  this.timeout(120_000);
  const product = useProduct();

  const give = (page: Page, room: 'none' | 'pictures' | '') => page.evaluate(`window.room = ${JSON.stringify(room)}`);
  const keptPictures = (page: Page) =>
    page.evaluate(async () => (await (await caches.open('px-pictures')).keys()).length);
  const look = (page: Page) => page.evaluate(() => void document.dispatchEvent(new Event('visibilitychange')));

  it('previews make room for what was tapped, and the list says so', async () => {
    const { context, page, complaints } = await openPage(product.browser, 'en');
    await page.addInitScript(fullDevice);
    await visitEvent(page, product.url, { kept: true });
    await page.locator('.tile-add').nth(0).click();
    await serverCartToBe(page, 1);
    await until('pictures on the device', async () => (await keptPictures(page)) > 3);
    await page.goto(`${product.url}/checkout`);
    await page.locator('input[type="email"]').fill('full@example.test');
    await context.setOffline(true);
    await give(page, 'pictures');
    await page.locator('.checkout-end .btn-gold').click();
    await page.getByText('Your order waits for signal').waitFor();
    await until('the previews to go', async () => (await keptPictures(page)) === 0);
    await page.locator('button.waiting').click();
    await page.locator('px-dialog .note', { hasText: 'nearly full' }).waitFor();
    await picture(page, 'device-full');
    await page.keyboard.press('Escape');
    // It is on the device, not only in the page.
    await page.reload();
    await page.getByText('Your order waits for signal').waitFor();
    await context.setOffline(false);
    await page.waitForURL(/\/orders\//, { timeout: 60_000 });
    await page.locator('.qr img').waitFor();
    assert.equal((await serverOrders(page)).length, 1);
    assert.deepEqual(errorsIn(complaints), []);
    await context.close();
  });

  for (const language of languages) {
    it(`no room at all: what waits is kept by the page, which says so, then by the device again (${language})`, async () => {
      const { context, page, complaints } = await openPage(product.browser, language);
      await page.addInitScript(fullDevice);
      await visitEvent(page, product.url, { kept: true });
      await page.locator('.tile-add').first().click();
      await serverCartToBe(page, 1);
      await page.goto(`${product.url}/checkout`);
      await page.locator('input[type="email"]').fill('full@example.test');
      await context.setOffline(true);
      await give(page, 'none');
      await page.locator('.checkout-end .btn-gold').click();
      await page.locator('button.waiting').click();
      await page
        .locator('px-dialog .note-warning', { hasText: language === 'en' ? 'Leave this page open' : 'เปิดหน้านี้ค้างไว้' })
        .waitFor();
      await picture(page, 'no-room');
      await give(page, '');
      await look(page);
      await page.locator('px-dialog .note-warning').first().waitFor({ state: 'detached' });
      await page.reload();
      await page.locator('button.waiting').click();
      await page.locator('.waiting-row').first().waitFor();
      await page.keyboard.press('Escape');
      await context.setOffline(false);
      await page.waitForURL(/\/orders\//, { timeout: 60_000 });
      await page.locator('.qr img').waitFor();
      assert.equal((await serverOrders(page)).length, 1);
      assert.deepEqual(await serverCart(page), []);
      assert.deepEqual(errorsIn(complaints), []);
      await context.close();
    });
  }

  it('the face networks find no room: she is found all the same', async () => {
    const { context, page, complaints } = await openPage(product.browser, 'en');
    await page.addInitScript("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })");
    await page.addInitScript(`${fullDevice} window.room = 'none';`);
    await page.route('**/assets/worker-face*', async (route) => {
      const response = await route.fetch();
      const refuse = "Cache.prototype.put = async () => { throw new DOMException('full', 'QuotaExceededError'); };";
      await route.fulfill({ response, body: `${refuse}\n${await response.text()}` });
    });
    await page.goto(`${product.url}/e/${slug}/find`);
    await page.getByRole('switch').click();
    await page.locator('.consent .btn-gold').click();
    await page.getByRole('button', { name: 'sample' }).click();
    await page.locator('.results-all').waitFor({ timeout: 60_000 });
    assert.deepEqual(errorsIn(complaints), []);
    await context.close();
  });

  for (const language of languages) {
    it(`a photographer’s queue that finds no room: said in words, every photo arrives (${language})`, async () => {
      const folder = await mkdtemp(path.join(os.tmpdir(), 'thepixstock-full-'));
      const files = await Promise.all(
        [1, 2].map(async (n) => {
          const file = path.join(folder, `FULL_${language}_${n}.jpg`);
          const background = { r: 40 * n, g: language === 'en' ? 90 : 160, b: 120 };
          await writeFile(
            file,
            await sharp({ create: { width: 1200, height: 800, channels: 3, background } })
              .jpeg()
              .toBuffer(),
          );
          return file;
        }),
      );
      const { context, page, complaints } = await openPage(product.browser, language, desk);
      await page.addInitScript(`${fullDevice} delete window.showOpenFilePicker; delete window.showDirectoryPicker;`);
      await signIn(page, product.url, 'photographer');
      await page.goto(`${product.url}/studio`);
      await page.locator('.drop-zone').waitFor();
      await give(page, 'none');
      let goOn = () => {};
      const held = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      await page.route('**/api/uploads/*', async (route) => {
        if (route.request().method() === 'PATCH') await held;
        await route.fallback();
      });
      const [chooser] = await Promise.all([
        page.waitForEvent('filechooser'),
        page.locator('.drop-zone .file-picker.btn-gold').click(),
      ]);
      await chooser.setFiles(files);
      await page
        .locator('.upload-total .note-warning', {
          hasText: language === 'en' ? 'leave this page open' : 'เปิดหน้านี้ค้างไว้',
        })
        .waitFor();
      await picture(page, 'uploads-no-room');
      goOn();
      await page.locator('.upload-total.complete').waitFor();
      assert.equal(await page.locator('.upload-total .note-warning').count(), 0);
      await context.close();
      const admin = await new Client(product.url).signIn('admin');
      const eventId = (await admin.call('GET', '/api/events')).items[0].id;
      const { items } = await admin.call('GET', `/api/photos?limit=100&eventId=${eventId}`);
      const names = (items as { id: string; manage: { fileName: string } }[]).filter(({ manage }) =>
        files.some((file) => path.basename(file) === manage.fileName),
      );
      assert.equal(names.length, 2);
      for (const { id } of names) await admin.call('DELETE', `/api/photos/${id}`);
      assert.deepEqual(errorsIn(complaints), []);
      await rm(folder, { recursive: true });
    });
  }
});
