import fontsUrl from '../styles/fonts.css?url';

/** However slow the cover is, words get their faces after this. */
const LATEST_MS = 6_000;

/**
 * The faces, 80 to 120 KB, come after what the eye falls on: on a first visit the words stand in local faces of the same measure until the
 * cover is there. The kept shell has the faces beside it and takes them at once.
 */
export function loadFonts(): void {
  const cover = document.querySelector<HTMLImageElement>('.first img[fetchpriority="high"]');
  if (!cover || cover.complete) add();
  else {
    const timer = setTimeout(add, LATEST_MS);
    const then = (): void => {
      clearTimeout(timer);
      add();
    };
    cover.addEventListener('load', then, { once: true });
    cover.addEventListener('error', then, { once: true });
  }
}

let isAdded = false;
function add(): void {
  if (isAdded) return;
  isAdded = true;
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = fontsUrl;
  document.head.append(link);
}
