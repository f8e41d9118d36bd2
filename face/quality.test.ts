import assert from 'node:assert/strict';
import { alignFace } from './align.ts';
import { rgbImage } from './image.ts';
import { type LocatedFace, poseOf } from './landmarks.ts';
import { isFaceLike, isFaceOfPhoto, lightOf, qualityOf, sharpnessOf } from './quality.ts';
import { CHIP_SIZE, type Landmarks, type RgbImage } from './types.ts';

/** A frontal face: points of a plain oval, two eyes, a nose and a mouth, 100 pixels wide. */
const frontal: Landmarks = [
  ...Array.from({ length: 17 }, (_, i) => ({
    x: 50 - 50 * Math.cos((i / 16) * Math.PI),
    y: 40 + 62 * Math.sin((i / 16) * Math.PI),
  })),
  ...Array.from({ length: 10 }, (_, i) => ({ x: 12 + i * 8.4, y: 10 })),
  ...Array.from({ length: 4 }, (_, i) => ({ x: 50, y: 21 + i * 10 })),
  ...Array.from({ length: 5 }, (_, i) => ({ x: 38 + i * 6, y: 60 })),
  ...eye(24),
  ...eye(76),
  ...Array.from({ length: 7 }, (_, i) => ({ x: 26 + i * 8, y: 76 })),
  ...Array.from({ length: 5 }, (_, i) => ({ x: 70 - i * 10, y: 84 })),
  ...Array.from({ length: 5 }, (_, i) => ({ x: 30 + i * 10, y: 78 })),
  ...Array.from({ length: 3 }, (_, i) => ({ x: 60 - i * 10, y: 80 })),
];

function eye(x: number) {
  return [-10, -5, 5, 10, 5, -5].map((dx, i) => ({ x: x + dx, y: 21 + (i === 0 || i === 3 ? 0 : i < 3 ? -3 : 3) }));
}

const chip = (at: (x: number, y: number) => number): RgbImage =>
  rgbImage(
    Uint8Array.from({ length: CHIP_SIZE * CHIP_SIZE * 3 }, (_, i) => {
      const pixel = Math.floor(i / 3);
      return at(pixel % CHIP_SIZE, Math.floor(pixel / CHIP_SIZE));
    }),
    CHIP_SIZE,
    CHIP_SIZE,
  );

const stripes = (period: number) => chip((x) => 128 + 80 * Math.sin((x / period) * 2 * Math.PI));
const located = (landmarks: Landmarks, isReliable = true): LocatedFace => ({
  landmarks,
  alignment: alignFace(landmarks),
  isReliable,
  disagreement: 0.05,
});

describe('face quality', () => {
  it('calls fine detail sharp, coarse detail blurred and nothing at all 0', () => {
    const values = [4, 8, 16, 60].map((period) => sharpnessOf(stripes(period)));
    for (let i = 1; i < values.length; i++) assert.ok(values[i]! < values[i - 1]!);
    assert.equal(sharpnessOf(chip(() => 90)), 0);
  });

  it('does not take a dark picture for a blurred one', () => {
    const bright = sharpnessOf(stripes(8));
    const dark = sharpnessOf(chip((x) => 40 + 20 * Math.sin((x / 8) * 2 * Math.PI)));
    assert.ok(Math.abs(bright / dark - 1) < 0.1);
  });

  it('measures light', () => {
    assert.deepEqual(lightOf(chip(() => 200)), { mean: 200, spread: 0 });
  });

  it('each gate lowers the whole on its own', () => {
    const face = located(frontal);
    const straight = { yaw: 0, pitch: 0, roll: 0 };
    const good = qualityOf(face, stripes(6), straight, 0.99);
    assert.ok(good.overall > 0.85, `a good face has ${good.overall}`);
    const worse = {
      size: qualityOf(face, stripes(6), straight, 0.99, 0.2),
      sharpness: qualityOf(face, stripes(120), straight, 0.99),
      light: qualityOf(
        face,
        chip((x) => 5 + (x % 6)),
        straight,
        0.99,
      ),
      pose: qualityOf(face, stripes(6), { ...straight, yaw: 65 }, 0.99),
      detection: qualityOf(face, stripes(6), straight, 0.3),
    };
    for (const [gate, quality] of Object.entries(worse)) {
      assert.ok(quality[gate as keyof typeof worse] < 0.5, `${gate} ${JSON.stringify(quality)}`);
      assert.ok(quality.overall < good.overall - 0.05, gate);
    }
  });

  it('reads yaw and roll from landmarks', () => {
    const straight = poseOf(frontal);
    assert.ok(Math.abs(straight.yaw) < 2 && Math.abs(straight.roll) < 0.01);
    const tilted = poseOf(frontal.map(({ x, y }) => ({ x: x * 0.866 - y * 0.5, y: x * 0.5 + y * 0.866 })));
    assert.ok(Math.abs(tilted.roll - 30) < 0.2 && Math.abs(tilted.yaw) < 2);
    const turned = poseOf(frontal.map((p, i) => (i >= 27 && i < 36 ? { x: p.x + 25, y: p.y } : p)));
    const other = poseOf(frontal.map((p, i) => (i >= 27 && i < 36 ? { x: p.x - 25, y: p.y } : p)));
    assert.ok(turned.yaw > 20 && Math.abs(turned.yaw + other.yaw) < 1e-9);
  });

  it('believes a weak detection with good landmarks, and a strong one without', () => {
    const cases: Array<[isReliable: boolean, score: number, width: number, expected: boolean]> = [
      [true, 0.35, 60, true],
      [true, 0.2, 60, false],
      [false, 0.6, 60, false],
      [false, 0.8, 60, true],
      [false, 0.8, 12, false],
      [false, 0.9, 12, true],
    ];
    for (const [isReliable, score, width, expected] of cases) {
      assert.equal(isFaceLike(located(frontal, isReliable), score, width), expected, `${isReliable} ${score} ${width}`);
    }
  });

  it('asks more of a box without landmarks, most of a large one, and takes none too small to tell people apart', () => {
    const cases: Array<[isReliable: boolean, score: number, width: number, expected: boolean]> = [
      [true, 0.42, 60, true],
      [true, 0.3, 60, false],
      [false, 0.5, 30, true],
      [false, 0.42, 30, false],
      [false, 0.48, 60, false],
      [false, 0.6, 60, true],
      [true, 0.99, 11, false],
    ];
    for (const [isReliable, score, width, expected] of cases)
      assert.equal(
        isFaceOfPhoto(located(frontal, isReliable), score, width),
        expected,
        `${isReliable} ${score} ${width}`,
      );
  });
});
