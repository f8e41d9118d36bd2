import { LitElement } from 'lit';
import type { Store } from '../data/store.ts';
import { lang } from '../i18n/i18n.ts';
import { isPageOpening, ownTask } from './own-task.ts';

/**
 * Base of our elements. They render into the light DOM: one stylesheet, labels and ids that work across elements,
 * password managers that find the fields. Every element re-renders when the language changes.
 */
export class PxElement extends LitElement {
  /** Not what the eye falls on when a page opens: renders for the first time in a task of its own. */
  static readonly later: boolean = false;

  readonly #watched = new Map<Store<unknown>, (() => void) | null>();

  constructor() {
    super();
    this.watch(lang);
  }

  protected override scheduleUpdate(): undefined | Promise<unknown> {
    const isLater = !this.hasUpdated && isPageOpening() && (this.constructor as typeof PxElement).later;
    if (isLater) return ownTask().then(() => super.scheduleUpdate());
    super.scheduleUpdate();
    return undefined;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** Re-renders when the store changes, as long as the element is in the page. Call in the constructor. */
  protected watch<T>(store: Store<T>): Store<T> {
    this.#watched.set(store as Store<unknown>, null);
    return store;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    for (const store of this.#watched.keys()) {
      this.#watched.set(
        store,
        store.watch(() => this.requestUpdate()),
      );
    }
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.#watched.values()) stop?.();
  }

  /** Typed, composed event towards the parents: data down, events up. */
  protected emit<T>(type: string, detail?: T): boolean {
    return this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable: true }));
  }
}
