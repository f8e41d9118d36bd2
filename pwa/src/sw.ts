/// <reference lib="webworker" />
import { ExpirationPlugin } from 'workbox-expiration';
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';
import { CacheFirst, StaleWhileRevalidate } from 'workbox-strategies';
import { SYNC_TAG } from './data/outbox/exclusive.ts';
import { drainInWorker } from './data/outbox/worker.ts';
import { CHUNKS, keepOldChunks } from './sw/chunks.ts';
import { servePicture, trimPictures } from './sw/pictures.ts';
import { handlePush } from './sw/push.ts';

/*
 * One strategy for each kind of address:
 *   the shell (built files)            precached, one version at a time
 *   pages                              index.html of that version; never /api, /dev, /metrics, /sitemap.xml, /robots.txt
 *   chunks on demand, of old versions  kept when first used or replaced; their name changes with their content (sw/chunks.ts)
 *   face networks                      the network only: the face worker fetches them in pieces, checks and keeps them itself
 *                                      (face/browser/store.ts), also where there is no service worker
 *   previews and thumbnails            kept when seen, up to a budget in bytes, 30 days (sw/pictures.ts)
 *   originals that were bought         the page keeps them where the person wants it (data/originals.ts)
 *   event covers, the demo selfie      shown from here, renewed behind
 *   everything else of the API         the network only: not taken by the worker, which would have to live as long as a live stream
 */
declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: { url: string; revision: string | null }[] };

const PICTURE = /^\/api\/photos\/[0-9a-f-]{36}(\/thumbnails\/(small|medium|large))?$/;
/** Of about ten versions; the oldest use goes first. */
const CHUNKS_KEPT = 250;
const COVERS_KEPT = 60;

// Named once: the build puts the list in here.
const shell = self.__WB_MANIFEST;
keepOldChunks(shell);
cleanupOutdatedCaches();
precacheAndRoute(shell);

registerRoute(
  new NavigationRoute(createHandlerBoundToURL('/index.html'), {
    denylist: [/^\/(api|dev|metrics|models)(\/|$)/, /^\/(sitemap\.xml|robots\.txt)$/],
  }),
);

registerRoute(
  ({ url, sameOrigin }) => sameOrigin && url.pathname.startsWith('/assets/'),
  new CacheFirst({ cacheName: CHUNKS, plugins: [new ExpirationPlugin({ maxEntries: CHUNKS_KEPT })] }),
);

registerRoute(
  ({ url, request, sameOrigin }) => sameOrigin && request.destination === 'image' && PICTURE.test(url.pathname),
  ({ event, request }) => servePicture(event, request),
);

registerRoute(
  ({ url, request, sameOrigin }) =>
    sameOrigin && request.destination === 'image' && /^\/api\/events\/[^/]+\/cover/.test(url.pathname),
  new StaleWhileRevalidate({
    cacheName: 'px-pictures-covers',
    plugins: [new ExpirationPlugin({ maxEntries: COVERS_KEPT, purgeOnQuotaError: true })],
  }),
);

handlePush();

// Asked for by the page, never by itself: an open payment is not disturbed.
self.addEventListener('message', (event) => {
  const message = event.data as { type?: string } | null;
  if (message?.type === 'SKIP_WAITING') void self.skipWaiting();
  // The device has no room for what a person did: previews go first.
  if (message?.type === 'FREE_SPACE') event.waitUntil(trimPictures(0));
});
// Background Sync, where it exists: what waits goes out with no page open. Rejected, the browser tries again later.
self.addEventListener('sync' as never, (event: ExtendableEvent & { tag: string }) => {
  if (event.tag === SYNC_TAG) event.waitUntil(drainInWorker());
});
self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim());
});
