import assert from 'node:assert/strict';
import fc from 'fast-check';
import { alignFace, landmarkCropOfBox } from './align.ts';
import { clipBox, iou, mergeLooks, suppress } from './boxes.ts';
import { requireSteps, ssdPriors } from './decoders.ts';
import { pieces, regionOfHints } from './detect.ts';
import { applySimilarity, composeSimilarity, fitSimilarity, invertSimilarity } from './geometry.ts';
import { fromRgba, halve, mirror, Pyramid, rgbImage } from './image.ts';
import { loadWeights } from './node/model-files.ts';
import type { Landmarks, Point } from './types.ts';

const similarity = fc.record({
  a: fc.double({ min: 0.2, max: 5, noNaN: true }),
  b: fc.double({ min: -5, max: 5, noNaN: true }),
  tx: fc.double({ min: -1000, max: 1000, noNaN: true }),
  ty: fc.double({ min: -1000, max: 1000, noNaN: true }),
});

const near = (a: Point, b: Point, tolerance = 1e-6) =>
  assert.ok(Math.hypot(a.x - b.x, a.y - b.y) < tolerance, `${a.x},${a.y} is not ${b.x},${b.y}`);

describe('face geometry', () => {
  it('finds the similarity that moved the points', () => {
    const points = [
      { x: 0, y: 0 },
      { x: 10, y: 1 },
      { x: 3, y: 8 },
    ];
    fc.assert(
      fc.property(similarity, (m) => {
        const moved = points.map((p) => applySimilarity(m, p));
        const found = fitSimilarity(points, moved);
        for (const p of points) near(applySimilarity(found, p), applySimilarity(m, p), 1e-5);
        assert.ok(found.rms < 1e-5);
      }),
    );
  });

  it('inverts and composes', () => {
    fc.assert(
      fc.property(similarity, similarity, (outer, inner) => {
        const p = { x: 12, y: -7 };
        near(applySimilarity(invertSimilarity(outer), applySimilarity(outer, p)), p, 1e-6);
        near(
          applySimilarity(composeSimilarity(outer, inner), p),
          applySimilarity(outer, applySimilarity(inner, p)),
          1e-6,
        );
      }),
    );
  });

  it('refuses what has no answer', () => {
    assert.throws(() => fitSimilarity([{ x: 1, y: 1 }], [{ x: 1, y: 1 }]), RangeError);
    assert.throws(() => invertSimilarity({ a: 0, b: 0, tx: 1, ty: 1 }), RangeError);
    const same: Landmarks = Array.from({ length: 68 }, () => ({ x: 5, y: 5 }));
    assert.throws(() => alignFace(same), RangeError);
  });

  it('takes a turned, shifted and scaled face back to the same chip coordinates', () => {
    const face: Landmarks = Array.from({ length: 68 }, (_, i) => ({ x: (i * 37) % 68, y: (i * 53) % 71 }));
    const plain = alignFace(face);
    const m = { a: 2 * Math.cos(0.5), b: 2 * Math.sin(0.5), tx: 40, ty: -9 };
    const moved = alignFace(face.map((p) => applySimilarity(m, p)));
    for (const p of [
      { x: 0, y: 0 },
      { x: 149, y: 75 },
    ]) {
      near(applySimilarity(moved.toPicture, p), applySimilarity(m, applySimilarity(plain.toPicture, p)), 1e-6);
    }
    assert.ok(Math.abs(moved.residual - plain.residual) < 1e-6);
  });

  it('crops a square around a box, its border on the border of the box', () => {
    const crop = landmarkCropOfBox({ x: 100, y: 50, w: 112, h: 112 });
    near(applySimilarity(crop, { x: 0, y: 0 }), { x: 100, y: 50 });
    near(applySimilarity(crop, { x: 111, y: 111 }), { x: 211, y: 161 });
  });
});

describe('face pictures', () => {
  const gradient = (width: number, height: number) =>
    rgbImage(
      Uint8Array.from({ length: width * height * 3 }, (_, i) => ((Math.floor(i / 3) % width) * 255) / (width - 1)),
      width,
      height,
    );

  it('copies exactly under the identity, turned or not', () => {
    const image = gradient(20, 10);
    const picture = new Pyramid(image);
    assert.deepEqual(picture.warp({ a: 1, b: 0, tx: 0, ty: 0 }, 20, 10).data, image.data);
    const turnedBack = new Pyramid(picture.warp({ a: -1, b: 0, tx: 19, ty: 9 }, 20, 10));
    assert.deepEqual(turnedBack.warp({ a: -1, b: 0, tx: 19, ty: 9 }, 20, 10).data, image.data);
  });

  it('answers the same for a hair of rotation as for none', () => {
    const picture = new Pyramid(gradient(64, 64));
    const plain = picture.warp({ a: 1.5, b: 0, tx: -3, ty: 2 }, 40, 40).data;
    const turned = picture.warp({ a: 1.5, b: 1e-9, tx: -3, ty: 2 }, 40, 40).data;
    for (let i = 0; i < plain.length; i++) assert.ok(Math.abs(plain[i]! - turned[i]!) <= 1);
  });

  it('is black outside and keeps the mean when shrinking', () => {
    const white = new Pyramid(rgbImage(new Uint8Array(64 * 64 * 3).fill(200), 64, 64));
    const out = white.warp({ a: 1, b: 0, tx: -10, ty: 0 }, 20, 4);
    assert.equal(out.data[0], 0);
    assert.equal(out.data[10 * 3], 200);
    const small = white.warp({ a: 7.9, b: 0, tx: 3.5, ty: 3.5 }, 7, 7);
    assert.ok(small.data.every((value) => value === 200));
  });

  it('halves, mirrors, drops alpha over black', () => {
    const image = rgbImage(Uint8Array.from([0, 0, 0, 10, 20, 30, 20, 40, 60, 30, 60, 90]), 2, 2);
    assert.deepEqual([...halve(image).data], [15, 30, 45]);
    assert.deepEqual([...mirror(image).data.subarray(0, 6)], [10, 20, 30, 0, 0, 0]);
    assert.deepEqual(
      [...fromRgba(Uint8Array.from([255, 100, 0, 255, 200, 100, 50, 0]), 2, 1).data],
      [255, 100, 0, 0, 0, 0],
    );
    assert.throws(() => rgbImage(new Uint8Array(5), 1, 2), RangeError);
  });
});

