import assert from 'node:assert/strict';
import { groupFaces } from './grouping.ts';

/** Unit vectors: `people` far apart, each seen `times` times with a little noise. */
function faces(people: number, times: number) {
  let seed = 1;
  const random = () => {
    seed = (seed * 16807) % 2147483647;
    return seed / 2147483647 - 0.5;
  };
  const count = people * times;
  const descriptors: Float32Array[] = [];
  const photoOf = new Int32Array(count);
  for (let person = 0; person < people; person++) {
    const centre = Array.from({ length: 128 }, random);
    for (let k = 0; k < times; k++) {
      const i = k * people + person;
      const values = centre.map((value) => value + random() * 0.1);
      const length = Math.hypot(...values);
      descriptors[i] = Float32Array.from(values, (value) => value / length);
      photoOf[i] = k;
    }
  }
  const quality = new Float32Array(count).fill(0.9);
  return { descriptors, photoOf, quality, fixedOf: new Int32Array(count).fill(-1) };
}

describe('worker-ai/grouping', () => {
  it('puts the faces of each person together', async () => {
    const roots = await groupFaces(faces(20, 5));
    for (let person = 0; person < 20; person++)
      assert.equal(new Set([0, 1, 2, 3, 4].map((k) => roots[k * 20 + person])).size, 1);
    assert.equal(new Set(roots).size, 20);
  });
  it('never puts two faces of one photo together, however alike', async () => {
    const input = faces(1, 2);
    input.photoOf.fill(7);
    const roots = await groupFaces(input);
    assert.notEqual(roots[0], roots[1]);
  });
  it('keeps apart and together what an admin did', async () => {
    const input = faces(2, 3);
    input.fixedOf.set([0, 1, 0, 1, 2, 1]);
    const roots = await groupFaces(input);
    assert.equal(roots[0], roots[2]);
    assert.notEqual(roots[4], roots[0]);
    assert.equal(roots[1], roots[5]);
  });
});
