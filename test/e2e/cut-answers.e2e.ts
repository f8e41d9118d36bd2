import assert from 'node:assert/strict';
import { openPage } from './browser.ts';
import { until } from './client.ts';
import { type CuttingProxy, createCuttingProxy } from './cutting-proxy.ts';
import { useProduct } from './shared-product.ts';
import {
  errorsIn,
  languages,
  noServiceWorker,
  picture,
  serverCartToBe,
  serverOrders,
  slug,
  toPayment,
  visitEvent,
} from './visitor.ts';

describe('an answer that breaks off in the middle', function () {
  this.timeout(120_000);
  const product = useProduct();
  let line: CuttingProxy;
  before(async () => {
    line = await createCuttingProxy(product.url);
  });
  after(() => line?.close());

  it('of an order that the server took: asked again, one order', async () => {
    const { context, page, sent, complaints } = await openPage(product.browser, 'en');
    await visitEvent(page, line.url);
    await page.locator('.tile-add').first().click();
    await serverCartToBe(page, 1);
    line.cut((method, path) => method === 'POST' && path === '/api/orders');
    await toPayment(page, line.url, 'cut@example.test');
    assert.equal(line.cuts, 1);
    assert.ok(sent.filter(({ method, path }) => method === 'POST' && path === '/api/orders').length > 1);
    assert.equal((await serverOrders(page)).length, 1);
    assert.deepEqual(errorsIn(complaints), []);
    await context.close();
  });

  it('of the payment’s QR, the cart’s changes and the prices: each comes by itself', async () => {
    const { context, page, complaints } = await openPage(product.browser, 'th');
    await visitEvent(page, line.url);
    line.cut((_method, path) => /\/sync\/cart_items\/(push|pull)$|\/packages$/.test(path), 4);
    await page.locator('.tile-add').first().click();
    await serverCartToBe(page, 1);
    line.cut((method, path) => method === 'POST' && path === '/api/payment/create', 2);
    await toPayment(page, line.url, 'cut-qr@example.test');
    assert.equal((await serverOrders(page)).length, 1);
    assert.deepEqual(errorsIn(complaints), []);
    await context.close();
  });

  it('of pictures: they come again, the blur stands meanwhile', async () => {
    const { context, page } = await openPage(product.browser, 'en');
    await page.goto(`${line.url}/`);
    await page.locator(`a[href*="${slug}"]`).first().waitFor();
    line.cut((_method, path) => /\/thumbnails\/(small|medium|large)$/.test(path), 4);
    await page.goto(`${line.url}/e/${slug}`);
    await until('every thumbnail', () =>
      page.evaluate(() => {
        const pictures = [...document.querySelectorAll<HTMLImageElement>('.tile img')];
        return pictures.length > 0 && pictures.every((picture) => picture.complete && picture.naturalWidth > 0);
      }),
    );
    assert.ok(line.cuts > 0);
    line.cut((_method, path) => /^\/api\/photos\/[0-9a-f-]{36}$/.test(path), 2);
    await page.locator('.tile a').first().click();
    await page.locator('.lightbox .picture img.over.in:not([alt=""])').waitFor();
    assert.ok(line.cuts > 0);
    await context.close();
  });

  it('of every picture: nothing torn is to be seen, and they come by themselves', async () => {
    const { context, page } = await openPage(product.browser, 'en');
    await page.addInitScript(noServiceWorker);
    await page.route('**/*', (route) =>
      route.request().resourceType() === 'image' ? route.abort('connectionreset') : route.fallback(),
    );
    await page.goto(`${product.url}/e/${slug}`);
    /** How many pictures failed, and how many of these show the browser's sign for it. */
    const failed = () =>
      page.evaluate(() => {
        const all = [...document.querySelectorAll<HTMLImageElement>('main img[src]')].filter(
          (image) => image.complete && image.naturalWidth === 0,
        );
        const torn = all.filter((image) => getComputedStyle(image).clipPath === 'none');
        return { all: all.length, torn: torn.map((image) => image.outerHTML.slice(0, 200)) };
      });
    await until('the pictures to fail', async () => (await failed()).all >= 4);
    await until('nothing torn', async () => (await failed()).torn.length === 0);
    await page.unroute('**/*');
    await until('every picture', async () => (await failed()).all === 0);
    await context.close();
  });

  for (const language of languages) {
    it(`of the code of a page: a second try, else words and a button (${language})`, async () => {
      // A worker would have the code already.
      const { context, page, complaints } = await openPage(product.browser, language);
      await page.addInitScript(noServiceWorker);
      await visitEvent(page, line.url);
      const fits = (_method: string, path: string) => /\/assets\/px-favorites-page-[\w-]+\.js$/.test(path);
      line.cut(fits);
      await page.locator('.tile-heart').first().click();
      await page.locator('px-header .favorites').click();
      await page.locator('px-favorites-page .tile').waitFor();
      assert.equal(line.cuts, 1);

      line.cut((_method, path) => /\/assets\/px-legal-page-[\w-]+\.js$/.test(path), 100);
      await page.locator('px-footer a[href="/terms"]').click();
      await page.getByRole('heading', { name: language === 'en' ? 'did not arrive whole' : 'โหลดมาไม่ครบ' }).waitFor();
      await picture(page, 'page-broken');
      line.cut(() => false);
      await page.locator('main .btn').click();
      await page.locator('px-legal-page h1').waitFor();
      assert.deepEqual(errorsIn(complaints), []);
      await context.close();
    });
  }

  it('of the face networks and of the results: what came is kept, she finds herself', async () => {
    const { context, page, sent, complaints } = await openPage(product.browser, 'en');
    await page.addInitScript("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })");
    line.cut((_method, path) => path.startsWith('/models/') || /\/results$/.test(path), 3);
    await page.goto(`${line.url}/e/${slug}/find`);
    await page.getByRole('switch').click();
    await page.locator('.consent .btn-gold').click();
    await page.locator('.selfie-actions').waitFor();
    const networkCuts = await until('the networks to be cut', async () => line.cuts);
    assert.ok(networkCuts > 0);
    await page.getByRole('button', { name: 'sample' }).click();
    await page.locator('.results-all').waitFor({ timeout: 60_000 });
    line.cut((_method, path) => /\/(results|status)$/.test(path), 2);
    await page.reload();
    await page.locator('.results-all').waitFor();
    await until('both cuts', async () => line.cuts === 2);
    await page.locator('.tile img.in').first().waitFor();
    assert.equal(sent.filter(({ method, path }) => method === 'POST' && path === '/api/face/search').length, 1);
    assert.deepEqual(errorsIn(complaints), []);
    await context.close();
  });
});
