import assert from 'node:assert/strict';
import { openPage, phone } from './browser.ts';
import { useProduct } from './shared-product.ts';
import {
  cartToBe,
  errorsIn,
  languages,
  noServiceWorker,
  payAtGateway,
  picture,
  serverCart,
  serverCartToBe,
  slug,
  toPayment,
  visitEvent,
} from './visitor.ts';

const LINE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Safari Line/13.21.0';

describe('LINE’s in-app browser', function () {
  this.timeout(120_000);
  const product = useProduct();
  async function openLine(language: 'th' | 'en') {
    const opened = await openPage(product.browser, language, phone, { userAgent: LINE });
    await opened.page.addInitScript(noServiceWorker);
    return opened;
  }

  for (const language of languages) {
    it(`shows the way to the phone’s own browser, and the cart comes along (${language})`, async () => {
      const { context, page, complaints } = await openLine(language);
      await visitEvent(page, product.url);
      const banner = page.locator('.line-banner');
      await banner.waitFor();
      await picture(page, 'in-line');
      await page.locator('.tile-add').nth(0).click();
      await page.locator('.tile-add').nth(1).click();
      await serverCartToBe(page, 2);
      const chosen = await serverCart(page);
      const address = await banner.locator('a').getAttribute('href');
      const link = new URL(address!);
      assert.equal(link.searchParams.get('openExternalBrowser'), '1');
      assert.equal(link.pathname, `/e/${slug}`);

      // LINE opens it in the browser of the phone, which knows nothing yet.
      const outside = await openPage(product.browser, language);
      await outside.page.goto(address!);
      await cartToBe(outside.page, 2);
      await serverCartToBe(outside.page, 2);
      assert.deepEqual(await serverCart(outside.page), chosen);
      assert.equal(outside.page.url(), `${product.url}/e/${slug}`, 'the address is clean again');
      assert.equal(await outside.page.locator('.line-banner').count(), 0);
      await outside.page.reload();
      await cartToBe(outside.page, 2);
      await outside.context.close();

      // A navigation that LINE sees, not one of the app's own.
      await Promise.all([page.waitForRequest((request) => request.isNavigationRequest()), banner.locator('a').click()]);
      await page.locator('.tile img').first().waitFor();
      await banner.locator('.btn-icon').click();
      await banner.waitFor({ state: 'detached' });
      await page.reload();
      await page.locator('.tile img').first().waitFor();
      await cartToBe(page, 2);
      assert.equal(await banner.count(), 0, 'dismissed');
      assert.deepEqual(errorsIn(complaints), []);
      await context.close();
    });
  }

  it('does the main job without a service worker: find, pay, take home', async () => {
    const { context, page, complaints } = await openLine('th');
    await page.addInitScript("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })");
    await page.goto(`${product.url}/e/${slug}/find`);
    await page.locator('.line-banner .btn-icon').click();
    await page.getByRole('switch').click();
    await page.locator('.consent .btn-gold').click();
    await page.getByRole('button', { name: 'ตัวอย่าง' }).click();
    await page.locator('.results-all .btn-gold').click({ timeout: 60_000 });
    await page.locator('.bottom-bar').waitFor();
    await toPayment(page, product.url, 'in-line@example.test');
    await picture(page, 'in-line-pay');
    await payAtGateway(page, product.url);
    await page.locator('.delivery-photos li img').first().waitFor();
    assert.deepEqual(errorsIn(complaints), []);
    await context.close();
  });
});
