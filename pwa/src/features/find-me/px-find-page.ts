import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { eventName, eventPath } from '../../components/event-parts.ts';
import { icon } from '../../components/px-icon.ts';
import '../../components/px-dialog.ts';
import type { WantedSpaces } from '#face/browser/wanted.ts';
import { emptyState, errorState, loadingPage } from '../../components/states.ts';
import { navigate } from '../../context/router.ts';
import { setTitle } from '../../context/surface.ts';
import { toast } from '../../context/toasts.ts';
import { loadConfig } from '../../data/config.ts';
import { online } from '../../data/connectivity.ts';
import { consentGrant, dropConsent, grantConsent, keepConsent, keptConsent } from '../../data/consents.ts';
import { knownEvent, loadEvent } from '../../data/events.ts';
import { keptOnDevice } from '../../data/outbox.ts';
import { ApiProblem } from '../../data/problem.ts';
import { loadSpaces, queueSearch } from '../../data/searches.ts';
import { session } from '../../data/session.ts';
import type { EventView } from '../../data/types.ts';
import { t } from '../../i18n/i18n.ts';
import { problemText } from '../../i18n/problems.ts';
import { FaceFinder } from './face-finder.ts';
import './find.css';
import type { Selfie } from './px-camera.ts';
import './px-consent.ts';
import './px-find-results.ts';
import './px-selfie.ts';
import './px-upload-selfie.ts';
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
  /** Of this turn of the switch: said now or with the search, it is one consent. */
  #consentKey = '';
  @state() private sampleUrl: string | null = null;
  /** What describes a face for this event; null until known. */
  @state() private spaces: WantedSpaces | null = null;
  /** Why they could not be had. */
  @state() private spacesProblem: unknown = null;
  /** The picture itself is to be sent instead. */
  @state() private isUpload = false;
  @state() private burstOf = 0;
  @state() private wantsToWithdraw = false;
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
    void this.#search.open().then(() => {
      if (this.#search?.state.value.phase === 'none') void this.#prepare(event.id);
    });
  }

  /** While the consent is being read the networks come; where data is dear, only after it was given. */
  async #prepare(eventId: string): Promise<void> {
    this.spacesProblem = null;
    try {
      this.spaces = await loadSpaces(eventId);
    } catch (error) {
      this.spacesProblem = error;
      return;
    }
    if (this.consentId || this.consentQueued || !savesData()) this.#finder.load(this.spaces);
  }

  #refused(problem: ApiProblem): void {
    if (problem.code === 'consent.required' || problem.code === 'consent.not_found') {
      dropConsent(this.event!.id);
      this.consentId = null;
    }
    const isOtherEngine = problem.code === 'face.engine_mismatch' || problem.code === 'face.engine_unknown';
    const words = problem.code === 'face.none' ? t().find.noFace : problemText(problem);
    toast(isOtherEngine ? t().find.engineChanged : words, { kind: isOtherEngine ? 'info' : 'error' });
    this.#again();
  }

  #again(): void {
    void this.#search?.again().then(() => (this.event ? this.#prepare(this.event.id) : undefined));
  }

  async #withdraw(): Promise<void> {
    this.wantsToWithdraw = false;
    this.#finder.stop();
    this.consentId = null;
    this.consentQueued = false;
    this.isUpload = false;
    navigate(eventPath(this.event!));
    try {
      const how = await this.#search!.withdraw();
      toast(how === 'done' ? t().find.withdrawn : t().find.withdrawnQueued, { kind: 'success' });
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    }
  }

  readonly #consent = async (): Promise<void> => {
    if (!this.event || this.consentBusy) return;
    this.consentBusy = true;
    if (this.spaces) this.#finder.load(this.spaces);
    else if (this.spacesProblem) void this.#prepare(this.event.id);
    this.#consentKey = crypto.randomUUID();
    try {
      const consent = await grantConsent(this.event.id, 'face_search', this.#consentKey);
      keepConsent(this.event.id, consent, session.value.user?.id ?? null);
      this.consentId = consent.id;
    } catch (error) {
      if (error instanceof ApiProblem && error.isOffline) this.consentQueued = true;
      else toast(problemText(error), { kind: 'error' });
    } finally {
      this.consentBusy = false;
    }
  };

  readonly #selfie = async ({ detail }: CustomEvent<Selfie>): Promise<void> => {
    const engine = this.spaces?.spaces[0]?.id;
    const descriptor = engine && detail.descriptors[engine];
    if (!this.event || !descriptor) return;
    this.burstOf = detail.frames;
    this.#search?.queued();
    await queueSearch(
      this.event,
      { engine, descriptor, frames: detail.frames },
      this.consentId ? { id: this.consentId } : { grant: consentGrant(this.event.id), key: this.#consentKey },
    );
    // The networks are not needed for looking at results: give the memory back to the photos.
    this.#finder.stop();
  };

  readonly #uploaded = ({ detail: searchId }: CustomEvent<string>): void => {
    this.isUpload = false;
    this.#finder.stop();
    void this.#search?.adopt(searchId, null);
  };

  protected override render(): TemplateResult {
    const { event } = this;
    const texts = t().find;
    setTitle(texts.title);
    if (!event) {
      if (this.problem)
        return html`<div class="page">${errorState(this.problem, () => void this.#load(), { isPage: true })}</div>`;
      return loadingPage(texts.title);
    }
    const root = eventPath(event);
    const now = this.#search?.state.value;
    const shows = now && (now.phase === 'running' || now.phase === 'done') && now.search;
    return html`<div class="find ${shows ? 'find-results' : ''}">
      <header class="find-head">
        <a class="back-link" href=${root}>${icon('chevron-left')}<span>${eventName(event)}</span></a>
        ${shows ? html`<button class="btn btn-quiet again" @click=${() => this.#again()}>${icon('refresh')}${texts.again}</button>` : nothing}
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
              @px-again=${() => this.#again()}
              @px-withdraw=${() => {
                this.wantsToWithdraw = true;
              }}
            ></px-find-results>`
            : this.#step(event)
      }
      ${this.#withdrawDialog()}
    </div>`;
  }

  #step(event: EventView): TemplateResult | typeof nothing {
    const now = this.#search?.state.value;
    if (!now || now.phase === 'unknown') return nothing;
    if (now.phase === 'queued') return this.#queued();
    if (now.phase !== 'none') return nothing;
    if (this.isUpload)
      return html`<px-upload-selfie
        .eventId=${event.id}
        .canGoBack=${!this.#finder.state.value.isUnsupported}
        @px-uploaded=${this.#uploaded}
        @px-back=${() => {
          this.isUpload = false;
        }}
      ></px-upload-selfie>`;
    if (!this.consentId && !this.consentQueued)
      return html`<px-consent .busy=${this.consentBusy} @px-agree=${this.#consent}></px-consent>`;
    if (!this.spaces && this.spacesProblem)
      return errorState(this.spacesProblem, () => void this.#prepare(event.id), { isPage: true });
    if (!this.spaces) return loadingPage(t().find.title);
    return html`<px-selfie
      .finder=${this.#finder}
      .spaces=${this.spaces}
      .sampleUrl=${this.sampleUrl}
      @px-selfie=${this.#selfie}
      @px-upload=${() => {
        this.isUpload = true;
      }}
    ></px-selfie>`;
  }

  #queued(): TemplateResult {
    const texts = t().find;
    return html`<div class="find-wait" data-frames=${this.burstOf}>
      <div class="scan" aria-hidden="true">${icon('face')}</div>
      <div role="status">
        <h1 class="section-title">${online.value ? texts.searching : keptOnDevice.value ? texts.queued : t().offline.onlyMemory}</h1>
        ${this.burstOf > 0 ? html`<p class="soft small num">${texts.burstDone(this.burstOf)}</p>` : nothing}
      </div>
      <p class="soft small">${texts.stays}</p>
      <button
        class="btn btn-quiet"
        @click=${() => {
          this.wantsToWithdraw = true;
        }}
      >
        ${texts.withdraw}
      </button>
    </div>`;
  }

  #withdrawDialog(): TemplateResult {
    const texts = t().find;
    return html`<px-dialog
      .heading=${texts.withdrawTitle}
      .open=${this.wantsToWithdraw}
      @px-close=${() => {
        this.wantsToWithdraw = false;
      }}
    >
      <p>${texts.withdrawBody}</p>
      <button slot="actions" class="btn btn-solid btn-wide" @click=${() => this.#withdraw()}>${texts.withdraw}</button>
      <button
        slot="actions"
        class="btn btn-line btn-wide"
        @click=${() => {
          this.wantsToWithdraw = false;
        }}
      >
        ${texts.withdrawKeep}
      </button>
    </px-dialog>`;
  }
}

/** "Data saver" is on. */
const savesData = (): boolean => (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true;