describe('face boxes', () => {
  const box = (x: number, y: number, side: number, score: number) => ({ x, y, w: side, h: side, score });

  it('keeps the best of overlapping boxes, whatever the order', () => {
    const boxes = [box(0, 0, 10, 0.5), box(1, 1, 10, 0.9), box(50, 50, 10, 0.4)];
    const kept = suppress(boxes, 0.4);
    assert.deepEqual(
      kept.map((b) => b.score),
      [0.9, 0.4],
    );
    assert.deepEqual(suppress([...boxes].reverse(), 0.4), kept);
    assert.equal(iou(boxes[0]!, boxes[2]!), 0);
    assert.deepEqual(clipBox(box(-5, 2, 10, 1), 100, 8), { x: 0, y: 2, w: 5, h: 6, score: 1 });
  });

  it('prefers the whole face to the half seen at a tile border', () => {
    const whole = box(90, 20, 40, 0.7);
    const half = { x: 90, y: 20, w: 20, h: 40, score: 0.95 };
    const merged = mergeLooks(
      [
        { region: { x: 0, y: 0, w: 110, h: 110 }, boxes: [half] },
        { region: { x: 60, y: 0, w: 110, h: 110 }, boxes: [whole] },
      ],
      400,
      110,
    );
    assert.deepEqual(merged, [whole]);
  });

  it('keeps a cut face that nobody saw whole, and a small face before a large one', () => {
    const cut = { x: 100, y: 20, w: 10, h: 20, score: 0.8 };
    assert.deepEqual(mergeLooks([{ region: { x: 0, y: 0, w: 110, h: 110 }, boxes: [cut] }], 400, 110), [cut]);
    const large = box(0, 0, 200, 0.9);
    const small = box(20, 120, 40, 0.8);
    assert.equal(mergeLooks([{ region: { x: 0, y: 0, w: 400, h: 400 }, boxes: [large, small] }], 400, 400).length, 2);
  });

  it('a closer look takes in every hint with room around it, and nothing when there are too few', () => {
    const whole = { x: 0, y: 0, w: 1280, h: 800 };
    const small = (x: number, y: number, score = 0.5) => ({ x, y, w: 30, h: 40, score });
    const closer = { side: 1280, minScore: 0.4, maxWidth: 20, hints: 2 };
    const seen = [small(300, 200), small(700, 260), small(5, 5, 0.1), { x: 0, y: 500, w: 200, h: 250, score: 0.9 }];
    assert.deepEqual(regionOfHints(seen, closer, 2, whole), { x: 172, y: 72, w: 686, h: 356 });
    assert.deepEqual(regionOfHints([...seen, small(1240, 790)], closer, 2, whole), { x: 172, y: 72, w: 1108, h: 728 });
    assert.equal(regionOfHints(seen.slice(1), closer, 2, whole), null);
  });

  it('pieces of a region are of one size, cover it and overlap', () => {
    for (const [w, h] of [
      [1000, 700],
      [1500, 900],
      [3000, 2500],
    ] as const) {
      const region = { x: 40, y: 20, w, h };
      const found = pieces(region, 1280, 128);
      for (const piece of found) assert.ok(piece.w <= 1280 && piece.h <= 1280);
      assert.equal(Math.max(...found.map((piece) => piece.x + piece.w)), 40 + w);
      assert.equal(Math.max(...found.map((piece) => piece.y + piece.h)), 20 + h);
      const columns = [...new Set(found.map((piece) => piece.x))].sort((a, b) => a - b);
      for (const [i, x] of columns.slice(1).entries()) assert.ok(columns[i]! + found[0]!.w - x >= 127.9);
    }
  });

  it('starts from the boxes that the detector was trained with, at every size', async () => {
    const trained = (await loadWeights('ssd')).get('Output/extra_dim')!.data;
    const priors = ssdPriors(512, 512);
    assert.equal(priors.length, trained.length);
    // the weights are rounded to 8 bits over -0.3 to 1.3
    for (const [i, value] of priors.entries()) assert.ok(Math.abs(value / 512 - trained[i]!) < 0.004, `${i}`);
    assert.throws(() => requireSteps(500, 512), RangeError);
  });
});
