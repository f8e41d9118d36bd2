import { type KeptPicture, pickToDrop } from './picture-budget.ts';

/*
 * Previews and thumbnails as seen, in a cache with a budget in bytes. What is kept is whole: an answer that broke off, a part, a
 * refusal or an answer of another origin never gets in.
 */
const CACHE = 'px-pictures';
const DAY_MS = 24 * 60 * 60 * 1000;
const KEPT_MS = 30 * DAY_MS;
const MOST_BYTES = 120 * 1024 * 1024;
/** Of what the browser lets this origin keep. */
const SHARE_OF_QUOTA = 0.2;
const BYTES = 'x-px-bytes';
const AT = 'x-px-at';

/** What lies in the cache; counted once in the life of this worker, kept up to date by what it adds. */
let total: number | null = null;

/** From the device, else from the network and kept behind. Rejects without either. */
export async function servePicture(event: ExtendableEvent, request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request.url, { ignoreVary: true });
  if (kept && !isOld(kept)) return kept;
  try {
    const response = await fetch(request);
    if (isKeepable(response)) event.waitUntil(keep(request.url, response.clone()).catch(() => undefined));
    else if (kept && response.status >= 500) return kept;
    // Taken away or closed meanwhile: not shown from here either.
    else if (kept && response.status < 500) event.waitUntil(cache.delete(request.url));
    return response;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

/** A clock that is wrong by a day makes nothing old; one that runs ahead of when it was kept neither. */
const isOld = (response: Response): boolean => Date.now() - Number(response.headers.get(AT) ?? 0) > KEPT_MS;

const isKeepable = ({ status, type, headers }: Response): boolean =>
  status === 200 &&
  type === 'basic' &&
  (headers.get('content-type') ?? '').startsWith('image/') &&
  !(headers.get('cache-control') ?? '').includes('no-store');

async function keep(url: string, response: Response): Promise<void> {
  const body = await response.arrayBuffer(); // breaks off: rejects, and nothing is kept
  const announced = response.headers.get('content-length');
  if (body.byteLength === 0) return;
  if (announced !== null && !response.headers.has('content-encoding') && Number(announced) !== body.byteLength) return;
  const headers = new Headers(response.headers);
  headers.set(BYTES, String(body.byteLength));
  headers.set(AT, String(Date.now()));
  const cache = await caches.open(CACHE);
  try {
    await cache.put(url, new Response(body, { headers }));
  } catch (error) {
    // No room: what was seen longest ago makes some; this picture can come again.
    await trimPictures(await half());
    throw error;
  }
  total = (total ?? (await count())) + body.byteLength;
  const budget = await budgetBytes();
  if (total > budget) await trimPictures(Math.floor(budget * 0.9));
}

async function budgetBytes(): Promise<number> {
  const { quota = Number.POSITIVE_INFINITY } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
  return Math.min(MOST_BYTES, quota * SHARE_OF_QUOTA);
}

async function list(): Promise<KeptPicture[]> {
  const cache = await caches.open(CACHE);
  const kept: KeptPicture[] = [];
  for (const { url } of await cache.keys()) {
    const response = await cache.match(url, { ignoreVary: true });
    if (response) kept.push({ url, bytes: Number(response.headers.get(BYTES) ?? 250_000), isOld: isOld(response) });
  }
  return kept;
}
const count = async (): Promise<number> => (await list()).reduce((sum, { bytes }) => sum + bytes, 0);
const half = async (): Promise<number> => (total ?? (await count())) / 2;

/** Makes what is kept fit into so many bytes; 0: everything goes. */
export async function trimPictures(toBytes: number): Promise<void> {
  const cache = await caches.open(CACHE);
  const kept = await list();
  const gone = pickToDrop(kept, toBytes);
  for (const { url } of gone) await cache.delete(url);
  total = kept.reduce((sum, { bytes }) => sum + bytes, 0) - gone.reduce((sum, { bytes }) => sum + bytes, 0);
}
