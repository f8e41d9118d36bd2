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

/** Resolves in a task that nothing else of the opening page shares; first come, first served. */
export function ownTask(): Promise<void> {
  last = last.then(() => new Promise<void>((resolve) => setTimeout(resolve)));
  return last;
}
