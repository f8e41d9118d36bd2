import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Arena, CHUNK_BYTES } from './arena.ts';
import { compareIds, idText, packId } from './face-id.ts';
import { Gallery } from './gallery.ts';
import { kernelModule } from './kernel-code.ts';
import { VectorBlock } from './vectors.ts';

/** Unit vectors of people who have a direction in common, some of them nearly alike. */
function createFaces(dims: number, count: number, seed: number): Float32Array[] {
  let state = seed >>> 0 || 1;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const noise = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const mean = Float32Array.from({ length: dims }, noise);
  const people = Array.from({ length: Math.ceil(count / 5) }, () => mean.map((value) => value + 0.4 * noise()));
  return Array.from({ length: count }, (_, i) => {
    const face = people[i % people.length]!.map((value) => value + 0.15 * noise());
    const length = Math.hypot(...face);
    return face.map((value) => value / length);
  });
}
const product = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const dimensions = fc.constantFrom(64, 100, 128, 192, 512, 640);

describe('face/search/vectors', () => {
  it('finds exactly what a comparison in double precision finds, at any threshold, with any offsets', () => {
    fc.assert(
      fc.property(
        dimensions,
        fc.integer({ min: 1, max: 900 }),
        fc.integer({ min: 1, max: 1e6 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        (dims, count, seed, share, hasOffsets) => {
          const [query, ...faces] = createFaces(dims, count + 1, seed) as [Float32Array, ...Float32Array[]];
          const block = VectorBlock.of(faces);
          if (hasOffsets) for (let i = 0; i < count; i++) block.setOffset(i, ((i * 7919) % 100) / 400);
          const truth = faces.map((face, row) => ({ row, score: product(query, face) - block.offset(row) }));
          // the score of one of them: whoever is as good as the threshold is in
          const threshold = truth.map(({ score }) => score).sort((a, b) => a - b)[Math.floor(share * (count - 1))]!;
          assert.deepEqual(
            block.scan(query, threshold),
            truth.filter(({ score }) => score >= threshold),
          );
          block.free();
        },
      ),
      { numRuns: 40 },
    );
  });

  it('computes products, the nearest and the mean of the best as plain arithmetic does', () => {
    fc.assert(
      fc.property(
        dimensions,
        fc.integer({ min: 1, max: 450 }),
        fc.integer({ min: 1, max: 60 }),
        (dims, count, others) => {
          const faces = createFaces(dims, count + others, count * 61 + others);
          const block = VectorBlock.of(faces.slice(0, count));
          const cohort = VectorBlock.of(faces.slice(count));
          const cosines = block.cosines(faces.at(-1)!);
          for (const [i, value] of cosines.entries())
            assert.ok(Math.abs(value - product(faces[i]!, faces.at(-1)!)) < 1e-5);
          const sorted = [...cosines].sort((a, b) => b - a);
          assert.deepEqual(
            block.nearest(faces.at(-1)!, 7).map(({ score }) => score),
            sorted.slice(0, 7),
          );
          const self = (row: number) => (row < others ? row : -1);
          const means = block.meanOfBest(cohort, 10, self);
          for (const row of new Set([0, Math.floor(count / 2), count - 1])) {
            const best = [...cohort.cosines(faces[row]!)].filter((_, i) => i !== self(row)).sort((a, b) => b - a);
            const ten = [...best, ...new Array<number>(10).fill(-1)].slice(0, 10);
            assert.ok(Math.abs(ten.reduce((a, b) => a + b) / 10 - means[row]!) < 1e-6);
          }
          assert.deepEqual([...block.meanOfBest(cohort, 10, self, count - 1)], [means[count - 1]]);
          block.free();
          cohort.free();
        },
      ),
      { numRuns: 25 },
    );
  });

  it('stays what it holds through any additions and removals, and gives all memory back, overwritten', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 60 })), { maxLength: 40 }),
        (steps) => {
          const arena = new Arena();
          const gallery = new Gallery(128, arena);
          const kernel = arena.used;
          const pool = createFaces(128, 60, 7);
          const expected = new Map<string, string[]>();
          for (const [photo, count] of steps) {
            const faces = pool
              .slice(0, count)
              .map((descriptor, i) => ({ photoId: `p${photo}`, faceId: `${photo}-${i}`, descriptor, quality: 0.5 }));
            gallery.replacePhoto(`p${photo}`, faces);
            expected.set(
              `p${photo}`,
              faces.map(({ faceId }) => faceId),
            );
          }
          const ids = Array.from({ length: gallery.count }, (_, row) => idText(gallery.id(row)));
          assert.deepEqual(ids.sort(), [...expected.values()].flat().sort());
          for (let row = 0; row < gallery.count; row++) {
            const id = idText(gallery.id(row));
            assert.deepEqual(gallery.at(row), pool[Number(id.split('-')[1])]);
            assert.equal(gallery.rowOfFace(id), row);
            assert.ok(gallery.scan(gallery.at(row), 0.9999).some((hit) => hit.row === row));
          }
          for (const photo of expected.keys()) gallery.replacePhoto(photo, []);
          assert.deepEqual([gallery.count, arena.used], [0, kernel]);
          const left = new Uint8Array(arena.buffer(kernel), kernel);
          assert.ok(left.every((byte) => byte === 0));
        },
      ),
      { numRuns: 20 },
    );
  });

  it('is read in place by who gets the handle', () => {
    const arena = new Arena();
    const block = new VectorBlock(128, arena);
    const faces = createFaces(128, 800, 3);
    for (const face of faces) block.push(face);
    const reader = new VectorBlock(128, new Arena(arena.handle), block.handle);
    assert.deepEqual(reader.scan(faces[5]!, 0.93), block.scan(faces[5]!, 0.93));
    assert.equal(block.bytes, Math.ceil(800 / block.layout.rows) * CHUNK_BYTES);
  });

  it('comes from a module that is valid and always the same', () => {
    for (const dims of [64, 128, 512, 640]) {
      assert.ok(WebAssembly.validate(kernelModule(dims)));
      assert.deepEqual(kernelModule(dims), kernelModule(dims));
    }
    assert.throws(() => new VectorBlock(2000), RangeError);
  });
});

describe('face/search/face-id', () => {
  it('packs UUIDs and short texts so that each comes back, in the order of UUIDs', () => {
    fc.assert(
      fc.property(
        fc.uuid(),
        fc.uuid(),
        fc.string({ minLength: 1, maxLength: 15, unit: 'grapheme-ascii' }),
        (a, b, text) => {
          assert.equal(idText(packId(a)), a);
          assert.equal(idText(packId(text)), text);
          assert.equal(Math.sign(compareIds(packId(a), packId(b))), a < b ? -1 : a > b ? 1 : 0);
        },
      ),
    );
    assert.throws(() => packId('a'.repeat(16)), RangeError);
  });
});
