import { FIRST_ANSWERS_ID, type ScreenLanguage } from '#contracts/first-screen.ts';
import { type Html, html, scriptJson } from './html.ts';

export interface PageHead {
  title: string;
  description: string;
  /** Path of the page under its one address; null: none (it is not to be found). */
  canonical: string | null;
  isIndexed: boolean;
  /** Asked for in a language by `?lang=`: that address is a page of its own for searchers. */
  isLanguageAsked: boolean;
  type: 'website' | 'profile' | 'article';
  /** Path, or null for the house's own picture. */
  image: { url: string; width: number; height: number; alt: string } | null;
  /** JSON-LD objects. */
  structured: readonly object[];
  themeColor: string;
}

const locales: Record<ScreenLanguage, string> = { th: 'th_TH', en: 'en_GB' };
const houseImage = { url: '/icons/icon-512.png', width: 512, height: 512, alt: 'ThePixStock' };

export const inLanguage = (url: string, language: ScreenLanguage): string => `${url}?lang=${language}`;

/** Everything in the document's head that tells others what the page is. */
export function headHtml(head: PageHead, language: ScreenLanguage, publicUrl: string): Html {
  const origin = publicUrl.replace(/\/+$/, '');
  const base = head.canonical === null ? null : origin + encodeURI(head.canonical);
  const canonical = base && head.isLanguageAsked ? inLanguage(base, language) : base;
  const image = head.image ?? houseImage;
  const title = head.title ? `${head.title} · ThePixStock` : 'ThePixStock';
  return html`<title>${title}</title>
<meta name="description" content="${head.description}">
<meta name="robots" content="${head.isIndexed ? 'index, follow, max-image-preview:large' : 'noindex'}">
<meta name="theme-color" content="${head.themeColor}">
${canonical && html`<link rel="canonical" href="${canonical}">`}
${
  base &&
  head.isIndexed &&
  html`<link rel="alternate" hreflang="th" href="${inLanguage(base, 'th')}"><link rel="alternate" hreflang="en" href="${inLanguage(base, 'en')}"><link rel="alternate" hreflang="x-default" href="${base}">`
}
<meta property="og:site_name" content="ThePixStock">
<meta property="og:type" content="${head.type}">
<meta property="og:title" content="${head.title || 'ThePixStock'}">
<meta property="og:description" content="${head.description}">
${canonical && html`<meta property="og:url" content="${canonical}">`}
<meta property="og:locale" content="${locales[language]}">
<meta property="og:locale:alternate" content="${locales[language === 'th' ? 'en' : 'th']}">
<meta property="og:image" content="${origin + image.url}">
<meta property="og:image:width" content="${image.width}">
<meta property="og:image:height" content="${image.height}">
<meta property="og:image:alt" content="${image.alt}">
<meta name="twitter:card" content="${head.image ? 'summary_large_image' : 'summary'}">
<meta name="twitter:title" content="${head.title || 'ThePixStock'}">
<meta name="twitter:description" content="${head.description}">
<meta name="twitter:image" content="${origin + image.url}">
`;
}

/** JSON-LD, and answers of the API for the page's first calls, keyed by their address. */
export const dataHtml = (structured: readonly object[], answers: Record<string, unknown> | undefined): Html =>
  html`${answers && html`<script type="application/json" id="${FIRST_ANSWERS_ID}">${scriptJson(answers)}</script>`}${structured.map((thing) => html`<script type="application/ld+json">${scriptJson(thing)}</script>`)}`;
