import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { openPage, type SentRequest } from './browser.ts';
import { until } from './client.ts';
import { useProduct } from './shared-product.ts';
import {
  cartToBe,
  errorsIn,
  serverCart,
  serverCartToBe,
  serverOrders,
  shownInCart,
  signIn,
  visitEvent,
} from './visitor.ts';

describe('two tabs of one person', function () {
  this.timeout(120_000);
  const product = useProduct();

  async function twoTabs(kept = true) {
    const opened = await openPage(product.browser, 'en');
    await visitEvent(opened.page, product.url, { kept });
    const second = await opened.context.newPage();
    second.on('pageerror', (error) => opened.complaints.push(`second tab: ${error.message}`));
    await visitEvent(second, product.url);
    return { ...opened, second };
  }
  const posts = (sent: readonly SentRequest[], path: string): SentRequest[] =>
    sent.filter((request) => request.method === 'POST' && request.path === path);
  const add = (page: Page, index: number) => page.locator('.tile-add').nth(index).click();

  it('see each other’s cart and favourites without a reload, with signal and without', async () => {
    const { context, page, second, complaints } = await twoTabs();
    await add(page, 0);
    await cartToBe(second, 1);
    await add(second, 1);
    await cartToBe(page, 2);
    await page.locator('.tile-heart').nth(2).click();
    await second.locator('px-header .favorites').waitFor();
    await serverCartToBe(page, 2);

    await context.setOffline(true);
    // Both at the same moment: neither overwrites the other.
    await Promise.all([add(page, 2), add(second, 3)]);
    await cartToBe(page, 4);
    await cartToBe(second, 4);
    await add(second, 0);
    await cartToBe(page, 3);
    // What one tab did stays when it is closed before there is signal.
    await second.close();
    await page.reload();
    await cartToBe(page, 3);
    await context.setOffline(false);
    await serverCartToBe(page, 3);
    assert.equal(await shownInCart(page), 3);
    assert.deepEqual(errorsIn(complaints), []);
    await context.close();
  });

  it('send what waited once, though both notice the signal at the same moment', async () => {
    const { context, page, second, sent, complaints } = await twoTabs();
    await add(page, 0);
    await serverCartToBe(page, 1);
    await page.goto(`${product.url}/checkout`);
    await page.locator('input[type="email"]').fill('two-tabs@example.test');
    await context.setOffline(true);
    await page.locator('.checkout-end .btn-gold').click();
    await page.getByText('Your order waits for signal').waitFor();
    await second.locator('button.waiting', { hasText: 'No signal' }).waitFor();
    await second.locator('button.waiting').click();
    await second.locator('.waiting-row', { hasText: 'Your order' }).waitFor();
    await second.keyboard.press('Escape');
    sent.length = 0;
    await context.setOffline(false);
    await page.waitForURL(/\/orders\//, { timeout: 60_000 });
    await page.locator('.qr img').waitFor();
    await until(
      'the other tab to have nothing waiting',
      async () => (await second.locator('button.waiting').count()) === 0,
    );
    const keys = new Set(posts(sent, '/api/orders').map(({ body }) => body?.toString()));
    assert.equal(keys.size, 1);
    assert.equal(posts(sent, '/api/orders').length, 1, 'one request, not one from each tab');
    assert.equal((await serverOrders(page)).length, 1);
    await cartToBe(second, 0);
    assert.deepEqual(await serverCart(page), []);
    assert.deepEqual(errorsIn(complaints), []);
    await context.close();
  });

  it('sign out together: nothing of the person stays on the device', async () => {
    const opened = await openPage(product.browser, 'en');
    const { context, page, complaints } = opened;
    await signIn(page, product.url, 'buyer');
    await visitEvent(page, product.url, { kept: true });
    const before = await serverCart(page);
    if (!(await page.locator('.tile-add').first().getAttribute('aria-pressed'))?.includes('true')) await add(page, 0);
    await until('a line at the server', async () => (await serverCart(page)).length > 0);
    const second = await context.newPage();
    second.on('pageerror', (error) => complaints.push(`second tab: ${error.message}`));
    await second.goto(`${product.url}/cart`);
    await second.locator('.cart-photos li').first().waitFor();
    const lines = (await serverCart(page)).length;
    await page.goto(`${product.url}/account`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await second.waitForURL(`${product.url}/`);
    await page.waitForURL(`${product.url}/`);
    for (const tab of [page, second]) {
      await tab.locator('a[href="/sign-in"]').first().waitFor();
      await cartToBe(tab, 0);
    }
    const left = await until('a device that knows nobody', async () => {
      const found = (await second.evaluate(readDevice)) as Device;
      return found.keys.length + found.pictures + found.rows === 0 ? found : undefined;
    }).catch(async () => (await second.evaluate(readDevice)) as Device);
    assert.deepEqual(left, { keys: [], pictures: 0, rows: 0 });
    await second.goto(`${product.url}/cart`);
    await second.getByText('Nothing chosen yet').waitFor();
    assert.deepEqual(errorsIn(complaints), []);
    await context.close();

    // The account keeps what it had.
    const again = await openPage(product.browser, 'en');
    await signIn(again.page, product.url, 'buyer');
    assert.equal((await serverCart(again.page)).length, lines);
    if (before.length === 0) await again.page.evaluate(() => fetch('/api/cart/clear', { method: 'POST' }));
    await again.context.close();
  });
});

interface Device {
  keys: string[];
  pictures: number;
  rows: number;
}
/** What a person has left on this device: keys of ours, pictures, rows in databases. */
const readDevice = `(async () => {
  const keys = Object.keys(localStorage).filter(
    (key) => key === 'px.session' || (key.startsWith('px.') && /"photoId"|@/.test(localStorage.getItem(key) ?? '')),
  );
  let pictures = 0;
  for (const name of await caches.keys())
    if (/^px-(pictures|originals)$/.test(name)) pictures += (await (await caches.open(name)).keys()).length;
  const answer = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  let rows = 0;
  for (const { name } of await indexedDB.databases()) {
    if (!name || !/^(px|px-outbox|px-uploads)$|cart_items|favorites/.test(name)) continue;
    const db = await answer(indexedDB.open(name));
    for (const store of db.objectStoreNames) {
      const at = db.transaction(store).objectStore(store);
      const [ids, values] = await Promise.all([answer(at.getAllKeys()), answer(at.getAll())]);
      rows +=
        name === 'px'
          ? ids.filter((key) => /^(search|order|together)/.test(String(key))).length
          : values.filter((value) => /"(photoId|eventId|path)"/.test(JSON.stringify(value))).length;
    }
    db.close();
  }
  return { keys, pictures, rows };
})()`;
