import { html, nothing, type TemplateResult } from 'lit';
import { ifDefined } from 'lit/directives/if-defined.js';
import { ref } from 'lit/directives/ref.js';
import { repeat } from 'lit/directives/repeat.js';
import { location, navigate } from '../../context/router.ts';
import { setTitle } from '../../context/surface.ts';
import { toast } from '../../context/toasts.ts';
import { d } from '../../i18n/desk.ts';
import { formatMoney } from '../../i18n/format.ts';
import { problemText } from '../../i18n/problems.ts';
import { type IconName, icon } from '../px-icon.ts';

export interface HeadOptions {
  title: string;
  lead?: unknown;
  actions?: unknown;
  back?: { href: string; label: string };
}

/** Title of a page with its actions; the window's title, too. */
export const pageHead = ({ title, lead, actions, back }: HeadOptions): TemplateResult => {
  setTitle(title);
  return html`<header class="desk-head">
  <div>
    ${back ? html`<a class="desk-back" href=${back.href}>${icon('chevron-left')}${back.label}</a>` : nothing}
    <h1>${title}</h1>
    ${lead ? html`<p class="soft small">${lead}</p>` : nothing}
  </div>
  ${actions ? html`<div class="desk-actions">${actions}</div>` : nothing}
</header>`;
};

export interface Column<T> {
  /** Empty: the column of what can be done. */
  label: string;
  cell: (row: T) => unknown;
  /** Right-aligned figures. */
  end?: boolean;
  /** Only where there is room. */
  wide?: boolean;
}

export interface TableOptions<T> {
  /** Read out by screen readers. */
  caption: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  key?: (row: T) => string;
  /** The first cell becomes a link that covers the row. */
  href?: (row: T) => string;
  /** Or a button. */
  open?: (row: T) => void;
}

/** A dense table; on a phone each row is a card that names its cells. J and K walk the rows (px-desk). */
export function dataTable<T>({ caption, columns, rows, key, href, open }: TableOptions<T>): TemplateResult {
  const first = (row: T, content: unknown): unknown =>
    href
      ? html`<a class="row-link" data-row href=${href(row)}>${content}</a>`
      : open
        ? html`<button class="row-link" data-row @click=${() => open(row)}>${content}</button>`
        : content;
  const hasLink = Boolean(href ?? open);
  return html`<table class="table desk-table">
    <caption class="sr-only">${caption}</caption>
    <thead>
      <tr>
        ${columns.map(
          (column) => html`<th scope="col" class=${classesOf(column)}>
              ${column.label || html`<span class="sr-only">${d().common.actions}</span>`}
            </th>`,
        )}
      </tr>
    </thead>
    <tbody>
      ${repeat(
        rows,
        (row, index) => key?.(row) ?? index,
        (row) => html`<tr class=${hasLink ? 'links' : ''}>
          ${columns.map(
            (column, index) =>
              html`<td class=${classesOf(column)} data-label=${column.label}>
                <div class="cell">${index === 0 ? first(row, column.cell(row)) : column.cell(row)}</div>
              </td>`,
          )}
        </tr>`,
      )}
    </tbody>
  </table>`;
}
const classesOf = <T>(column: Column<T>): string => `${column.end ? 'end' : ''} ${column.wide ? 'wide' : ''}`;

export type Tone = 'success' | 'warning' | 'error' | 'plain';
const toneIcon: Record<Tone, IconName | null> = { success: 'check', warning: 'clock', error: 'warning', plain: null };

/** A state by colour, shape and word. */
export const stateBadge = (text: string, tone: Tone = 'plain'): TemplateResult => html`<span class="badge badge-${tone}"
  >${toneIcon[tone] ? icon(toneIcon[tone]) : nothing}${text}</span
>`;

export interface Tab {
  value: string;
  label: string;
  count?: number;
}

/** Filters that live in the address, so that back and reload keep them. */
export const queryTabs = (name: string, tabs: readonly Tab[], label: string): TemplateResult => {
  const current = location.value.query.get(name) ?? '';
  return html`<nav class="desk-tabs" aria-label=${label}>
    ${tabs.map(
      (tab) => html`<a
        href=${withQuery({ [name]: tab.value })}
        data-replace
        aria-current=${tab.value === current ? 'page' : nothing}
        >${tab.label}${tab.count === undefined ? nothing : html`<span class="num">${tab.count}</span>`}</a
      >`,
    )}
  </nav>`;
};

/** On a phone the tab one is on may lie beyond the edge. */
const showTab = (tab: Element | undefined): void =>
  void requestAnimationFrame(() => tab?.scrollIntoView({ block: 'nearest', inline: 'nearest' }));

