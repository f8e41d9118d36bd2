import { Store } from '../data/store.ts';

export type Lang = 'th' | 'en';

export const STORAGE_KEY = 'px.lang';

/** The server writes the first screen in the language that was chosen here. */
export const tellServer = (chosen: Lang): void => {
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

const applyToDocument = (value: Lang): void => {
  document.documentElement.lang = value;
};
applyToDocument(lang.value);
lang.watch(applyToDocument);
