import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { openPage } from './browser.ts';
import { until } from './client.ts';
import { deployBuilt, deployNewVersion } from './deploy.ts';
import { useProduct } from './shared-product.ts';
import { errorsIn, languages, payAtGateway, picture, serverCartToBe, slug, toPayment, visitEvent } from './visitor.ts';

describe('a new version that is deployed meanwhile', function () {
  this.timeout(120_000);
  const product = useProduct();
  afterEach(() => deployBuilt(product.pages));

  const versionOf = (page: Page): Promise<string> =>
    page.evaluate(() => document.querySelector('meta[name="version"]')?.getAttribute('content') ?? '1');
  const mark = (page: Page) => page.evaluate(() => void Object.assign(window, { sameDocument: true }));
  const isSame = (page: Page) => page.evaluate(() => 'sameDocument' in window);
  /** The browser looks for a newer worker; here at once instead of within the hour. */
  async function notice(page: Page): Promise<void> {
    await page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()));
    await until('the new worker to wait', () =>
      page.evaluate(async () => (await navigator.serviceWorker.ready).waiting !== null),
    );
  }

  for (const language of languages) {
    it(`never disturbs a payment, is offered after it, and takes over when she agrees (${language})`, async () => {
      const { context, page, complaints } = await openPage(product.browser, language);
      await visitEvent(page, product.url, { kept: true });
      await page.locator('.tile-add').first().click();
      await serverCartToBe(page, 1);
      await toPayment(page, product.url, `deployed-${language}@example.test`);
      await mark(page);
      const code = await page.locator('.qr img').getAttribute('src');
      await deployNewVersion(product.pages, { keepOld: false });
      await notice(page);
      assert.equal(await page.locator('.update').count(), 0, 'not in the middle of a payment');
      assert.equal(await page.locator('.qr img').getAttribute('src'), code);
      await payAtGateway(page, product.url);
      await page.locator('.delivery-photos li img').first().waitFor();
      assert.ok(await isSame(page), 'no reload');
      await page.locator('.update').waitFor();
      await picture(page, 'update-offered');
      // Pages that she has not opened yet come in the version that she runs.
      await page.locator('px-footer a[href="/terms"]').click();
      await page.locator('px-legal-page h1').waitFor();
      assert.ok(await isSame(page));
      await page.locator('.update .link').click();
      await until('the new version', async () => (await versionOf(page).catch(() => '')) === '2');
      await page.locator('px-legal-page h1').waitFor();
      assert.equal(await page.locator('.update').count(), 0);
      assert.deepEqual(errorsIn(complaints), []);
      await context.close();
    });
  }

  it('leaves the other tab as it is, with the code that it still needs', async () => {
    const { context, page } = await openPage(product.browser, 'en');
    await visitEvent(page, product.url, { kept: true });
    const old = await context.newPage();
    await visitEvent(old, product.url);
    await mark(old);
    await deployNewVersion(product.pages, { keepOld: false });
    await notice(page);
    await page.locator('.update .link').click();
    await until('the new version', async () => (await versionOf(page).catch(() => '')) === '2');
    await old.locator('.tile-heart').first().click();
    await old.locator('px-header .favorites').click();
    await old.locator('px-favorites-page .tile').waitFor();
    // What it offers is a reload now: the new version has taken over already.
    await old.locator('.update').waitFor();
    await old.goBack();
    await old.locator('px-footer a[href="/privacy"]').click();
    await old.locator('px-legal-page h1').waitFor();
    assert.ok(await isSame(old));
    await context.close();
  });

  for (const language of languages) {
    it(`code that no longer exists anywhere: the page says so and gets the new version (${language})`, async () => {
      const { context, page } = await openPage(product.browser, language);
      await visitEvent(page, product.url, { kept: true });
      await mark(page);
      await deployNewVersion(product.pages, { keepOld: false });
      await notice(page);
      // A desk is loaded when it is opened, and was never on this device.
      await page.evaluate(() => {
        const link = document.createElement('a');
        link.href = '/studio';
        document.querySelector('px-app')!.append(link);
        link.click();
        link.remove();
      });
      await page
        .getByRole('heading', { name: language === 'en' ? 'needs the new version' : 'ต้องใช้แอปเวอร์ชันใหม่' })
        .waitFor();
      await picture(page, 'needs-new-version');
      await page.locator('main .btn').click();
      await page.locator('px-desk, px-auth-page').first().waitFor();
      assert.equal(await versionOf(page), '2');
      await context.close();
    });
  }

  it('chunks that the build kept beside the new ones still load; a worker’s old packed form never does', async () => {
    const { context, page } = await openPage(product.browser, 'en');
    await visitEvent(page, product.url);
    await mark(page);
    await deployNewVersion(product.pages, { keepOld: true });
    await page.evaluate(() => {
      const link = document.createElement('a');
      link.href = '/studio';
      document.querySelector('px-app')!.append(link);
      link.click();
      link.remove();
    });
    await page.locator('px-desk, px-auth-page').first().waitFor();
    assert.ok(await isSame(page));
    const now = await readFile(path.join(product.pages, 'sw.js'), 'utf8');
    for (const encoding of ['br', 'gzip', 'identity'])
      assert.equal(
        await (await fetch(`${product.url}/sw.js`, { headers: { 'accept-encoding': encoding } })).text(),
        now,
      );
    assert.equal((await fetch(`${product.url}/sw.js.br`)).status, 404);
    await context.close();
  });

  it('waits while something is on its way to the server', async () => {
    const { context, page } = await openPage(product.browser, 'en');
    await visitEvent(page, product.url, { kept: true });
    await page.locator('.tile-add').first().click();
    await serverCartToBe(page, 1);
    await page.goto(`${product.url}/checkout`);
    await page.locator('input[type="email"]').fill('on-its-way@example.test');
    let goOn = () => {};
    await page.route('**/api/orders', async (route) => {
      if (route.request().method() !== 'POST') return route.fallback();
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      await route.fallback();
    });
    await page.locator('.checkout-end .btn-gold').click();
    await page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/api/orders'));
    await deployNewVersion(product.pages, { keepOld: false });
    await notice(page);
    assert.equal(await page.locator('.update').count(), 0);
    goOn();
    await page.locator('.qr img').waitFor();
    assert.equal(await page.locator('.update').count(), 0, 'now it is the payment');
    await page.goto(`${product.url}/e/${slug}`);
    await page.locator('.update').waitFor();
    await context.close();
  });

  for (const language of languages) {
    it(`too old for the server: says so, but not in the middle of a payment (${language})`, async () => {
      const { context, page } = await openPage(product.browser, language);
      await visitEvent(page, product.url, { kept: true });
      await page.locator('.tile-add').first().click();
      await serverCartToBe(page, 1);
      const outdated = page.getByRole('heading', {
        name: language === 'en' ? 'needs the new version' : 'ต้องใช้แอปเวอร์ชันใหม่',
      });
      await toPayment(page, product.url, `outdated-${language}@example.test`);
      await page.route(/\/api\/sync\/\w+\/(pull|push)/, (route) =>
        route.fulfill({
          status: 426,
          contentType: 'application/problem+json',
          body: JSON.stringify({ status: 426, code: 'sync.schema_outdated', title: 'outdated' }),
        }),
      );
      const refused = page.waitForResponse((response) => response.status() === 426);
      await page.reload();
      await page.locator('.qr img').waitFor();
      await refused;
      assert.equal(await outdated.count(), 0);
      await payAtGateway(page, product.url);
      await page.locator('.delivery-photos li img, main [role="alert"]').first().waitFor();
      await outdated.waitFor();
      await picture(page, 'outdated');
      await page.unroute(/\/api\/sync\/\w+\/(pull|push)/);
      await Promise.all([page.waitForEvent('load'), page.locator('main .btn-gold').click()]);
      await page.locator('.delivery-photos li img').first().waitFor();
      await context.close();
    });
  }
});
