import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type CartItemDoc, isEqual, merge } from './cart-items.ts';
import { REFUSED_REVISION, type Replicated } from './documents.ts';

const base = { id: 'p', eventId: 'e', addedAt: '2026-11-22T00:00:00.000Z' };
const doc = (isSelected: boolean, _deleted: boolean, revision = 1): Replicated<CartItemDoc> => ({
  ...base,
  isSelected,
  _deleted,
  revision,
});
const anyDoc = fc.tuple(fc.boolean(), fc.boolean()).map(([selected, deleted]) => doc(selected, deleted));

describe('contracts/sync merge', () => {
  it('keeps what this device changed and takes the rest from the server', () => {
    fc.assert(
      fc.property(anyDoc, anyDoc, anyDoc, (newDocumentState, assumedMasterState, realMasterState) => {
        const merged = merge({ newDocumentState, assumedMasterState, realMasterState });
        for (const key of ['isSelected', '_deleted'] as const) {
          const changedHere = newDocumentState[key] !== assumedMasterState[key];
          assert.equal(merged[key], changedHere ? newDocumentState[key] : realMasterState[key]);
        }
      }),
    );
  });

  it('comes to rest: pushed again over the same server document it needs no other merge', () => {
    fc.assert(
      fc.property(anyDoc, fc.option(anyDoc, { nil: undefined }), anyDoc, (mine, assumed, master) => {
        const merged = merge({ newDocumentState: mine, assumedMasterState: assumed, realMasterState: master });
        const again = merge({ newDocumentState: merged, assumedMasterState: master, realMasterState: merged });
        assert.ok(isEqual(again, merged));
      }),
    );
  });

  it('gives up what the server refuses', () => {
    const refused = doc(false, true, REFUSED_REVISION);
    assert.deepEqual(merge({ newDocumentState: doc(true, false, 0), realMasterState: refused }), refused);
  });
});
