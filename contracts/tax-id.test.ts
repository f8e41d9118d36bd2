import assert from 'node:assert/strict';
import { isTaxId } from './tax-id.ts';

describe('a Thai tax id', () => {
  it('is 13 digits whose last one checks the others', () => {
    for (const right of ['0105561234560', '1234567890121', '0994000165501']) assert.ok(isTaxId(right), right);
    for (const wrong of ['0105561234567', '1234567890122', '123456789012', '12345678901211', 'abcdefghijklm', ''])
      assert.ok(!isTaxId(wrong), wrong);
  });
  it('has one check digit', () => {
    const right = '1234567890121';
    const digits = Array.from({ length: 10 }, (_, digit) => right.slice(0, 12) + digit);
    assert.deepEqual(digits.filter(isTaxId), [right]);
  });
});
