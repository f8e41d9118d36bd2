import assert from 'node:assert/strict';
import { type OwnPriceBounds, type OwnPriceWish, ownPriceOf, ownPriceProblem } from './own-price.ts';

const bounds: OwnPriceBounds = { isAllowed: true, minSatang: 3_000, maxSatang: 12_000 };

describe('a photographer’s own price', () => {
  const cases: [string, OwnPriceWish, Partial<OwnPriceBounds>, number | null, string | null][] = [
    ['inside the bounds is fine', { kind: 'price', priceSatang: 8_000 }, {}, 6_000, null],
    ['may lie on a bound', { kind: 'price', priceSatang: 3_000 }, {}, 6_000, null],
    ['not below', { kind: 'price', priceSatang: 2_999 }, {}, 6_000, 'bounds'],
    ['not above', { kind: 'price', priceSatang: 12_001 }, {}, 6_000, 'bounds'],
    ['above without an upper bound', { kind: 'price', priceSatang: 99_900 }, { maxSatang: null }, 6_000, null],
    ['half price is on the bound', { kind: 'percent', percentBp: 5_000 }, {}, 6_000, null],
    ['more than half off is below it', { kind: 'percent', percentBp: 5_001 }, {}, 6_000, 'bounds'],
    ['a percentage of nothing', { kind: 'percent', percentBp: 1_000 }, {}, null, 'bounds'],
    ['free only from nothing on', { kind: 'free' }, {}, 6_000, 'bounds'],
    ['free where the least is nothing', { kind: 'free' }, { minSatang: 0 }, 6_000, null],
    [
      'nothing where the event does not let them',
      { kind: 'free' },
      { isAllowed: false, minSatang: 0 },
      6_000,
      'not_allowed',
    ],
    ['back to the packages always', { kind: 'standard' }, { isAllowed: false }, 6_000, null],
  ];
  for (const [what, wish, change, single, expected] of cases)
    it(what, () => assert.equal(ownPriceProblem(wish, { ...bounds, ...change }, single), expected));
  it('rounds half a satang up, like the database', () => {
    assert.equal(ownPriceOf({ kind: 'percent', percentBp: 3_333 }, 6_050), 4_034);
    assert.equal(ownPriceOf({ kind: 'percent', percentBp: 5_000 }, 6_001), 3_001);
  });
});
