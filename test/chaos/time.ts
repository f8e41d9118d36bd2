/**
 * Waiting goes 120 times as fast: a minute in half a second. Limits, which guard against a server or a database that hangs, are cut less: the
 * machine is not faster than it is.
 */
export function speedUp(): void {
  const real = globalThis.setTimeout;
  const fast = (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
    real(run, ms <= 20 ? ms : Math.max(1, ms / factorOf(ms)), ...args);
  globalThis.setTimeout = Object.assign(fast, { __promisify__: undefined }) as unknown as typeof setTimeout;
}
/** Storage is probed within 4 or 5 s, the cart is waited for up to 12 s, requests up to 30 s. */
const factorOf = (ms: number): number =>
  ms === 4_000 || ms === 5_000 ? 1 : ms >= 8_000 && ms < 15_000 ? 4 : ms >= 15_000 ? 3 : 120;

/** From now on the clock says something else, by as much as `clock.aheadMs` is then. */
export function setClock(clock: { aheadMs: number }): void {
  const Real = globalThis.Date;
  globalThis.Date = class extends Real {
    constructor(...given: [] | [string | number]) {
      if (given.length === 0) super(Real.now() + clock.aheadMs);
      else super(...given);
    }
    static override now(): number {
      return Real.now() + clock.aheadMs;
    }
  } as DateConstructor;
}
