import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { openBrowser, screenshot } from './browser.ts';
import { createStack } from './stack.ts';

const built = path.resolve(import.meta.dirname, '../../pwa/dist');

export interface Product {
  url: string;
  /** The built pages that it serves: a copy of its own, which a test may replace as a deployment does, and lays back. */
  pages: string;
  browser: Browser;
}

let users = 0;
let running: Promise<{ product: Product; remove(): Promise<void> }> | undefined;

async function start(): Promise<{ product: Product; remove(): Promise<void> }> {
  // A product that runs already may be named, with the folder of its pages; else one is started.
  const { E2E_URL: url, E2E_PAGES: pages } = process.env;
  if (url) {
    const browser = await openBrowser();
    return { product: { url, pages: pages ?? built, browser }, remove: () => browser.close() };
  }
  const folder = { pages: '' };
  const stack = await createStack((dataDir) => {
    folder.pages = path.join(dataDir, 'pages');
    return { RATE_LIMIT_SCALE: '20', PWA_DIR: folder.pages };
  });
  await stack.start();
  await mkdir(folder.pages, { recursive: true });
  await cp(built, folder.pages, { recursive: true, preserveTimestamps: true });
  const browser = await openBrowser();
  return {
    product: { url: stack.url, pages: folder.pages, browser },
    async remove() {
      await browser.close();
      await stack.remove();
    },
  };
}

async function stop(): Promise<void> {
  const last = running;
  running = undefined;
  await (await last)?.remove();
}
// Also where only some of the tests are run.
after(stop);

/**
 * The whole product and a Chromium, one for all files that ask for it: starting one costs half a minute. Call in `describe`; what it
 * answers is filled in before the first test. Tests bring their own people, and leave nothing behind that others would see.
 */
export function useProduct(): Product {
  const product = {} as Product;
  users += 1;
  before(async function () {
    this.timeout(240_000);
    running ??= start();
    Object.assign(product, (await running).product);
  });
  afterEach(async function () {
    const page = this.currentTest?.state === 'failed' && product.browser?.contexts().at(-1)?.pages().at(-1);
    if (page)
      await screenshot(page, `failed-${this.currentTest!.title.slice(0, 40).replaceAll(/\W+/g, '-')}`).catch(
        () => undefined,
      );
    for (const context of product.browser?.contexts() ?? []) await context.close().catch(() => undefined);
  });
  after(async () => {
    users -= 1;
    if (users === 0) await stop();
  });
  return product;
}
