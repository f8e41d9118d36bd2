/**
 * In how many of a hundred searches the "sure" photos may hold a stranger, as this search's own calibration promises it; rounded
 * up. Null when it promises nothing (a search from before, or one without faces).
 */
export function promiseOf(calibration: object | null | undefined): number | null {
  const promise = (calibration as { promise?: { sure?: unknown } } | null | undefined)?.promise?.sure;
  if (typeof promise !== 'number' || !(promise > 0)) return null;
  return Math.min(100, Math.max(1, Math.ceil(promise * 100 - 1e-9)));
}
