import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { eventFacts, eventName, eventPath } from '../../components/event-parts.ts';
import { coverImage } from '../../components/first-image.ts';
import { icon } from '../../components/px-icon.ts';
import { emptyState, errorState, illustration } from '../../components/states.ts';
import { setTitle } from '../../context/surface.ts';
import { findEvents, loadEvents } from '../../data/events.ts';
import type { EventView } from '../../data/types.ts';
import { t } from '../../i18n/i18n.ts';
import './home.css';
import { isOnNow, shownEvents, type When, whens } from './shown-events.ts';

const SEARCH_FROM = 4;
/** With as many as one answer holds there may be more: then the server is asked, too. */
const FULL = 60;
const ASK_AFTER_MS = 300;

@customElement('px-home-page')
export class PxHomePage extends PxElement {
  static override readonly later = true;
  @state() private events: readonly EventView[] | null = null;
  @state() private problem: unknown = null;
  @state() private wanted = '';
  @state() private when: When = 'all';
  #asking: ReturnType<typeof setTimeout> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load();
  }

  async #load(): Promise<void> {
    this.problem = null;
    try {
      await loadEvents((events) => {
        this.events = events;
      });
    } catch (error) {
      if (!this.events) this.problem = error;
    }
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#asking);
  }

  /** What is wanted may be beyond what was loaded. */
  #askServer(): void {
    clearTimeout(this.#asking);
    if ((this.events?.length ?? 0) < FULL || (this.wanted === '' && this.when === 'all')) return;
    this.#asking = setTimeout(async () => {
      const found = await findEvents(this.wanted, this.when).catch(() => []);
      const known = new Set(this.events?.map(({ id }) => id));
      const more = found.filter(({ id }) => !known.has(id));
      if (more.length > 0) this.events = [...(this.events ?? []), ...more];
    }, ASK_AFTER_MS);
  }

  protected override render(): TemplateResult {
    const texts = t().home;
    setTitle('');
    return html`<div class="page home">
      <section class="hero">
        <h1 class="display">${texts.title.map((line) => html`<span>${line}</span> `)}</h1>
        <p class="soft">${texts.lead}</p>
        <ol class="steps">
          ${texts.steps.map((step, i) => html`<li><span class="num">${i + 1}</span>${step}</li>`)}
        </ol>
      </section>
      <section aria-labelledby="events-title">
        <div class="spread events-head">
          <h2 class="section-title" id="events-title">${texts.upcoming}</h2>
          ${(this.events?.length ?? 0) >= SEARCH_FROM ? html`<div class="events-tools">${this.#when()} ${this.#search()}</div>` : nothing}
        </div>
        ${this.#list()}
      </section>
    </div>`;
  }

  #search(): TemplateResult {
    return html`<label class="event-search">
      <span class="sr-only">${t().home.search}</span>${icon('search')}
      <input
        class="input"
        type="search"
        placeholder=${t().home.searchHint}
        @input=${(event: InputEvent) => {
          this.wanted = (event.target as HTMLInputElement).value.trim();
          this.#askServer();
        }}
      />
    </label>`;
  }

  #when(): TemplateResult {
    const texts = t().home;
    return html`<label class="event-when">
      <span class="sr-only">${texts.when}</span>
      <select
        class="input"
        @change=${(event: Event) => {
          this.when = (event.target as HTMLSelectElement).value as When;
          this.#askServer();
        }}
      >
        ${whens.map((when) => html`<option value=${when} ?selected=${when === this.when}>${texts.whens[when]}</option>`)}
      </select>
    </label>`;
  }

  #list(): TemplateResult {
    const texts = t().home;
    if (this.problem) return errorState(this.problem, () => void this.#load());
    if (!this.events)
      return html`<div class="event-list" role="status" aria-busy="true" aria-label=${t().app.loading}>
        ${[1, 2, 3].map(() => html`<div class="event-card"><span class="skeleton cover"></span></div>`)}
      </div>`;
    if (this.events.length === 0) return emptyState({ drawing: 'frames', title: texts.none, body: texts.noneBody });
    const shown = shownEvents(this.events, this.wanted, this.when, Date.now());
    if (shown.length === 0)
      return emptyState({
        drawing: 'frames',
        title: this.wanted ? texts.noMatch(this.wanted) : texts.noneWhen[this.when],
        action: html`<button class="btn btn-line" @click=${this.#clear}>${texts.showAll}</button>`,
      });
    return html`<ul class="event-list">
      ${shown.map((event, index) => this.#card(event, index))}
    </ul>`;
  }

  readonly #clear = (): void => {
    this.wanted = '';
    this.when = 'all';
    for (const input of this.querySelectorAll<HTMLInputElement>('.event-search input')) input.value = '';
  };

  #card(event: EventView, index: number): TemplateResult {
    return html`<li>
      <a class="event-card" href=${eventPath(event)}>
        <span class="cover">
          ${coverImage(event, '(max-width: 700px) 92vw, 24rem', index === 0) ?? illustration('frames')}
        </span>
        ${isOnNow(event, Date.now()) ? html`<span class="event-now">${t().home.now}</span>` : nothing}
        <h3 class="display">${eventName(event)}</h3>
        ${eventFacts(event)}
        <p class="small soft num">${event.photoCount > 0 ? t().home.photos(event.photoCount) : nothing}</p>
      </a>
    </li>`;
  }
}
