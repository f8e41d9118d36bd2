import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { WantedSpaces } from '#face/browser/wanted.ts';
import { PxElement } from '../../components/element.ts';
import { eventName, eventPath } from '../../components/event-parts.ts';
import { icon } from '../../components/px-icon.ts';
import { errorState, loadingPage } from '../../components/states.ts';
import { setTitle } from '../../context/surface.ts';
import { toast } from '../../context/toasts.ts';
import { loadConfig } from '../../data/config.ts';
import { online } from '../../data/connectivity.ts';
import { consentGrant, grantConsent } from '../../data/consents.ts';
import { knownEvent, loadEvent } from '../../data/events.ts';
import { type Hide, hideAt, hideMe, isStanding, loadHides, waitingHide } from '../../data/hiding.ts';
import { onNotice } from '../../data/notices.ts';
import { cancelEffect, keptOnDevice, onSettled, refreshWaiting, sending, waiting } from '../../data/outbox.ts';
import { isProblem } from '../../data/problem.ts';
import { loadSpaces } from '../../data/searches.ts';
import type { EventView } from '../../data/types.ts';
import { t } from '../../i18n/i18n.ts';
import { p } from '../../i18n/person.ts';
import { problemText } from '../../i18n/problems.ts';
import { FaceFinder } from '../find-me/face-finder.ts';
import '../find-me/find.css';
import type { Selfie } from '../find-me/px-camera.ts';
import '../find-me/px-consent.ts';
import '../find-me/px-selfie.ts';
import './hide.css';
import './px-hide-state.ts';
import './px-hide-words.ts';

const POLL_MS = 4_000;
type Step = 'why' | 'consent' | 'selfie' | 'words' | 'sent';

/** "Hide me at this event": what it does, a consent of its own, one selfie that stays here, what was hidden, and the way back. */
@customElement('px-hide-page')
export class PxHidePage extends PxElement {
  @property() slug = '';
  @state() private event: EventView | null = null;
  @state() private hide: Hide | null = null;
  @state() private isLoaded = false;
  @state() private problem: unknown = null;
  @state() private step: Step = 'why';
  @state() private busy = false;
  @state() private spaces: WantedSpaces | null = null;
  @state() private sampleUrl: string | null = null;
  readonly #finder = new FaceFinder();
  #consentId = '';
  /** Of this turn of the switch; without signal the consent travels with the wish. */
  #consentKey = '';
  #stopSettled: (() => void) | null = null;
  #stop: (() => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.watch(online);
    this.watch(waiting);
    this.watch(sending);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stopSettled = onSettled((effect, result) => {
      if (effect.kind !== 'hide' || effect.about?.eventId !== this.event?.id) return false;
      if (result.ok) {
        this.#take(result.body as Hide);
        this.step = 'sent';
        return true;
      }
      this.step = isProblem(result.problem, 'consent.required') ? 'consent' : 'why';
      toast(problemText(result.problem), { kind: 'error' });
      return true;
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stopSettled?.();
    this.#finder.stop();
    this.#rest();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('slug')) void this.#load();
  }

  async #load(): Promise<void> {
    this.problem = null;
    this.event = knownEvent(this.slug) ?? null;
    try {
      await loadEvent(this.slug, (event) => {
        this.event = event;
      });
      await this.#look();
      this.isLoaded = true;
    } catch (error) {
      this.problem = error;
    }
  }

