import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type PricedPackage, type PricedPhoto, quote } from './pricing.ts';

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
});
