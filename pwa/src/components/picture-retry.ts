import { online } from '../data/connectivity.ts';

const FIRST_MS = 1_500;
const MOST_ATTEMPTS = 4;
const attempts = new WeakMap<HTMLImageElement, { source: string; count: number }>();

/**
 * For every picture of the app that breaks off or cannot be had without signal: what lies below it (thumbnail, blur, colour) shows
 * instead of the browser's torn picture, and it comes again later and later, at once when the server is reached. Gives up after some
 * times; looking at it anew begins anew. Call once.
 */
export function watchPictures(): void {
  const ofPicture = (handle: (image: HTMLImageElement) => void) => (event: Event) =>
    event.target instanceof HTMLImageElement && handle(event.target);
  document.addEventListener('error', ofPicture(broke), true);
  document.addEventListener('load', ofPicture(came), true);
  for (const image of document.images) if (image.complete && image.naturalWidth === 0) broke(image);
}

const came = (image: HTMLImageElement): void => image.removeAttribute('data-broken');

function broke(image: HTMLImageElement): void {
  const source = image.getAttribute('src');
  if (!source) return;
  image.setAttribute('data-broken', '');
  const before = attempts.get(image);
  const count = before?.source === source ? before.count + 1 : 1;
  attempts.set(image, { source, count });
  if (count > MOST_ATTEMPTS) return;
  const again = (): void => {
    clearTimeout(timer);
    unwatch();
    if (image.isConnected && image.getAttribute('src') === source && image.naturalWidth === 0) image.src = source;
  };
  const timer = setTimeout(again, FIRST_MS * 2 ** (count - 1));
  const unwatch = online.watch((isReachable) => isReachable && again());
}
