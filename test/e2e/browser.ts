import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';

const repository = path.resolve(import.meta.dirname, '../..');
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A real Chromium. `camera`: a Motion JPEG that its camera shows over and over. */
export async function openBrowser(options: { camera?: string } = {}): Promise<Browser> {
  const camera = options.camera && [
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${options.camera}`,
  ];
  return chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: [...flags, ...(camera || [])],
  });
}

/** JPEGs one after another are a Motion JPEG; the same picture thirty times is a person who holds still. */
export async function writeCameraFilm(jpeg: Buffer, file: string): Promise<void> {
  await writeFile(file, Buffer.concat(Array.from({ length: 30 }, () => jpeg)));
}

export const phone = { width: 390, height: 844 };
export const desk = { width: 1440, height: 900 };

export interface SentRequest {
  method: string;
  path: string;
  contentType: string;
  body: Buffer | null;
}

/** A page that remembers what it sent, what failed and what it complained about. */
export async function openPage(
  browser: Browser,
  language: 'th' | 'en',
  viewport = phone,
  options: Pick<BrowserContextOptions, 'bypassCSP' | 'userAgent'> = {},
): Promise<{ context: BrowserContext; page: Page; sent: SentRequest[]; complaints: string[] }> {
  const context = await browser.newContext({
    viewport,
    locale: language === 'th' ? 'th-TH' : 'en-GB',
    timezoneId: 'Asia/Bangkok',
    permissions: ['camera'],
    acceptDownloads: true,
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const sent: SentRequest[] = [];
  const complaints: string[] = [];
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (!url.protocol.startsWith('http')) return;
    sent.push({
      method: request.method(),
      path: url.pathname,
      contentType: request.headers()['content-type'] ?? '',
      body: request.postDataBuffer(),
    });
  });
  page.on('pageerror', (error) => complaints.push(`error: ${error.stack ?? error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error')
      complaints.push(`console: ${message.text()} ${new URL(message.location().url || 'about:blank').pathname}`);
  });
  return { context, page, sent, complaints };
}

/** Signs in with a demo account through the page, and waits for where that leads. */
export async function signInAs(page: Page, url: string, name: string, next: string): Promise<void> {
  await page.goto(`${url}/sign-in?next=${encodeURIComponent(next)}`);
  await page.locator('input[name="email"]').fill(`${name}@demo.thepixstock.test`);
  await page.locator('input[name="password"]').fill('Demo-Pass-2026');
  await page.locator('form button.btn-solid').click();
  await page.waitForURL(`${url}${next}`);
}

/** Screenshots go to docs/screenshots when they are being renewed (SCREENSHOTS=1), else to .cache/screenshots to be looked at. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = path.join(repository, process.env.SCREENSHOTS ? 'docs' : '.cache', 'screenshots');
  await mkdir(folder, { recursive: true });
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(400);
  // A palette: a third of the bytes, and nobody sees it.
  const picture = await page.screenshot();
  await sharp(picture)
    .png({ palette: true, quality: 90 })
    .toFile(path.join(folder, `${name}.png`));
}

export async function readDemoSelfie(url: string): Promise<Buffer> {
  const { demoSelfieUrl } = (await (await fetch(`${url}/api/config`)).json()) as { demoSelfieUrl: string };
  return Buffer.from(await (await fetch(new URL(demoSelfieUrl, url))).arrayBuffer());
}
