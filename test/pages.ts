import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds on the page as it stands: "rule: the first place". WCAG 2.2's target size included. */
export async function axe(page: Page, within = 'html'): Promise<string[]> {
  // As a script of the debugger: the page's own policy, which stays in force, allows none from elsewhere.
  return (await page.evaluate(`(async () => {
    if (!window.axe) { ${axeSource} }
    const options = { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } };
    const { violations } = await window.axe.run('${within}', options);
    return violations.map((v) => 'axe ' + v.id + ' (' + v.nodes.length + '): ' + v.nodes[0].html.slice(0, 140));
  })()`)) as string[];
}

/**
 * What a ruler finds: what sticks out to the side, text that is cut off, targets smaller than a finger (44 px; 24 px inside a sentence or a
 * dense table), words that no person should read, and a page without its one heading, its title or its language.
 */
export async function measure(page: Page): Promise<string[]> {
  await page.evaluate('globalThis.__name ??= (f) => f');
  return page.evaluate(() => {
    const found: string[] = [];
    const nameOf = (element: Element): string => {
      const kind =
        typeof element.className === 'string' && element.className
          ? `.${element.className.trim().replace(/\s+/g, '.')}`
          : '';
      const text = (element.getAttribute('aria-label') ?? element.textContent ?? '').replace(/\s+/g, ' ').trim();
      return `${element.localName}${kind} “${text.slice(0, 40)}”`;
    };
    const isShown = (element: Element): boolean =>
      element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
      !element.closest('.sr-only, [inert]');
    const styleOf = (element: Element) => getComputedStyle(element);
    // An open dialog makes everything else unreachable.
    const top = document.querySelector('dialog[open]') ?? document.body;

    const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > room + 1) {
      found.push(`sideways: the page is ${document.documentElement.scrollWidth} px wide on ${room}`);
      for (const element of document.body.querySelectorAll('*')) {
        const box = element.getBoundingClientRect();
        if (box.right > room + 1 && box.width > 0 && isShown(element) && element.children.length === 0)
          found.push(`sideways: ${nameOf(element)} ends at ${Math.round(box.right)}`);
        if (found.length > 6) break;
      }
    }

    for (const element of top.querySelectorAll<HTMLElement>('*')) {
      const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent!.trim());
      if (!hasText || !isShown(element)) continue;
      const style = styleOf(element);
      if (style.display === 'inline') continue;
      const hides = (overflow: string) => overflow === 'hidden' || overflow === 'clip';
      const wide = element.scrollWidth - element.clientWidth;
      const high = element.scrollHeight - element.clientHeight;
      if (hides(style.overflowX) && wide > 1 && style.textOverflow !== 'ellipsis')
        found.push(`cut off: ${nameOf(element)} by ${wide} px`);
      if (hides(style.overflowY) && high > 3 && style.webkitLineClamp === 'none')
        found.push(`cut off: ${nameOf(element)} by ${high} px in height`);
      // Words that stick out of a box with a border or a colour of its own.
      if (
        !hides(style.overflowX) &&
        wide > 2 &&
        style.overflowX === 'visible' &&
        element.clientWidth > 0 &&
        style.whiteSpace === 'nowrap'
      )
        found.push(`sticks out: ${nameOf(element)} by ${wide} px`);
    }

    const targets =
      'a[href], button, input:not([type="hidden"]), select, textarea, summary, [role="button"], [role="tab"]';
    for (const element of top.querySelectorAll<HTMLElement>(targets)) {
      if (!isShown(element) || (element as HTMLButtonElement).disabled) continue;
      const style = styleOf(element);
      const owner = element.matches('input') ? (element.closest('label') ?? element) : element;
      const { width, height } = owner.getBoundingClientRect();
      if (width === 0 || height === 0) continue;
      const isInText =
        style.display.startsWith('inline') &&
        element.parentElement?.closest('p, li, td, dd, small, label, span, footer > nav') !== null;
      if (element.closest('.skip') || (isInText && style.display === 'inline')) continue; // inside a sentence: WCAG leaves it to the line
      // A desk with a mouse may be dense.
      const isDesk = element.closest('.desk') !== null;
      const least = isInText || element.closest('table') || (isDesk && room >= 1024) ? 24 : 44;
      if (Math.round(height) < least || Math.round(width) < Math.min(least, 32))
        found.push(`small: ${nameOf(owner)} is ${Math.round(width)}x${Math.round(height)}`);
    }

    // biome-ignore lint/performance/useDomNodeTextContent: what is not shown does not count
    const words = document.body.innerText;
    for (const wrong of ['undefined', 'NaN', '[object', 'Invalid Date', 'null'])
      if (new RegExp(`(^|[^\\w"'-])${wrong.replace('[', '\\[')}($|[^\\w"'-])`).test(words))
        found.push(`words: ${wrong}`);
    const headings = [...document.querySelectorAll('h1')].filter((element) => element.checkVisibility());
    if (headings.length !== 1 && top === document.body) found.push(`headings: ${headings.length} h1`);
    if (document.title.length < 5) found.push(`title: ${document.title}`);
    if (/ThePixStock$/.test(document.title) === false) found.push(`title: ${document.title}`);
    return found;
  });
}

/** As a person does it in the browser's settings: every `rem`, those of media queries too. */
export async function enlargeText(page: Page, percent: number): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Page.enable');
  await devtools.send('Page.setFontSizes', { fontSizes: { standard: (16 * percent) / 100 } });
}

/** In the other language: whole sentences that stayed in English on a Thai page, or Thai ones on an English page. */
export async function strayWords(page: Page, language: 'th' | 'en'): Promise<string[]> {
  await page.evaluate('globalThis.__name ??= (f) => f');
  return page.evaluate((lang) => {
    const found: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.textContent!.replace(/\s+/g, ' ').trim();
      const owner = walker.currentNode.parentElement;
      if (!text || !owner?.checkVisibility() || owner.closest('[lang], script, style')?.matches('html') === false)
        continue;
      const isThai = /[\u0e01-\u0e3e\u0e40-\u0e7f]/.test(text);
      if (lang === 'th' ? !isThai && /[a-z]{2,} [a-z]{2,} [a-z]{2,}/i.test(text) : isThai)
        found.push(text.slice(0, 80));
    }
    return [...new Set(found)];
  }, language);
}
