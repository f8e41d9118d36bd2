import assert from 'node:assert/strict';
import { faceScore } from './quality.ts';
import { type FarLook, isSettled, withCrowd, withSecondOpinion } from './second-opinion.ts';
import type { ScoredBox } from './types.ts';

const box = (x: number, w: number, score: number): ScoredBox => ({ x, y: 50, w, h: w * 1.2, score });
const look = (scale: number, ...boxes: ScoredBox[]): FarLook => ({
  scale,
  boxes,
  minWidth: 6.3,
  isForLarge: false,
});
const reliable = { isReliable: true };

describe('second opinion', () => {
  it('is the mean over the looks that can see a face of this size', () => {
    const seen = [look(1, box(100, 20, 0.5)), look(1.5, box(100, 20, 0.5)), look(0.2, box(100, 20, 0.9))];
    const [both, ...others] = withSecondOpinion([box(100, 20, 0.6)], seen);
    // at 0.2 the face has 4 pixels: that look does not count
    assert.equal(others.length, 0);
    assert.ok(Math.abs(both!.far!) < 1e-6);
    const [once] = withSecondOpinion([box(100, 20, 0.6)], [seen[0]!, look(1.5)]);
    assert.ok(Math.abs(once!.far! + 2) < 1e-6);
  });

  it('is absent where nobody looked or could see', () => {
    assert.equal(withSecondOpinion([box(100, 20, 0.6)], [])[0]!.far, undefined);
    assert.equal(withSecondOpinion([box(100, 300, 0.6)], [look(1)])[0]!.far, undefined);
    assert.equal(withSecondOpinion([box(100, 20, 0.6)], [look(1)])[0]!.far, -4);
  });

  it('tells once of a face that only the far detector saw', () => {
    const found = withSecondOpinion(
      [box(100, 20, 0.6)],
      [look(1, box(300, 20, 0.8)), look(1.5, box(301, 20, 0.7), box(102, 21, 0.4))],
    );
    assert.deepEqual(
      found.map(({ score }) => score),
      [0.6, 0],
    );
    assert.ok(found[1]!.x > 300 && found[1]!.x < 301);
  });

  it('moves a box to where both see it, the more the better they agree', () => {
    const [near] = withSecondOpinion([box(100, 20, 0.6)], [look(1, box(104, 20, 0.9))]);
    assert.ok(near!.x > 101 && near!.x < 102);
    const [far] = withSecondOpinion([box(100, 20, 0.6)], [look(1, box(109, 20, 0.9))]);
    assert.ok((far!.x - 100) / 9 < (near!.x - 100) / 4 - 0.1);
  });

  it('lifts what both see, sinks what one sees, and drops what is too small to tell people apart', () => {
    const score = (ssd: number, far: number, w = 24) => faceScore({ ...box(0, w, ssd), far }, reliable);
    assert.ok(score(0.3, 0.5) > 0.5 && score(0.3, 0.5) < score(0.3, 1.5) && score(0.3, 0.5) < score(0.5, 0.5));
    assert.equal(score(0.3, -4), 0);
    assert.equal(score(0, -1.5), 0);
    assert.ok(score(0.8, -4) > 0.5 && score(0, 3.8) > 0.5);
    assert.equal(score(0.9, 2, 11), 0);
    // a face that fills the frame and that the far detector alone sees
    assert.ok(faceScore({ ...box(0, 150, 0), far: 1, isLarge: true }, reliable) > 0.7);
    assert.equal(faceScore({ ...box(0, 150, 0), far: 1, isLarge: true }, { isReliable: false }), 0);
    // without a second opinion the score is the SSD's
    assert.equal(faceScore(box(0, 24, 0.35), reliable), 0.35);
  });

  it('is settled where both are of one mind, open where they differ or one could not see', () => {
    const settled = (ssd: number, ...far: number[]) =>
      isSettled(
        box(100, 24, ssd),
        far.map((score) => look(1, ...(score > 0 ? [box(100, 24, score)] : []))),
      );
    assert.ok(settled(0.8, 0.8, 0.9));
    assert.ok(settled(0.15, 0, 0));
    assert.ok(!settled(0.8, 0, 0));
    assert.ok(!settled(0.2, 0.3, 0));
    assert.ok(!isSettled(box(100, 300, 0.9), [look(1)]));
  });

  it('of the crowd detector decides on small faces alone, and leaves large ones to the others', () => {
    const large = { ...box(0, 200, 0.9), far: 2 };
    const found = withCrowd([large, box(300, 40, 0.9)], [box(500, 30, 0.8)], 1000);
    assert.deepEqual(
      found.map(({ x, score, crowd }) => [x, score, crowd]),
      [
        [0, 0.9, undefined],
        [500, 0, 0.8],
      ],
    );
    const score = (crowd: number, w = 24) => faceScore({ ...box(0, w, 0), crowd }, { isReliable: false });
    assert.ok(score(0.7) > 0.5 && score(0.99) > score(0.7) && score(1) < 1);
    assert.equal(score(0.5), 0);
    assert.equal(score(0.99, 11), 0);
  });
});
