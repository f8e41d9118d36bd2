import { html, nothing, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from 'lit';
import { online } from '../../data/connectivity.ts';
import { d } from '../../i18n/desk.ts';
import { formatTime } from '../../i18n/format.ts';
import { problemText } from '../../i18n/problems.ts';
import { icon } from '../px-icon.ts';
import { errorState, skeletonLines } from '../states.ts';

/** Loads one thing for an element: skeleton, content, error; what was loaded stays readable when the signal goes. */
export class Loader<T> implements ReactiveController {
  value: T | null = null;
  problem: unknown = null;
  loading = false;
  #loadedAt = 0;
  #turn = 0;
  #stop: (() => void) | null = null;
  protected readonly host: ReactiveControllerHost;
  readonly #load: () => Promise<T>;

  constructor(host: ReactiveControllerHost, load: () => Promise<T>) {
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
      const value = await this.#load();
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
      return html`<div role="status" aria-busy="true" aria-label=${d().common.loading}>${skeleton}</div>`;
    }
    return html`${
      this.problem
        ? html`<p class="note note-warning desk-stale" role="status">
            ${icon('cloud-off')}<span>${problemText(this.problem)} ${d().common.asOf(formatTime(this.#loadedAt))}</span>
          </p>`
        : nothing
    }${content(this.value)}`;
  }
}

interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** A list that grows page by page; `load(cursor)` asks for one. */
export class Pager<T extends { id: string }> extends Loader<Page<T>> {
  readonly #page: (cursor: string | null) => Promise<Page<T>>;
  loadingMore = false;

  constructor(host: ReactiveControllerHost, page: (cursor: string | null) => Promise<Page<T>>) {
    super(host, () => page(null));
    this.#page = page;
  }

  get items(): readonly T[] {
    return this.value?.items ?? [];
  }

  async more(): Promise<void> {
    const cursor = this.value?.nextCursor;
    if (!cursor || this.loadingMore || this.loading) return;
    const before = this.value;
    this.loadingMore = true;
    this.host.requestUpdate();
    try {
      const next = await this.#page(cursor);
      if (this.value === before && before) {
        const known = new Set(before.items.map((item) => item.id));
        const items = [...before.items, ...next.items.filter((item) => !known.has(item.id))];
        this.value = { items, nextCursor: next.nextCursor };
      }
      this.problem = null;
    } catch (error) {
      this.problem = error;
    }
    this.loadingMore = false;
    this.host.requestUpdate();
  }

  replace(item: T): void {
    if (!this.value) return;
    this.set({ ...this.value, items: this.value.items.map((old) => (old.id === item.id ? item : old)) });
  }
  remove(id: string): void {
    if (!this.value) return;
    this.set({ ...this.value, items: this.value.items.filter((old) => old.id !== id) });
  }

  /** "Show more" below the list; nothing when all is there. */
  moreButton(): TemplateResult | typeof nothing {
    if (!this.value?.nextCursor) return nothing;
    return html`<div class="desk-more">
      <button class="btn btn-line" aria-busy=${this.loadingMore ? 'true' : 'false'} @click=${() => void this.more()}>
        ${d().common.more}
      </button>
    </div>`;
  }
}
