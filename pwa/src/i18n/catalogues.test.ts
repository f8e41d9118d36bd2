import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const repository = path.resolve(import.meta.dirname, '../../..');
/** Without the sign of the baht, which both write. */
const THAI = /[\u0e01-\u0e3e\u0e40-\u0e7f]/;

type Text = string | readonly string[] | ((...args: never[]) => string) | { [key: string]: Text };

/** Every sentence with the path of its key; functions are asked with numbers, then with words. */
function* sentences(texts: Text, at = ''): Generator<[key: string, sentence: string]> {
  if (typeof texts === 'string') yield [at, texts];
  else if (typeof texts === 'function') {
    const say = texts as (...args: unknown[]) => string;
    for (const args of [
      [1, 1, 1],
      [2, 2, 2],
      ['A', 'A', 'A'],
    ])
      try {
        yield [at, String(say(...args))];
      } catch {
        // takes the other kind
      }
  } else for (const [key, value] of Object.entries(texts)) yield* sentences(value as Text, at ? `${at}.${key}` : key);
}

const filesBelow = (folder: string): string[] =>
  readdirSync(path.join(repository, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => path.join(folder, name));

/** What stands in html`…` templates outside of `${…}` and of tags; a template inside an expression is one of its own. */
function wordsInTemplates(source: string): string[] {
  const texts: string[] = [];
  let at = 0;
  const skipQuoted = (quote: string): void => {
    for (at++; at < source.length && source[at] !== quote; at++) if (source[at] === '\\') at++;
    at++;
  };
  const template = (isHtml: boolean): void => {
    let text = '';
    for (at++; at < source.length && source[at] !== '`'; ) {
      if (source[at] === '\\') at += 2;
      else if (source.startsWith('${', at)) {
        at += 2;
        text += '\u0000';
        expression();
      } else text += source[at++];
    }
    at++;
    if (isHtml) texts.push(text);
  };
  /** Up to the brace that closes it, or the end of the file. */
  const expression = (): void => {
    for (let depth = 0; at < source.length; ) {
      const char = source[at]!;
      if (char === '}' && depth-- === 0) break;
      if (char === '{') depth++;
      if (source.startsWith('//', at)) at = (source.indexOf('\n', at) + 1 || source.length + 1) - 1;
      else if (source.startsWith('/*', at)) at = source.indexOf('*/', at) + 2;
      else if (char === "'" || char === '"') skipQuoted(char);
      else if (char === '`') template(/html$/.test(source.slice(Math.max(0, at - 4), at)));
      else if (char === '/' && /[(,=:[!&|?{;\n]\s*$/.test(source.slice(Math.max(0, at - 6), at))) {
        // A regular expression: its quotes open nothing.
        for (at++; source[at] !== '/' && source[at] !== '\n'; at++) {
          if (source[at] === '\\') at++;
          else if (source[at] === '[') while (source[at] !== ']') at += source[at] === '\\' ? 2 : 1;
        }
        at++;
      } else at++;
    }
    at++;
  };
  while (at < source.length) expression();
  return texts
    .flatMap((text) => [
      ...[...text.matchAll(/\s(?:aria-label|alt|title|placeholder)="([^"]*)"/g)].flatMap(([, value]) =>
        value!.split('\u0000'),
      ),
      ...text
        .replace(/<!--[\s\S]*?-->/g, '')
        .replace(/<[^>]*>/g, '\u0000')
        .split('\u0000'),
    ])
    .map((words) => words.replace(/&\w+;/g, '').trim())
    .filter((words) => /\p{L}{2,}/u.test(words));
}

describe('the two languages', () => {
  let catalogues: { shop: [Text, Text]; desk: [Text, Text] };
  let lang: { set(value: 'th' | 'en'): void };
  let format: typeof import('./format.ts');
  const before_ = {
    document: Reflect.get(globalThis, 'document'),
    navigator: Reflect.get(globalThis, 'navigator'),
    window: Reflect.get(globalThis, 'window'),
  };

  before(async () => {
    // What a page has and the catalogues ask for.
    Object.defineProperty(globalThis, 'document', { value: { documentElement: {} }, configurable: true });
    Object.defineProperty(globalThis, 'navigator', { value: { languages: ['en'] }, configurable: true });
    Object.defineProperty(globalThis, 'window', { value: { location: { search: '' } }, configurable: true });
    // First, as in the page: it brings the two main ones.
    ({ lang } = await import('./i18n.ts'));
    const [{ en }, { th }, { deskEn }, { deskTh }] = await Promise.all([
      import('./en.ts'),
      import('./th.ts'),
      import('./desk.en.ts'),
      import('./desk.th.ts'),
    ]);
    catalogues = { shop: [en as Text, th as Text], desk: [deskEn as Text, deskTh as Text] };
    format = await import('./format.ts');
  });
  after(() => {
    for (const [name, value] of Object.entries(before_))
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  });

  it('say every sentence in their own letters, politely and without a sex', () => {
    const wrong: string[] = [];
    for (const [english, thai] of Object.values(catalogues)) {
      for (const [key, sentence] of sentences(english))
        if (THAI.test(sentence) && !/lang|switch/i.test(key)) wrong.push(`en ${key}: ${sentence}`);
      for (const [key, sentence] of sentences(thai)) {
        if (/ครับ|ค่ะ|นะคะ/.test(sentence)) wrong.push(`th ${key}: ${sentence}`);
        // Names, codes, figures and samples of files are the same in both.
        if (!THAI.test(sentence) && !/sample/i.test(key) && /[a-z]{3,} [a-z]{3,}/i.test(sentence))
          wrong.push(`th ${key}: ${sentence}`);
      }
    }
    assert.deepEqual(wrong, []);
  });

  it('count: one photo, two photos', () => {
    const wrong: string[] = [];
    for (const [english] of Object.values(catalogues))
      for (const [key, sentence] of sentences(english))
        if (
          /(^|\s)1 (more )?(photos|files|people|orders|buyers|friends|minutes|hours|days|jobs|places|searches|codes)\b/.test(
            sentence,
          )
        )
          wrong.push(`${key}: ${sentence}`);
    assert.deepEqual(wrong, []);
  });

  it('know the day: the Buddhist year in Thai, Bangkok’s clock in both', () => {
    const moment = '2026-11-28T17:30:00Z'; // half past midnight on the 29th in Bangkok
    lang.set('th');
    assert.equal(format.formatDate(moment), '29 พฤศจิกายน 2569');
    assert.equal(format.formatDateTime(moment), '29 พ.ย. 2569 00:30');
    assert.equal(format.formatMoney(123_456), '฿1,234.56');
    lang.set('en');
    assert.equal(format.formatDate(moment), '29 November 2026');
    assert.equal(format.formatDateTime(moment), '29 Nov 2026 00:30');
    assert.equal(format.formatMoney(-25_000), '−฿250');
  });

  it('leave no sentence in a template, where one of them could not reach it', () => {
    // Names: of things, and of the languages themselves.
    const own = /^(ไทย|English|ThePixStock|PromptPay|LINE|QR|ZIP|EXIF|JPEG|MB|KBANK|TH|EN|YYYY-MM-DD)$/;
    const found = filesBelow('pwa/src')
      .filter((file) => !file.startsWith('pwa/src/gallery/'))
      .flatMap((file) =>
        wordsInTemplates(readFileSync(path.join(repository, file), 'utf8'))
          .filter((words) => !own.test(words))
          .map((words) => `${file}: ${words}`),
      );
    assert.deepEqual(found, []);
  });

  it('have words for everything that the log can hold', () => {
    const [desk] = catalogues.desk as unknown as [{ logs: { actions: object; subjects: object } }];
    const missing = new Set<string>();
    for (const file of [...filesBelow('server'), ...filesBelow('worker-ai')]) {
      const source = readFileSync(path.join(repository, file), 'utf8');
      for (const [, action] of source.matchAll(/action: '([a-z_]+\.[a-z_]+)'/g))
        if (!(action! in desk.logs.actions)) missing.add(action!);
      for (const [, kind] of source.matchAll(/subjectKind: '([a-z_]+)'/g))
        if (!(kind! in desk.logs.subjects)) missing.add(kind!);
    }
    assert.deepEqual([...missing], []);
  });
});
