import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type KeptPicture, pickToDrop } from './picture-budget.ts';

const preview = (n: number, bytes = 100, isOld = false): KeptPicture => ({ url: `/api/photos/${n}`, bytes, isOld });
const thumbnail = (n: number, bytes = 10): KeptPicture => ({
  url: `/api/photos/${n}/thumbnails/medium`,
  bytes,
  isOld: false,
});
const urls = (pictures: readonly KeptPicture[]): string[] => pictures.map(({ url }) => url);

describe('the pictures that a phone keeps', () => {
  it('stay while they fit', () => assert.deepEqual(pickToDrop([preview(1), thumbnail(2)], 110), []));

  it('lose the previews first, the one kept longest before the others', () => {
    const kept = [thumbnail(1), preview(2), thumbnail(3), preview(4)];
    assert.deepEqual(urls(pickToDrop(kept, 120)), ['/api/photos/2']);
    assert.deepEqual(urls(pickToDrop(kept, 20)), ['/api/photos/2', '/api/photos/4']);
    assert.equal(pickToDrop(kept, 0).length, 4);
  });

  it('lose what is old even when there is room', () => {
    assert.deepEqual(urls(pickToDrop([preview(1), preview(2, 100, true)], 1_000)), ['/api/photos/2']);
  });

  it('always fit afterwards, and no more goes than must', () => {
    const picture = fc.record({
      url: fc.constantFrom('/api/photos/1', '/api/photos/1/thumbnails/small'),
      bytes: fc.integer({ min: 1, max: 500 }),
      isOld: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(picture), fc.nat(5_000), (kept, budget) => {
        const gone = pickToDrop(kept, budget);
        const left = kept.filter((each) => !gone.includes(each)).reduce((sum, { bytes }) => sum + bytes, 0);
        assert.ok(left <= budget);
        const last = gone.at(-1);
        if (last && !last.isOld) assert.ok(left + last.bytes > budget);
      }),
    );
  });
});
