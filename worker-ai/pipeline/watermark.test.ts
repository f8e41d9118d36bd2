import assert from 'node:assert/strict';
import sharp from 'sharp';
import { textPath } from './glyphs.ts';
import { watermarkSvg } from './watermark.ts';

/** Share of pixels that the mark touches in a part of the picture. */
async function touched(svg: Buffer, part: { left: number; top: number; width: number; height: number }) {
  const { data } = await sharp(svg).extract(part).raw().toBuffer({ resolveWithObject: true });
  let count = 0;
  let strongest = 0;
  for (let i = 3; i < data.length; i += 4) {
    if (data[i]! > 0) count++;
    strongest = Math.max(strongest, data[i]!);
  }
  return { share: count / (data.length / 4), strongest };
}

describe('worker-ai/pipeline/watermark', () => {
  it('lies in the lower right corner at 30 %, in Thai and Latin, with no font of the machine', async () => {
    const svg = watermarkSvg(1200, 800, 'corner', 'งานวิ่งที่นี่ Bangkok 2026');
    const corner = await touched(svg, { left: 800, top: 680, width: 400, height: 120 });
    assert.ok(corner.share > 0.05, `${corner.share}`);
    assert.ok(corner.strongest >= 74 && corner.strongest <= 79, `alpha ${corner.strongest} of 255`);
    assert.equal((await touched(svg, { left: 0, top: 0, width: 600, height: 800 })).share, 0);
  });
  it('covers everything when tiled', async () => {
    const svg = watermarkSvg(1200, 800, 'tiled', 'Event');
    for (const left of [0, 400, 800])
      for (const top of [0, 400]) {
        const { share } = await touched(svg, { left, top, width: 400, height: 400 });
        assert.ok(share > 0.02, `${left},${top}: ${share}`);
      }
  });
  it('takes any name: long, empty, with mark-up, with letters no font has', async () => {
    for (const name of ['', 'x'.repeat(200), '<script>&"', '🏃‍♀️漢字'])
      for (const [width, height] of [
        [60, 60],
        [300, 1080],
        [1920, 200],
      ] as const)
        assert.equal((await sharp(watermarkSvg(width, height, 'corner', name)).metadata()).width, width);
  });
  it('sets Thai tone marks without advancing', () => {
    assert.equal(textPath('ที่', 100).width, textPath('ท', 100).width);
    assert.equal(textPath('น้ำ', 100).width, textPath('นำ', 100).width);
  });
});
