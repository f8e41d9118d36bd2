import { cacheNames } from 'workbox-core';

/**
 * Chunks of earlier versions. A tab that was opened before an update goes on with its own code, also after this worker has taken
 * over: its chunks move from the precache, which holds one version, to a cache of their own.
 */
export const CHUNKS = 'px-chunks';

/** Call before the precache is set up: when it is cleared, what an open tab may still load is safe. */
export function keepOldChunks(manifest: readonly { url: string }[]): void {
  const now = new Set(manifest.map(({ url }) => new URL(url, self.location.href).pathname));
  self.addEventListener('install', ((event: ExtendableEvent) => {
    event.waitUntil(
      (async () => {
        const old = await caches.open(cacheNames.precache);
        const chunks = await caches.open(CHUNKS);
        for (const request of await old.keys()) {
          const { pathname } = new URL(request.url);
          if (!pathname.startsWith('/assets/') || now.has(pathname)) continue;
          const response = await old.match(request);
          if (response) await chunks.put(pathname, response);
        }
      })().catch(() => undefined), // no room: the tab says so when a chunk is missing
    );
  }) as EventListener);
}
