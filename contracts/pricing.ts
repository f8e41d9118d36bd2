import { type CouponState, couponEffect, couponParts, type PricedCoupon } from './coupon.ts';
import type { Satang } from './money.ts';
import {
  allocate,
  applyForced,
  bestPlan,
  type EventPart,
  listPrice,
  offerOf,
  type Plan,
  type PricedPackage,
  type PricedPhoto,
  packagesOf,
  type QuotePackage,
} from './pricing-plan.ts';

export type { PricedCoupon } from './coupon.ts';
export type { PricedPackage, PricedPhoto, QuotePackage } from './pricing-plan.ts';

/**
 * The price of a choice of photos. Pure: the phone runs it offline, the server runs the same code and alone decides.
 *
 * Rules. A photo with a price of its own costs that; any other costs the event's single package. A bundle of n covers any n
 * photos of one event and may be taken several times, also for fewer photos when that is cheaper. Unlimited covers every
 * photo of one event. Whatever combination costs least is taken, event by event, exactly (not by trying the biggest first).
 * Hence adding a photo never makes the whole cheaper. A bundle's price is spread over its photos by their list prices, largest
 * remainder. A coupon comes last (coupon.ts).
 */
export interface QuoteInput {
  photos: readonly PricedPhoto[];
  packages: readonly PricedPackage[];
  /**
   * The package the buyer insists on. A bundle or unlimited is taken once, in the event where that adds least; single means
   * photo by photo in every event. All else stays the cheapest. Ignored when it is not offered (`forcedPackageId` is then null).
   * It never costs less than what is cheapest; but one more photo may bring it to an event where it has a lower price of its own,
   * or where the coupon is for, and so make the whole cheaper.
   */
  forcedPackageId?: string | null;
  /** Events whose unlimited package this buyer has already: their photos cost nothing more. */
  unlimitedEventIds?: readonly string[];
  /** One that the server let this buyer use. */
  coupon?: PricedCoupon | null;
}
export interface QuoteLine {
  photoId: string;
  eventId: string;
  listPriceSatang: Satang;
  /** This photo's part of the total. */
  priceSatang: Satang;
  /** What the coupon took off it; in `priceSatang` already. */
  couponSatang: Satang;
  /** The package that covers it; null for a price of its own and for an unlimited package bought before. */
  packageId: string | null;
}
export interface Suggestion {
  packageId: string;
  eventId: string;
  kind: PricedPackage['kind'];
  photoCount: number | null;
  /** Add this many photos of the event ... */
  addPhotos: number;
  /** ... for this much more in all; negative where that reaches a coupon's minimum. */
  extraSatang: Satang;
  /** What the whole cart would cost then. */
  totalSatang: Satang;
  /** Rounded down, of that event's photos: then and now, before a coupon. */
  perPhotoSatang: Satang;
  currentPerPhotoSatang: Satang;
}
export interface QuoteCoupon {
  code: string;
  state: CouponState;
  discountSatang: Satang;
  /** How much more the photos have to cost for it; 0 unless `below_minimum`. */
  missingSatang: Satang;
}
export interface Quote {
  /** In the order the photos were given; unpriced ones left out. */
  lines: QuoteLine[];
  packages: QuotePackage[];
  /** total + discount: what the photos cost one by one (or the total, when a forced package costs more than that). */
  subtotalSatang: Satang;
  /** What packages and coupon took off together. */
  discountSatang: Satang;
  totalSatang: Satang;
  /** What the packages saved. */
  savingSatang: Satang;
  /** What the coupon took off. */
  couponSatang: Satang;
  /** The coupon that was given, also when it takes nothing off. */
  coupon: QuoteCoupon | null;
  suggestion: Suggestion | null;
  /** The forced package when it was used. */
  forcedPackageId: string | null;
  /** Photos that nothing on offer covers: they cannot be sold. */
  unpricedPhotoIds: string[];
}
/** A package the buyer may insist on, and what the whole cart costs then. */
export interface PackageOption {
  packageId: string;
  kind: PricedPackage['kind'];
  photoCount: number | null;
  unitPriceSatang: Satang;
  totalSatang: Satang;
  /** Above the cheapest combination; never negative. */
  extraSatang: Satang;
}

/** What this photo costs alone; null when only a bundle or unlimited covers it. */
export function listPriceOf(photo: PricedPhoto, packages: readonly PricedPackage[]): Satang | null {
  const price = listPrice(photo, offerOf(photo.eventId, packages));
  return Number.isFinite(price) ? price : null;
}

