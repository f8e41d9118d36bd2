import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { readEmv, readQr } from '#test/qr.ts';
import {
  desk,
  openBrowser,
  openPage,
  phone,
  readDemoSelfie,
  type SentRequest,
  screenshot,
  writeCameraFilm,
} from './browser.ts';
import { Client, until } from './client.ts';
import { useProduct } from './shared-product.ts';
import { payAtGateway, slug } from './visitor.ts';

describe('an attendee with a phone', function () {
  this.timeout(240_000);
  const product = useProduct();
  const folder = mkdtempSync(path.join(tmpdir(), 'thepixstock-camera-'));
  let browser: Browser;
  before(async () => {
    // A camera lies on its side: the portrait selfie in the middle of a wide picture.
    const selfie = await sharp(await readDemoSelfie(product.url))
      .resize(1280, 960, { fit: 'contain', background: '#807060' })
      .jpeg({ quality: 92 })
      .toBuffer();
    const film = path.join(folder, 'camera.mjpeg');
    await writeCameraFilm(selfie, film);
    browser = await openBrowser({ camera: film });
  });
  after(async () => {
    await browser?.close();
    await rm(folder, { recursive: true });
  });

  /** Whatever could carry a picture: forms, binary bodies, long bodies, data URLs. */
  function expectNoPicture(sent: readonly SentRequest[]): void {
    for (const { method, path: url, contentType, body } of sent) {
      if (!body || body.length === 0) continue;
      const what = `${method} ${url} ${contentType} ${body.length} bytes`;
      assert.match(contentType, /^application\/json/, what);
      assert.ok(body.length < 8_000, what);
      assert.doesNotMatch(body.toString('latin1'), /data:image|JFIF|\/9j\/4|iVBORw0KGgo/, what);
    }
    const searches = sent.filter((request) => request.method === 'POST' && request.path === '/api/face/search');
    assert.equal(searches.length, 1, 'one search left the phone');
    const body = JSON.parse(searches[0]!.body!.toString());
    assert.deepEqual(Object.keys(body).sort(), ['consentId', 'descriptor', 'engine', 'eventId']);
    assert.equal(body.descriptor.length, 128);
  }

  async function findMe(page: Page, language: 'th' | 'en', sent: SentRequest[]): Promise<void> {
    await page.goto(`${product.url}/e/${slug}`);
    await page.locator('.tile img').first().waitFor();
    await screenshot(page, `event-${language}-390`);
    sent.length = 0;
    await page.locator(`a[href$="/find"]`).first().click();
    await page.locator('.consent').waitFor();
    await screenshot(page, `consent-${language}-390`);
    await page.getByRole('switch').click();
    await page.locator('.consent .btn-gold').click();
    await page.locator('.selfie-actions').waitFor();
    const start = page.locator('.selfie-actions button.btn-gold');
    if (await start.isVisible()) await start.click();
    await page.locator('.camera video.in').waitFor();
    await screenshot(page, `selfie-${language}-390`);
    await page.locator('.results-all').waitFor({ timeout: 60_000 });
    await page.locator('.tile img').first().waitFor();
    await screenshot(page, `results-${language}-390`);
    expectNoPicture(sent);
  }

  for (const language of ['th', 'en'] as const) {
    it(`finds herself by camera, pays and takes the originals home (${language})`, async () => {
      const { context, page, sent, complaints } = await openPage(browser, language);
      const email = `runner-${language}@example.test`;
      await page.goto(product.url);
      await page.locator(`a[href*="${slug}"]`).first().waitFor();
      assert.equal(await page.locator('html').getAttribute('lang'), language);
      await screenshot(page, `home-${language}-390`);
      await findMe(page, language, sent);

      // What looks less like her waits for her word; her "me" makes it one of her photos.
      const unsure = page.locator('.verdict .btn-solid');
      while (await unsure.count()) {
        const before = await unsure.count();
        await unsure.first().click();
        await until('her word to count', async () => (await unsure.count()) < before);
      }
      await page.locator('.results-all .btn-gold').click();
      const bar = page.locator('.bottom-bar .btn-gold');
      await bar.waitFor();
      await page.locator('.tile').first().click();
      await page.locator('.lightbox .picture img.over.in:not([alt=""])').waitFor();
      await screenshot(page, `photo-${language}-390`);
      await page.keyboard.press('Escape');
      await bar.click();
      await page.locator('.cart-photos li').first().waitFor();
      await screenshot(page, `cart-${language}-390`);
      await page.locator('a.btn-gold[href="/checkout"]').filter({ visible: true }).first().click();
      await page.locator('input[type="email"]').fill(email);
      await screenshot(page, `checkout-${language}-390`);
      await page.locator('.checkout-end .btn-gold').click();

      await page.locator('.qr img').waitFor();
      await screenshot(page, `pay-${language}-390`);
      const orderId = /\/orders\/([0-9a-f-]{36})/.exec(page.url())?.[1];
      assert.ok(orderId, page.url());
      const pageLoads = await page.evaluate(() => performance.getEntriesByType('navigation').length);
      await page.evaluate(() => Object.assign(window, { sameDocument: true }));
      await payAtGateway(page, product.url);
      await page.locator('.delivery-photos li img').first().waitFor();
      assert.equal(
        await page.evaluate(() => (window as { sameDocument?: boolean }).sameDocument),
        true,
        'paid without a reload',
      );
      assert.equal(pageLoads, 1);
      await screenshot(page, `paid-${language}-390`);

      const [zip] = await Promise.all([page.waitForEvent('download'), page.locator('.save-all a[download]').click()]);
      assert.match(zip.suggestedFilename(), /\.zip$/);
      const [one] = await Promise.all([
        page.waitForEvent('download'),
        page.locator('.delivery-photos li a[download]').first().click(),
      ]);
      assert.match(one.suggestedFilename(), /\.jpe?g$/i);
      const { width } = await sharp(await one.path()).metadata();
      assert.equal(width, 1920, 'the original, not the preview');

      // In the library the photo has the screen to itself, can be saved and shown to others; the page of it is taken down again.
      await page.goto(`${product.url}/account/photos`);
      await page.locator('.library .tile a').first().click();
      await page.waitForURL(/\/account\/photos\/[0-9a-f-]{36}$/);
      await page.evaluate(`
        Object.defineProperty(navigator, 'share', { value: undefined });
        Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => { window.handedOn = text; } } });
      `);
      const [saved] = await Promise.all([
        page.waitForEvent('download'),
        page.locator('.lightbox .photo-actions a[download]').click(),
      ]);
      assert.equal((await sharp(await saved.path()).metadata()).width, 1920);
      await page.locator('.lightbox-tools .btn').first().click();
      // Only what stands in the open viewer can be seen and pressed.
      const stop = page.locator('.lightbox .toast .link');
      await stop.waitFor();
      const link = await page.evaluate(() => (window as { handedOn?: string }).handedOn);
      assert.equal((await fetch(link!.replace('/s/', '/api/shares/'))).status, 200);
      await stop.click();
      await until(
        'the page to be gone',
        async () => (await fetch(link!.replace('/s/', '/api/shares/'))).status === 404,
      );
      await page.keyboard.press('Escape');
      await page.waitForURL(/\/account\/photos$/);

      const mail = await until('the e-mail', async () =>
        ((await new Client(product.url).call('GET', '/dev/mail.json')) as { to: unknown; links: string[] }[]).find(
          (each) => JSON.stringify(each.to).includes(email),
        ),
      );
      const elsewhere = await openPage(browser, language);
      await elsewhere.page.goto(mail.links.find((link) => link.includes('/orders/'))!);
      await elsewhere.page.locator('.delivery-photos li img').first().waitFor();
      await elsewhere.context.close();
      assert.deepEqual(complaints, []);
      await context.close();
    });
  }

  it('chooses with a friend: live for both, nothing lost without signal, one pays and shares', async () => {
    const admin = await new Client(product.url).signIn('admin');
    await admin.call('POST', '/api/admin/coupons', { code: 'FRIENDS10', kind: 'percent', percentBp: 1000 });
    const nok = await openPage(browser, 'en');
    const chooseTile = async (index: number) => {
      await nok.page.goto(`${product.url}/e/${slug}`);
      await nok.page.locator('.tile-add').nth(index).click();
      await nok.page.locator('.bottom-bar .btn-gold').click();
    };
    await chooseTile(0);
    await chooseTile(1);
    await nok.page.locator('.coupon-open').click();
    await nok.page.locator('#coupon').fill('friends-10');
    await nok.page.locator('.coupon-row .btn').click();
    await nok.page.locator('.coupon-used.on').waitFor();
    await nok.page.locator('px-together-start .btn-line').click();
    await nok.page.waitForURL(/\/together\//);
    const link = nok.page.url();
    await nok.page.locator('.cart-photos li').nth(1).waitFor();

    const ben = await openPage(browser, 'en');
    await ben.page.goto(link);
    await ben.page.locator('#first-name').fill('Ben');
    await ben.page.locator('.together-join button').click();
    await nok.page.locator('.people', { hasText: 'Ben' }).waitFor();

    // Ben takes one out in a dead spot while Nok puts one in: both count.
    await ben.context.setOffline(true);
    await ben.page.locator('.cart-remove').first().click();
    await until('the line to leave', async () => (await ben.page.locator('.cart-photos li').count()) === 1);
    await chooseTile(2);
    await nok.page.goto(link);
    await nok.page.locator('.together-add').click();
    await until('the third photo', async () => (await nok.page.locator('.cart-photos li').count()) === 3);
    await ben.context.setOffline(false);
    for (const { page } of [nok, ben])
      await until('both to agree', async () => (await page.locator('.cart-photos li').count()) === 2);
    await screenshot(nok.page, 'together-en-390');

    await nok.page.locator('.cart-sum .always').click();
    await nok.page.locator('input[type="email"]').fill('nok-and-ben@example.test');
    await nok.page.locator('.checkout-end .btn-gold').click();
    await nok.page.locator('.qr img').waitFor();
    await ben.page.locator('.note-warning').waitFor();
    const [picture] = await Promise.all([
      nok.page.waitForEvent('download'),
      nok.page.locator('.pay > .btn-gold').click(),
    ]);
    const shown = (await nok.page.locator('.pay-amount strong').textContent())!.replace(/[฿,]/g, '');
    assert.match(picture.suggestedFilename(), new RegExp(`^promptpay-TPS-[0-9-]+-${shown}\\.png$`));
    const { width, height } = await sharp(await picture.path()).metadata();
    assert.deepEqual([width, height], [1080, 1440]);
    const onScreen = (await nok.page.locator('.qr img').getAttribute('src'))!.replace(/^data:image\/png;base64,/, '');
    const saved = await readQr(await readFile(await picture.path()));
    assert.equal(saved, await readQr(Buffer.from(onScreen, 'base64')), 'the bank app reads the same from both');
    assert.equal(readEmv(saved).get('54'), shown, 'and pays what is written beside it');
    await payAtGateway(nok.page, product.url);
    await nok.page.locator('.delivery-photos li img').first().waitFor();

    await ben.page.locator('.together .card', { hasText: 'Paid' }).waitFor();
    assert.equal(await ben.page.locator('a[download]').count(), 0, 'the payer has not shared yet');
    await nok.page.goto(link);
    await nok.page.getByRole('switch').click();
    await ben.page.locator('a[download]').first().waitFor();
    await ben.context.close();
    await nok.context.close();
  });

  it('opens a visited event without a network, previews and all, and her offline cart arrives later', async () => {
    const { context, page } = await openPage(browser, 'en');
    await page.goto(`${product.url}/e/${slug}`);
    await page.locator('.tile img').first().waitFor();
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
    // The visit that the service worker saw: previews come through it from here on.
    await page.reload();
    await page.locator('.tile img').first().waitFor();
    await page.waitForTimeout(3_000);

    await context.setOffline(true);
    await page.goto(`${product.url}/e/${slug}`);
    await page.locator('.tile img').first().waitFor();
    await until('previews without a network', () =>
      page.evaluate(() => {
        const pictures = [...document.querySelectorAll<HTMLImageElement>('.tile img')];
        return pictures.length > 0 && pictures.every((picture) => picture.complete && picture.naturalWidth > 0);
      }),
    );
    await screenshot(page, 'offline-en-390');
    await page.locator('.tile-add').first().click();
    await page.locator('.bottom-bar').waitFor();
    await screenshot(page, 'offline-cart-en-390');
    // The whole wall is on the device: it is narrowed down there, and what is marked is kept.
    await page.locator('.tile-heart').nth(1).click();
    await page.locator('.chip button').first().click();
    await page.locator('.hours button').last().click();
    await page.keyboard.press('Escape');
    await page.locator('.filters-found', { hasText: 'of 6 photos' }).waitFor();
    assert.match(page.url(), /[?]from=\d{4}-.*&to=/);
    await page.locator('a[href="/favorites"]').click();
    await page.locator('px-favorites-page .tile').waitFor();
    await context.setOffline(false);
    await until('the favourite on the server', () =>
      page.evaluate(async () =>
        localStorage.getItem('px.session') ? (await (await fetch('/api/favorites')).json()).items?.length === 1 : false,
      ),
    );
    const lines = await until('the cart on the server', async () => {
      // Asking before the app has its guest would make another one, with a cart of its own.
      const cart = await page.evaluate(async () =>
        localStorage.getItem('px.session') ? (await fetch('/api/cart')).json() : {},
      );
      return cart.items?.length > 0 ? (cart.items as { photoId: string }[]) : undefined;
    });
    assert.equal(lines.length, 1);
    await context.close();
  });

  it('meets no barrier that axe knows, in either language', async () => {
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    const found: string[] = [];
    for (const language of ['th', 'en'] as const) {
      // axe comes as a script of ours: the page's own policy allows none from elsewhere.
      const { context, page } = await openPage(browser, language, phone, { bypassCSP: true });
      for (const address of [
        '/',
        `/e/${slug}`,
        `/e/${slug}/find`,
        '/cart',
        '/sign-in',
        '/register',
        '/privacy',
        '/terms',
      ]) {
        await page.goto(`${product.url}${address}`);
        await page.locator('h1').first().waitFor();
        await page.waitForTimeout(600);
        const violations = await page.evaluate(async (source) => {
          const run = new Function(`${source}; return axe.run(document, { resultTypes: ['violations'] });`);
          const result = await run();
          return result.violations.map(
            (each: { id: string; nodes: { html: string }[] }) => `${each.id}: ${each.nodes[0]?.html.slice(0, 160)}`,
          );
        }, axe);
        found.push(...violations.map((violation: string) => `${address} ${language} ${violation}`));
      }
      await context.close();
    }
    assert.deepEqual(found, []);
  });

  it('sees the same shop on a desk', async () => {
    for (const language of ['th', 'en'] as const) {
      const { context, page, complaints } = await openPage(browser, language, desk);
      await page.goto(product.url);
      await page.locator(`a[href*="${slug}"]`).first().waitFor();
      await screenshot(page, `home-${language}-1440`);
      await page.goto(`${product.url}/e/${slug}`);
      await page.locator('.tile img').first().waitFor();
      await screenshot(page, `event-${language}-1440`);
      assert.deepEqual(complaints, []);
      await context.close();
    }
  });
});
