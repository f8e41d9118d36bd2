/** A value that elements can watch. Notifies synchronously, only when the value really changed (Object.is). */
export class Store<T> {
  #value: T;
  readonly #watchers = new Set<(value: T) => void>();

  constructor(initial: T) {
    this.#value = initial;
  }
  get value(): T {
    return this.#value;
  }
  set(next: T): void {
    if (Object.is(next, this.#value)) return;
    this.#value = next;
    for (const watcher of [...this.#watchers]) watcher(next);
  }
  patch(change: Partial<T>): void {
    this.set({ ...this.#value, ...change });
  }
  /** Returns the function that stops watching. */
  watch(watcher: (value: T) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}
