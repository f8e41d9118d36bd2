import { Store } from './store.ts';

/** Originals that the person keeps on this device, by photo; in the Cache API, which pages have with or without a service worker. */
const CACHE = 'px-originals';
const LIST = 'px.originals';

export interface KeptOriginal {
  orderId: string;
  fileName: string;
  bytes: number;
}
type Kept = Readonly<Record<string, KeptOriginal>>;

function read(): Kept {
  try {
    return JSON.parse(localStorage.getItem(LIST) ?? '{}') as Kept;
  } catch {
    return {};
  }
}
export const keptOriginals = new Store<Kept>(read());
function write(kept: Kept): void {
  try {
    localStorage.setItem(LIST, JSON.stringify(kept));
  } catch {
    // the list is made anew from the next order that is kept
  }
  keptOriginals.set(kept);
}

export const canKeepOriginals = (): boolean => 'caches' in globalThis;
const keyOf = (photoId: string): string => `/kept/${photoId}`;

/** Keeps one original, whole or not at all. Rejects without signal, and with QuotaExceededError when there is no room. */
export async function keepOriginal(
  photoId: string,
  link: { url: string; fileName: string; bytes: number },
  orderId: string,
): Promise<void> {
  const response = await fetch(link.url, { credentials: 'same-origin' });
  if (response.status !== 200) throw new Error(`original answered ${response.status}`);
  const body = await response.arrayBuffer();
  if (link.bytes > 0 && body.byteLength !== link.bytes) throw new Error('the original did not arrive whole');
  const cache = await caches.open(CACHE);
  const headers = { 'content-type': response.headers.get('content-type') ?? 'image/jpeg' };
  await cache.put(keyOf(photoId), new Response(body, { headers }));
  write({ ...read(), [photoId]: { orderId, fileName: link.fileName, bytes: body.byteLength } });
}

/** The original from this device; null when it is not (or, after an eviction, no longer) here. */
export async function keptOriginal(photoId: string): Promise<File | null> {
  const known = read()[photoId];
  if (!known || !canKeepOriginals()) return null;
  const response = await (await caches.open(CACHE)).match(keyOf(photoId));
  if (!response) {
    forget([photoId]);
    return null;
  }
  const blob = await response.blob();
  return new File([blob], known.fileName, { type: blob.type });
}

function forget(photoIds: readonly string[]): void {
  const gone = new Set(photoIds);
  write(Object.fromEntries(Object.entries(read()).filter(([photoId]) => !gone.has(photoId))));
}

export async function dropOriginals(photoIds: readonly string[]): Promise<void> {
  forget(photoIds);
  const cache = await caches.open(CACHE);
  for (const photoId of photoIds) await cache.delete(keyOf(photoId));
}
