import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { createServer, type ViteDevServer } from 'vite';
import { axe, measure } from '#test/pages.ts';
import { desk, openBrowser, openPage, phone, screenshot } from './browser.ts';

const repository = path.resolve(import.meta.dirname, '../..');

describe('the parts of the house', function () {
  this.timeout(90_000);
  let vite: ViteDevServer;
  let browser: Browser;
  let url: string;
  let cacheDir: string;
  before(async () => {
    cacheDir = await mkdtemp(path.join(os.tmpdir(), 'thepixstock-vite-'));
    vite = await createServer({
      configFile: path.join(repository, 'vite.config.ts'),
      cacheDir,
      logLevel: 'error',
      server: { port: 0, strictPort: false, hmr: false, watch: null },
      // Known beforehand, so that the page is not loaded anew when they are found.
      optimizeDeps: { include: ['lit', 'lit/decorators.js', 'tus-js-client', 'exifr'] },
    });
    await vite.listen();
    url = vite.resolvedUrls!.local[0]!;
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await vite?.close();
    await rm(cacheDir, { recursive: true, force: true });
  });

  for (const [language, colorScheme, surface, viewport] of [
    ['th', 'light', 'day', phone],
    ['en', 'dark', 'day', desk],
  ] as const) {
    it(`stand in every condition without a complaint (${language}, ${colorScheme} ${surface}, ${viewport.width} px)`, async () => {
      const { context, page, complaints } = await openPage(browser, language, {
        width: viewport.width,
        height: 9_000, // the wall only holds what is near the screen
      });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      // There is no server here: what a part asks for by itself is not answered.
      await page.route('**/api/**', (route) => route.abort());
      await page.goto(`${url}gallery.html?lang=${language}&surface=${surface}`);
      await page.locator('px-specimen-list table').first().waitFor();
      await page.locator('px-specimen-list .state').nth(2).waitFor();
      await page.locator('px-photo-grid .tile img.in').first().waitFor();
      const height = await page.evaluate(() => document.querySelector('.gallery')!.scrollHeight);
      await page.setViewportSize({ width: viewport.width, height });
      const found = [...(await measure(page)), ...(await axe(page))];
      await screenshot(page, `gallery-${language}-${surface}-${colorScheme}-${viewport.width}`);
      await page.setViewportSize(viewport);
      for (const [name, sight, close] of [
        ['dialog', 'px-ask dialog[open]', 'Escape'],
        ['viewer', 'dialog.lightbox[open]', 'Escape'],
        ['toast', '.toast.error', null],
      ] as const) {
        await page.locator(`[data-open="${name}"]`).click();
        await page.locator(sight).waitFor();
        found.push(...(await axe(page, sight.split(' ')[0])).map((line) => `${name}: ${line}`));
        await screenshot(page, `gallery-${name}-${language}-${surface}-${colorScheme}-${viewport.width}`);
        if (!close) continue;
        await page.keyboard.press(close);
        await page.locator(sight).waitFor({ state: 'detached' });
      }
      assert.deepEqual(found, []);
      assert.deepEqual(
        complaints.filter((each) => !/ERR_FAILED/.test(each)),
        [],
      );
      await context.close();
    });
  }
});