export const linkTabs = (tabs: readonly { href: string; label: string }[], label: string): TemplateResult =>
  html`<nav class="desk-tabs" aria-label=${label}>
    ${tabs.map(
      (tab) => html`<a
        href=${tab.href}
        aria-current=${tab.href === location.value.path ? 'page' : nothing}
        ${tab.href === location.value.path ? ref(showTab) : nothing}
        >${tab.label}</a
      >`,
    )}
  </nav>`;

/** This page's address with other query values; empty ones leave it. */
export function withQuery(change: Record<string, string>): string {
  const query = new URLSearchParams(location.value.query);
  for (const [name, value] of Object.entries(change)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  return query.size > 0 ? `${location.value.path}?${query}` : location.value.path;
}

let typing: ReturnType<typeof setTimeout> | undefined;
/** A search box whose words live in the address as `q`; `/` jumps to it. */
export const searchBox = (label: string, placeholder = label): TemplateResult => html`<label class="desk-search">
  <span class="sr-only">${label}</span>${icon('search')}
  <input
    class="input"
    type="search"
    placeholder=${placeholder}
    .value=${location.value.query.get('q') ?? ''}
    @input=${(event: InputEvent) => {
      const q = (event.target as HTMLInputElement).value.trim();
      clearTimeout(typing);
      typing = setTimeout(() => navigate(withQuery({ q }), { replace: true }), 300);
    }}
  />
</label>`;

export interface Option {
  value: string;
  label: string;
}

/** A label with a native select. */
export const selectField = (options: {
  name: string;
  label: string;
  options: readonly Option[];
  value: string;
  hint?: string;
  problem?: string | null | undefined;
  hideLabel?: boolean;
  onChange?: (value: string) => void;
}): TemplateResult => html`<div class="field">
  <label for=${options.name} class=${options.hideLabel ? 'sr-only' : ''}>${options.label}</label>
  <select
    class="input"
    id=${options.name}
    name=${options.name}
    aria-invalid=${options.problem ? 'true' : 'false'}
    aria-describedby=${ifDefined(options.hint ? `${options.name}-hint` : undefined)}
    @change=${(event: Event) => options.onChange?.((event.target as HTMLSelectElement).value)}
  >
    ${options.options.map(
      (option) =>
        html`<option value=${option.value} ?selected=${option.value === options.value}>${option.label}</option>`,
    )}
  </select>
  ${options.problem ? html`<p class="problem">${icon('warning')}<span>${options.problem}</span></p>` : nothing}
  ${options.hint ? html`<p class="hint" id="${options.name}-hint">${options.hint}</p>` : nothing}
</div>`;

export const areaField = (options: {
  name: string;
  label: string;
  value?: string;
  hint?: string;
  rows?: number;
  required?: boolean;
  maxlength?: number;
  problem?: string | null | undefined;
  onInput?: (value: string) => void;
}): TemplateResult => html`<div class="field">
  <label for=${options.name}>${options.label}</label>
  <textarea
    class="input"
    id=${options.name}
    name=${options.name}
    rows=${options.rows ?? 4}
    maxlength=${ifDefined(options.maxlength)}
    ?required=${options.required ?? false}
    aria-invalid=${options.problem ? 'true' : 'false'}
    .value=${options.value ?? ''}
    @input=${(event: InputEvent) => options.onInput?.((event.target as HTMLTextAreaElement).value)}
  ></textarea>
  ${options.problem ? html`<p class="problem">${icon('warning')}<span>${options.problem}</span></p>` : nothing}
  ${options.hint ? html`<p class="hint">${options.hint}</p>` : nothing}
</div>`;

/** One number that matters, with where it leads. */
/** `mark`: the colour of this figure in a share bar (1 ink, 2 gold, 3 grey). */
export const figure = (options: {
  label: string;
  value: string;
  href?: string;
  note?: unknown;
  mark?: 1 | 2 | 3;
}): TemplateResult => {
  const inside = html`<dt data-mark=${options.mark ?? nothing}>${options.label}</dt>
    <dd class="num">${options.value}</dd>
    ${options.note ? html`<dd class="note-line">${options.note}</dd>` : nothing}`;
  return options.href
    ? html`<a class="figure" href=${options.href}><dl>${inside}</dl></a>`
    : html`<div class="figure"><dl>${inside}</dl></div>`;
};

export const money = (satang: number): TemplateResult => html`<span class="num">${formatMoney(satang)}</span>`;
export const percent = (bp: number): string => `${(bp / 100).toFixed(2).replace(/\.?0+$/, '')} %`;

/** Runs a change, says that it worked or why not; answers whether it did. */
export async function act(run: () => Promise<unknown>, done?: string): Promise<boolean> {
  try {
    await run();
    if (done) toast(done, { kind: 'success' });
    return true;
  } catch (error) {
    toast(problemText(error), { kind: 'error' });
    return false;
  }
}
