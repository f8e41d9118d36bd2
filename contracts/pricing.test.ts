import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type PricedCoupon, type PricedPackage, type PricedPhoto, packageOptions, quote } from './pricing.ts';

const single: PricedPackage = { id: 'single', kind: 'single', photoCount: 1, priceSatang: 6000, eventId: null };
const five: PricedPackage = { id: 'five', kind: 'bundle', photoCount: 5, priceSatang: 25000, eventId: null };
const unlimited: PricedPackage = { id: 'all', kind: 'unlimited', photoCount: null, priceSatang: 50000, eventId: null };
const defaults = [single, five, unlimited];
const photos = (count: number, eventId = 'e1', priceSatang: number | null = null): PricedPhoto[] =>
  Array.from({ length: count }, (_, i) => ({ id: `${eventId}-${priceSatang}-${i}`, eventId, priceSatang }));

/** Every way to buy, tried one by one: subsets are not needed, a covered photo is a covered photo. */
function bruteForce(prices: readonly number[], packages: readonly PricedPackage[]): number {
  if (prices.length === 0) return 0;
  const [dearest, ...rest] = prices;
  let least = Math.min(...packages.filter((p) => p.kind === 'unlimited').map((p) => p.priceSatang), Infinity);
  least = Math.min(least, dearest! + bruteForce(rest, packages));
  for (const bundle of packages.filter((p) => p.kind === 'bundle')) {
    // The bundle covers this photo and any choice of the others.
    for (let mask = 0; mask < 1 << rest.length; mask++) {
      const chosen = rest.filter((_, i) => mask & (1 << i)).length;
      if (chosen > bundle.photoCount! - 1) continue;
      const left = rest.filter((_, i) => !(mask & (1 << i)));
      least = Math.min(least, bundle.priceSatang + bruteForce(left, packages));
    }
  }
  return least;
}

const price = fc.integer({ min: 0, max: 40 });
const bundles = fc
  .array(fc.record({ photoCount: fc.integer({ min: 2, max: 5 }), priceSatang: price }), { maxLength: 3 })
  .map((list) => list.map((b, i): PricedPackage => ({ ...b, id: `b${i}`, kind: 'bundle', eventId: null })));
const shop = fc
  .tuple(bundles, price, fc.option(fc.integer({ min: 0, max: 100 }), { nil: null }))
  .map(([list, singlePrice, all]): PricedPackage[] => [
    { ...single, priceSatang: singlePrice },
    ...list,
    ...(all === null ? [] : [{ ...unlimited, priceSatang: all }]),
  ]);
const choice = (maxLength: number) =>
  fc
    .array(fc.record({ eventId: fc.constantFrom('e1', 'e2'), priceSatang: fc.option(price, { nil: null }) }), {
      maxLength,
    })
    .map((list) => list.map((p, i): PricedPhoto => ({ ...p, id: `p${i}` })));

const coupon = (values: Partial<PricedCoupon>): PricedCoupon => ({
  code: 'RUN',
  kind: 'amount',
  percentBp: null,
  amountSatang: null,
  maxDiscountSatang: null,
  eventId: null,
  minSpendSatang: 0,
  ...values,
});
const anyCoupon = fc.oneof(
  fc.record({
    percentBp: fc.integer({ min: 1, max: 10_000 }),
    maxDiscountSatang: fc.option(price, { nil: null }),
    eventId: fc.constantFrom(null, 'e1', 'e2'),
  }),
  fc.record({ amountSatang: fc.integer({ min: 1, max: 300 }), eventId: fc.constantFrom(null, 'e1', 'e2') }),
);
const toCoupon = (values: Partial<PricedCoupon>) =>
  coupon({ ...values, kind: values.percentBp === undefined ? 'amount' : 'percent' });

