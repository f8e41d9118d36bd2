/// <reference lib="webworker" />
import { ExpirationPlugin } from 'workbox-expiration';
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';
import { CacheFirst, StaleWhileRevalidate } from 'workbox-strategies';
import { SYNC_TAG } from './data/outbox/exclusive.ts';
import { drainInWorker } from './data/outbox/worker.ts';
import { handlePush } from './sw/push.ts';

/*
 * One strategy for each kind of address:
 *   the shell (built files)            precached, one version at a time
 *   pages                              index.html of that version; never /api, /dev, /metrics
 *   chunks on demand                   kept when first used; their name changes with their content
 *   face networks                      the network only: the face worker fetches them in pieces, checks and keeps them itself
 *                                      (face/browser/store.ts), also where there is no service worker
 *   previews and thumbnails            kept when seen, up to a budget, 30 days
 *   event covers, the demo selfie      shown from here, renewed behind
 *   everything else of the API         the network only: not taken by the worker, which would have to live as long as a live stream
 */
declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: { url: string; revision: string | null }[] };

const DAY = 24 * 60 * 60;
const PICTURE = /^\/api\/photos\/[0-9a-f-]{36}(\/thumbnails\/(small|medium|large))?$/;
/** Previews weigh about 250 KB, thumbnails 4 to 70: this many stay below about 120 MB. */
const PICTURES_KEPT = 1_500;

cleanupOutdatedCaches();
precacheAndRoute(self.__WB_MANIFEST);

registerRoute(
  new NavigationRoute(createHandlerBoundToURL('/index.html'), {
    denylist: [/^\/(api|dev|metrics|models)(\/|$)/],
  }),
);

registerRoute(
  ({ url, sameOrigin }) => sameOrigin && url.pathname.startsWith('/assets/'),
  new CacheFirst({
    cacheName: 'px-models',
    plugins: [new ExpirationPlugin({ maxEntries: 40 })],
  }),
);

registerRoute(
  ({ url, request, sameOrigin }) => sameOrigin && request.destination === 'image' && PICTURE.test(url.pathname),
  new CacheFirst({
    cacheName: 'px-pictures',
    plugins: [new ExpirationPlugin({ maxEntries: PICTURES_KEPT, maxAgeSeconds: 30 * DAY, purgeOnQuotaError: true })],
  }),
);

registerRoute(
  ({ url, request, sameOrigin }) =>
    sameOrigin && request.destination === 'image' && /^\/api\/events\/[^/]+\/cover/.test(url.pathname),
  new StaleWhileRevalidate({
    cacheName: 'px-pictures',
  }),
);

handlePush();

// Asked for by the page, never by itself: an open payment is not disturbed.
self.addEventListener('message', (event) => {
  if ((event.data as { type?: string } | null)?.type === 'SKIP_WAITING') void self.skipWaiting();
});
// Background Sync, where it exists: what waits goes out with no page open. Rejected, the browser tries again later.
self.addEventListener('sync' as never, (event: ExtendableEvent & { tag: string }) => {
  if (event.tag === SYNC_TAG) event.waitUntil(drainInWorker());
});
self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim());
});