  /** How the wish stands; follows it while the photos are being looked through. */
  async #look(): Promise<void> {
    if (!this.event) return;
    await refreshWaiting();
    try {
      this.#take(hideAt(await loadHides(), this.event.id));
    } catch (error) {
      // Without signal the wish can still be said; what stands at the server shows when there is some.
      if (!isProblem(error, 'auth.required') && !(isProblem(error) && error.isOffline)) throw error;
    }
  }

  #take(hide: Hide | null): void {
    this.hide = hide;
    if (!hide || !isStanding(hide) || hide.isSearched) {
      this.#rest();
      return;
    }
    this.#stop ??= onNotice((notice) => {
      if (notice.type === 'resync' || notice.type === 'hide.changed') void this.#look().catch(() => undefined);
    });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look().catch(() => undefined), POLL_MS);
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#stop?.();
    this.#stop = null;
  }

  async #begin(): Promise<void> {
    this.step = 'consent';
    try {
      const [spaces, config] = await Promise.all([loadSpaces(this.event!.id), loadConfig().catch(() => null)]);
      this.spaces = spaces;
      this.sampleUrl = config?.demoSelfieUrl ?? null;
      // Comes while the sentences are read.
      this.#finder.load(spaces);
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
      this.step = 'why';
    }
  }

  readonly #agreed = async (): Promise<void> => {
    this.busy = true;
    this.#consentId = '';
    this.#consentKey = crypto.randomUUID();
    try {
      this.#consentId = (await grantConsent(this.event!.id, 'hide_me', this.#consentKey)).id;
      this.step = 'selfie';
    } catch (error) {
      if (isProblem(error) && error.isOffline) this.step = 'selfie';
      else toast(problemText(error), { kind: 'error' });
    } finally {
      this.busy = false;
    }
  };

  readonly #selfie = async ({ detail }: CustomEvent<Selfie>): Promise<void> => {
    const engine = this.spaces?.spaces[0]?.id;
    const descriptor = engine && detail.descriptors[engine];
    if (!this.event || !descriptor) return;
    await hideMe(
      this.event,
      { engine, descriptor },
      this.#consentId
        ? { id: this.#consentId }
        : { grant: consentGrant(this.event.id, 'hide_me'), key: this.#consentKey },
    );
    this.step = 'why';
    this.#finder.stop();
    scrollTo(0, 0);
  };

  protected override render(): TemplateResult {
    const texts = p().hide;
    setTitle(texts.title);
    const { event } = this;
    if (this.problem)
      return html`<div class="page">${errorState(this.problem, () => void this.#load(), { isPage: true })}</div>`;
    return html`<div class="find hide-page">
      <header class="find-head">
        ${
          event
            ? html`<a class="back-link" href=${eventPath(event)}>${icon('chevron-left')}<span>${eventName(event)}</span></a>`
            : nothing
        }
      </header>
      ${event && this.isLoaded ? this.#step(event) : loadingPage(texts.title)}
    </div>`;
  }

  #step(event: EventView): TemplateResult {
    const { hide, step } = this;
    const wish = waitingHide(event.id);
    if (wish) return this.#waiting(wish.id);
    if (step === 'consent')
      return html`<px-consent
        purpose="hide_me"
        .heading=${p().hide.consentTitle}
        .agree=${p().hide.agree}
        .busy=${this.busy}
        @px-agree=${this.#agreed}
      ></px-consent>`;
    if (step === 'selfie' && this.spaces)
      return html`<px-selfie
        .finder=${this.#finder}
        .spaces=${this.spaces}
        .sampleUrl=${this.sampleUrl}
        .canUpload=${false}
        @px-selfie=${this.#selfie}
      ></px-selfie>
        <p class="centre"><button class="btn btn-quiet" @click=${() => this.#go('words')}>${p().hide.withoutSelfie}</button></p>`;
    if (step === 'words')
      return html`<px-hide-words
        .eventId=${event.id}
        .canGoBack=${event.faceSearchEnabled}
        @px-back=${() => this.#go('why')}
        @px-sent=${() => {
          this.#go('sent');
          void this.#look();
        }}
      ></px-hide-words>`;
    if (hide && (isStanding(hide) || step !== 'why'))
      return html`<px-hide-state
        .hide=${hide}
        @px-hide=${(e: CustomEvent<Hide>) => this.#take(e.detail)}
        @px-again=${() => {
          this.hide = null;
          this.#go('why');
        }}
      ></px-hide-state>`;
    return this.#why(event, hide);
  }

  /** Kept on the device, on its way or waiting for signal. */
  #waiting(id: string): TemplateResult {
    const texts = p().hide;
    return html`<section class="stack hide-state" aria-labelledby="hide-title" aria-busy="true">
      <div class="hide-mark scan" aria-hidden="true">${icon('eye-off')}</div>
      <h1 class="page-title centre" id="hide-title">${texts.title}</h1>
      <p class="centre" role="status">${online.value ? texts.onItsWay : keptOnDevice.value ? texts.waits : t().offline.onlyMemory}</p>
      <p class="small soft centre">${t().find.stays}</p>
      <button class="btn btn-line btn-wide" ?disabled=${sending.value?.id === id} @click=${() => cancelEffect(id)}>
        ${t().offline.cancelOne}
      </button>
    </section>`;
  }

  #go(step: Step): void {
    this.step = step;
  }

  #why(event: EventView, before: Hide | null): TemplateResult {
    const texts = p().hide;
    return html`<section class="consent stack" aria-labelledby="hide-title">
      <h1 class="page-title" id="hide-title">${texts.title}</h1>
      <p class="soft">${texts.lead}</p>
      ${before ? html`<p class="note">${icon('info')}<span>${texts.states[before.status]}</span></p>` : nothing}
      <ul class="consent-points">
        ${texts.points.map((point, i) => html`<li>${icon((['eye-off', 'check-circle', 'clock'] as const)[i]!)}<span>${point}</span></li>`)}
      </ul>
      ${
        event.faceSearchEnabled
          ? html`<button class="btn btn-gold btn-big btn-wide" @click=${() => this.#begin()}>${texts.begin}</button>`
          : nothing
      }
      <button class="btn ${event.faceSearchEnabled ? 'btn-quiet' : 'btn-gold btn-big'} btn-wide" @click=${() => this.#go('words')}>
        ${texts.withoutSelfie}
      </button>
      <p class="small soft centre"><a href="/privacy">${t().find.more}</a></p>
    </section>`;
  }
}