describe('pricing', () => {
  it('prices the default packages', () => {
    const totals = [0, 1, 4, 5, 6, 9, 10, 11, 30].map(
      (n) => quote({ photos: photos(n), packages: defaults }).totalSatang,
    );
    assert.deepEqual(totals, [0, 6000, 24000, 25000, 31000, 49000, 50000, 50000, 50000]);
  });

  it('spreads a bundle over its photos and says what it saved', () => {
    const result = quote({ photos: photos(6), packages: defaults });
    assert.deepEqual(
      result.lines.map((l) => l.priceSatang),
      [5000, 5000, 5000, 5000, 5000, 6000],
    );
    assert.equal(result.savingSatang, 5000);
    assert.deepEqual(
      result.packages.map((p) => [p.packageId, p.count, p.photos]),
      [
        ['five', 1, 5],
        ['single', 1, 1],
      ],
    );
  });

  it('prices each event by itself', () => {
    const result = quote({ photos: [...photos(3, 'e1'), ...photos(3, 'e2')], packages: defaults });
    assert.equal(result.totalSatang, 36000);
  });

  it('takes the event’s own price over the global one', () => {
    const own = { ...single, priceSatang: 10000, eventId: 'e1' };
    const result = quote({ photos: [...photos(1, 'e1'), ...photos(1, 'e2')], packages: [...defaults, own] });
    assert.deepEqual(
      result.lines.map((l) => l.priceSatang),
      [10000, 6000],
    );
  });

  it('keeps free and discounted photos out of a bundle when that is cheaper', () => {
    const result = quote({
      photos: [...photos(4), ...photos(3, 'e1', 0), ...photos(1, 'e1', 500)],
      packages: defaults,
    });
    assert.equal(result.totalSatang, 24500);
  });

  it('suggests the next package when a photo costs less there', () => {
    const four = quote({ photos: photos(4), packages: defaults }).suggestion;
    assert.equal(four?.packageId, 'five');
    assert.deepEqual([four?.addPhotos, four?.extraSatang, four?.perPhotoSatang], [1, 1000, 5000]);
    const eight = quote({ photos: photos(8), packages: defaults }).suggestion;
    assert.deepEqual([eight?.packageId, eight?.addPhotos, eight?.extraSatang], ['all', 2, 7000]);
    assert.equal(quote({ photos: photos(12), packages: defaults }).suggestion, null);
    assert.equal(quote({ photos: photos(2), packages: [single] }).suggestion, null);
  });

  it('takes a forced package where it adds least', () => {
    const two = quote({ photos: photos(2), packages: defaults, forcedPackageId: 'all' });
    assert.deepEqual([two.totalSatang, two.subtotalSatang, two.discountSatang], [50000, 50000, 0]);
    assert.deepEqual(
      two.lines.map((l) => l.priceSatang),
      [25000, 25000],
    );
    const both = quote({
      photos: [...photos(9, 'e1'), ...photos(1, 'e2')],
      packages: defaults,
      forcedPackageId: 'all',
    });
    assert.equal(both.totalSatang, 56000);
    assert.equal(quote({ photos: photos(5), packages: defaults, forcedPackageId: 'single' }).totalSatang, 30000);
    assert.equal(quote({ photos: photos(2), packages: defaults, forcedPackageId: 'five' }).totalSatang, 25000);
    assert.equal(quote({ photos: photos(2), packages: defaults, forcedPackageId: 'no' }).forcedPackageId, null);
  });

  it('asks nothing more where unlimited was bought before', () => {
    const result = quote({
      photos: [...photos(3, 'e1'), ...photos(1, 'e2')],
      packages: defaults,
      unlimitedEventIds: ['e1'],
    });
    assert.equal(result.totalSatang, 6000);
  });

  it('names photos that nothing covers', () => {
    const result = quote({ photos: photos(1), packages: [] });
    assert.deepEqual(result.unpricedPhotoIds, ['e1-null-0']);
    assert.equal(quote({ photos: photos(3), packages: [five] }).totalSatang, 25000);
  });

  it('is never dearer than any other combination (brute force)', () => {
    fc.assert(
      fc.property(choice(6), shop, (chosen, packages) => {
        const expected = ['e1', 'e2'].reduce((sum, eventId) => {
          const prices = chosen
            .filter((p) => p.eventId === eventId)
            .map((p) => p.priceSatang ?? packages[0]!.priceSatang);
          return sum + bruteForce(prices, packages);
        }, 0);
        assert.equal(quote({ photos: chosen, packages }).totalSatang, expected);
      }),
      { numRuns: 300 },
    );
  });

  it('is never made cheaper by adding a photo, nor are fewer photos got', () => {
    fc.assert(
      fc.property(choice(25), shop, (chosen, packages) => {
        if (chosen.length === 0) return;
        const all = quote({ photos: chosen, packages });
        const fewer = quote({ photos: chosen.slice(0, -1), packages });
        assert.ok(all.totalSatang >= fewer.totalSatang);
        assert.equal(all.lines.length, chosen.length);
      }),
    );
  });

  it('adds up, whatever is forced, and does not depend on the order', () => {
    const forced = fc.constantFrom(null, 'single', 'b0', 'b1', 'all');
    fc.assert(
      fc.property(choice(25), shop, forced, (chosen, packages, forcedPackageId) => {
        const result = quote({ photos: chosen, packages, forcedPackageId });
        const sum = (pick: (l: (typeof result.lines)[number]) => number) =>
          result.lines.reduce((a, l) => a + pick(l), 0);
        assert.equal(
          sum((l) => l.priceSatang),
          result.totalSatang,
        );
        assert.equal(result.subtotalSatang - result.discountSatang, result.totalSatang);
        assert.ok(result.discountSatang >= 0 && result.lines.every((l) => l.priceSatang >= 0));
        const unowned = result.lines.filter((l) => l.packageId === null).reduce((a, l) => a + l.priceSatang, 0);
        const packaged = result.packages.reduce((a, p) => a + p.count * p.unitPriceSatang, 0);
        assert.equal(unowned + packaged, result.totalSatang);
        assert.equal(quote({ photos: chosen.toReversed(), packages, forcedPackageId }).totalSatang, result.totalSatang);
        assert.ok(result.totalSatang >= quote({ photos: chosen, packages }).totalSatang);
      }),
    );
  });

  it('prices 2,000 photos of one event at once', () => {
    assert.equal(quote({ photos: photos(2000), packages: [single, five] }).totalSatang, 400 * 25000);
  });

  it('takes several bundle sizes together, and one of them several times', () => {
    const three: PricedPackage = { ...five, id: 'three', photoCount: 3, priceSatang: 16000 };
    const ten: PricedPackage = { ...five, id: 'ten', photoCount: 10, priceSatang: 45000 };
    const result = quote({ photos: photos(23), packages: [single, three, five, ten] });
    assert.deepEqual(
      result.packages.map((p) => [p.packageId, p.count, p.photos]),
      [
        ['ten', 2, 20],
        ['three', 1, 3],
      ],
    );
    assert.equal(result.totalSatang, 106_000);
  });

  it('says what two more photos cost', () => {
    const packages = [single, { ...five, priceSatang: 19_000 }];
    const { suggestion } = quote({ photos: photos(3), packages });
    assert.deepEqual([suggestion?.addPhotos, suggestion?.extraSatang, suggestion?.totalSatang], [2, 1000, 19_000]);
    const ten = coupon({ kind: 'percent', percentBp: 1000 });
    const after = quote({ photos: photos(3), packages, coupon: ten }).suggestion;
    assert.deepEqual([after?.addPhotos, after?.extraSatang, after?.totalSatang], [2, 900, 17_100]);
    assert.equal(quote({ photos: photos(5), packages, coupon: ten }).totalSatang, 17_100);
  });

  it('takes a coupon off the cheapest combination, to the satang', () => {
    const ten = quote({ photos: photos(6), packages: defaults, coupon: coupon({ kind: 'percent', percentBp: 1000 }) });
    assert.deepEqual(
      [ten.subtotalSatang, ten.savingSatang, ten.couponSatang, ten.discountSatang, ten.totalSatang],
      [36000, 5000, 3100, 8100, 27900],
    );
    assert.deepEqual(ten.coupon, { code: 'RUN', state: 'applied', discountSatang: 3100, missingSatang: 0 });
    const odd = quote({ photos: photos(1), packages: defaults, coupon: coupon({ kind: 'percent', percentBp: 333 }) });
    assert.deepEqual([odd.couponSatang, odd.totalSatang], [199, 5801]);
    const capped = { kind: 'percent', percentBp: 5000, maxDiscountSatang: 2000 } as const;
    assert.equal(quote({ photos: photos(5), packages: defaults, coupon: coupon(capped) }).couponSatang, 2000);
    const large = quote({ photos: photos(1), packages: defaults, coupon: coupon({ amountSatang: 9900 }) });
    assert.deepEqual([large.couponSatang, large.totalSatang], [6000, 0]);
    const free = quote({
      photos: photos(2),
      packages: defaults,
      coupon: coupon({ kind: 'percent', percentBp: 10000 }),
    });
    assert.equal(free.totalSatang, 0);
  });

  it('says why a coupon takes nothing off', () => {
    const from300 = coupon({ amountSatang: 5000, minSpendSatang: 30_000 });
    const low = quote({ photos: photos(4), packages: defaults, coupon: from300 });
    assert.deepEqual(low.coupon, { code: 'RUN', state: 'below_minimum', discountSatang: 0, missingSatang: 6000 });
    assert.equal(low.totalSatang, 24_000);
    assert.equal(quote({ photos: photos(6), packages: defaults, coupon: from300 }).totalSatang, 26_000);
    const other = coupon({ amountSatang: 5000, eventId: 'e2' });
    assert.equal(quote({ photos: photos(4), packages: defaults, coupon: other }).coupon?.state, 'other_event');
    const both = quote({ photos: [...photos(1, 'e1'), ...photos(1, 'e2')], packages: defaults, coupon: other });
    assert.deepEqual(
      both.lines.map((l) => [l.eventId, l.couponSatang, l.priceSatang]),
      [
        ['e1', 0, 6000],
        ['e2', 5000, 1000],
      ],
    );
    const nothing = quote({ photos: photos(2, 'e1', 0), packages: defaults, coupon: coupon({ amountSatang: 5000 }) });
    assert.equal(nothing.coupon?.state, 'free');
  });

  it('is never negative with a coupon, adds up exactly, and depends on no order', () => {
    fc.assert(
      fc.property(
        choice(20),
        shop,
        anyCoupon,
        fc.integer({ min: 0, max: 200 }),
        (chosen, packages, values, minimum) => {
          const used = { ...toCoupon(values), minSpendSatang: minimum };
          const plain = quote({ photos: chosen, packages });
          const result = quote({ photos: chosen, packages, coupon: used });
          assert.deepEqual(quote({ photos: chosen, packages, coupon: used }), result);
          const numbers = [result.totalSatang, result.couponSatang, ...result.lines.map((l) => l.priceSatang)];
          assert.ok(numbers.every((n) => Number.isSafeInteger(n) && n >= 0));
          assert.equal(result.totalSatang + result.couponSatang, plain.totalSatang);
          assert.equal(result.subtotalSatang - result.discountSatang, result.totalSatang);
          assert.equal(result.savingSatang + result.couponSatang, result.discountSatang);
          for (const key of ['priceSatang', 'couponSatang'] as const) {
            const sum = result.lines.reduce((a, l) => a + l[key], 0);
            assert.equal(sum, key === 'priceSatang' ? result.totalSatang : result.couponSatang);
          }
          const isFor = (l: { eventId: string }) => used.eventId === null || used.eventId === l.eventId;
          assert.ok(result.lines.every((l) => isFor(l) || l.couponSatang === 0));
          const turned = quote({ photos: chosen.toReversed(), packages, coupon: used });
          assert.deepEqual(turned.lines.toReversed(), result.lines);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is never made cheaper by adding a photo with a coupon either, and a suggestion keeps its word', () => {
    fc.assert(
      fc.property(choice(20), shop, anyCoupon, (chosen, packages, values) => {
        if (chosen.length === 0) return;
        const used = toCoupon(values);
        const all = quote({ photos: chosen, packages, coupon: used });
        const fewer = quote({ photos: chosen.slice(0, -1), packages, coupon: used });
        assert.ok(all.totalSatang >= fewer.totalSatang);
        const { suggestion } = all;
        if (!suggestion) return;
        const more = Array.from({ length: suggestion.addPhotos }, (_, i) => ({
          id: `more${i}`,
          eventId: suggestion.eventId,
          priceSatang: null,
        }));
        const then = quote({ photos: [...chosen, ...more], packages, coupon: used });
        assert.equal(then.totalSatang, suggestion.totalSatang);
        assert.equal(then.totalSatang - all.totalSatang, suggestion.extraSatang);
      }),
      { numRuns: 300 },
    );
  });

  it('offers each package once with what it would come to, never below the cheapest', () => {
    const four = packageOptions({ photos: photos(4), packages: defaults });
    assert.deepEqual(
      four.map((o) => [o.packageId, o.totalSatang, o.extraSatang]),
      [
        ['five', 25000, 1000],
        ['all', 50000, 26000],
      ],
    );
    assert.deepEqual(packageOptions({ photos: photos(4), packages: defaults, unlimitedEventIds: ['e1'] }), []);
    fc.assert(
      fc.property(choice(12), shop, anyCoupon, (chosen, packages, values) => {
        const input = { photos: chosen, packages, coupon: toCoupon(values) };
        for (const option of packageOptions(input)) {
          assert.ok(option.extraSatang >= 0);
          assert.equal(quote({ ...input, forcedPackageId: option.packageId }).totalSatang, option.totalSatang);
        }
      }),
      { numRuns: 100 },
    );
  });
});
