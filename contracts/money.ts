/** Integer satang: 1 THB = 100 satang. Never a float. Range: safe integers. */
export type Satang = number;

/** "1,234.50" for display; digits only where `plain` ("1234.50"), as the gateway wants it. */
export function formatBaht(amount: Satang, plain = false): string {
  const sign = amount < 0 ? '-' : '';
  const absolute = Math.abs(amount);
  const whole = Math.trunc(absolute / 100).toString();
  const grouped = plain ? whole : whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return `${sign}${grouped}.${(absolute % 100).toString().padStart(2, '0')}`;
}

/** Reads "100", "100.5", "100.24"; throws RangeError on anything else (never rounds). */
export function parseBaht(text: string): Satang {
  const match = /^(-?)(\d{1,12})(?:\.(\d{1,2}))?$/.exec(text.trim());
  if (!match) throw new RangeError(`not an amount in baht: ${text.slice(0, 20)}`);
  const value = Number(match[2]) * 100 + Number((match[3] ?? '').padEnd(2, '0') || '0');
  return match[1] ? -value : value;
}

/**
 * Spreads `total` over `weights` so that the parts add up to `total` exactly (largest remainder; ties go to the
 * earlier part). Weights are non-negative integers; if all are zero they count as equal. Linear apart from one sort.
 */
export function spread(total: Satang, weights: readonly number[]): Satang[] {
  if (weights.length === 0) return [];
  const sum = weights.reduce((a, b) => a + b, 0);
  const effective = sum === 0 ? weights.map(() => 1n) : weights.map((w) => BigInt(w));
  const divisor = effective.reduce((a, b) => a + b, 0n);
  const sign = total < 0 ? -1n : 1n;
  const absolute = BigInt(Math.abs(total));
  const parts = effective.map((w) => (absolute * w) / divisor);
  const remainders = effective.map((w, index) => ({ index, rest: (absolute * w) % divisor }));
  remainders.sort((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest < b.rest ? 1 : -1));
  let left = absolute - parts.reduce((a, b) => a + b, 0n);
  for (const { index } of remainders) {
    if (left === 0n) break;
    parts[index] = parts[index]! + 1n;
    left -= 1n;
  }
  return parts.map((p) => Number(p * sign));
}
