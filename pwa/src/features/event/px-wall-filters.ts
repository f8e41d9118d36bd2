import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { normalBib } from '#contracts/bibs.ts';
import { PxElement } from '../../components/element.ts';
import { field, formValues } from '../../components/field.ts';
import '../../components/px-dialog.ts';
import { icon } from '../../components/px-icon.ts';
import { type Facets, HOUR_MS, isFiltering, type WallFilter } from '../../data/wall/filter.ts';
import { formatDateShort, formatNumber, formatTime } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';

type Sheet = 'time' | 'bib' | 'by';

/** Narrows a wall down by time, bib number and photographer; together or each alone. Event: `px-filter` (detail: WallFilter). */
@customElement('px-wall-filters')
export class PxWallFilters extends PxElement {
  static override readonly later = true;
  @property({ attribute: false }) filter: WallFilter = {};
  /** Null: the wall is on its way. Its row is kept free, so that no photo moves when it comes. */
  @property({ attribute: false }) facets: Facets | null = null;
  /** Photos that fit. */
  @property({ type: Number }) found = 0;
  @property({ type: Number }) total = 0;
  @state() private sheet: Sheet | null = null;
  @state() private bibProblem = '';
  #keepsRoom = false;
  /** Sheets are made when they are first wanted. */
  readonly #opened = new Set<Sheet>();

