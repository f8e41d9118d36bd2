/**
 * The selfie is looked at here, on the device, away from the page's own thread. Pictures come in as pixels, only numbers
 * leave. Nothing in this file talks to the network but the download of the networks themselves.
 */
import { createBrowserEngine, NoEngineError } from '#face/browser/engine.ts';
import { fromRgba } from '#face/image.ts';
import { describeSelfie } from '#face/selfie.ts';
import type { FaceEngine, RgbImage } from '#face/types.ts';
import type { Described, FromWorker, ToWorker } from './messages.ts';

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
const say = (message: FromWorker): void => scope.postMessage(message);

let engine: Promise<FaceEngine> | undefined;

function load(): Promise<FaceEngine> {
  if (engine) return engine;
  const loading = createBrowserEngine({
    baseUrl: '/models/',
    onProgress: (loadedBytes, totalBytes) => say({ type: 'progress', loadedBytes, totalBytes }),
  });
  engine = loading;
  loading.catch(() => {
    engine = undefined; // the next attempt downloads what is missing
  });
  return loading;
}

async function describe(image: RgbImage): Promise<Described> {
  const { face, guidance } = await describeSelfie(image, await load());
  const { faceCount, problems, sizeRatio } = guidance;
  if (!face) return { descriptor: null, faceCount, problems, quality: 0, sizeRatio, centre: null };
  const { box } = face;
  return {
    descriptor: face.descriptor,
    faceCount,
    problems,
    quality: face.quality.overall,
    sizeRatio,
    centre: { x: (box.x + box.w / 2) / image.width, y: (box.y + box.h / 2) / image.height },
  };
}

async function answer(message: ToWorker): Promise<FromWorker> {
  try {
    if (message.type === 'load') {
      await load();
      return { type: 'ready' };
    }
    const image = fromRgba(new Uint8ClampedArray(message.pixels), message.width, message.height);
    return { type: 'described', id: message.id, result: await describe(image) };
  } catch (error) {
    const id = message.type === 'describe' ? message.id : null;
    return {
      type: 'failed',
      id,
      isUnsupported: error instanceof NoEngineError,
      message: error instanceof Error ? error.message : String(error),
    };
  }
}

/** One picture at a time: an engine's calls must not overlap. */
let turn: Promise<void> = Promise.resolve();
scope.addEventListener('message', (event: MessageEvent<ToWorker>) => {
  turn = turn.then(async () => say(await answer(event.data)));
});
