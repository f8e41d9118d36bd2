import assert from 'node:assert/strict';
import fc from 'fast-check';
import { spread } from '#contracts/money.ts';
import { type SoldItem, salePostings, splitNet, vatWithin } from './shares.ts';

const item = (priceSatang: number, bp: [number, number, number], organizerId: string | null = 'o1'): SoldItem => ({
  id: crypto.randomUUID(),
  eventId: 'e1',
  photographerId: 'p1',
  organizerId,
  priceSatang,
  platformBp: bp[0],
  photographerBp: bp[1],
  organizerBp: bp[2],
});
const amounts = (net: number, bp: [number, number, number], organizerId: string | null = 'o1') => {
  const { platform, photographer, organizer } = splitNet(net, item(net, bp, organizerId));
  return [platform, photographer, organizer];
};

describe('revenue shares', () => {
  it('splits 60 THB by the three rules', () => {
    assert.deepEqual(amounts(6000, [3000, 5000, 2000]), [1800, 3000, 1200]);
    assert.deepEqual(amounts(6000, [2500, 5500, 2000]), [1500, 3300, 1200]);
    assert.deepEqual(amounts(6000, [10000, 0, 0]), [6000, 0, 0]);
  });
  it('gives the residue to the platform, and the organizer’s share when there is none', () => {
    assert.deepEqual(amounts(4167, [3000, 5000, 2000]), [1251, 2083, 833]);
    assert.deepEqual(amounts(6000, [3000, 5000, 2000], null), [3000, 3000, 0]);
  });
  it('takes VAT out first', () => {
    assert.deepEqual([vatWithin(6000, 700), vatWithin(0, 700), vatWithin(6000, 0)], [393, 0, 0]);
    const sale = { items: [item(6000, [3000, 5000, 2000])], totalSatang: 6000, paidSatang: 6024, vatRateBp: 700 };
    const postings = salePostings({ ...sale, from: 'gateway_clearing' });
    const vat = postings.filter((p) => p.account === 'vat_output').reduce((a, p) => a - p.amountSatang, 0);
    assert.equal(vat, vatWithin(6024, 700));
    assert.equal(postings.find((p) => typeof p.account === 'object')?.amountSatang, -2803);
  });
  it('splits the three rules of old to the satang, whatever is bought', () => {
    const totals = (prices: number[], bp: [number, number, number], organizerId: string | null = 'o1') => {
      const items = prices.map((price) => item(price, bp, organizerId));
      const totalSatang = prices.reduce((sum, price) => sum + price, 0);
      const postings = salePostings({
        items,
        totalSatang,
        paidSatang: totalSatang,
        vatRateBp: 0,
        from: 'gateway_clearing',
      });
      const sum = (fits: (posting: (typeof postings)[number]) => boolean) =>
        postings.filter(fits).reduce((total, posting) => total - posting.amountSatang, 0);
      return [
        sum((posting) => posting.account === 'platform_revenue'),
        sum((posting) => typeof posting.account === 'object' && 'photographerId' in posting.account),
        sum((posting) => typeof posting.account === 'object' && 'organizerId' in posting.account),
      ];
    };
    const fiveForTwoFifty = [5000, 5000, 5000, 5000, 5000];
    const unlimitedOfSeven = spread(50_000, [1, 1, 1, 1, 1, 1, 1]);
    assert.deepEqual(totals([6000], [3000, 5000, 2000]), [1800, 3000, 1200]);
    assert.deepEqual(totals([6000], [2500, 5500, 2000]), [1500, 3300, 1200]);
    assert.deepEqual(totals([6000], [10_000, 0, 0]), [6000, 0, 0]);
    assert.deepEqual(totals(fiveForTwoFifty, [3000, 5000, 2000]), [7500, 12_500, 5000]);
    assert.deepEqual(totals(fiveForTwoFifty, [2500, 5500, 2000]), [6250, 13_750, 5000]);
    assert.deepEqual(totals(fiveForTwoFifty, [10_000, 0, 0]), [25_000, 0, 0]);
    // 500.00 over seven photos is 71.43 six times and 71.42 once; floors leave the platform what is over.
    assert.deepEqual([...unlimitedOfSeven].sort(), [7142, 7143, 7143, 7143, 7143, 7143, 7143]);
    assert.deepEqual(totals(unlimitedOfSeven, [3000, 5000, 2000]), [15_007, 24_997, 9996]);
    assert.deepEqual(totals(unlimitedOfSeven, [10_000, 0, 0]), [50_000, 0, 0]);
  });
  it('adds up for 10,000 random orders: every part whole, no satang made or lost', () => {
    let state = 20261123;
    const below = (n: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 4294967296) * n);
    };
    for (let order = 0; order < 10_000; order++) {
      const total = below(200_000);
      const prices = spread(
        total,
        Array.from({ length: 1 + below(12) }, () => below(3) * 3000 + below(7)),
      );
      const items = prices.map((price) => {
        const [a, b] = [below(10_001), below(10_001)].sort((x, y) => x - y) as [number, number];
        return item(price, [a, b - a, 10_000 - b], below(4) === 0 ? null : `o${below(3)}`);
      });
      const vatRateBp = below(2) * 700;
      const paidSatang = total + below(100);
      const postings = salePostings({ items, totalSatang: total, paidSatang, vatRateBp, from: 'gateway_clearing' });
      assert.equal(
        postings.reduce((sum, posting) => sum + posting.amountSatang, 0),
        0,
      );
      assert.ok(postings.every((posting) => Number.isSafeInteger(posting.amountSatang)));
      const vat = postings
        .filter((posting) => posting.account === 'vat_output')
        .reduce((sum, posting) => sum - posting.amountSatang, 0);
      assert.equal(vat, vatWithin(paidSatang, vatRateBp), 'tax is that of what was paid, not a sum of roundings');
      for (const each of items) {
        const mine = postings.filter((posting) => posting.orderItemId === each.id);
        assert.equal(
          mine.reduce((sum, posting) => sum - posting.amountSatang, 0),
          each.priceSatang,
        );
        const net =
          each.priceSatang +
          mine
            .filter((posting) => posting.account === 'vat_output')
            .reduce((sum, posting) => sum + posting.amountSatang, 0);
        const platform = -mine
          .filter((posting) => posting.account === 'platform_revenue')
          .reduce((sum, posting) => sum + posting.amountSatang, 0);
        const due = (net * (each.organizerId ? each.platformBp : each.platformBp + each.organizerBp)) / 10_000;
        assert.ok(
          platform >= Math.floor(due) && platform - due < 2,
          'the platform gets its share and less than two satang of residue',
        );
      }
    }
  });
  it('adds up for any order', () => {
    const rule = fc.tuple(fc.integer({ min: 0, max: 10000 }), fc.integer({ min: 0, max: 10000 })).map(([a, b]) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      return [low, high - low, 10000 - high] as [number, number, number];
    });
    const sold = fc.record({
      price: fc.integer({ min: 0, max: 1_000_000 }),
      rule,
      organizer: fc.constantFrom(null, 'o1', 'o2'),
    });
    fc.assert(
      fc.property(
        fc.array(sold, { minLength: 1, maxLength: 30 }),
        fc.oneof(fc.integer({ min: -99, max: 99 }), fc.integer({ min: -10_000_000, max: 0 })),
        fc.constantFrom(0, 700, 1000),
        (list, extra, vatRateBp) => {
          const items = list.map((each) => item(each.price, each.rule, each.organizer));
          const totalSatang = items.reduce((sum, each) => sum + each.priceSatang, 0);
          const paidSatang = Math.max(0, totalSatang + extra);
          const postings = salePostings({ items, totalSatang, paidSatang, vatRateBp, from: 'gateway_clearing' });
          assert.equal(
            postings.reduce((sum, p) => sum + p.amountSatang, 0),
            0,
          );
          for (const each of items) {
            const mine = postings.filter((p) => p.orderItemId === each.id);
            const credited = mine.reduce((sum, p) => sum - p.amountSatang, 0);
            assert.ok(mine.every((p) => Number.isSafeInteger(p.amountSatang)));
            if (extra >= 0) {
              assert.equal(credited, each.priceSatang);
              assert.ok(mine.every((p) => p.amountSatang < 0));
            } else assert.ok(credited >= 0 && credited <= each.priceSatang, 'what was let off is told apart by photo');
          }
          const sumOf = (some: typeof postings) => some.reduce((sum, p) => sum - p.amountSatang, 0);
          assert.equal(sumOf(postings.filter((p) => p.account === 'vat_output')), vatWithin(paidSatang, vatRateBp));
          if (extra < 0) assert.equal(sumOf(postings.filter((p) => p.orderItemId)), paidSatang);
        },
      ),
      { numRuns: 500 },
    );
  });
});
