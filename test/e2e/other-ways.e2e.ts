import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, FileChooser, Page } from 'playwright-core';
import puppeteer, { type Browser as Firefox, type Page as FirefoxPage } from 'puppeteer-core';
import { enlargeText, measure } from '#test/pages.ts';
import { openBrowser, openPage, phone, readDemoSelfie } from './browser.ts';
import { until } from './client.ts';
import { useProduct } from './shared-product.ts';
import { payAtGateway, slug } from './visitor.ts';

describe('the main job by other ways', function () {
  this.timeout(180_000);
  const product = useProduct();
  const folder = mkdtempSync(path.join(tmpdir(), 'thepixstock-selfie-'));
  const selfie = path.join(folder, 'selfie.jpg');
  let browser: Browser | undefined;
  let firefox: Firefox | undefined;
  before(async () => writeFile(selfie, await readDemoSelfie(product.url)));
  afterEach(async () => {
    await Promise.all([browser?.close(), firefox?.close()]);
    browser = firefox = undefined;
  });
  after(() => rm(folder, { recursive: true }));

  const withoutCamera = "Object.defineProperty(navigator, 'mediaDevices', { value: undefined })";

  /** Tab until the focus is there: it must be seen, and nothing may lie over it. */
  async function tabTo(page: Page, selector: string): Promise<void> {
    await page.locator(selector).first().waitFor();
    for (let presses = 0; presses < 60; presses++) {
      const isThere = await page.evaluate((wanted) => document.activeElement?.matches(wanted) === true, selector);
      if (isThere) break;
      await page.keyboard.press('Tab');
    }
    const focus = await page.evaluate((wanted) => {
      const element = document.activeElement;
      if (!element?.matches(wanted)) return `the focus is on ${element?.outerHTML.slice(0, 120)}`;
      // A hidden file input lies in the button that shows the ring for it.
      const shown = element.matches('[type="file"]') ? element.closest('label')! : element;
      const { outlineStyle, boxShadow } = getComputedStyle(shown);
      if (outlineStyle === 'none' && boxShadow === 'none') return 'the focus is not to be seen';
      const { left, top, width, height } = shown.getBoundingClientRect();
      const over = document.elementFromPoint(left + width / 2, top + height / 2);
      return over && (shown.contains(over) || over.contains(shown))
        ? ''
        : `covered by ${over?.outerHTML.slice(0, 120)}`;
    }, selector);
    assert.equal(focus, '', selector);
  }
  const enter = async (page: Page, selector: string, key = 'Enter'): Promise<void> => {
    await tabTo(page, selector);
    await page.keyboard.press(key);
  };

  /** The page may still be finding out that there is no camera, and draw the button anew: a person then presses again. */
  async function chooseByKey(page: Page): Promise<FileChooser> {
    for (let tries = 1; ; tries++) {
      await tabTo(page, 'input[type="file"]');
      try {
        const opened = page.waitForEvent('filechooser', { timeout: 8_000 });
        const [chooser] = await Promise.all([opened, page.keyboard.press('Space')]);
        return chooser;
      } catch (error) {
        if (tries === 3) throw error;
      }
    }
  }

  it('with the keyboard alone', async () => {
    browser = await openBrowser();
    const { page, complaints } = await openPage(browser, 'en');
    await page.addInitScript(withoutCamera);
    await page.goto(`${product.url}/e/${slug}`);
    await page.locator('.tile img').first().waitFor();
    await page.keyboard.press('Tab');
    assert.equal(
      await page.evaluate(() => document.activeElement?.className),
      'skip',
      'the way past the header comes first',
    );
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'content');
    await enter(page, '.find-button');
    await enter(page, '.consent [role="switch"]', 'Space');
    await enter(page, '.consent .btn-gold');
    const chooser = await chooseByKey(page);
    await chooser.setFiles(selfie);
    await page.locator('.results-all').waitFor({ timeout: 90_000 });
    // A photo from near, and back to where one was.
    await enter(page, '.tile a');
    await page.locator('dialog.lightbox[open]').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('dialog.lightbox').waitFor({ state: 'detached' });
    await enter(page, '.results-all .btn-gold');
    await enter(page, '.bottom-bar .btn-gold');
    await enter(page, '.bottom-bar a[href="/checkout"]');
    await tabTo(page, 'input[type="email"]');
    await page.keyboard.type('keys@example.test');
    await enter(page, '.checkout-end .btn-gold');
    await page.locator('.qr img').waitFor();
    await payAtGateway(page, product.url);
    await page.locator('.delivery-photos li img').first().waitFor();
    await tabTo(page, '.delivery-photos a[download]');
    const [original] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
    assert.match(original.suggestedFilename(), /\.jpe?g$/i);
    assert.deepEqual(complaints, []);
  });

  it('with text twice as large: nothing is cut off or sticks out', async () => {
    browser = await openBrowser();
    const found: string[] = [];
    for (const language of ['th', 'en'] as const) {
      const { context, page } = await openPage(browser, language, phone);
      await page.addInitScript(withoutCamera);
      await enlargeText(page, 200);
      const look = async (where: string): Promise<void> => {
        const findings = (await measure(page)).filter((each) => /^(sideways|cut off|sticks out)/.test(each));
        found.push(...findings.map((each) => `${where} ${language}: ${each}`));
      };
      for (const address of ['/', `/e/${slug}`, `/e/${slug}/find`, '/sign-in', '/register', '/account']) {
        await page.goto(product.url + address);
        await page.locator('h1').first().waitFor();
        await look(address);
      }
      await page.goto(`${product.url}/e/${slug}`);
      await page.locator('.tile-add').first().click();
      await look('the bar');
      await page.locator('.bottom-bar .btn-gold').click();
      await page.locator('.cart-photos li').first().waitFor();
      await look('/cart');
      await page.goto(`${product.url}/checkout`);
      await page.locator('input[type="email"]').waitFor();
      await look('/checkout');
      await context.close();
    }
    assert.deepEqual(found, []);
  });

  it('in Firefox, in Thai', async () => {
    firefox = await puppeteer.launch({
      browser: 'firefox',
      executablePath: process.env.FIREFOX_PATH ?? '/usr/bin/firefox-esr',
      headless: true,
      defaultViewport: phone,
      extraPrefsFirefox: { 'intl.accept_languages': 'th-TH,th,en', 'media.navigator.enabled': false },
    });
    const page = await firefox.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    const press = async (selector: string): Promise<void> => {
      const found = await page.waitForSelector(selector, { visible: true, timeout: 30_000 });
      await found!.evaluate((element) => element.scrollIntoView({ block: 'center' }));
      await found!.click();
    };
    await page.goto(`${product.url}/e/${slug}`);
    await page.waitForSelector('.tile img');
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'th');
    await press('.find-button');
    await press('.consent [role="switch"]');
    await press('.consent .btn-gold');
    await page.waitForSelector('.selfie-actions');
    await chooseFile(page, selfie);
    await page.waitForSelector('.results-all', { timeout: 90_000 });
    await press('.results-all .btn-gold');
    await press('.bottom-bar .btn-gold');
    await page.waitForSelector('.cart-photos li');
    await press('.bottom-bar a[href="/checkout"]');
    await page.waitForSelector('input[type="email"]');
    await page.type('input[type="email"]', 'firefox@example.test');
    await press('.checkout-end .btn-gold');
    await page.waitForSelector('.qr img', { timeout: 30_000 });
    await payAtGateway(page, product.url);
    await page.waitForSelector('.delivery-photos li a[download]', { timeout: 30_000 });
    const bytes = await until('the original', () =>
      page.$eval('.delivery-photos li a[download]', async (link) => {
        const response = await fetch((link as HTMLAnchorElement).href);
        return response.ok ? (await response.arrayBuffer()).byteLength : 0;
      }),
    );
    assert.ok(bytes > 50_000, `${bytes} bytes`);
    assert.deepEqual(complaints, []);
  });
});

async function chooseFile(page: FirefoxPage, file: string): Promise<void> {
  const input = await page.waitForSelector('input[type="file"]');
  await (input as unknown as { uploadFile(file: string): Promise<void> }).uploadFile(file);
}
