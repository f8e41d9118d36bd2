import assert from 'node:assert/strict';
import { axisEnd } from './axis.ts';

describe('chart axis', () => {
  it('ends at a round number that holds the largest bar', () => {
    for (const value of [1, 3, 7, 99, 101, 2_500, 123_456]) {
      const end = axisEnd(value);
      assert.ok(end >= value && end <= value * 2.5, `${value} -> ${end}`);
    }
    assert.equal(axisEnd(0), 1);
    assert.equal(axisEnd(180), 200);
  });
});
