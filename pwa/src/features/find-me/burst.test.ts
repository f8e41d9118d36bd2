import assert from 'node:assert/strict';
import { cosine, normalize } from '#face/descriptor.ts';
import { APART_MS, Burst, SHOTS } from './burst.ts';
import { centreOf, guideFor, Steady, subjectOf } from './guide.ts';
import type { SeenFaceView } from './messages.ts';
import { promiseOf } from './promise.ts';

const space = 'test-128';
const likeness = new Map([[space, { median: 0, samePerson: 0.6 }]]);
/** A person, and how far this frame is from them. */
function frame(person: number, noise = 0, seed = 1): Record<string, Float32Array> {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  return { [space]: normalize(Float32Array.from({ length: 128 }, (_, i) => (i === person ? 1 : noise * random()))) };
}
const face = (x: number, y: number, w = 0.4, problems: SeenFaceView['problems'] = []): SeenFaceView => ({
  box: { x: x - w / 2, y: y - w / 2, w, h: w },
  problems,
  quality: 0.8,
  brightness: 120,
});

describe('a burst of selfies', () => {
  it('takes frames that are distinct in time, and makes one template of them that is nearer to the person than each', () => {
    const burst = new Burst(likeness);
    for (let i = 0; i < SHOTS; i++) {
      const at = 1000 + i * APART_MS;
      assert.ok(burst.isDue(at));
      assert.equal(burst.add(frame(3, 0.1, i + 1), at), 'taken');
      assert.ok(!burst.isDue(at + APART_MS - 1), 'the next frame is not yet another picture');
    }
    assert.equal(burst.count, SHOTS);
    assert.equal(burst.spanMs, (SHOTS - 1) * APART_MS);
    assert.ok(burst.isComplete(2000));
    const person = frame(3)[space]!;
    const template = cosine(burst.template()[space]!, person);
    for (let i = 0; i < SHOTS; i++) assert.ok(template > cosine(frame(3, 0.1, i + 1)[space]!, person));
  });

  it('begins anew when somebody else steps in', () => {
    const burst = new Burst(likeness);
    burst.add(frame(3, 0.05, 1), 0);
    burst.add(frame(3, 0.05, 2), 200);
    assert.equal(burst.add(frame(9, 0.05, 3), 400), 'someone_else');
    assert.equal(burst.count, 1);
    assert.ok(cosine(burst.template()[space]!, frame(9)[space]!) > 0.9);
  });

  it('is content with three frames on a slow phone, never with fewer', () => {
    const burst = new Burst(likeness);
    burst.add(frame(3), 0);
    burst.add(frame(3), 2000);
    assert.ok(!burst.isComplete(60_000));
    burst.add(frame(3), 4000);
    assert.ok(burst.isComplete(4000));
    assert.throws(() => new Burst(likeness).template(), RangeError);
  });
});

describe('the words beside the camera', () => {
  it('name the first thing to mend, and nothing when all is well', () => {
    assert.equal(guideFor(null), 'none');
    assert.equal(guideFor(face(0.5, 0.5)), 'good');
    assert.equal(guideFor(face(0.5, 0.5, 0.4, ['dark', 'blurry'])), 'dark');
    assert.equal(guideFor(face(0.5, 0.5, 0.15, ['far'])), 'closer');
    assert.equal(guideFor(face(0.5, 0.5, 0.95)), 'further');
    assert.equal(guideFor(face(0.15, 0.5)), 'centre');
    assert.equal(guideFor(face(0.5, 0.5, 0.4, ['turned'])), 'turn');
    assert.equal(guideFor(face(0.5, 0.5, 0.4, ['tilted'])), 'upright');
  });

  it('wait until a sentence holds for two looks', () => {
    const steady = new Steady('looking');
    assert.equal(steady.say('dark'), 'looking');
    assert.equal(steady.say('good'), 'looking');
    assert.equal(steady.say('good'), 'good');
  });

  it('ask which of several faces is meant, and follow the chosen one', () => {
    const [left, right] = [face(0.25, 0.5), face(0.75, 0.5)];
    assert.equal(subjectOf([], null), null);
    assert.equal(subjectOf([left], null), left);
    assert.equal(subjectOf([left, right], null), 'many');
    assert.equal(subjectOf([left, right], centreOf(face(0.7, 0.52))), right);
    assert.equal(subjectOf([left, face(0.3, 0.95)], { x: 0.9, y: 0.1 }), 'many', 'the chosen one is gone');
  });
});

describe('the promise above the photos', () => {
  it('is what the search itself promises, rounded up, or no number', () => {
    assert.equal(promiseOf({ promise: { sure: 0.01, all: 0.6 } }), 1);
    assert.equal(promiseOf({ promise: { sure: 0.031 } }), 4);
    assert.equal(promiseOf({ promise: { sure: 0 } }), null);
    assert.equal(promiseOf({ basis: 'general' }), null);
    assert.equal(promiseOf(null), null);
  });
});
