/**
 * The selfie is looked at here, on the device, away from the page's own thread. Pictures come in as pixels, only numbers
 * leave. Nothing in this file talks to the network but the download of the networks themselves.
 */
import { MODELS_URL } from '#face/browser/assets.ts';
import { describeLook, type Look, lookAt } from '#face/browser/look.ts';
import { createPhoneFaces, type PhoneFaces } from '#face/browser/phone.ts';
import { FetchFailed } from '#face/browser/store.ts';
import { fromRgba } from '#face/image.ts';
import type { FromWorker, Pixels, SeenFaceView, ToWorker } from './messages.ts';

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
const say = (message: FromWorker, transfer: Transferable[] = []): void => scope.postMessage(message, transfer);

let wanted: Extract<ToWorker, { type: 'load' }>['options'] = { spaces: [], networks: [] };
let faces: Promise<PhoneFaces> | undefined;
let last: Look | undefined;

function load(): Promise<PhoneFaces> {
  if (faces) return faces;
  const loading = createPhoneFaces({
    ...wanted,
    baseUrl: new URL(MODELS_URL, scope.location.href).href,
    onProgress: (came, total) => say({ type: 'progress', came, total }),
  });
  faces = loading;
  loading.then(keepOwnScripts, () => {
    faces = undefined; // the next attempt goes on with what is missing
  });
  return loading;
}

/** What this worker was made of came perhaps before the service worker stood: without it nothing works offline. */
async function keepOwnScripts(): Promise<void> {
  try {
    const cache = await caches.open('px-models');
    const loaded = performance.getEntriesByType('resource').map(({ name }) => name);
    const own = [scope.location.href, ...loaded].filter((url) => new URL(url).pathname.startsWith('/assets/'));
    for (const url of new Set(own)) if (!(await cache.match(url))) await cache.add(url);
  } catch {
    // no Cache API here, or no room
  }
}

async function look(pixels: Pixels, isLive: boolean): Promise<SeenFaceView[]> {
  const { engine } = await load();
  const { width, height } = pixels;
  last = undefined;
  const image = fromRgba(new Uint8ClampedArray(pixels.data), width, height);
  last = await lookAt(image, engine, isLive ? 'live' : 'still');
  return last.faces.map((face) => ({
    ...face,
    box: { x: face.box.x / width, y: face.box.y / height, w: face.box.w / width, h: face.box.h / height },
  }));
}

async function answer(message: ToWorker): Promise<FromWorker> {
  try {
    switch (message.type) {
      case 'load':
        wanted = message.options;
        await load();
        return { type: 'ready' };
      case 'look':
        return { type: 'looked', id: message.id, faces: await look(message.pixels, message.isLive) };
      case 'describe': {
        if (!last) throw new Error('nothing was looked at');
        const { recognition } = await load();
        return { type: 'described', id: message.id, descriptors: await describeLook(last, message.face, recognition) };
      }
    }
  } catch (error) {
    return {
      type: 'failed',
      id: message.type === 'load' ? null : message.id,
      isUnsupported: !(error instanceof FetchFailed),
      message: error instanceof Error ? error.message : String(error),
    };
  }
}

/** One thing at a time: an engine's calls must not overlap. What somebody waits for goes before the warming up. */
const queue: ToWorker[] = [];
let running = false;
scope.addEventListener('message', (event: MessageEvent<ToWorker>) => {
  queue.push(event.data);
  void run();
});

async function run(): Promise<void> {
  if (running) return;
  running = true;
  for (;;) {
    const message = queue.shift();
    if (message) say(await answer(message));
    else if (!(await warmUpOneStep())) break;
    // lets a message in that came meanwhile
    await new Promise((resolve) => setTimeout(resolve));
  }
  running = false;
}

async function warmUpOneStep(): Promise<boolean> {
  const step = (await faces?.catch(() => undefined))?.warmUp.shift();
  await step?.().catch(() => undefined);
  return step !== undefined;
}
