import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, openPage, screenshot } from './browser.ts';
import { until } from './client.ts';
import { createStack, type Stack } from './stack.ts';

const slug = 'krungthep-night';
const EMAIL = 'no-signal@example.test';

describe('a buyer without signal', function () {
  this.timeout(240_000);
  let stack: Pick<Stack, 'url' | 'start' | 'remove'>;
  let browser: Browser;
  before(async () => {
    // A product that runs already may be named; else one is started.
    const url = process.env.E2E_URL;
    stack = url
      ? { url, start: async () => 0, remove: async () => undefined }
      : await createStack({ RATE_LIMIT_SCALE: '20' });
    await stack.start();
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await stack.remove();
  });

  async function visited(language: 'th' | 'en') {
    const opened = await openPage(browser, language);
    await opened.page.goto(`${stack.url}/e/${slug}`);
    await opened.page.locator('.tile img').first().waitFor();
    await opened.page.evaluate(async () => void (await navigator.serviceWorker.ready));
    await opened.page.reload();
    await opened.page.locator('.tile-add').first().click();
    await until('the cart on the server', () =>
      opened.page.evaluate(async () => {
        if (!localStorage.getItem('px.session')) return false;
        return (await (await fetch('/api/cart')).json()).items?.length === 1;
      }),
    );
    return opened;
  }
  const orders = (page: Page): Promise<unknown[]> =>
    page.evaluate(async () => (await (await fetch('/api/orders')).json()).items);

  it('orders in a dead spot: it waits over a reload, is placed once, and leads to the payment', async () => {
    const { context, page } = await visited('en');
    await page.goto(`${stack.url}/checkout`);
    await page.locator('input[type="email"]').fill(EMAIL);
    await context.setOffline(true);
    await page.locator('.checkout-end .btn-gold').click();
    await page.getByText('Your order waits for signal').waitFor();
    await screenshot(page, 'order-waits-en-390');
    await page.reload();
    await page.getByText('Your order waits for signal').waitFor();
    await page.locator('button.waiting').click();
    await page.locator('.waiting-row', { hasText: 'Your order' }).waitFor();
    await screenshot(page, 'waiting-list-en-390');
    await page.keyboard.press('Escape');

    // The first answer breaks off in the middle: the order stands, the phone does not know it, and asks again.
    let cut = 0;
    await page.route('**/api/orders', async (route) => {
      if (route.request().method() !== 'POST' || cut++ > 0) return route.fallback();
      await route.fetch();
      return route.abort('connectionreset');
    });
    await context.setOffline(false);
    await page.waitForURL(/\/orders\//, { timeout: 90_000 });
    await page.locator('.qr img').waitFor();
    assert.ok(cut >= 2, 'it was asked again');
    assert.equal((await orders(page)).length, 1);
    await context.close();
  });

  it('takes an order back before there was signal; the photos are in the cart again', async () => {
    const { context, page } = await visited('th');
    await page.goto(`${stack.url}/checkout`);
    await page.locator('input[type="email"]').fill(EMAIL);
    await context.setOffline(true);
    await page.locator('.checkout-end .btn-gold').click();
    await page.getByText('คำสั่งซื้อของคุณรอสัญญาณอยู่').waitFor();
    await screenshot(page, 'order-waits-th-390');
    await page.getByRole('button', { name: 'ยกเลิกคำสั่งซื้อนี้' }).click();
    await page.locator('input[type="email"]').waitFor();
    await context.setOffline(false);
    await until('signal', () => page.evaluate(async () => (await fetch('/api/health')).ok));
    assert.equal((await orders(page)).length, 0);
    await context.close();
  });
});
