import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { PxElement } from '../components/element.ts';
import { forgetFirstImages } from '../components/first-image.ts';
import { type Location, location, savedScroll } from '../context/router.ts';
import { setSurface } from '../context/surface.ts';
import { updateReady, updatesHeld } from '../context/updates.ts';
import { appOutdated } from '../data/app-outdated.ts';
import { hasTexts, lang, loadTexts, t } from '../i18n/i18n.ts';
import { takeNewVersion } from './service-worker.ts';
import '../components/px-toasts.ts';
import '../components/px-waiting.ts';
import '../components/px-cart-bar.ts';
import './px-header.ts';
import './px-footer.ts';
import { type RouteMatch, resolve } from './routes.ts';

const AGAIN_MS = 2_000;

/** The frame: header, the page of the address, cart bar, notices. Pages arrive as chunks of their own. */
@customElement('px-app')
export class PxApp extends PxElement {
  @state() private match: RouteMatch | null = null;
  @state() private failed = false;
  #shownPath = '';
  #loading = 0;
  #standing: Element[] = [];

  constructor() {
    super();
    this.watch(updateReady);
    this.watch(updatesHeld);
    this.watch(appOutdated);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // What the document brought (the server's first screen, or the mark) stands until the first page takes its place.
    this.#standing = [...this.children];
    location.watch((next) => void this.#show(next));
    void this.#show(location.value);
  }

  async #show(to: Location): Promise<void> {
    const match = resolve(to.path, to.query);
    const turn = ++this.#loading;
    try {
      await Promise.all([match.load(), loadTexts(lang.value)]);
    } catch {
      // Not even words: what the document brought stays while we try again.
      if (!hasTexts()) {
        setTimeout(() => turn === this.#loading && void this.#show(to), AGAIN_MS);
        return;
      }
      // A chunk of an older version is gone or there is no signal: say so, keep the page that is open.
      if (turn === this.#loading) {
        this.failed = true;
        if (!this.match) this.match = match;
        this.#takeOver();
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
        .replace(/^\/favorites\/.*/, '/favorites')
        .replace(/^\/account\/photos\/.*/, '/account');
    const samePage = pageOf(this.#shownPath) === pageOf(to.path);
    this.#shownPath = to.path;
    setSurface(match.surface);
    const isFirst = this.match === null;
    this.match = match;
    await this.updateComplete;
    this.#takeOver();
    if (samePage) return;
    // Who scrolled in the server's first screen stays there.
    if (isFirst && !to.popped) return;
    forgetFirstImages();
    scrollTo(0, to.popped ? savedScroll() : 0);
    if (to.key > 1 && !to.popped) this.querySelector<HTMLElement>('main')?.focus({ preventScroll: true });
  }

  /** Before the next picture is painted, and after the page has rendered what came with the document. */
  #takeOver(): void {
    const gone = this.#standing;
    if (gone.length === 0) return;
    this.#standing = [];
    requestAnimationFrame(() => {
      for (const element of gone) element.remove();
    });
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    if (this.match) document.documentElement.dataset.chrome = this.match.chrome;
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.match) return nothing;
    const { chrome } = this.match;
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
              : this.match.render()
        }
      </main>
      ${chrome === 'bare' ? nothing : html`<px-footer></px-footer>`}
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
