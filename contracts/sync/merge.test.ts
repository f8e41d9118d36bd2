import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type CartItemDoc, isEqual, isSame, merge } from './cart-items.ts';
import { isTold, newDecision, REFUSED_REVISION, type Replicated } from './documents.ts';

const base = { id: 'p', eventId: 'e', addedAt: '2026-11-22T00:00:00.000Z' };
const doc = (isSelected: boolean, _deleted: boolean, revision = 1): Replicated<CartItemDoc> => ({
  ...base,
  isSelected,
  _deleted,
  revision,
});
const anyDoc = fc.tuple(fc.boolean(), fc.boolean()).map(([selected, deleted]) => doc(selected, deleted));

describe('contracts/sync merge', () => {
  it('keeps what was decided here, as the same decision, and takes anything else from the server', () => {
    fc.assert(
      fc.property(anyDoc, anyDoc, anyDoc, fc.boolean(), (mine, assumedMasterState, realMasterState, isDecided) => {
        const newDocumentState = isDecided ? { ...mine, revision: newDecision() } : mine;
        const merged = merge({ newDocumentState, assumedMasterState, realMasterState });
        const isMine = isDecided && !isSame(mine, realMasterState);
        assert.deepEqual(merged, isMine ? newDocumentState : realMasterState);
      }),
    );
  });

  it('tells what the server told from what was decided here', () => {
    const [earlier, later] = [doc(true, false, 1), doc(true, true, 2)];
    for (const [mine, base, isWord] of [
      [later, earlier, true],
      [earlier, later, true],
      [earlier, undefined, true],
      [doc(true, false, REFUSED_REVISION), later, true],
      [later, doc(true, false, newDecision()), true],
      [doc(true, true, newDecision()), earlier, false],
      [doc(true, false, newDecision()), undefined, false],
      // Ordered: it goes if it is what stands.
      [doc(true, true, 1), earlier, false],
    ] as const) {
      assert.equal(isTold({ newDocumentState: mine, assumedMasterState: base }), isWord);
      const now = doc(true, !mine._deleted, 3);
      const merged = merge({ newDocumentState: mine, assumedMasterState: base, realMasterState: now });
      if (isWord) assert.deepEqual(merged, now);
    }
  });

  it('leaves what another device put in after an order, and takes out what this one put in, whenever that arrives', () => {
    const taken = (base: Replicated<CartItemDoc>): Replicated<CartItemDoc> =>
      merge({
        newDocumentState: { ...base, _deleted: true },
        assumedMasterState: base,
        realMasterState: doc(true, false, 7),
      });
    assert.equal(taken(doc(true, false, 5))._deleted, false);
    assert.equal(taken(doc(true, false, newDecision()))._deleted, true);
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

  it('keeps what was taken out and put in again here, whoever took it out meanwhile, an order or this device’s own push', () => {
    const knew = doc(true, false, 1);
    const again = doc(true, false, newDecision());
    const merged = merge({ newDocumentState: again, assumedMasterState: knew, realMasterState: doc(true, true, 10) });
    assert.equal(merged._deleted, false);
    // Not heard of under its revision yet: put in, ordered, put in again.
    const sent = doc(true, false, newDecision());
    assert.ok(!isEqual(again, sent), 'it is sent');
    assert.equal(
      merge({ newDocumentState: again, assumedMasterState: sent, realMasterState: doc(true, true, 10) })._deleted,
      false,
    );
  });

  it('keeps what was put in, with an answer that was lost, and taken out again', () => {
    const knew = doc(true, true, 6);
    const out = doc(true, true, newDecision());
    assert.equal(
      merge({ newDocumentState: out, assumedMasterState: knew, realMasterState: doc(true, false, 7) })._deleted,
      true,
    );
  });

  it('takes the server’s where this device only has what it was told', () => {
    const [older, newer] = [doc(true, false, 5), doc(true, false, 7)];
    const gone = doc(true, true, 9);
    assert.equal(merge({ newDocumentState: newer, assumedMasterState: older, realMasterState: gone })._deleted, true);
  });

  it('gives up what the server refuses', () => {
    const refused = doc(false, true, REFUSED_REVISION);
    assert.deepEqual(merge({ newDocumentState: doc(true, false, 0), realMasterState: refused }), refused);
  });
});
