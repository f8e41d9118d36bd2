import { type Satang, spread } from './money.ts';

/**
 * What a coupon takes off. Pure, as pricing is: the phone shows it without signal, the server decides who may use it and when
 * (dates, limits, first order), this code only how much.
 *
 * It comes last: packages are chosen first, the cheapest way, and the coupon is taken off what that costs. So it never makes
 * the total negative, nor a larger choice cheaper, with one exception that is the point of it: reaching `minSpendSatang`.
 */
export interface PricedCoupon {
  code: string;
  kind: 'percent' | 'amount';
  /** Basis points, for `percent`: 1,000 is 10 %. */
  percentBp: number | null;
  amountSatang: Satang | null;
  /** The most that `percent` takes off; null: no limit. */
  maxDiscountSatang: Satang | null;
  /** Only photos of this event; null: of every event. */
  eventId: string | null;
  /** What the photos it is for must cost, after packages, before the coupon; 0: anything. */
  minSpendSatang: Satang;
}
/** applied: it takes something off. below_minimum: `missingSatang` more is needed. other_event: no photo of its event. free: nothing costs. */
export type CouponState = 'applied' | 'below_minimum' | 'other_event' | 'free';
export interface CouponEffect {
  state: CouponState;
  discountSatang: Satang;
  missingSatang: Satang;
}

/** The coupon's effect on photos that cost `baseSatang` and are `isPresent` in the cart at all. Whole satang, rounded down. */
export function couponEffect(coupon: PricedCoupon, baseSatang: Satang, isPresent = true): CouponEffect {
  const none = (state: CouponState, missingSatang = 0): CouponEffect => ({ state, discountSatang: 0, missingSatang });
  if (!isPresent) return none('other_event');
  if (baseSatang < coupon.minSpendSatang) return none('below_minimum', coupon.minSpendSatang - baseSatang);
  if (baseSatang <= 0) return none('free');
  const percent = (BigInt(baseSatang) * BigInt(coupon.percentBp ?? 0)) / 10_000n;
  const wanted =
    coupon.kind === 'amount'
      ? (coupon.amountSatang ?? 0)
      : Math.min(Number(percent), coupon.maxDiscountSatang ?? Number.MAX_SAFE_INTEGER);
  const discountSatang = Math.max(0, Math.min(wanted, baseSatang));
  return { state: 'applied', discountSatang, missingSatang: 0 };
}

/** Each line's part of the discount: by price, largest remainder, nothing for lines the coupon is not for. */
export function couponParts(
  coupon: PricedCoupon,
  lines: readonly { eventId: string; priceSatang: Satang }[],
): { effect: CouponEffect; parts: Satang[] } {
  const isFor = (line: { eventId: string }) => coupon.eventId === null || line.eventId === coupon.eventId;
  const weights = lines.map((line) => (isFor(line) ? line.priceSatang : 0));
  const base = weights.reduce((sum, weight) => sum + weight, 0);
  const effect = couponEffect(coupon, base, lines.some(isFor));
  // All weights zero would be spread evenly, over lines it is not for too: there is nothing to spread then.
  const parts = effect.discountSatang > 0 ? spread(effect.discountSatang, weights) : lines.map(() => 0);
  return { effect, parts };
}
