/**
 * What a document of the server with a cover runs first (server/modules/pages/shell.ts): the app's code waits until the cover is painted. On
 * a slow phone it occupies the processor for longer than the picture takes, and the eye gets the picture first.
 */

/** However slow the cover is, the app starts after this. */
const LATEST_MS = 1_000;

function startApp(): void {
  const { href } = document.querySelector<HTMLLinkElement>('#app-code')!;
  document.head.append(Object.assign(document.createElement('script'), { type: 'module', crossOrigin: '', src: href }));
}

async function coverPainted(): Promise<void> {
  const cover = document.querySelector<HTMLImageElement>('px-app > .first img[fetchpriority="high"]');
  if (!cover || document.hidden) return;
  const painted = cover.decode().then(
    // The picture is in the first frame after it is decoded; the second says that the first was painted.
    () => new Promise<unknown>((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
    () => undefined,
  );
  await Promise.race([painted, new Promise((resolve) => setTimeout(resolve, LATEST_MS))]);
}

void coverPainted().then(startApp);

export {};
