import { PxElement } from '../../components/element.ts';
import { location } from '../../context/router.ts';

/** A page whose list follows filters in the address: `refresh()` is called when one of `filters` changes. */
export abstract class FilteredPage extends PxElement {
  protected abstract readonly filters: readonly string[];
  protected abstract refresh(): void;
  #seen = '';
  readonly #path = location.value.path;

  constructor() {
    super();
    this.watch(location);
  }

  protected filter(name: string): string {
    return location.value.query.get(name) ?? '';
  }

  override connectedCallback(): void {
    this.#seen = this.#state();
    super.connectedCallback();
  }

  protected override willUpdate(): void {
    const now = this.#state();
    // Leaving for another page changes the address too: that is not ours.
    if (now === this.#seen || location.value.path !== this.#path) return;
    this.#seen = now;
    this.refresh();
  }

  #state(): string {
    return this.filters.map((name) => this.filter(name)).join('\n');
  }
}
