/** "nice" end of the axis: 1, 2, 2.5 or 5 times a power of ten. */
export function axisEnd(largest: number): number {
  if (largest <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(largest));
  for (const step of [1, 2, 2.5, 5, 10]) if (largest <= step * power) return step * power;
  return 10 * power;
}
