/**
 * A page that opens renders in pieces: what the eye falls on at once, the rest each in a task of its own, so that a slow phone takes a
 * tap in between. Once another page is shown everything renders at once.
 */
let isOpening = true;
let last: Promise<void> = Promise.resolve();

export const isPageOpening = (): boolean => isOpening;
export const pageOpened = (): void => {
  isOpening = false;
};

/** A message, not a timer: browsers let timers of tabs in the background wait for seconds. */
const nextTask = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });

/** Resolves in a task that nothing else of the opening page shares; first come, first served. */
export function ownTask(): Promise<void> {
  last = last.then(nextTask);
  return last;
}

/** Resolves when nothing else is to be done, after `latestMs` in any case; Safari does not tell and gets a fourth of it. */
export const idle = (latestMs: number): Promise<unknown> =>
  new Promise((resolve) => {
    if ('requestIdleCallback' in globalThis) requestIdleCallback(resolve, { timeout: latestMs });
    else setTimeout(resolve, latestMs / 4);
  });
