const WINDOW_MS = 12_000;

/** Speed over the last 12 seconds, so that one slow packet does not shake the estimate. */
export class Rate {
  #marks: { at: number; bytes: number }[] = [];

  /** Tell the total number of bytes sent so far. */
  mark(at: number, bytes: number): void {
    const last = this.#marks.at(-1);
    if (last && bytes < last.bytes) this.#marks = []; // started over
    this.#marks.push({ at, bytes });
    while (this.#marks.length > 2 && at - this.#marks[0]!.at > WINDOW_MS) this.#marks.shift();
  }

  reset(): void {
    this.#marks = [];
  }

  /** Bytes a second; 0 while unknown. */
  perSecond(): number {
    const first = this.#marks[0];
    const last = this.#marks.at(-1);
    if (!first || !last || last.at - first.at < 900) return 0;
    return ((last.bytes - first.bytes) / (last.at - first.at)) * 1000;
  }
}

/** Minutes that remain, rounded up; null while unknown. */
export const minutesLeft = (bytesLeft: number, bytesPerSecond: number): number | null =>
  bytesPerSecond > 0 ? Math.max(1, Math.ceil(bytesLeft / bytesPerSecond / 60)) : null;
