import assert from 'node:assert/strict';
import { minutesLeft, Rate } from './rate.ts';

describe('upload rate', () => {
  it('is unknown until there is something to measure', () => {
    const rate = new Rate();
    assert.equal(rate.perSecond(), 0);
    rate.mark(0, 0);
    rate.mark(100, 5_000);
    assert.equal(rate.perSecond(), 0);
    assert.equal(minutesLeft(1_000, rate.perSecond()), null);
  });
  it('averages over the window and forgets what is older', () => {
    const rate = new Rate();
    for (let second = 0; second <= 60; second++) rate.mark(second * 1000, second < 30 ? 0 : (second - 30) * 2_000_000);
    assert.equal(Math.round(rate.perSecond()), 2_000_000);
    assert.equal(minutesLeft(240_000_000, rate.perSecond()), 2);
  });
  it('starts over when the count does', () => {
    const rate = new Rate();
    rate.mark(0, 9_000);
    rate.mark(1_000, 10);
    rate.mark(2_000, 1_010);
    assert.equal(rate.perSecond(), 1000);
  });
});
