import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { openPage } from './browser.ts';
import { until } from './client.ts';
import { useProduct } from './shared-product.ts';
import {
  cartToBe,
  errorsIn,
  languages,
  picture,
  serverCart,
  serverCartToBe,
  serverFavorites,
  serverOrders,
  toPayment,
  visitEvent,
} from './visitor.ts';

/** How browsers refuse: an error event, an exception, an answer that never comes. */
const refusals = {
  'by an error': `IDBFactory.prototype.open = function () {
    const request = { error: new DOMException('A mutation operation was attempted on a database that did not allow mutations.', 'InvalidStateError') };
    setTimeout(() => { request.onerror?.({ target: request, preventDefault() {} }); for (const each of listeners) each({ target: request, preventDefault() {}, stopPropagation() {} }); });
    const listeners = [];
    request.addEventListener = (type, listener) => { if (type === 'error') listeners.push(listener); };
    return request;
  };`,
  'by an exception': `IDBFactory.prototype.open = () => { throw new DOMException('denied', 'SecurityError'); };`,
  'by silence': `IDBFactory.prototype.open = () => ({ addEventListener() {} });`,
};
/** Like a window of which the browser keeps nothing at all. */
const nothingKept = `
  Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError'); } });
  Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('denied', 'SecurityError'); } });
  Object.defineProperty(window, 'caches', { value: undefined });
`;
/** Works until the test says so, then every transaction fails as WebKit's do in the background. */
const failsLater = `{
  const transaction = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (...wanted) {
    if (window.databaseFails === 'closing')
      throw new DOMException("Failed to execute 'transaction' on 'IDBDatabase': The database connection is closing.", 'InvalidStateError');
    const made = transaction.apply(this, wanted);
    if (window.databaseFails === 'unknown') setTimeout(() => { try { made.abort(); } catch {} });
    return made;
  };
}`;

describe('a browser that refuses to keep things', function () {
  this.timeout(120_000);
  const product = useProduct();

  for (const [how, script] of Object.entries(refusals)) {
    it(`IndexedDB refused ${how}: choosing, favourites and paying work, the cart of another device is there`, async () => {
      const { context, page, complaints } = await openPage(product.browser, 'en');
      await page.addInitScript(script);
      await visitEvent(page, product.url);
      await page.locator('.tile-add').nth(0).click();
      await page.locator('.tile-heart').nth(1).click();
      await cartToBe(page, 1);
      await serverCartToBe(page, 1);
      await until('the favourite at the server', async () => (await serverFavorites(page)).length === 1);
      // Another device of this person adds one and this one takes one out: neither undoes the other.
      const other = await page.evaluate(async () => {
        const { items } = await (await fetch('/api/events/krungthep-night/photos')).json();
        const { items: mine } = await (await fetch('/api/cart')).json();
        const free = items.find(({ id }: { id: string }) => id !== mine[0].photoId);
        await fetch('/api/cart/items', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ photoId: free.id }),
        });
        return free.id as string;
      });
      await page.locator('.tile-add').nth(0).click();
      await until('the other line alone', async () => `${await serverCart(page)}` === other);
      await cartToBe(page, 1);
      await toPayment(page, product.url, 'refused@example.test');
      assert.equal((await serverOrders(page)).length, 1);
      assert.deepEqual(await serverCart(page), []);
      assert.deepEqual(errorsIn(complaints), []);
      await context.close();
    });
  }

  for (const language of languages) {
    it(`nothing is kept at all: what waits is kept by the page, which says so, and is sent (${language})`, async () => {
      const { context, page, complaints } = await openPage(product.browser, language);
      await page.addInitScript(refusals['by an exception'] + nothingKept);
      await visitEvent(page, product.url);
      await page.locator('.tile-add').nth(0).click();
      await serverCartToBe(page, 1);
      await page.locator('.bottom-bar .btn-gold').click();
      await page.locator('a.btn-gold[href="/checkout"]').filter({ visible: true }).first().click();
      await page.locator('input[type="email"]').fill('memory@example.test');
      await context.setOffline(true);
      await page.locator('.checkout-end .btn-gold').click();
      await page.locator('button.waiting').click();
      await page
        .locator('px-dialog .note-warning', { hasText: language === 'en' ? 'Leave this page open' : 'เปิดหน้านี้ค้างไว้' })
        .waitFor();
      await picture(page, 'kept-in-memory');
      await page.keyboard.press('Escape');
      await context.setOffline(false);
      await page.waitForURL(/\/orders\//, { timeout: 60_000 });
      await page.locator('.qr img').waitFor();
      assert.equal((await serverOrders(page)).length, 1);
      // The link in the address is all there is: it opens the payment again.
      await page.reload();
      await page.locator('.qr img').waitFor();
      assert.deepEqual(errorsIn(complaints), []);
      await context.close();
    });
  }

  for (const how of ['closing', 'unknown'] as const) {
    it(`the database fails while the page is open (${how}): nothing tapped is lost, and it comes round`, async () => {
      const { context, page, complaints } = await openPage(product.browser, 'en');
      await page.addInitScript(failsLater);
      await visitEvent(page, product.url);
      await page.locator('.tile-add').nth(0).click();
      await serverCartToBe(page, 1);
      await setFailure(page, how);
      await page.locator('.tile-add').nth(1).click();
      await page.locator('.tile-heart').nth(2).click();
      await cartToBe(page, 2);
      await serverCartToBe(page, 2);
      await until('the favourite at the server', async () => (await serverFavorites(page)).length === 1);
      await page.goto(`${product.url}/cart`).catch(() => undefined);
      await page.locator('.cart-photos li').nth(1).waitFor();
      await setFailure(page, how);
      await toPaymentFromHere(page);
      assert.equal((await serverOrders(page)).length, 1);
      await setFailure(page, '');
      await page.reload();
      await page.locator('.qr img').waitFor();
      // RxDB's queues reject with nothing at all when the storage below them fails: no word by which to tell it from others.
      assert.deepEqual(
        errorsIn(complaints).filter((complaint) => complaint.trim() !== 'error:'),
        [],
      );
      await context.close();
    });
  }
  const setFailure = (page: Page, how: string) => page.evaluate(`window.databaseFails = ${JSON.stringify(how)}`);
  async function toPaymentFromHere(page: Page): Promise<void> {
    await page.locator('a.btn-gold[href="/checkout"]').filter({ visible: true }).first().click();
    await page.locator('input[type="email"]').fill('fails@example.test');
    await page.locator('.checkout-end .btn-gold').click();
    await page.locator('.qr img').waitFor();
  }
});
