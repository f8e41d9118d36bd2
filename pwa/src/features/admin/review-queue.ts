export type Decision = 'approve' | 'reject';

export interface ReviewTransport {
  review: (ids: readonly string[], decision: Decision) => Promise<unknown>;
  undo: (ids: readonly string[]) => Promise<unknown>;
  /** How long to wait before the next try; null: the server will not agree later either. */
  retryAfterMs: (error: unknown) => number | null;
  /** Decisions were refused: they are taken back here. */
  refused: (ids: readonly string[], error: unknown) => void;
  changed: () => void;
}

const GATHER_MS = 600;
const LARGEST_BATCH = 400;

/**
 * Decisions of a fast hand, gathered into few calls: A A A R A is two calls, not five. A decision that has not left yet is
 * undone without the server.
 */
export class ReviewQueue {
  readonly decisions = new Map<string, Decision>();
  readonly #unsent = new Map<string, Decision>();
  readonly #undos: string[] = [];
  readonly #history: string[][] = [];
  readonly #transport: ReviewTransport;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sending: Promise<void> | null = null;

  constructor(transport: ReviewTransport) {
    this.#transport = transport;
  }

  get canUndo(): boolean {
    return this.#history.length > 0;
  }
  get waiting(): number {
    return this.#unsent.size + this.#undos.length;
  }

  decide(ids: readonly string[], decision: Decision): void {
    const changed = ids.filter((id) => this.decisions.get(id) !== decision);
    if (changed.length === 0) return;
    for (const id of changed) {
      this.decisions.set(id, decision);
      this.#unsent.set(id, decision);
    }
    this.#history.push(changed);
    this.#soon(GATHER_MS);
    this.#transport.changed();
  }

  /** Takes the last step back; answers its ids. */
  undo(): readonly string[] {
    const ids = this.#history.pop() ?? [];
    for (const id of ids) {
      this.decisions.delete(id);
      if (!this.#unsent.delete(id)) this.#undos.push(id);
    }
    if (ids.length > 0) this.#soon(GATHER_MS);
    this.#transport.changed();
    return ids;
  }

  #soon(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), ms);
  }

  /** Sends what is gathered; one call after another, so that an undo never overtakes its decision. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#sending ??= this.#drain().finally(() => {
      this.#sending = null;
      this.#transport.changed();
    });
    return this.#sending;
  }

  async #drain(): Promise<void> {
    while (this.waiting > 0) {
      const isUndo = this.#undos.length > 0;
      const decision = isUndo ? null : [...this.#unsent.values()][0]!;
      const ids = isUndo
        ? this.#undos.splice(0, LARGEST_BATCH)
        : [...this.#unsent]
            .filter(([, wanted]) => wanted === decision)
            .map(([id]) => id)
            .slice(0, LARGEST_BATCH);
      for (const id of ids) if (!isUndo) this.#unsent.delete(id);
      try {
        await (decision ? this.#transport.review(ids, decision) : this.#transport.undo(ids));
      } catch (error) {
        const wait = this.#transport.retryAfterMs(error);
        if (wait === null) {
          for (const id of ids) this.decisions.delete(id);
          this.#transport.refused(ids, error);
          continue;
        }
        if (decision) {
          for (const id of ids) {
            // Decided otherwise, or undone, while the call was on its way: that is what counts.
            if (this.decisions.get(id) === decision && !this.#unsent.has(id)) this.#unsent.set(id, decision);
          }
        } else this.#undos.unshift(...ids);
        this.#soon(wait);
        return;
      }
    }
  }
}
