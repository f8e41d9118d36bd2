import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type PricedCoupon, type PricedPackage, type PricedPhoto, type QuoteInput, quote } from './pricing.ts';

// Offers that no shop should make, and the rules all the same: bundles that cost more when they are larger or hold one photo, unlimited
// below a single photo, no single at all, events with offers of their own, free and discounted photos, coupons of every kind.

/** Every way to put `count` things into groups, as group numbers: 0; 0,0; 0,1; ... */
function groupings(count: number): number[][] {
  let all: number[][] = [[]];
  for (let i = 0; i < count; i++)
    all = all.flatMap((each) => {
      const groups = each.length ? Math.max(...each) + 1 : 0;
      return Array.from({ length: groups + 1 }, (_, group) => [...each, group]);
    });
  return all;
}
const groupingsOf = [0, 1, 2, 3, 4, 5].map(groupings);

/** What an event offers, written anew: an event's own package replaces the general one of its id. */
const offered = (eventId: string, packages: readonly PricedPackage[]) =>
  packages.filter(
    (each) =>
      each.eventId === eventId ||
      (each.eventId === null && !packages.some((other) => other.eventId === eventId && other.id === each.id)),
  );

/** The cheapest of every way to buy one event's photos: everything, or each group as one bundle or as single photos. */
function cheapestWay(photos: readonly PricedPhoto[], packages: readonly PricedPackage[]): number {
  if (photos.length === 0) return 0;
  const offer = offered(photos[0]!.eventId, packages);
  const prices = (kind: string) => offer.filter((each) => each.kind === kind).map((each) => each.priceSatang);
  const single = Math.min(Number.POSITIVE_INFINITY, ...prices('single'));
  const bundle = (size: number) =>
    Math.min(
      Number.POSITIVE_INFINITY,
      ...offer.filter((each) => each.kind === 'bundle' && each.photoCount! >= size).map((each) => each.priceSatang),
    );
  const costs = groupingsOf[photos.length]!.map((grouping) => {
    let cost = 0;
    for (const group of new Set(grouping)) {
      const inside = photos.filter((_, index) => grouping[index] === group);
      const oneByOne = inside.reduce((sum, photo) => sum + (photo.priceSatang ?? single), 0);
      cost += Math.min(bundle(inside.length), oneByOne);
    }
    return cost;
  });
  return Math.min(...costs, ...prices('unlimited'));
}

const price = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 9_999 }));
const where = fc.constantFrom(null, null, 'e1', 'e2');
const bundle = fc.record({
  id: fc.constantFrom('b1', 'b2', 'b3'),
  kind: fc.constant('bundle' as const),
  photoCount: fc.integer({ min: 1, max: 4 }),
  priceSatang: price,
  eventId: where,
});
const whole = (kind: 'single' | 'unlimited') =>
  fc.record({
    id: fc.constantFrom(`${kind}1`, `${kind}2`),
    kind: fc.constant(kind),
    photoCount: fc.constant(kind === 'single' ? 1 : null),
    priceSatang: price,
    eventId: where,
  });
const anyOffer = fc
  .tuple(
    fc.array(bundle, { maxLength: 5 }),
    fc.array(whole('single'), { maxLength: 3 }),
    fc.array(whole('unlimited'), { maxLength: 2 }),
  )
  .map((lists): PricedPackage[] => [
    ...new Map(lists.flat().map((each) => [`${each.id} ${each.eventId}`, each])).values(),
  ]);
const cart = (maxLength: number) =>
  fc
    .array(fc.record({ eventId: fc.constantFrom('e1', 'e2'), priceSatang: fc.oneof(fc.constant(null), price) }), {
      maxLength,
    })
    .map((list) => list.map((photo, index): PricedPhoto => ({ ...photo, id: `p${index}` })));
const anyCoupon = fc.option(
  fc.record({
    code: fc.constant('RUN'),
    kind: fc.constantFrom('percent' as const, 'amount' as const),
    percentBp: fc.integer({ min: 1, max: 10_000 }),
    amountSatang: fc.integer({ min: 1, max: 5_000 }),
    maxDiscountSatang: fc.option(price, { nil: null }),
    eventId: fc.constantFrom(null, 'e1', 'e2'),
    minSpendSatang: fc.constant(0),
  }),
  { nil: null },
);
const forced = fc.constantFrom(null, null, 'b1', 'b2', 'single1', 'unlimited1');
const owned = fc.constantFrom<string[][]>([], [], ['e1']);

