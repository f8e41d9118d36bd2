import assert from 'node:assert/strict';
import fc from 'fast-check';
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
        fc.integer({ min: -99, max: 99 }),
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
            assert.equal(
              mine.reduce((sum, p) => sum - p.amountSatang, 0),
              each.priceSatang,
            );
            assert.ok(mine.every((p) => p.amountSatang < 0 && Number.isSafeInteger(p.amountSatang)));
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
