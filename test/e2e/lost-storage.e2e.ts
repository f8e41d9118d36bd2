import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { openPage } from './browser.ts';
import { Client, until } from './client.ts';
import { useProduct } from './shared-product.ts';
import {
  cartToBe,
  errorsIn,
  inspect,
  languages,
  picture,
  serverCart,
  serverCartToBe,
  serverFavorites,
  serverOrders,
  signIn,
  toPayment,
  visitEvent,
} from './visitor.ts';

describe('a browser that throws away what the site kept', function () {
  this.timeout(120_000);
  const product = useProduct();

  /** As "clear site data" does it, by the person or by the system, while the page is open. */
  async function wipe(page: Page, storageTypes = 'all'): Promise<void> {
    const devtools = await inspect(page);
    await devtools.send('Storage.clearDataForOrigin', { origin: product.url, storageTypes });
    await devtools.detach();
  }

  for (const language of languages) {
    it(`a guest’s cart and favourites go on, and she is told (${language})`, async () => {
      const { context, page, complaints } = await openPage(product.browser, language);
      await visitEvent(page, product.url, { kept: true });
      await page.locator('.tile-add').nth(0).click();
      await page.locator('.tile-add').nth(1).click();
      await page.locator('.tile-heart').nth(2).click();
      await serverCartToBe(page, 2);
      await until('the favourite at the server', async () => (await serverFavorites(page)).length === 1);
      const chosen = await serverCart(page);

      await wipe(page);
      await page.locator('.toast', { hasText: language === 'en' ? 'still here' : 'ยังอยู่' }).waitFor();
      await picture(page, 'storage-wiped');
      await cartToBe(page, 2);
      // The cookie went, too: somebody new for the server, with the same cart.
      await until('the same cart at the server', async () => `${await serverCart(page)}` === `${chosen}`);
      await until('the favourite at the server again', async () => (await serverFavorites(page)).length === 1);
      await page.locator('.tile-add').nth(3).click();
      await serverCartToBe(page, 3);
      await page.reload();
      await cartToBe(page, 3);
      await page.locator('px-header .favorites').waitFor();
      assert.equal((await serverCart(page)).length, 3);
      assert.deepEqual(errorsIn(complaints), []);
      await context.close();
    });
  }

  it('what waited for signal is sent all the same, once', async () => {
    const { context, page, sent, complaints } = await openPage(product.browser, 'en');
    await visitEvent(page, product.url, { kept: true });
    await page.locator('.tile-add').first().click();
    await serverCartToBe(page, 1);
    await page.goto(`${product.url}/checkout`);
    await page.locator('input[type="email"]').fill('wiped@example.test');
    await context.setOffline(true);
    await page.locator('.checkout-end .btn-gold').click();
    await page.getByText('Your order waits for signal').waitFor();
    await wipe(page);
    await page.locator('.toast', { hasText: 'still here' }).waitFor();
    await page.getByText('Your order waits for signal').waitFor();
    sent.length = 0;
    await context.setOffline(false);
    await page.waitForURL(/\/orders\//, { timeout: 60_000 });
    await page.locator('.qr img').waitFor();
    assert.equal((await serverOrders(page)).length, 1);
    assert.equal(sent.filter(({ method, path }) => method === 'POST' && path === '/api/orders').length, 1);
    assert.deepEqual(errorsIn(complaints), []);
    await context.close();
  });

  it('an account has its cart, favourites and bought photos again after signing in', async () => {
    const { context, page, complaints } = await openPage(product.browser, 'en');
    await (await new Client(product.url).signIn('organizer')).call('POST', '/api/cart/clear');
    await signIn(page, product.url, 'organizer');
    await visitEvent(page, product.url);
    await page.locator('.tile-add[aria-pressed="false"]').last().click();
    await page.locator('.tile-heart[aria-pressed="false"]').last().click();
    await serverCartToBe(page, 1);
    await until('the favourite at the server', async () => (await serverFavorites(page)).length > 0);
    await wipe(page);
    await page.locator('.toast', { hasText: 'no longer signed in' }).waitFor();
    await picture(page, 'signed-out-by-browser');
    await page.locator('.toast button', { hasText: 'Sign in' }).click();
    await page.waitForURL(/sign-in/);
    await signIn(page, product.url, 'organizer');
    await visitEvent(page, product.url);
    await cartToBe(page, 1);
    await page.locator('px-header .favorites').waitFor();
    assert.equal((await serverCart(page)).length, 1);
    assert.deepEqual(errorsIn(complaints), []);
    await context.close();
  });

  it('only the cookie: the cart goes to whoever one is then', async () => {
    const { context, page, complaints } = await openPage(product.browser, 'en');
    await visitEvent(page, product.url);
    await page.locator('.tile-add').nth(0).click();
    await serverCartToBe(page, 1);
    await context.clearCookies();
    await page.locator('.tile-add').nth(1).click();
    await until('both lines', async () => (await serverCart(page)).length === 2);
    await cartToBe(page, 2);
    assert.deepEqual(errorsIn(complaints), []);
    await context.close();
  });

  it('the payment page survives a kill and a reload: the same QR, one payment', async () => {
    const { context, page } = await openPage(product.browser, 'en');
    await visitEvent(page, product.url, { kept: true });
    await page.locator('.tile-add').first().click();
    await serverCartToBe(page, 1);
    const address = await toPayment(page, product.url, 'killed@example.test');
    const shown = (from: Page) => from.locator('.qr img').getAttribute('src');
    const code = await shown(page);
    await page.reload();
    await page.locator('.qr img').waitFor();
    assert.equal(await shown(page), code);
    await page.goto('chrome://crash').catch(() => undefined);
    const again = await context.newPage();
    await again.goto(address);
    await again.locator('.qr img').waitFor();
    assert.equal(await shown(again), code);
    // By the link alone, in a browser that knows nothing of her.
    const elsewhere = await openPage(product.browser, 'th');
    await wipe(elsewhere.page).catch(() => undefined);
    await elsewhere.page.goto(address);
    await elsewhere.page.locator('.qr img').waitFor();
    assert.equal(await shown(elsewhere.page), code);
    assert.equal((await serverOrders(again)).length, 1);
    await elsewhere.context.close();
    await context.close();
  });
});
