import { html, nothing, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from 'lit';
import { online } from '../data/connectivity.ts';
import { isProblem } from '../data/problem.ts';
import { session } from '../data/session.ts';
import { formatTime } from '../i18n/format.ts';
import { t } from '../i18n/i18n.ts';
import { problemText } from '../i18n/problems.ts';
import { icon } from './px-icon.ts';
import { emptyState, errorState, skeletonLines } from './states.ts';

/**
 * Loads one thing for an element: skeleton, content, error; what was loaded stays readable when the signal goes. `load` may show what the
 * device remembers before it answers.
 */
export class Loader<T> implements ReactiveController {
  value: T | null = null;
  problem: unknown = null;
  loading = false;
  #loadedAt = 0;
  #turn = 0;
  #stop: (() => void) | null = null;
  protected readonly host: ReactiveControllerHost;
  readonly #load: (show: (value: T) => void) => Promise<T>;

  constructor(host: ReactiveControllerHost, load: (show: (value: T) => void) => Promise<T>) {
    this.host = host;
    this.#load = load;
    host.addController(this);
  }

  hostConnected(): void {
    this.#stop = online.watch((reachable) => {
      if (reachable && this.problem) void this.reload();
    });
    void this.reload();
  }
  hostDisconnected(): void {
    this.#stop?.();
    this.#turn++;
  }

  /** `fresh` shows the skeleton again: something else is asked for than what is on the screen. */
  async reload({ fresh = false } = {}): Promise<void> {
    const turn = ++this.#turn;
    this.loading = true;
    if (fresh) this.value = null;
    this.host.requestUpdate();
    try {
      const value = await this.#load((early) => {
        if (turn === this.#turn) this.set(early);
      });
      if (turn !== this.#turn) return;
      this.value = value;
      this.problem = null;
      this.#loadedAt = Date.now();
    } catch (error) {
      if (turn !== this.#turn) return;
      this.problem = error;
    }
    this.loading = false;
    this.host.requestUpdate();
  }

  set(value: T): void {
    this.value = value;
    this.host.requestUpdate();
  }

  view(content: (value: T) => unknown, skeleton: unknown = skeletonLines(6)): TemplateResult {
    if (this.value === null) {
      if (this.problem) return html`${errorState(this.problem, () => void this.reload())}`;
      return html`<div role="status" aria-busy="true" aria-label=${t().app.loading}>${skeleton}</div>`;
    }
    return this.#content(content, this.value);
  }

  /** As `view`, for what is all of a page: it has a heading while it loads and when it cannot be had, too. */
  pageView(content: (value: T) => unknown, skeleton: unknown = skeletonLines(6)): TemplateResult {
    if (this.value !== null) return this.#content(content, this.value);
    if (this.problem) return html`${errorState(this.problem, () => void this.reload(), { isPage: true })}`;
    return this.view(content, html`<h1 class="sr-only">${t().app.loading}</h1>${skeleton}`);
  }

  #content(content: (value: T) => unknown, value: T): TemplateResult {
    return html`${
      this.problem
        ? html`<p class="note note-warning stale" role="status">
            ${icon('cloud-off')}<span>${problemText(this.problem)} ${this.#loadedAt > 0 ? t().app.asOf(formatTime(this.#loadedAt)) : nothing}</span>
          </p>`
        : nothing
    }${content(value)}`;
  }
}

/** A page of one thing that has an address of its own: what was taken down says so, whatever was shown before. */
export function wholePage<T>(
  loader: Loader<T>,
  gone: { title: string; body: string },
  content: (value: T) => unknown,
  skeleton: unknown,
): TemplateResult {
  if (isProblem(loader.problem, 'resource.not_found'))
    return html`<div class="page page-narrow">
      ${emptyState({
        ...gone,
        isPage: true,
        drawing: 'frames',
        action: html`<a class="btn btn-line" href="/">${t().notFound.action}</a>`,
      })}
    </div>`;
  const page = loader.pageView(content, skeleton);
  return loader.problem && loader.value === null ? html`<div class="page page-narrow">${page}</div>` : page;
}

/** For what hangs on a session: who has none has nothing, and the server need not be asked. */
export async function ofMine<T>(none: T, load: () => Promise<T>): Promise<T> {
  if (!session.value.user && session.value.known) return none;
  try {
    return await load();
  } catch (error) {
    if (isProblem(error, 'auth.required')) return none;
    throw error;
  }
}
