import { Store } from '../data/store.ts';
import { en } from './en.ts';
import { th } from './th.ts';

export type Lang = 'th' | 'en';

/** The same keys and parameters as the English catalogue, any text: a key that is missing in Thai fails `tsc`. */
export type Catalogue<T> = {
  [K in keyof T]: T[K] extends string
    ? string
    : T[K] extends (...args: infer A) => string
      ? (...args: A) => string
      : T[K] extends readonly string[]
        ? readonly string[]
        : Catalogue<T[K]>;
};

const STORAGE_KEY = 'px.lang';

/** The server writes the first screen in the language that was chosen here. */
const tellServer = (chosen: Lang): void => {
  // biome-ignore lint/suspicious/noDocumentCookie: Safari and Firefox have no Cookie Store API
  document.cookie = `px.lang=${chosen}; path=/; max-age=31536000; samesite=lax`;
};

function detect(): Lang {
  const asked = new URLSearchParams(window.location.search).get('lang');
  if (asked === 'th' || asked === 'en') return asked;
  let saved: string | null = null;
  try {
    saved = localStorage.getItem(STORAGE_KEY);
  } catch {
    // storage refused: ask the browser each time
  }
  if (saved === 'th' || saved === 'en') {
    tellServer(saved);
    return saved;
  }
  const first = navigator.languages.find((tag) => /^(th|en)\b/i.test(tag)) ?? 'en';
  return first.toLowerCase().startsWith('th') ? 'th' : 'en';
}

export const lang = new Store<Lang>(detect());

export function setLang(next: Lang): void {
  try {
    localStorage.setItem(STORAGE_KEY, next);
  } catch {
    // the choice then lasts for this visit
  }
  tellServer(next);
  lang.set(next);
}

/** A catalogue of a feature that is loaded on its own (the desks of staff): `const m = messages(en, th); m().title`. */
export const messages =
  <T>(english: T, thai: Catalogue<T>): (() => Catalogue<T>) =>
  () =>
    lang.value === 'th' ? thai : (english as Catalogue<T>);

/** The attendee's catalogue in the language of the moment: `t().cart.title`. */
export const t = messages(en, th);

const applyToDocument = (value: Lang): void => {
  document.documentElement.lang = value;
};
applyToDocument(lang.value);
lang.watch(applyToDocument);
