import type { CartSummary, CartView } from '#contracts/http/cart.ts';
import { packageOptions } from '#contracts/pricing.ts';
import { termsOf } from './coupons.ts';
import type { CartLine } from './repository.ts';
import type { PricedLine, Selection } from './selection.ts';

/** What the photo cost when it was put in, if that is not what it costs now. */
export const changedFrom = ({ line, listPriceSatang }: PricedLine): number | null =>
  line.seen_price_satang !== null && listPriceSatang !== null && line.seen_price_satang !== listPriceSatang
    ? line.seen_price_satang
    : null;

const couponView = ({ coupon }: Selection): CartView['coupon'] =>
  coupon && { terms: termsOf(coupon.row), problem: coupon.problem };

export function cartView(selection: Selection<CartLine>, revision: number): CartView {
  const partOf = new Map(selection.quote.lines.map((line) => [line.photoId, line.priceSatang]));
  return {
    items: selection.lines.map((each) => ({
      id: each.line.photo_id,
      photoId: each.line.photo_id,
      eventId: each.line.event_id,
      eventName: each.photo?.eventName ?? '',
      thumbnailUrl: each.photo?.thumbnailUrl ?? null,
      width: each.photo?.width ?? null,
      height: each.photo?.height ?? null,
      isSelected: each.line.is_selected,
      status: each.status,
      ownPriceSatang: each.photo?.priceSatang ?? null,
      listPriceSatang: each.listPriceSatang,
      priceSatang: partOf.get(each.line.photo_id) ?? null,
      previousPriceSatang: changedFrom(each),
      addedAt: each.line.added_at.toISOString(),
      updatedAt: each.line.updated_at.toISOString(),
    })),
    packageId: selection.packageId,
    coupon: couponView(selection),
    options: packageOptions(selection.input),
    unlimitedEventIds: [...(selection.input.unlimitedEventIds ?? [])],
    quote: selection.quote,
    revision,
  };
}

export function cartSummary(selection: Selection): CartSummary {
  const issues: CartSummary['issues'] = [];
  for (const each of selection.lines) {
    const photoId = each.line.photo_id;
    if (each.status !== 'available') issues.push({ photoId, kind: each.status });
    const from = changedFrom(each);
    if (from !== null && each.listPriceSatang !== null)
      issues.push({ photoId, kind: 'price_changed', fromSatang: from, toSatang: each.listPriceSatang });
  }
  const isRefused = selection.packageId !== null && selection.quote.forcedPackageId === null;
  if (isRefused) {
    for (const line of selection.quote.lines) issues.push({ photoId: line.photoId, kind: 'package_not_applicable' });
  }
  return {
    itemCount: selection.lines.length,
    selectedCount: selection.quote.lines.length,
    packageId: selection.packageId,
    coupon: couponView(selection),
    options: packageOptions(selection.input),
    quote: selection.quote,
    issues,
  };
}
