import assert from 'node:assert/strict';
import { openPage } from './browser.ts';
import { useProduct } from './shared-product.ts';
import { errorsIn, slug, visitEvent } from './visitor.ts';

/** Looks at each frame from the very first: languages of the document, and words on buttons and in the footer. */
const watchFrames = `{
  const seen = { languages: new Set(), words: new Set(), frames: 0 };
  window.seenFrames = seen;
  const look = () => {
    seen.frames += 1;
    if (document.body && document.documentElement.lang) {
      for (const element of document.querySelectorAll('a.btn, button, px-footer, .footer, .wall-head')) {
        if (element.closest('.lang') || !element.textContent.trim()) continue;
        seen.languages.add(document.documentElement.lang);
        seen.words.add(element.textContent.trim());
      }
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}`;

describe('the language that was chosen', function () {
  this.timeout(90_000);
  const product = useProduct();

  for (const [browser, chosen] of [
    ['th', 'en'],
    ['en', 'th'],
  ] as const) {
    it(`${chosen} in a browser that asks for ${browser}: no word of the other one, at no moment, with signal and without`, async () => {
      const { context, page, complaints } = await openPage(product.browser, browser);
      await visitEvent(page, product.url, { kept: true });
      await page.locator('px-header .lang').click();
      await page.waitForFunction((wanted) => document.documentElement.lang === wanted, chosen);
      await page.addInitScript(watchFrames);
      for (const offline of [false, true]) {
        await context.setOffline(offline);
        for (const address of [`/e/${slug}`, '/', '/cart']) {
          await page.goto(`${product.url}${address}`);
          await page.locator('px-footer nav a').first().waitFor();
          await page.locator('px-header .lang').waitFor();
          const seen = await page.evaluate(
            `({ languages: [...seenFrames.languages], words: [...seenFrames.words], frames: seenFrames.frames })`,
          );
          const { languages, words, frames } = seen as { languages: string[]; words: string[]; frames: number };
          const what = `${address} ${offline ? 'without' : 'with'} signal, ${frames} frames: ${words.join(' | ')}`;
          assert.ok(words.length > 0, what);
          assert.deepEqual(languages, [chosen], what);
          const isThai = (text: string): boolean => /[\u0E00-\u0E7F]/.test(text);
          const foreign = words.filter((text) =>
            chosen === 'en' ? isThai(text) : !isThai(text) && /[a-z]{4}/i.test(text),
          );
          assert.deepEqual(
            foreign.filter((text) => !/ThePixStock/.test(text)),
            [],
            what,
          );
        }
      }
      assert.deepEqual(errorsIn(complaints), []);
      await context.close();
    });
  }
});