  #set(change: WallFilter): void {
    this.emit<WallFilter>('px-filter', { ...this.filter, ...change });
  }

  protected override render(): TemplateResult | typeof nothing {
    const texts = t().gallery;
    const { filter, facets } = this;
    if (!facets) {
      this.#keepsRoom = true;
      return nothing;
    }
    const offers = {
      time: facets.hours.length > 1 || filter.from !== undefined || filter.to !== undefined,
      bib: facets.hasBibs || filter.bib !== undefined,
      by: facets.photographers.length > 1 || filter.by !== undefined,
    };
    const offersNone = !offers.time && !offers.bib && !offers.by;
    this.classList.toggle('none', offersNone && !this.#keepsRoom);
    if (offersNone) return nothing;
    const photographer = facets.photographers.find(({ id }) => id === filter.by)?.displayName;
    return html`<div class="filters" role="group" aria-label=${texts.filters}>
        ${offers.bib ? this.#chip('bib', texts.bib, filter.bib && texts.bibChip(filter.bib), { bib: undefined }) : nothing}
        ${offers.time ? this.#chip('time', texts.time, this.#range(), { from: undefined, to: undefined }) : nothing}
        ${offers.by ? this.#chip('by', texts.by, filter.by && (photographer ?? texts.by), { by: undefined }) : nothing}
      </div>
      <p class="filters-found small num" role="status">
        ${
          isFiltering(filter)
            ? html`<span class="soft">${texts.found(this.found, this.total)}</span>
                <button class="link" @click=${() => this.emit<WallFilter>('px-filter', {})}>${texts.clear}</button>`
            : nothing
        }
      </p>
      ${this.#opened.has('time') ? this.#timeSheet() : nothing}
      ${this.#opened.has('bib') ? this.#bibSheet() : nothing}
      ${this.#opened.has('by') ? this.#bySheet() : nothing}`;
  }

  #chip(sheet: Sheet, name: string, value: string | undefined, without: WallFilter): TemplateResult {
    const icons = { time: 'clock', bib: 'receipt', by: 'camera' } as const;
    return html`<span class="chip ${value ? 'on' : ''}">
      <button aria-haspopup="dialog" @click=${() => this.#open(sheet)}>
        ${icon(icons[sheet])}<span>${value ?? name}</span>${value ? nothing : icon('chevron-down')}
      </button>
      ${
        value
          ? html`<button class="chip-off" aria-label=${t().gallery.without(name)} @click=${() => this.#set(without)}>
            ${icon('close')}
          </button>`
          : nothing
      }
    </span>`;
  }

  #open(sheet: Sheet): void {
    this.bibProblem = '';
    this.#opened.add(sheet);
    this.sheet = sheet;
  }
  readonly #close = (): void => {
    this.sheet = null;
  };

  /** "06:00–08:00", with the day where the event has several. */
  #range(): string | undefined {
    const { from, to } = this.filter;
    if (from === undefined && to === undefined) return undefined;
    const span = `${from === undefined ? '…' : formatTime(from)}–${to === undefined ? '…' : formatTime(to)}`;
    return this.#days().length > 1 && from !== undefined ? `${formatDateShort(from)} ${span}` : span;
  }

  #days(): { day: string; hours: Facets['hours'] }[] {
    const days: { day: string; hours: Facets['hours'] }[] = [];
    for (const hour of this.facets?.hours ?? []) {
      const day = formatDateShort(hour.start);
      if (days.at(-1)?.day !== day) days.push({ day, hours: [] });
      days.at(-1)!.hours.push(hour);
    }
    return days;
  }

  /** One hour begins a choice, a second one completes it; a third begins anew. */
  #pickHour(start: number): void {
    const { from, to } = this.filter;
    const isOneHour = from !== undefined && to === from + HOUR_MS;
    if (isOneHour && start === from) this.#set({ from: undefined, to: undefined });
    else if (isOneHour) this.#set({ from: Math.min(from, start), to: Math.max(from, start) + HOUR_MS });
    else this.#set({ from: start, to: start + HOUR_MS });
  }

  #timeSheet(): TemplateResult {
    const texts = t().gallery;
    const { from, to } = this.filter;
    const most = Math.max(1, ...(this.facets?.hours ?? []).map(({ count }) => count));
    const days = this.#days();
    return html`<px-dialog heading=${texts.timeTitle} .open=${this.sheet === 'time'} @px-close=${this.#close}>
      <p class="soft small">${texts.timeHint}</p>
      ${days.map(
        ({ day, hours }) => html`${days.length > 1 ? html`<h3 class="hours-day">${day}</h3>` : nothing}
          <ul class="hours">
            ${hours.map(({ start, count }) => {
              const isIn = (from !== undefined || to !== undefined) && start >= (from ?? 0) && start < (to ?? Infinity);
              return html`<li>
                <button
                  aria-pressed=${isIn ? 'true' : 'false'}
                  aria-label=${texts.hour(formatTime(start), count)}
                  @click=${() => this.#pickHour(start)}
                >
                  <span class="num">${formatTime(start)}</span>
                  <meter min="0" max=${most} value=${count} aria-hidden="true"></meter>
                  <span class="num small soft">${formatNumber(count)}</span>
                </button>
              </li>`;
            })}
          </ul>`,
      )}
      <button slot="actions" class="btn btn-solid" @click=${this.#close}>${t().app.done}</button>
    </px-dialog>`;
  }

  #bibSheet(): TemplateResult {
    const texts = t().gallery;
    return html`<px-dialog heading=${texts.bibTitle} .open=${this.sheet === 'bib'} @px-close=${this.#close}>
      <form class="stack" @submit=${this.#takeBib}>
        ${field({
          name: 'bib',
          label: texts.bib,
          value: this.sheet === 'bib' ? (this.filter.bib ?? '') : '',
          hint: texts.bibHint,
          problem: this.bibProblem,
          autocomplete: 'off',
          maxlength: 20,
          required: true,
        })}
        <button class="btn btn-solid">${texts.bibShow}</button>
      </form>
    </px-dialog>`;
  }

  readonly #takeBib = (event: SubmitEvent): void => {
    event.preventDefault();
    const bib = normalBib(formValues(event.target as HTMLFormElement).bib ?? '');
    this.bibProblem = bib ? '' : t().gallery.bibWrong;
    if (!bib) return;
    this.#set({ bib });
    this.#close();
  };

  #bySheet(): TemplateResult {
    const texts = t().gallery;
    return html`<px-dialog heading=${texts.byTitle} .open=${this.sheet === 'by'} @px-close=${this.#close}>
      <ul class="choices">
        ${this.facets?.photographers.map(
          ({ id, displayName, count }) => html`<li>
            <button
              aria-pressed=${id === this.filter.by ? 'true' : 'false'}
              @click=${() => {
                this.#set({ by: id === this.filter.by ? undefined : id });
                this.#close();
              }}
            >
              <span>${displayName}</span><span class="num small soft">${formatNumber(count)}</span>
            </button>
          </li>`,
        )}
      </ul>
    </px-dialog>`;
  }
}
