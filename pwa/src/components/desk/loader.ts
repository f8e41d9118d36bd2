import { html, nothing, type ReactiveControllerHost, type TemplateResult } from 'lit';
import { d } from '../../i18n/desk.ts';
import { Loader } from '../loader.ts';

export { Loader };

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