/** Prices the chosen photos. A photo given twice counts once. */
export function quote(input: QuoteInput): Quote {
  const { photos, parts, unpricedPhotoIds } = partsOf(input);
  const forced = input.forcedPackageId && applyForced(parts, input.forcedPackageId) ? input.forcedPackageId : null;
  return assemble(photos, parts, unpricedPhotoIds, forced, input.coupon ?? null);
}

/** The bundles and unlimited packages on offer for these photos, cheapest outcome first; none where everything is bought already. */
export function packageOptions(input: QuoteInput): PackageOption[] {
  const { forcedPackageId: _, ...rest } = input;
  const best = quote(rest).totalSatang;
  const owned = new Set(input.unlimitedEventIds ?? []);
  const eventIds = new Set(input.photos.map((photo) => photo.eventId).filter((id) => !owned.has(id)));
  const offered = new Map<string, PricedPackage>();
  for (const eventId of eventIds) {
    const { bundles, unlimited } = offerOf(eventId, input.packages);
    for (const each of [...bundles, ...(unlimited ? [unlimited] : [])])
      if (!offered.has(each.id)) offered.set(each.id, each);
  }
  const options = [...offered.values()].flatMap(({ id, kind, photoCount, priceSatang }): PackageOption[] => {
    const { totalSatang, forcedPackageId, packages } = quote({ ...rest, forcedPackageId: id });
    if (forcedPackageId === null) return [];
    const unitPriceSatang = packages.find((each) => each.packageId === id)?.unitPriceSatang ?? priceSatang;
    const extraSatang = totalSatang - best;
    return [{ packageId: id, kind, photoCount, unitPriceSatang, totalSatang, extraSatang }];
  });
  return options.sort((a, b) => a.totalSatang - b.totalSatang || a.unitPriceSatang - b.unitPriceSatang);
}

function partsOf(input: QuoteInput) {
  const unpricedPhotoIds: string[] = [];
  const owned = new Set(input.unlimitedEventIds ?? []);
  const photos = [...new Map(input.photos.map((photo) => [photo.id, photo])).values()];
  const parts: EventPart[] = [];
  for (const eventId of new Set(photos.map((photo) => photo.eventId))) {
    const offer = offerOf(eventId, input.packages);
    const isCoverable = offer.bundles.length > 0 || offer.unlimited !== undefined;
    const mine = photos
      .filter((photo) => photo.eventId === eventId)
      .map((photo) => ({ photo, list: listPrice(photo, offer) }))
      .filter(({ photo, list }) => {
        const isPriced = Number.isFinite(list) || isCoverable || owned.has(eventId);
        if (!isPriced) unpricedPhotoIds.push(photo.id);
        return isPriced;
      });
    if (mine.length === 0) continue;
    // Infinity - Infinity is NaN, which sort takes for equal. Ties go by id, so that the order given changes no photo's part.
    mine.sort((a, b) => b.list - a.list || (a.photo.id < b.photo.id ? -1 : 1));
    const plan: Plan = owned.has(eventId)
      ? { total: 0, bundles: [], unlimited: undefined, isOwned: true }
      : bestPlan(
          mine.map((each) => each.list),
          offer,
        );
    parts.push({ eventId, offer, photos: mine, plan });
  }
  return { photos, parts, unpricedPhotoIds };
}

/** How far ahead a suggestion looks. */
const mostAdded = 50;

/** How many photos may be added for the same total as `added` of them: a bundle is suggested full. */
function samePrice(prices: readonly number[], added: number, single: number, total: Satang, offer: EventPart['offer']) {
  let most = added;
  while (most < mostAdded) {
    const more = [...prices, ...new Array<number>(most + 1).fill(single)].sort((a, b) => b - a);
    if (bestPlan(more, offer).total !== total) break;
    most++;
  }
  return most;
}

/**
 * The nearest larger purchase in this event that costs less per photo than now; undefined when there is none. `pays` says
 * what the whole cart costs when this event costs so much more, coupon included.
 */
