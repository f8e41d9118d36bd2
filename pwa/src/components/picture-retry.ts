import { online } from '../data/connectivity.ts';

const FIRST_MS = 1_500;
const MOST_ATTEMPTS = 4;
const attempts = new WeakMap<HTMLImageElement, { source: string; count: number }>();

/**
 * For `@error` of a picture: it broke off or there was no signal, and it comes again later and later, at once when the server is
 * reached. What lies below it (thumbnail, blur) stays meanwhile. Gives up after some times; looking at it anew begins anew.
 */
export function retryPicture(event: Event): void {
  const image = event.target as HTMLImageElement;
  const source = image.getAttribute('src');
  if (!source) return;
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
