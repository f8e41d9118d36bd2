import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { builtInCatalogue } from '#contracts/descriptors.ts';
import { decodeImage } from '#face/node/decode.ts';
import { createNodeEngine } from '#face/node/engine.ts';
import { createNodeRecognition } from '#face/node/recognition.ts';
import { describeSelfie } from '#face/selfie.ts';
import {
  openBrowser,
  openPage,
  phone,
  readDemoSelfie,
  type SentRequest,
  screenshot,
  writeCameraFilm,
} from './browser.ts';
import { Client, until } from './client.ts';
import { createStack, type Stack } from './stack.ts';
import { picturesIn, readDevice } from './visitor.ts';

const slug = 'krungthep-night';

describe('the selfie on the phone', function () {
  this.timeout(120_000);
  let stack: Stack;
  let browser: Browser;
  let selfie: Buffer;
  before(async () => {
    stack = await createStack({ RATE_LIMIT_SCALE: '20' });
    await stack.start();
    selfie = await readDemoSelfie(stack.url);
    const film = path.join(stack.dataDir, 'camera.mjpeg');
    await writeCameraFilm(
      await sharp(selfie).resize(640, 480, { fit: 'contain', background: '#807060' }).jpeg().toBuffer(),
      film,
    );
    browser = await openBrowser({ camera: film });
  });
  after(async () => {
    await browser?.close();
    await stack?.remove();
  });

  /** Consent given. Without a camera unless it is asked for: it would take its burst before a file is chosen. */
  const toSelfie = async (page: Page, camera: 'none' | 'open' = 'none'): Promise<void> => {
    if (camera === 'none')
      await page.addInitScript("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })");
    await page.goto(`${stack.url}/e/${slug}/find`);
    await page.getByRole('switch').click();
    await page.locator('.consent .btn-gold').click();
    await page.locator('.selfie-actions').waitFor();
  };
  const choose = (page: Page, name: string, buffer: Buffer, mimeType = 'image/jpeg') =>
    page.locator('input[type="file"]').setInputFiles({ name, mimeType, buffer });
  const results = (page: Page): Locator => page.locator('.results-all');
  const searchesOf = (sent: readonly SentRequest[]) =>
    sent.filter(({ method, path: url }) => method === 'POST' && url === '/api/face/search');
  const descriptorIn = (sent: readonly SentRequest[]): number[] =>
    JSON.parse(searchesOf(sent)[0]!.body!.toString()).descriptor;

  it('averages a burst of four frames into one template, and gives the camera back', async () => {
    const { context, page, sent, complaints } = await openPage(browser, 'en');
    await page.addInitScript(`(() => {
      const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      window.tracks = [];
      navigator.mediaDevices.getUserMedia = async (wanted) => {
        const stream = await open(wanted);
        window.tracks.push(...stream.getTracks());
        return stream;
      };
    })()`);
    await toSelfie(page, 'open');
    const start = page.locator('.selfie-actions button.btn-gold');
    if (await start.isVisible()) await start.click();
    await results(page).waitFor({ timeout: 60_000 });
    assert.match((await page.locator('.results-head').textContent()) ?? '', /4 pictures, averaged/);
    assert.deepEqual(await page.evaluate('window.tracks.map((track) => track.readyState)'), ['ended']);
    assert.deepEqual(picturesIn(sent), []);
    // The numbers are nowhere on the device once the server has them.
    const [first] = descriptorIn(sent);
    const kept = String(await page.evaluate(readDevice));
    assert.ok(!kept.includes(String(first)), 'a number of the descriptor is kept');
    assert.deepEqual(complaints, []);

    // Reload: the search goes on where it was.
    await page.reload();
    await results(page).waitFor();
    assert.equal(searchesOf(sent).length, 1);
    // Taken back: nothing of it stays, here or there.
    await page.locator('.results-foot button').click();
    await page.locator('px-dialog button.btn-solid').filter({ visible: true }).click();
    await page.getByText('Withdrawn.').waitFor();
    const left = (await page.evaluate(async () => (await fetch('/api/face/searches')).json())) as {
      items: { status: string }[];
    };
    assert.deepEqual(
      left.items.filter(({ status }) => status === 'done'),
      [],
    );
    assert.doesNotMatch(String(await page.evaluate(readDevice)), /"search:/);
    await page.goto(`${stack.url}/e/${slug}/find`);
    await page.locator('.consent').waitFor();
    await context.close();
  });

  it('asks which of several faces is mine, by a button that a keyboard reaches', async () => {
    const { context, page, sent } = await openPage(browser, 'en');
    await toSelfie(page);
    const one = await sharp(selfie).resize(360, 480, { fit: 'cover' }).toBuffer();
    const two = await sharp({ create: { width: 720, height: 480, channels: 3, background: '#807060' } })
      .composite([
        { input: one, left: 0, top: 0 },
        { input: await sharp(one).flop().modulate({ brightness: 0.9 }).toBuffer(), left: 360, top: 0 },
      ])
      .jpeg()
      .toBuffer();
    await choose(page, 'two.jpg', two);
    await page.locator('.face-choice').nth(1).waitFor();
    assert.equal(await page.locator('.face-choice').count(), 2);
    await screenshot(page, 'several-faces-en-390');
    assert.equal(searchesOf(sent).length, 0, 'nothing is searched before the choice');
    await page.keyboard.press('Enter'); // the first face has the focus
    await results(page).waitFor();
    assert.deepEqual(picturesIn(sent), []);
    await context.close();
  });

  it('says in words what is wrong with a picture, and turns one that lies on its side', async () => {
    const { context, page, sent } = await openPage(browser, 'en');
    await toSelfie(page);
    const alert = page.locator('.selfie [role="alert"]');
    await choose(page, 'notes.jpg', Buffer.from('no picture at all'));
    await alert.getByText('could not read this picture').waitFor();
    const heic = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic\0\0\0\0mif1heic'), Buffer.alloc(64)]);
    await choose(page, 'IMG_0001.HEIC', heic, 'image/heic');
    await alert.getByText('HEIC').waitFor();
    const wall = await sharp({ create: { width: 600, height: 600, channels: 3, background: '#508050' } })
      .jpeg()
      .toBuffer();
    await choose(page, 'wall.jpg', wall);
    await alert.getByText('could not see a face').waitFor();
    // Orientation 6: stored on its side, to be shown upright. And as large as phones make them.
    const large = await sharp(selfie).rotate().resize(6000, 8000, { fit: 'cover' }).rotate(270).toBuffer();
    const tilted = await sharp(large).withMetadata({ orientation: 6 }).jpeg({ quality: 60 }).toBuffer();
    await choose(page, 'IMG_48MP.jpg', tilted);
    await results(page).waitFor();
    assert.equal(searchesOf(sent).length, 1);
    await context.close();
  });

  it('keeps the networks whole: a cut download goes on, a spoilt one is fetched again, and offline a search waits', async () => {
    const { context, page, sent } = await openPage(browser, 'en');
    const ranges: (string | undefined)[] = [];
    let cuts = 1;
    await page.route('**/models/recognition-*.gz', async (route) => {
      ranges.push(route.request().headers().range);
      if (cuts-- > 0) {
        const response = await route.fetch();
        const whole = await response.body();
        // Ends before its time, as a tunnel does it.
        await route.fulfill({
          status: 200,
          headers: { 'content-length': String(whole.length) },
          body: whole.subarray(0, 1_500_000),
        });
      } else await route.continue();
    });
    await toSelfie(page);
    await until('the download to go on by itself', async () => ranges.some(Boolean));
    assert.equal(ranges.find(Boolean), `bytes=${1024 * 1024}-`, 'what had come is not fetched again');
    await choose(page, 'me.jpg', selfie);
    await results(page).waitFor();
    assert.equal(searchesOf(sent).length, 1);

    // Spoil what is kept.
    await page.evaluate(`(async () => {
      const cache = await caches.open('px-face');
      for (const request of await cache.keys())
        if (request.url.includes('recognition')) await cache.put(request, new Response(new Uint8Array(6444032)));
      await navigator.serviceWorker.ready;
    })()`);
    const before = ranges.length;
    await page.locator('.again').click();
    await choose(page, 'me.jpg', selfie);
    await results(page).waitFor();
    assert.ok(ranges.length > before, 'the spoilt file was fetched again');

    // Everything is here now: without signal it still describes, keeps the search, and sends it once.
    await page.locator('.again').click();
    await page.locator('.selfie-actions').waitFor();
    await context.setOffline(true);
    await page.reload();
    await page.locator('.selfie-actions').waitFor();
    const already = searchesOf(sent).length;
    await choose(page, 'me.jpg', selfie);
    await page.locator('.find-wait').getByText('as soon as there is signal').waitFor();
    await context.setOffline(false);
    await results(page).waitFor({ timeout: 60_000 });
    assert.equal(
      new Set(
        searchesOf(sent)
          .slice(already)
          .map(({ body }) => body?.toString()),
      ).size,
      1,
    );
    const mine = (await page.evaluate(async () => (await fetch('/api/face/searches')).json())) as { items: unknown[] };
    assert.equal(mine.items.length, 3, 'each search once');
    await context.close();
  });

  /** The same selfie by the same pipeline on the server's engines. */
  async function describeHere(space: string): Promise<Float32Array> {
    const engine = await createNodeEngine({ cacheDir: path.join(stack.dataDir, 'models') });
    const recognition = await createNodeRecognition([space], { catalogue: builtInCatalogue, engine });
    const { image } = await decodeImage(selfie);
    const { face } = await describeSelfie(image, engine, { recognition });
    await recognition.dispose();
    await engine.dispose();
    return face!.descriptor;
  }
  const similarity = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
    Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);

  it('describes a face as the server does', async () => {
    const { context, page, sent } = await openPage(browser, 'en');
    await toSelfie(page);
    await choose(page, 'me.jpg', selfie);
    await results(page).waitFor();
    const cosine = similarity(descriptorIn(sent), await describeHere('faceapi-128-r1'));
    assert.ok(cosine > 0.99, `cosine ${cosine}`);
    await context.close();
  });

  it('takes an answer back, brings a rejected photo back, and puts all that are sure into the cart', async () => {
    const { context, page } = await openPage(browser, 'en');
    await toSelfie(page);
    await choose(page, 'me.jpg', selfie);
    await results(page).waitFor();
    // The number above the photos is the one that this search's calibration promises.
    const promised = (await page.evaluate(async () => {
      const { items } = await (await fetch('/api/face/searches')).json();
      return (await (await fetch(`/api/face/search/${items[0].id}/results`)).json()).calibration;
    })) as { promise: { sure: number } };
    const inHundred = Math.ceil(promised.promise.sure * 100 - 1e-9);
    await page.locator('.promise').getByText(`about ${inHundred} of 100 searches`).waitFor();
    const unsure = page.locator('.verdict .btn-line');
    const count = await unsure.count();
    if (count > 0) {
      await unsure.first().click();
      await until('the photo to go', async () => (await unsure.count()) === count - 1);
      await page.getByRole('button', { name: 'Undo' }).click();
      await until('the photo to come back', async () => (await unsure.count()) === count);
      await unsure.first().click();
      await page.locator('.rejected summary').click();
      await page.locator('.rejected .btn').first().click();
      await until('the photo to be hers', async () => (await page.locator('.rejected').count()) === 0);
    }
    await page.locator('.tile a').first().click();
    await page.locator('.viewer-verdict').waitFor();
    await page.keyboard.press('Escape');
    await results(page).locator('.btn-gold').click();
    await page.locator('.bottom-bar').waitFor();
    await context.close();
  });

  it('meets no barrier that axe knows, step by step, in both languages, light and dark', async () => {
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    const found: string[] = [];
    for (const [language, colorScheme] of [
      ['th', 'dark'],
      ['en', 'light'],
    ] as const) {
      const { context, page } = await openPage(browser, language, phone, { bypassCSP: true });
      await page.emulateMedia({ colorScheme });
      const check = async (where: string): Promise<void> => {
        const violations = (await page.evaluate(
          `(async () => { ${axe}; const r = await axe.run(document, { resultTypes: ['violations'] }); return r.violations.map((v) => v.id + ': ' + (v.nodes[0]?.html ?? '').slice(0, 160)); })()`,
        )) as string[];
        found.push(...violations.map((violation) => `${where} ${language} ${violation}`));
      };
      await page.addInitScript("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })");
      await page.goto(`${stack.url}/e/${slug}/find`);
      await page.locator('.consent').waitFor();
      await check('consent');
      await page.getByRole('switch').click();
      await page.locator('.consent .btn-gold').click();
      await page.locator('.selfie').waitFor();
      await check('selfie');
      await page.locator('.upload-offer button').click();
      await page.locator('.leaves').waitFor();
      await check('upload');
      await page.locator('.upload-selfie > .btn').click();
      await choose(page, 'me.jpg', selfie);
      await results(page).waitFor({ timeout: 60_000 });
      await check('results');
      await context.close();
    }
    assert.deepEqual(found, []);
  });

  it('describes in the stronger space where an event is searched in it, as the server does', async () => {
    const admin = await new Client(stack.url).signIn('admin');
    const engine = 'arcface-512-r1';
    const { items } = await admin.call('GET', '/api/admin/face-engines');
    const { noticeHash, isInstalled } = items.find(({ id }: { id: string }) => id === engine);
    assert.ok(isInstalled, 'the optional package of the second descriptor is installed');
    await admin.call('POST', `/api/admin/face-engines/${engine}/accept`, { noticeHash });
    const event = await admin.call('GET', `/api/events/${slug}`);
    await admin.call('POST', `/api/admin/events/${event.id}/face-engine`, { engine });
    await until(
      'the event to be described anew',
      async () => (await admin.call('GET', `/api/admin/events/${event.id}/face-engine`)).engine === engine,
      60_000,
    );
    const { context, page, sent } = await openPage(browser, 'en');
    await toSelfie(page);
    await choose(page, 'me.jpg', selfie);
    await results(page).waitFor({ timeout: 60_000 });
    const body = JSON.parse(searchesOf(sent)[0]!.body!.toString());
    assert.equal(body.engine, engine);
    assert.equal(body.descriptor.length, 512);
    assert.ok(
      !sent.some(({ path: url }) => url.includes('/recognition-')),
      'the network that is not needed stays away',
    );
    const cosine = similarity(body.descriptor, await describeHere(engine));
    assert.ok(cosine > 0.99, `cosine ${cosine}`);
    await context.close();
  });

  it('is one search of one person: another person finds nothing of it', async () => {
    const stranger = await new Client(stack.url).asGuest();
    assert.deepEqual((await stranger.call('GET', '/api/face/searches')).items, []);
  });
});
