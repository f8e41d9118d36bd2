import { Store } from '../data/store.ts';

export interface Location {
  path: string;
  query: URLSearchParams;
  /** Changes with every navigation, so that the same address can be asked for again. */
  key: number;
  /** True when the person went back or forward: scroll positions come back. */
  popped: boolean;
}

let serial = 0;
const read = (popped: boolean): Location => ({
  path: decodeURI(window.location.pathname).replace(/(.)\/+$/, '$1'),
  query: new URLSearchParams(window.location.search),
  key: ++serial,
  popped,
});

export const location = new Store<Location>(read(false));

interface Entry {
  index: number;
  scroll?: number;
  /** What a page wants to find again when one comes back to it, or reloads. */
  notes?: Record<string, unknown>;
}
const entry = (): Entry => (history.state as Entry | null) ?? { index: 0 };

/** How many of our own pages lie behind this one: `back()` stays inside the app. */
const depth = (): number => entry().index;

export interface NavigateOptions {
  replace?: boolean;
}

export function navigate(to: string, { replace = false }: NavigateOptions = {}): void {
  const current = entry();
  history.replaceState({ ...current, scroll: scrollY }, '');
  if (replace) history.replaceState({ index: current.index }, '', to);
  else history.pushState({ index: current.index + 1 }, '', to);
  location.set(read(false));
}

/** Goes back inside the app; from a page that was opened directly, to `fallback`. */
export function back(fallback: string): void {
  if (depth() > 0) history.back();
  else navigate(fallback, { replace: true });
}

/** Remembers something with this entry of the history; it is gone when one goes on to a new page, there when one comes back. */
export function noteEntry(key: string, value: unknown): void {
  history.replaceState({ ...entry(), notes: { ...entry().notes, [key]: value } }, '');
}
export const entryNote = <T>(key: string): T | undefined => entry().notes?.[key] as T | undefined;

export const savedScroll = (): number => entry().scroll ?? 0;

/** Follows clicks on same-origin links without a reload; leaves modified clicks, downloads and API links alone. */
export function startRouter(): void {
  history.scrollRestoration = 'manual';
  if (history.state === null) history.replaceState({ index: 0 }, '');
  addEventListener('popstate', () => location.set(read(true)));
  let waiting: ReturnType<typeof setTimeout> | undefined;
  addEventListener(
    'scroll',
    () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => history.replaceState({ ...entry(), scroll: scrollY }, ''), 200);
    },
    { passive: true },
  );
  document.addEventListener('click', (event) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = event.composedPath().find((node): node is HTMLAnchorElement => node instanceof HTMLAnchorElement);
    if (!link?.href || link.target || link.hasAttribute('download') || link.origin !== window.location.origin) return;
    if (/^\/(api|dev|metrics)(\/|$)/.test(link.pathname)) return;
    if (link.hash && link.pathname === window.location.pathname) return;
    event.preventDefault();
    navigate(link.pathname + link.search, { replace: link.dataset.replace !== undefined });
  });
}
