import assert from 'node:assert/strict';
import { dataHtml, headHtml } from './head.ts';
import { escapeHtml, Html, html, scriptJson } from './html.ts';

const nasty = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</title><script>alert(1)</script>',
  '</script><script>alert(1)</script>',
  '<!--<script>',
  '\u2028alert(1)\u2029',
  '&lt;b&gt; $& $` $1 \\',
  'งาน & <b>ไนต์รัน</b>\u0000\u0008',
];
/** Text of an element or attribute, as a browser reads it. */
const readText = (text: string): string =>
  text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&');

describe('html of the documents', () => {
  it('escapes every value and leaves what is HTML already', () => {
    for (const text of nasty) {
      const made = html`<a title="${text}">${text}</a>`.text;
      assert.equal(made.match(/[<>]/g)?.length, 4, made);
      assert.equal(made.match(/"/g)?.length, 2, made);
      const plain = text.replace(/\p{Cc}/gu, '');
      assert.equal(readText(/title="([^"]*)"/.exec(made)![1]!), plain);
      assert.equal(readText(/>([^<]*)</.exec(made)![1]!), plain);
    }
    assert.equal(html`<p>${new Html('<b>')}${['a', null, false, 1]}${undefined}</p>`.text, '<p><b>a1</p>');
    assert.equal(escapeHtml('ก&ข'), 'ก&amp;ข');
  });

  it('holds any JSON in a script element without ending it', () => {
    for (const text of nasty) {
      const { text: json } = scriptJson({ [text]: [text] });
      assert.doesNotMatch(json, /[<>&\u2028\u2029]/);
      assert.deepEqual(JSON.parse(json), { [text]: [text] });
    }
  });

  it('writes a head that no name can break out of', () => {
    for (const text of nasty) {
      const head = {
        title: text,
        description: text,
        canonical: `/e/${text}`,
        isIndexed: true,
        isLanguageAsked: false,
        type: 'website' as const,
        image: { url: '/api/photos/x', width: 1, height: 1, alt: text },
        structured: [{ name: text }],
        themeColor: '#111111',
      };
      const made = headHtml(head, 'th', 'https://pix.test').text;
      const names = [...made.matchAll(/<\/?([a-z!-]+)/g)].map((match) => match[1]);
      assert.deepEqual([...new Set(names)].sort(), ['link', 'meta', 'title']);
      const attributes = [...made.matchAll(/\s([a-z]+)="/g)].map((match) => match[1]);
      assert.deepEqual([...new Set(attributes)].sort(), ['content', 'href', 'hreflang', 'name', 'property', 'rel']);
      const data = dataHtml(head.structured, { '/api/x': text }).text;
      assert.equal(data.match(/<\/?script/g)?.length, 4);
      assert.doesNotMatch(data, /<!--/);
    }
  });

  it('names a language only in the address that was asked for by it', () => {
    const head = {
      title: 'A',
      description: '',
      isIndexed: true,
      type: 'website' as const,
      image: null,
      structured: [],
    };
    const of = (isLanguageAsked: boolean, canonical: string | null = '/e/a') =>
      headHtml({ ...head, canonical, isLanguageAsked, themeColor: '#111' }, 'en', 'https://pix.test/').text;
    assert.match(of(false), /rel="canonical" href="https:\/\/pix\.test\/e\/a"/);
    assert.match(of(true), /rel="canonical" href="https:\/\/pix\.test\/e\/a\?lang=en"/);
    assert.match(of(false), /hreflang="x-default" href="https:\/\/pix\.test\/e\/a"/);
    assert.doesNotMatch(of(false, null), /canonical|hreflang|og:url/);
  });
});
