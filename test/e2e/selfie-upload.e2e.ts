import assert from 'node:assert/strict';
import { openPage, phone, readDemoSelfie, screenshot } from './browser.ts';
import { useProduct } from './shared-product.ts';
import { picturesIn, readDevice, slug } from './visitor.ts';

describe('the selfie of a phone that cannot compute', function () {
  this.timeout(120_000);
  const product = useProduct();

  it('sends the picture itself only where that was agreed to, and the server deletes it', async () => {
    const { context, page, sent } = await openPage(product.browser, 'en', phone);
    // A browser in which neither WebAssembly nor WebGL starts.
    await page.addInitScript('delete window.WebAssembly');
    await page.route('**/assets/worker-face*', async (route) => {
      const response = await route.fetch();
      await route.fulfill({
        response,
        body: `delete globalThis.WebAssembly; delete globalThis.OffscreenCanvas;\n${await response.text()}`,
      });
    });
    await page.addInitScript("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })");
    await page.goto(`${product.url}/e/${slug}/find`);
    await page.getByRole('switch').click();
    await page.locator('.consent .btn-gold').click();
    // The networks start while the consent is being read: that they cannot may be known before or after it was given.
    await page.locator('.upload-offer.is-main button').click();
    await page.locator('.leaves').waitFor();
    await screenshot(page, 'upload-consent-en-390');
    await page.getByRole('switch').click();
    await page.locator('.consent .btn-gold').click();
    const buffer = await readDemoSelfie(product.url);
    await page.locator('input[type="file"]').setInputFiles({ name: 'me.jpg', mimeType: 'image/jpeg', buffer });
    await page.locator('.camera-still img').waitFor();
    await screenshot(page, 'upload-selfie-en-390');
    assert.deepEqual(picturesIn(sent), [], 'nothing leaves before the button');

    // Without signal it says so, offers nothing to press, and keeps nothing.
    await context.setOffline(true);
    await page.getByText('This needs signal').waitFor();
    assert.ok(await page.locator('.selfie-actions .btn-gold').first().isDisabled());
    assert.doesNotMatch(String(await page.evaluate(readDevice)), /face\/search|JFIF|image/);
    await context.setOffline(false);
    await page.locator('.selfie-actions .btn-gold:not([disabled])').first().click();
    await page.locator('.results-all').waitFor({ timeout: 60_000 });
    await page.getByText('was deleted from our server').waitFor();
    const pictures = picturesIn(sent).filter(({ body }) => body);
    assert.deepEqual([...new Set(pictures.map((each) => each.path))], ['/api/face/search']);
    const body = pictures[0]!.body!.toString('latin1');
    assert.doesNotMatch(body, /Exif\0/, 'place and camera stay on the phone');
    const consents = (await page.evaluate(async () => (await fetch('/api/consents')).json())) as {
      items: { purpose: string }[];
    };
    assert.ok(consents.items.some(({ purpose }) => purpose === 'selfie_upload'));
    await context.close();
  });
});