function suggestFor(
  { eventId, offer, photos, plan }: EventPart,
  cartTotal: Satang,
  pays: (eventId: string, moreSatang: Satang) => Satang,
): Suggestion | undefined {
  const count = photos.length;
  const single = offer.single?.priceSatang ?? Number.POSITIVE_INFINITY;
  if (plan.unlimited || plan.isOwned || count === 0) return undefined;
  const furthest = Math.min(
    mostAdded,
    Math.max(count, offer.bundles[0]?.photoCount ?? 0, offer.unlimited ? mostAdded : 0),
  );
  const prices = photos.map((each) => each.list);
  for (let added = 1; added <= furthest; added++) {
    const more = [...prices, ...new Array<number>(added).fill(single)].sort((a, b) => b - a);
    const next = bestPlan(more, offer);
    const extra = next.total - plan.total;
    const isCheaperEach = next.total * count < plan.total * (count + added);
    if (!isCheaperEach || extra < 0 || !(extra < single * added)) continue;
    const used = next.unlimited ?? next.bundles[0]?.bundle;
    if (!used) continue;
    const most = used.kind === 'unlimited' ? added : samePrice(prices, added, single, next.total, offer);
    const totalSatang = pays(eventId, extra);
    return {
      packageId: used.id,
      eventId,
      kind: used.kind,
      photoCount: used.photoCount,
      addPhotos: most,
      extraSatang: totalSatang - cartTotal,
      totalSatang,
      perPhotoSatang: Math.floor(next.total / (count + most)),
      currentPerPhotoSatang: Math.floor(plan.total / count),
    };
  }
  return undefined;
}

function assemble(
  photos: readonly PricedPhoto[],
  parts: EventPart[],
  unpricedPhotoIds: string[],
  forcedPackageId: string | null,
  coupon: PricedCoupon | null,
): Quote {
  const lineOf = new Map<string, QuoteLine>();
  const packages: QuotePackage[] = [];
  for (const part of parts) {
    const allocated = allocate(part);
    packages.push(...packagesOf(part, allocated));
    for (const [index, { photo, list }] of part.photos.entries()) {
      const mine = allocated[index]!;
      lineOf.set(photo.id, {
        photoId: photo.id,
        eventId: photo.eventId,
        listPriceSatang: Number.isFinite(list) ? list : mine.priceSatang,
        couponSatang: 0,
        ...mine,
      });
    }
  }
  const priced = photos.map((photo) => lineOf.get(photo.id)).filter((line) => line !== undefined);
  const beforeSatang = priced.reduce((sum, line) => sum + line.priceSatang, 0);
  const listSatang = priced.reduce((sum, line) => sum + line.listPriceSatang, 0);
  const subtotalSatang = Math.max(listSatang, beforeSatang);
  const taken = takeCoupon(priced, coupon);
  const totalSatang = beforeSatang - taken.couponSatang;
  const suggestions = forcedPackageId ? [] : parts.map((part) => suggestFor(part, totalSatang, taken.pays));
  const suggestion = suggestions.reduce<Suggestion | null>(
    (best, each) => (each && (!best || each.extraSatang < best.extraSatang) ? each : best),
    null,
  );
  return {
    lines: taken.lines,
    packages,
    subtotalSatang,
    discountSatang: subtotalSatang - totalSatang,
    totalSatang,
    savingSatang: subtotalSatang - beforeSatang,
    couponSatang: taken.couponSatang,
    coupon: taken.coupon,
    suggestion,
    forcedPackageId,
    unpricedPhotoIds,
  };
}

/** The lines after the coupon, and what the cart would cost if one event cost more. */
function takeCoupon(lines: QuoteLine[], coupon: PricedCoupon | null) {
  const before = lines.reduce((sum, line) => sum + line.priceSatang, 0);
  if (!coupon)
    return {
      lines,
      couponSatang: 0,
      coupon: null,
      pays: (_eventId: string, moreSatang: Satang) => before + moreSatang,
    };
  // By photo, so that the order given changes no photo's part.
  const sorted = [...lines].sort((a, b) => (a.photoId < b.photoId ? -1 : 1));
  const { effect, parts } = couponParts(coupon, sorted);
  const partOf = new Map(sorted.map((line, index) => [line.photoId, parts[index]!]));
  const isFor = (eventId: string) => coupon.eventId === null || coupon.eventId === eventId;
  const base = lines.reduce((sum, line) => sum + (isFor(line.eventId) ? line.priceSatang : 0), 0);
  return {
    lines: lines.map((line) => {
      const couponSatang = partOf.get(line.photoId)!;
      return { ...line, couponSatang, priceSatang: line.priceSatang - couponSatang };
    }),
    couponSatang: effect.discountSatang,
    coupon: { code: coupon.code, ...effect },
    pays: (eventId: string, moreSatang: Satang) => {
      const isCounted = isFor(eventId);
      const then = couponEffect(
        coupon,
        base + (isCounted ? moreSatang : 0),
        isCounted || effect.state !== 'other_event',
      );
      return before + moreSatang - then.discountSatang;
    },
  };
}
