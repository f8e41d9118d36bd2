import assert from 'node:assert/strict';
import { groupInThread } from './grouping.run.ts';
import { type GroupInput, groupFaces } from './grouping.ts';

const uuid = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** Unit vectors: `people` far apart, each seen `times` times with a little noise; photo k shows everybody once. */
function faces(people: number, times: number): GroupInput & { fixedOf: Int32Array; photoIds: string[] } {
  let seed = 1;
  const random = () => {
    seed = (seed * 16807) % 2147483647;
    return seed / 2147483647 - 0.5;
  };
  const centres = Array.from({ length: people }, () => Array.from({ length: 128 }, random));
  const descriptors: Float32Array[] = [];
  const photoIds: string[] = [];
  for (let k = 0; k < times; k++)
    for (const centre of centres) {
      const values = centre.map((value) => value + random() * 0.1);
      const length = Math.hypot(...values);
      descriptors.push(Float32Array.from(values, (value) => value / length));
      photoIds.push(uuid(k));
    }
  const count = people * times;
  return {
    faceIds: Array.from({ length: count }, (_, i) => uuid(1000 + i)),
    photoIds,
    descriptors,
    quality: new Float32Array(count).fill(0.9),
    fixedOf: new Int32Array(count).fill(-1),
  };
}
/** Groups as sorted lists of face ids. */
function groupsOf(input: GroupInput, roots: Int32Array): string[] {
  const groups = new Map<number, string[]>();
  for (const [i, root] of roots.entries()) groups.set(root, [...(groups.get(root) ?? []), input.faceIds[i]!]);
  return [...groups.values()].map((ids) => ids.sort().join()).sort();
}

describe('worker-ai/grouping', () => {
  it('puts the faces of each person together, also in a thread', async () => {
    const input = faces(20, 5);
    const roots = groupFaces(input);
    for (let person = 0; person < 20; person++)
      assert.equal(new Set([0, 1, 2, 3, 4].map((k) => roots[k * 20 + person])).size, 1);
    assert.equal(new Set(roots).size, 20);
    assert.deepEqual(await groupInThread(input), roots);
    await assert.rejects(groupInThread(input, AbortSignal.abort(new Error('stop'))), /stop/);
  });
  it('does not depend on the order in which faces came', () => {
    const input = faces(12, 4);
    const order = input.faceIds.map((_, i) => (i * 17) % input.faceIds.length);
    const shuffled: GroupInput = {
      faceIds: order.map((i) => input.faceIds[i]!),
      photoIds: order.map((i) => input.photoIds[i]!),
      descriptors: order.map((i) => input.descriptors[i]!),
      quality: input.quality,
      fixedOf: input.fixedOf,
    };
    assert.deepEqual(groupsOf(shuffled, groupFaces(shuffled)), groupsOf(input, groupFaces(input)));
  });
  it('never puts two faces of one photo together, however alike, nor faces nobody could know', () => {
    const input = faces(1, 2);
    input.photoIds.fill(uuid(7));
    assert.notEqual(groupFaces(input)[0], groupFaces(input)[1]);
    const blurred = { ...faces(1, 3), quality: new Float32Array(3).fill(0.1) };
    assert.equal(new Set(groupFaces(blurred)).size, 3);
  });
  it('keeps apart and together what an admin did', () => {
    const input = faces(2, 3);
    input.fixedOf.set([0, 1, 0, 1, 2, 1]);
    const roots = groupFaces(input);
    assert.equal(roots[0], roots[2]);
    assert.notEqual(roots[4], roots[0]);
    assert.equal(roots[1], roots[5]);
  });
  it('has nothing to say about nothing', () => assert.equal(groupFaces(faces(0, 0)).length, 0));
});
