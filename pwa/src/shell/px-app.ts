import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { PxElement } from '../components/element.ts';
import { forgetFirstImages } from '../components/first-image.ts';
import { ownTask, pageOpened } from '../components/own-task.ts';
import { type Location, location, savedScroll } from '../context/router.ts';
import { setSurface } from '../context/surface.ts';
import { updateReady, updatesHeld } from '../context/updates.ts';
import { appOutdated } from '../data/app-outdated.ts';
import { online } from '../data/connectivity.ts';
import { isInLine } from '../data/in-line.ts';
import { hasTexts, lang, loadTexts, t } from '../i18n/i18n.ts';
import { takeNewVersion } from './service-worker.ts';
import '../components/px-toasts.ts';
import '../components/px-waiting.ts';
import '../components/px-cart-bar.ts';
import './px-header.ts';
import './px-footer.ts';
import { type RouteMatch, resolve } from './routes.ts';

const AGAIN_MS = 2_000;
const ATTEMPTS = 2;

/** The frame: header, the page of the address, cart bar, notices. Pages arrive as chunks of their own. */
@customElement('px-app')
export class PxApp extends PxElement {
  @state() private match: RouteMatch | null = null;
  @state() private failed = false;
  /** The first page is there: bars, notices and the footer follow it. */
  @state() private isStanding = false;
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
    this.toggleAttribute('opening', this.#standing.length > 0);
    location.watch((next) => void this.#show(next));
    online.watch((isReachable) => {
      if (this.failed && isReachable) void this.#show(location.value);
      else if (this.failed) this.requestUpdate();
    });
    void this.#show(location.value);
  }

  async #show(to: Location, attempt = 1): Promise<void> {
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
      // A connection that broke gets a second chance; a chunk of an older version that is gone, or no signal, is said in words.
      if (attempt < ATTEMPTS && online.value) {
        setTimeout(() => turn === this.#loading && void this.#show(to, attempt + 1), AGAIN_MS * attempt);
        return;
      }
      if (turn === this.#loading) {
        this.failed = true;
        if (!this.match) this.match = match;
        this.#takeOver();
      }
      return;
    }
    // Reading the code was a long task on a slow phone; the first page is another.
    if (this.match === null) await ownTask();
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
    if (isFirst) await this.#firstRendered();
    this.#takeOver();
    if (samePage) return;
    // Who scrolled in the server's first screen stays there.
    if (isFirst && !to.popped) return;
    forgetFirstImages();
    pageOpened();
    scrollTo(0, to.popped ? savedScroll() : 0);
    if (to.key > 1 && !to.popped) this.querySelector<HTMLElement>('main')?.focus({ preventScroll: true });
  }

  /** Header and page each render in a task of their own; until both are there, none of it is to be seen (`opening` in base.css). */
  async #firstRendered(): Promise<void> {
    const parts = this.querySelectorAll<PxElement>(':scope > px-header, :scope > main > *');
    await Promise.all([...parts].map((part) => part.updateComplete));
  }

  /** Before the next picture is painted, and after the page has rendered what came with the document. */
  #takeOver(): void {
    if (this.isStanding) return;
    void ownTask().then(() => {
      this.isStanding = true;
    });
    const gone = this.#standing;
    this.#standing = [];
    requestAnimationFrame(() => {
      for (const element of gone) element.remove();
      this.removeAttribute('opening');
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
      ${this.isStanding ? html`<px-waiting></px-waiting>` : nothing}
      ${updateReady.value && !updatesHeld.value ? this.#update(updateReady.value) : nothing}
      <main id="content" tabindex="-1">
        ${isOutdated ? this.#outdated() : this.failed ? this.#broken() : this.match.render()}
      </main>
      ${
        this.isStanding
          ? html`${chrome === 'bare' ? nothing : html`<px-footer></px-footer>`}
            ${chrome === 'bare' || isOutdated || this.failed ? nothing : html`<px-cart-bar></px-cart-bar>`}
            ${isInLine ? html`<px-line-banner></px-line-banner>` : nothing}
            <px-toasts></px-toasts>`
          : nothing
      }
    `;
  }

  /** Code of the page is missing: no signal, a connection that broke, or a version that the server no longer has. */
  #broken(): TemplateResult {
    const { app, offline } = t();
    const [title, text] = !online.value
      ? [offline.title, offline.notStored]
      : updateReady.value
        ? [app.outdatedTitle, app.brokenNewer]
        : [app.brokenTitle, app.brokenText];
    return html`<div class="page page-narrow state" role="alert">
      <h1 class="section-title">${title}</h1>
      <p class="soft">${text}</p>
      <button class="btn btn-line" @click=${() => void takeNewVersion()}>
        ${online.value && updateReady.value ? app.outdatedNow : app.retry}
      </button>
    </div>`;
  }

  #outdated(): TemplateResult {
    return html`<div class="page page-narrow state" role="alert">
      <h1 class="section-title">${t().app.outdatedTitle}</h1>
      <p class="soft">${t().app.outdatedText}</p>
      <button class="btn btn-gold" @click=${() => void takeNewVersion({ dropOld: true })}>${t().app.outdatedNow}</button>
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
