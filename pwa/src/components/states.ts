import { html, nothing, type SVGTemplateResult, svg, type TemplateResult } from 'lit';
import { ApiProblem } from '../data/problem.ts';
import { t } from '../i18n/i18n.ts';
import { problemText } from '../i18n/problems.ts';

/** Illustrations in one line weight: empty frames, a frame without signal, a frame that slipped. */
const drawings = {
  frames: svg`<rect x="18" y="26" width="52" height="40" rx="4"/><rect x="78" y="14" width="36" height="52" rx="4"/><rect x="122" y="30" width="40" height="36" rx="4"/><path d="M10 78h160"/><circle class="gold" cx="96" cy="34" r="6"/><path d="M86 56c2-8 18-8 20 0"/>`,
  signal: svg`<rect x="52" y="18" width="76" height="56" rx="5"/><path d="M72 50a26 26 0 0 1 36 0M79 57a16 16 0 0 1 22 0"/><circle class="gold" cx="90" cy="64" r="3"/><path d="m64 26 52 44"/>`,
  slipped: svg`<path d="M90 8v12"/><g transform="rotate(9 90 50)"><rect x="54" y="22" width="72" height="54" rx="4"/><path d="m60 68 20-20 14 14 10-9 16 15"/><circle class="gold" cx="76" cy="38" r="5"/></g>`,
  bag: svg`<path d="M60 32h60l6 50H54z"/><path d="M76 40v-12a14 14 0 0 1 28 0v12"/><rect x="78" y="48" width="24" height="18" rx="2"/><circle class="gold" cx="90" cy="57" r="3.5"/>`,
  face: svg`<path d="M58 30v-8a8 8 0 0 1 8-8h8M106 14h8a8 8 0 0 1 8 8v8M122 62v8a8 8 0 0 1-8 8h-8M74 78h-8a8 8 0 0 1-8-8v-8"/><path d="M80 38v3m20-3v3M79 54c6 7 16 7 22 0"/><circle class="gold" cx="90" cy="46" r="2.5"/>`,
} satisfies Record<string, SVGTemplateResult>;

export type Drawing = keyof typeof drawings;

export interface StateOptions {
  drawing: Drawing;
  title: string;
  body?: string;
  action?: TemplateResult | typeof nothing;
  /** It is the whole page: its title is the page's heading. */
  isPage?: boolean;
}

export const illustration = (drawing: Drawing): TemplateResult => html`<svg
  class="drawing"
  viewBox="0 0 180 92"
  fill="none"
  stroke="currentColor"
  stroke-width="1.5"
  stroke-linecap="round"
  stroke-linejoin="round"
  aria-hidden="true"
>
  ${drawings[drawing]}
</svg>`;

/** One drawing, one sentence, one action. */
export const emptyState = ({
  drawing,
  title,
  body,
  action = nothing,
  isPage = false,
}: StateOptions): TemplateResult => html`<div class="state">
  ${illustration(drawing)}
  ${isPage ? html`<h1 class="section-title">${title}</h1>` : html`<h2 class="section-title">${title}</h2>`}
  ${body ? html`<p class="soft">${body}</p>` : nothing} ${action}
</div>`;

/** What a page shows instead of its content when loading it failed. */
export function errorState(error: unknown, retry: () => void, { isPage = false } = {}): TemplateResult {
  const offline = error instanceof ApiProblem && error.isOffline;
  if (error instanceof ApiProblem && error.status === 404)
    return emptyState({
      isPage,
      drawing: 'frames',
      title: problemText(error),
      body: t().notFound.body,
      action: html`<a class="btn btn-line" href="/">${t().notFound.action}</a>`,
    });
  const reference = error instanceof ApiProblem ? error.requestId : null;
  return html`<div role="alert">
    ${emptyState({
      isPage,
      drawing: offline ? 'signal' : 'slipped',
      title: offline ? t().offline.title : t().errors.title,
      body: offline ? t().offline.notStored : problemText(error),
      action: html`<button class="btn btn-line" @click=${retry}>${t().app.retry}</button>
        ${reference ? html`<p class="small soft num">${t().errors.reference(reference)}</p>` : nothing}`,
    })}
  </div>`;
}

/** A page that is being fetched: its heading for those who listen, bars in the shape of what comes for those who look. */
export const loadingPage = (title: string, skeleton = skeletonLines(5)): TemplateResult => html`<div
  class="page page-narrow"
  role="status"
  aria-busy="true"
  aria-label=${t().app.loading}
>
  <h1 class="sr-only">${title}</h1>
  ${skeleton}
</div>`;

/** Bars in the shape of a text that comes. */
export const skeletonLines = (count = 3): TemplateResult => html`<div class="skeleton-lines" aria-hidden="true">
  ${Array.from({ length: count }, () => html`<span class="skeleton"></span>`)}
</div>`;
