import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { openPage, screenshot } from './browser.ts';
import { until } from './client.ts';
import { useProduct } from './shared-product.ts';
import { ask, picture } from './visitor.ts';

const slug = 'krungthep-night';
const EMAIL = 'no-signal@example.test';

describe('a buyer without signal', function () {
  this.timeout(240_000);
  const product = useProduct();

  async function visited(language: 'th' | 'en') {
    const opened = await openPage(product.browser, language);
    await opened.page.goto(`${product.url}/e/${slug}`);
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
    await page.goto(`${product.url}/checkout`);
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
    await page.goto(`${product.url}/checkout`);
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

  it('wishes to be hidden in a dead spot: consent and wish wait over a reload, and are said once', async () => {
    const { context, page, sent } = await openPage(product.browser, 'th');
    await page.addInitScript("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })");
    const selfie = Buffer.from(await (await fetch(`${product.url}/demo/selfie.jpg`)).arrayBuffer());
    await page.goto(`${product.url}/e/${slug}/hide`);
    await page.evaluate(async () => void (await navigator.serviceWorker.ready));
    await page.reload();
    await page.locator('.consent .btn-gold').click();
    await page.getByRole('switch').waitFor();
    await until('the face networks', () =>
      page.evaluate(async () => {
        const kept = (await (await caches.open('px-face')).keys()).map(({ url }) => url);
        return kept.some((url) => /recognition-\w+\.bin$/.test(url)) && !kept.some((url) => url.includes('?piece='));
      }),
    );
    await context.setOffline(true);
    await page.getByRole('switch').click();
    await page.locator('.consent .btn-gold').click();
    await page.locator('input[type="file"]').setInputFiles({ name: 'me.jpg', mimeType: 'image/jpeg', buffer: selfie });
    await page.getByText('คุณจะถูกซ่อนทันทีที่มีสัญญาณ').waitFor({ timeout: 60_000 });
    await picture(page, 'hide-waits');
    await page.reload();
    await page.getByText('คุณจะถูกซ่อนทันทีที่มีสัญญาณ').waitFor();
    sent.length = 0;
    await context.setOffline(false);
    await page.getByRole('button', { name: 'แสดงฉันอีกครั้ง' }).waitFor();
    const wishes = sent.filter(({ method, path }) => method === 'POST' && path === '/api/face/hide');
    assert.equal(new Set(wishes.map(({ body }) => body?.toString())).size, 1);
    const hides = await ask<{ items: { id: string }[] }>(page, '/api/face/hide');
    assert.equal(hides?.items.length, 1);
    // Nobody else's tests shall miss these photos.
    await page.evaluate((id) => fetch(`/api/face/hide/${id}`, { method: 'DELETE' }), hides!.items[0]!.id);
    await context.close();
  });
});
