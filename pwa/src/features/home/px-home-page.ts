import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { eventFacts, eventName, eventPath } from '../../components/event-parts.ts';
import { coverImage } from '../../components/first-image.ts';
import { icon } from '../../components/px-icon.ts';
import { emptyState, errorState, illustration } from '../../components/states.ts';
import { setTitle } from '../../context/surface.ts';
import { loadEvents } from '../../data/events.ts';
import type { EventView } from '../../data/types.ts';
import { t } from '../../i18n/i18n.ts';
import './home.css';

const SEARCH_FROM = 5;

@customElement('px-home-page')
export class PxHomePage extends PxElement {
  @state() private events: readonly EventView[] | null = null;
  @state() private problem: unknown = null;
  @state() private wanted = '';

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
          ${(this.events?.length ?? 0) >= SEARCH_FROM ? this.#search() : nothing}
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
        }}
      />
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
    const wanted = this.wanted.toLocaleLowerCase();
    const shown = this.events.filter((event) =>
      [event.name, event.nameEn, event.venue, event.location].some((text) =>
        text?.toLocaleLowerCase().includes(wanted),
      ),
    );
    if (shown.length === 0) return emptyState({ drawing: 'frames', title: texts.noMatch(this.wanted) });
    return html`<ul class="event-list">
      ${shown.map((event, index) => this.#card(event, index))}
    </ul>`;
  }

  #card(event: EventView, index: number): TemplateResult {
    return html`<li>
      <a class="event-card" href=${eventPath(event)}>
        <span class="cover">
          ${coverImage(event, '(max-width: 700px) 92vw, 24rem', index === 0) ?? illustration('frames')}
        </span>
        <h3 class="display">${eventName(event)}</h3>
        ${eventFacts(event)}
        <p class="small soft num">${event.photoCount > 0 ? t().home.photos(event.photoCount) : nothing}</p>
      </a>
    </li>`;
  }
}
