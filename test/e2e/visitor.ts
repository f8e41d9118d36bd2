import type { CDPSession, Page } from 'playwright-core';
import { type SentRequest, screenshot } from './browser.ts';
import { Client, until } from './client.ts';

export const slug = 'krungthep-night';

/** For tests of sentences: in Thai, in both languages with E2E_LANGUAGES=th,en. */
export const languages = (process.env.E2E_LANGUAGES ?? 'th').split(',') as ('th' | 'en')[];

/** The event's page with its photos. `kept`: seen through the service worker, so that it opens without signal. */
export async function visitEvent(page: Page, url: string, { kept = false } = {}): Promise<void> {
  await page.goto(`${url}/e/${slug}`);
  await page.locator('.tile img').first().waitFor();
  if (!kept) return;
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await page.reload();
  await page.locator('.tile img.in').first().waitFor();
  await until('the worker to serve the page', () => page.evaluate(() => navigator.serviceWorker.controller !== null));
}

/** A browser without service workers: for `addInitScript`. */
export const noServiceWorker = 'delete Navigator.prototype.serviceWorker';

/** A page of Playwright or of Puppeteer. */
type AnyPage = Pick<Page, 'url'> & { evaluate(ask: (address: string) => unknown, address: string): Promise<unknown> };

/** A GET of the API as this page's person; null while there is no session (asking would make another guest). */
export const ask = <T>(page: AnyPage, path: string): Promise<T | null> =>
  page.evaluate(async (address) => {
    const { user } = await (await fetch('/api/auth/session')).json();
    return user ? (await fetch(address)).json() : null;
  }, path) as Promise<T | null>;

/** Photos in this person's cart at the server. */
export const serverCart = async (page: Page): Promise<string[]> =>
  ((await ask<{ items: { photoId: string }[] }>(page, '/api/cart'))?.items ?? []).map(({ photoId }) => photoId).sort();
export const serverOrders = async (page: Page): Promise<{ id: string; status: string }[]> =>
  (await ask<{ items: { id: string; status: string }[] }>(page, '/api/orders'))?.items ?? [];
export const serverFavorites = async (page: Page): Promise<string[]> =>
  ((await ask<{ items: { id?: string; photoId?: string }[] }>(page, '/api/favorites'))?.items ?? []).map(
    (item) => item.photoId ?? item.id ?? '',
  );

/** What the header's cart says. */
export const shownInCart = (page: Page): Promise<number> =>
  page.evaluate(() => Number(document.querySelector('px-header .cart .count')?.textContent ?? 0));

export const cartToBe = (page: Page, count: number): Promise<unknown> =>
  until(`${count} in the cart that is shown`, async () => (await shownInCart(page)) === count);
export const serverCartToBe = (page: Page, count: number): Promise<unknown> =>
  until(`${count} in the cart at the server`, async () => (await serverCart(page)).length === count);

export async function signIn(page: Page, url: string, who: string): Promise<void> {
  await page.goto(`${url}/sign-in`);
  await page.locator('input[type="email"]').fill(`${who}@demo.thepixstock.test`);
  await page.locator('input[type="password"]').fill('Demo-Pass-2026');
  await page.locator('form button.btn-solid').click();
  await page.waitForURL((address) => address.pathname !== '/sign-in');
}

/** From the cart to the QR code; answers the order's page. */
export async function toPayment(page: Page, url: string, email: string): Promise<string> {
  await page.goto(`${url}/checkout`);
  await page.locator('input[type="email"]').fill(email);
  await page.locator('.checkout-end .btn-gold').click();
  await page.locator('.qr img').waitFor();
  return page.url();
}

/** Pays the order in the gateway's simulator. */
export async function payAtGateway(page: AnyPage, url: string): Promise<void> {
  const [, orderId] = /\/orders\/([0-9a-f-]{36})/.exec(page.url())!;
  const order = await ask<{ payment: { transId: string } }>(page, `/api/orders/${orderId}`);
  await new Client(url).call('POST', `/dev/paynoi/${order!.payment.transId}/pay`);
}

export const inspect = (page: Page): Promise<CDPSession> => page.context().newCDPSession(page);

/** A sight to be looked at, under its language. */
export async function picture(page: Page, name: string): Promise<void> {
  const language = await page.locator('html').getAttribute('lang');
  await screenshot(page, `${name}-${language}-390`);
}

/** What a page threw, an unhandled rejection included; a request that was meant to fail is none of it. */
export const errorsIn = (complaints: readonly string[]): string[] =>
  complaints.filter((complaint) => !complaint.startsWith('console:'));

/** Everything that this device keeps: IndexedDB, localStorage, sessionStorage, and the names in its caches. */
export const readDevice = `(async () => {
  const found = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })];
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((resolve) => { indexedDB.open(name).onsuccess = (e) => resolve(e.target.result); });
    for (const store of db.objectStoreNames) {
      const objects = db.transaction(store).objectStore(store);
      const read = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
      const keys = await read(objects.getAllKeys());
      const values = await read(objects.getAll());
      found.push(...keys.map((key, i) => JSON.stringify(String(key)).slice(0, -1) + ' ' + JSON.stringify(values[i])));
    }
    db.close();
  }
  return found.join('\\n');
})()`;

/** Pictures, or what could be some, among what was sent. */
export const picturesIn = (sent: readonly SentRequest[]) =>
  sent.filter(
    ({ method, contentType, body }) =>
      method !== 'GET' &&
      (!/json/.test(contentType) || (body?.length ?? 0) > 8_000) &&
      body !== null &&
      body.length > 0,
  );
