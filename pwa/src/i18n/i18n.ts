import type { en } from './en.ts';
import { type Lang, lang, STORAGE_KEY, tellServer } from './lang.ts';

export { type Lang, lang } from './lang.ts';

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

type Texts = Catalogue<typeof en>;

const loaders: Record<Lang, () => Promise<Texts>> = {
  en: async () => (await import('./en.ts')).en,
  th: async () => (await import('./th.ts')).th,
};
const loaded: Partial<Record<Lang, Texts>> = {};

/** Half of the texts is the other language's: each comes by itself, so that nobody waits for what they do not read. */
export async function loadTexts(language: Lang): Promise<void> {
  loaded[language] ??= await loaders[language]();
}

export const hasTexts = (): boolean => loaded[lang.value] !== undefined;

/** The attendee's catalogue in the language of the moment: `t().cart.title`. Not before `loadTexts(lang.value)` is done. */
export function t(): Texts {
  const texts = loaded[lang.value];
  if (!texts) throw new Error('the texts are not loaded yet');
  return texts;
}

export function setLang(next: Lang): void {
  try {
    localStorage.setItem(STORAGE_KEY, next);
  } catch {
    // the choice then lasts for this visit
  }
  tellServer(next);
  // Without signal and never loaded: the language stays until it can change.
  void loadTexts(next)
    .then(() => lang.set(next))
    .catch(() => undefined);
}

/** A catalogue of a feature that is loaded on its own (the desks of staff): `const m = messages(en, th); m().title`. */
export const messages =
  <T>(english: T, thai: Catalogue<T>): (() => Catalogue<T>) =>
  () =>
    lang.value === 'th' ? thai : (english as Catalogue<T>);
