import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { PxElement } from '../components/element.ts';
import { type Location, location, savedScroll } from '../context/router.ts';
import { setSurface } from '../context/surface.ts';
import { updateReady, updatesHeld } from '../context/updates.ts';
import { appOutdated } from '../data/app-outdated.ts';
import { t } from '../i18n/i18n.ts';
import { takeNewVersion } from './service-worker.ts';
import '../components/px-toasts.ts';
import '../components/px-waiting.ts';
import '../components/px-cart-bar.ts';
import './px-header.ts';
import './px-footer.ts';
import { type RouteMatch, resolve } from './routes.ts';

/** The frame: header, the page of the address, cart bar, notices. Pages arrive as chunks of their own. */
@customElement('px-app')
export class PxApp extends PxElement {
  @state() private match: RouteMatch | null = null;
  @state() private failed = false;
  #shownPath = '';
  #loading = 0;

  constructor() {
    super();
    this.watch(updateReady);
    this.watch(updatesHeld);
    this.watch(appOutdated);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.replaceChildren();
    location.watch((next) => void this.#show(next));
    void this.#show(location.value);
  }

  async #show(to: Location): Promise<void> {
    const match = resolve(to.path, to.query);
    const turn = ++this.#loading;
    try {
      await match.load();
    } catch {
      // A chunk of an older version is gone or there is no signal: say so, keep the page that is open.
      if (turn === this.#loading) {
        this.failed = true;
        if (!this.match) this.match = match;
      }
      return;
    }
    if (turn !== this.#loading) return;
    this.failed = false;
    const pageOf = (path: string): string =>
      path
        .split('/')
        .slice(0, 4)
        .join('/')
        .replace(/\/photos$/, '')
        .replace(/^\/favorites\/.*/, '/favorites');
    const samePage = pageOf(this.#shownPath) === pageOf(to.path);
    this.#shownPath = to.path;
    setSurface(match.surface);
    this.match = match;
    await this.updateComplete;
    if (samePage) return;
    scrollTo(0, to.popped ? savedScroll() : 0);
    if (to.key > 1 && !to.popped) this.querySelector<HTMLElement>('main')?.focus({ preventScroll: true });
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    document.documentElement.dataset.chrome = this.match?.chrome ?? 'full';
  }

  protected override render(): TemplateResult {
    const chrome = this.match?.chrome ?? 'full';
    // Never in the middle of a payment: what is open there works over plain calls.
    const isOutdated = appOutdated.value && !updatesHeld.value;
    return html`
      <a class="skip" href="#content" @click=${this.#skip}>${t().app.skip}</a>
      ${chrome === 'bare' ? nothing : html`<px-header class=${chrome === 'over' ? 'over' : ''}></px-header>`}
      <px-waiting></px-waiting>
      ${updateReady.value && !updatesHeld.value ? this.#update(updateReady.value) : nothing}
      <main id="content" tabindex="-1">
        ${
          isOutdated
            ? this.#outdated()
            : this.failed
              ? html`<div class="page page-narrow state">
              <p class="section-title">${t().offline.title}</p>
              <p class="soft">${t().offline.notStored}</p>
              <button class="btn btn-line" @click=${() => window.location.reload()}>${t().app.retry}</button>
            </div>`
              : (this.match?.render() ?? nothing)
        }
      </main>
      ${chrome === 'bare' || !this.match ? nothing : html`<px-footer></px-footer>`}
      ${chrome === 'bare' ? nothing : html`<px-cart-bar></px-cart-bar>`}
      <px-toasts></px-toasts>
    `;
  }

  #outdated(): TemplateResult {
    return html`<div class="page page-narrow state" role="alert">
      <h1 class="section-title">${t().app.outdatedTitle}</h1>
      <p class="soft">${t().app.outdatedText}</p>
      <button class="btn btn-gold" @click=${() => void takeNewVersion()}>${t().app.outdatedNow}</button>
    </div>`;
  }

  #update(take: () => void): TemplateResult {
    return html`<div class="update" role="status">
      <span>${t().app.updateReady}</span><button class="link" @click=${take}>${t().app.updateNow}</button>
    </div>`;
  }

  #skip(event: Event): void {
    event.preventDefault();
    this.querySelector<HTMLElement>('main')?.focus();
  }
}
