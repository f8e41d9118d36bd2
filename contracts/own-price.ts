import type { Satang } from './money.ts';

// What a photographer may ask for own photos at an event. Pure: the studio shows it while one types, the server decides.

export interface OwnPriceBounds {
  /** Whether the event lets photographers set prices at all. */
  isAllowed: boolean;
  minSatang: Satang;
  /** null: no upper bound. */
  maxSatang: Satang | null;
}
export type OwnPriceWish =
  | { kind: 'standard' }
  | { kind: 'free' }
  | { kind: 'percent'; percentBp: number }
  | { kind: 'price'; priceSatang: Satang };

/** A price less so many basis points, half a satang rounded up; as the database's `discounted`. */
export const discounted = (price: Satang, bp: number): Satang => Math.floor((price * (10_000 - bp) + 5_000) / 10_000);

/** What a photo costs alone under this wish; null: what the packages say, or nothing that is known (no single package). */
export function ownPriceOf(wish: OwnPriceWish, singleSatang: Satang | null): Satang | null {
  if (wish.kind === 'free') return 0;
  if (wish.kind === 'price') return wish.priceSatang;
  return wish.kind === 'percent' && singleSatang !== null ? discounted(singleSatang, wish.percentBp) : null;
}

/**
 * Why a photographer may not ask this; null: fine. `standard` is always fine: it takes an own price away. A percentage needs
 * a single price to go by.
 */
export function ownPriceProblem(
  wish: OwnPriceWish,
  bounds: OwnPriceBounds,
  singleSatang: Satang | null,
): 'not_allowed' | 'bounds' | null {
  if (wish.kind === 'standard') return null;
  if (!bounds.isAllowed) return 'not_allowed';
  const price = ownPriceOf(wish, singleSatang);
  if (price === null) return 'bounds';
  return price < bounds.minSatang || (bounds.maxSatang !== null && price > bounds.maxSatang) ? 'bounds' : null;
}
