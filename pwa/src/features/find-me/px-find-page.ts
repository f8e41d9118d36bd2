import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { eventName, eventPath } from '../../components/event-parts.ts';
import { icon } from '../../components/px-icon.ts';
import { emptyState, errorState } from '../../components/states.ts';
import { setTitle } from '../../context/surface.ts';
import { toast } from '../../context/toasts.ts';
import { loadConfig } from '../../data/config.ts';
import { online } from '../../data/connectivity.ts';
import { consentGrant, dropConsent, grantConsent, keepConsent, keptConsent } from '../../data/consents.ts';
import { knownEvent, loadEvent } from '../../data/events.ts';
import { ApiProblem } from '../../data/problem.ts';
import { queueSearch } from '../../data/searches.ts';
import { session } from '../../data/session.ts';
import type { EventView } from '../../data/types.ts';
import { t } from '../../i18n/i18n.ts';
import { problemText } from '../../i18n/problems.ts';
import { FaceFinder } from './face-finder.ts';
import './find.css';
import './px-consent.ts';
import './px-find-results.ts';
import './px-selfie.ts';
import { SearchSession } from './search-session.ts';

/** Consent, selfie, results: one page, one step at a time. The picture never leaves it. */
@customElement('px-find-page')
export class PxFindPage extends PxElement {
  @property() slug = '';
  @property() photoId = '';
  @state() private event: EventView | null = null;
  @state() private problem: unknown = null;
  @state() private consentId: string | null = null;
  /** The switch was turned without signal: the consent travels with the search. */
  @state() private consentQueued = false;
  @state() private consentBusy = false;
  @state() private sampleUrl: string | null = null;
  readonly #finder = new FaceFinder();
  #search: SearchSession | null = null;

  constructor() {
    super();
    this.watch(online);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    loadConfig().then(
      ({ demoSelfieUrl }) => {
        this.sampleUrl = demoSelfieUrl;
      },
      () => undefined,
    );
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#finder.stop();
    this.#search?.stop();
    this.#search = null;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('slug')) void this.#load();
  }

  async #load(): Promise<void> {
    const { slug } = this;
    this.problem = null;
    const known = knownEvent(slug);
    if (known) this.#take(known);
    try {
      await loadEvent(slug, (event) => {
        if (slug === this.slug) this.#take(event);
      });
    } catch (error) {
      if (!this.event) this.problem = error;
    }
  }

  #take(event: EventView): void {
    this.event = event;
    if (this.#search) return;
    this.consentId = keptConsent(event.id, session.value.user?.id ?? null);
    this.#search = new SearchSession(event.id);
    this.#search.state.watch((now) => {
      if (now.phase === 'failed' && now.problem) this.#refused(now.problem);
      this.requestUpdate();
    });
    void this.#search.open();
    if (this.consentId) this.#finder.load();
  }

  #refused(problem: ApiProblem): void {
    if (problem.code === 'consent.required' || problem.code === 'consent.not_found') {
      dropConsent(this.event!.id);
      this.consentId = null;
    }
    toast(problem.code === 'face.none' ? t().find.noFace : problemText(problem), { kind: 'error' });
    void this.#search?.again();
  }

  readonly #consent = async (): Promise<void> => {
    if (!this.event || this.consentBusy) return;
    this.consentBusy = true;
    this.#finder.load();
    try {
      const consent = await grantConsent(this.event.id);
      keepConsent(this.event.id, consent, session.value.user?.id ?? null);
      this.consentId = consent.id;
    } catch (error) {
      if (error instanceof ApiProblem && error.isOffline) this.consentQueued = true;
      else toast(problemText(error), { kind: 'error' });
    } finally {
      this.consentBusy = false;
    }
  };

  readonly #selfie = async (event: CustomEvent<Float32Array>): Promise<void> => {
    if (!this.event) return;
    this.#search?.queued();
    await queueSearch(
      this.event,
      event.detail,
      this.consentId ? { id: this.consentId } : { grant: consentGrant(this.event.id) },
    );
    // The networks are not needed for looking at results: give the memory back to the photos.
    this.#finder.stop();
  };

  protected override render(): TemplateResult {
    const { event } = this;
    const texts = t().find;
    setTitle(texts.title);
    if (!event) {
      if (this.problem)
        return html`<div class="page">${errorState(this.problem, () => void this.#load(), { isPage: true })}</div>`;
      return html`<div class="page page-narrow" aria-busy="true" aria-label=${t().app.loading}></div>`;
    }
    const root = eventPath(event);
    const now = this.#search?.state.value;
    const shows = now && (now.phase === 'running' || now.phase === 'done') && now.search;
    return html`<div class="find ${shows ? 'find-results' : ''}">
      <header class="find-head">
        <a class="back-link" href=${root}>${icon('chevron-left')}<span>${eventName(event)}</span></a>
        ${shows ? html`<button class="btn btn-quiet again" @click=${() => this.#search?.again()}>${icon('refresh')}${texts.again}</button>` : nothing}
      </header>
      ${
        !event.faceSearchEnabled
          ? emptyState({
              drawing: 'face',
              title: texts.disabled,
              action: html`<a class="btn btn-line" href=${root}>${t().event.gallery}</a>`,
            })
          : shows
            ? html`<px-find-results
              .event=${event}
              .session=${this.#search!}
              .photoId=${this.photoId}
              .root=${`${root}/find`}
              @px-again=${() => this.#search?.again()}
            ></px-find-results>`
            : this.#step(event)
      }
    </div>`;
  }

  #step(event: EventView): TemplateResult | typeof nothing {
    const now = this.#search?.state.value;
    if (!now || now.phase === 'unknown') return nothing;
    if (now.phase === 'queued') return this.#queued();
    if (!this.consentId && !this.consentQueued)
      return html`<px-consent .busy=${this.consentBusy} @px-agree=${this.#consent}></px-consent>`;
    return html`<px-selfie .finder=${this.#finder} .sampleUrl=${this.sampleUrl} .eventSlug=${event.slug} @px-selfie=${this.#selfie}></px-selfie>`;
  }

  #queued(): TemplateResult {
    const texts = t().find;
    return html`<div class="find-wait" role="status">
      <div class="scan" aria-hidden="true">${icon('face')}</div>
      <p class="section-title">${online.value ? texts.searching : texts.queued}</p>
      <p class="soft small">${texts.stays}</p>
    </div>`;
  }
}