/** After the coupon, in exact arithmetic. */
function afterCoupon(byEvent: Record<string, number>, coupon: PricedCoupon | null): number {
  const total = Object.values(byEvent).reduce((sum, each) => sum + each, 0);
  if (!coupon) return total;
  const base = coupon.eventId === null ? total : (byEvent[coupon.eventId] ?? 0);
  const percent = Number((BigInt(base) * BigInt(coupon.percentBp!)) / 10_000n);
  const wanted =
    coupon.kind === 'amount' ? coupon.amountSatang! : Math.min(percent, coupon.maxDiscountSatang ?? percent);
  return total - Math.min(wanted, base);
}
const numRuns = Number(process.env.PRICING_RUNS ?? 400);

describe('pricing of odd offers', () => {
  it('is to the satang the cheapest of every way to buy, coupon included', () => {
    fc.assert(
      fc.property(cart(5), anyOffer, anyCoupon, owned, (photos, packages, coupon, unlimitedEventIds) => {
        const result = quote({ photos, packages, coupon, unlimitedEventIds });
        const sold = photos.filter((photo) => !result.unpricedPhotoIds.includes(photo.id));
        const of = (eventId: string) =>
          unlimitedEventIds.includes(eventId)
            ? 0
            : cheapestWay(
                sold.filter((photo) => photo.eventId === eventId),
                packages,
              );
        assert.equal(result.totalSatang, afterCoupon({ e1: of('e1'), e2: of('e2') }, coupon));
        const unsold = photos.filter((photo) => result.unpricedPhotoIds.includes(photo.id));
        for (const photo of unsold) assert.equal(cheapestWay([photo], packages), Number.POSITIVE_INFINITY);
      }),
      { numRuns },
    );
  });

  it('is never made cheaper by one more photo, and no photo is lost by it, forced package and coupon or not', () => {
    fc.assert(
      fc.property(
        cart(9),
        anyOffer,
        anyCoupon,
        forced,
        owned,
        fc.nat(8),
        (photos, packages, coupon, forcedPackageId, unlimitedEventIds, at) => {
          if (photos.length === 0) return;
          const without = photos.filter((_, index) => index !== at % photos.length);
          // A package that the buyer insists on may move to the event that the coupon is for, or where it costs less: see QuoteInput.
          const prices = new Set(
            packages.filter((each) => each.id === forcedPackageId).map((each) => each.priceSatang),
          );
          const isForced = forcedPackageId !== null && prices.size < 2;
          const rest: Omit<QuoteInput, 'photos'> = {
            packages,
            coupon: isForced && coupon?.eventId ? null : coupon,
            forcedPackageId: isForced ? forcedPackageId : null,
            unlimitedEventIds,
          };
          const [all, fewer] = [quote({ ...rest, photos }), quote({ ...rest, photos: without })];
          assert.ok(all.totalSatang >= fewer.totalSatang, `${all.totalSatang} for more, ${fewer.totalSatang} for less`);
          const got = new Set(all.lines.map((line) => line.photoId));
          for (const line of fewer.lines) assert.ok(got.has(line.photoId));
          assert.equal(all.lines.length + all.unpricedPhotoIds.length, photos.length);
        },
      ),
      { numRuns },
    );
  });

  it('adds up line by line, and what is forced never costs less than what is cheapest', () => {
    fc.assert(
      fc.property(cart(9), anyOffer, anyCoupon, forced, (photos, packages, coupon, forcedPackageId) => {
        const result = quote({ photos, packages, coupon, forcedPackageId });
        const sum = (of: 'priceSatang' | 'couponSatang') => result.lines.reduce((total, line) => total + line[of], 0);
        assert.equal(sum('priceSatang'), result.totalSatang);
        assert.equal(sum('couponSatang'), result.couponSatang);
        assert.ok(result.lines.every((line) => Number.isSafeInteger(line.priceSatang) && line.priceSatang >= 0));
        const covered = result.packages.reduce((total, each) => total + each.photos, 0);
        assert.equal(covered, result.lines.filter((line) => line.packageId !== null).length);
        if (!coupon?.eventId) assert.ok(result.totalSatang >= quote({ photos, packages, coupon }).totalSatang);
      }),
      { numRuns },
    );
  });
});
