import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { animation, claiming, plain } from '#test/odd-pictures.ts';
import { iou } from '../boxes.ts';
import { cosine } from '../descriptor.ts';
import { describeServer } from '../pipeline.ts';
import { describeSelfie } from '../selfie.ts';
import type { FaceEngine } from '../types.ts';
import { DecodeError, decodeImage } from './decode.ts';
import { createNodeEngine } from './engine.ts';
import { packageFolder } from './model-files.ts';

const sample = path.join(packageFolder('@vladmandic/face-api'), 'demo/sample2.jpg');
/** Lays pixels so that this EXIF orientation turns them upright. Step by step: within one pipeline sharp has an order of its own. */
async function lying(upright: Sharp, orientation: number): Promise<Buffer> {
  const quarters = [0, 0, 0, 2, 2, 1, 3, 3, 1][orientation]!;
  const turned = sharp(
    await upright
      .rotate(quarters * 90)
      .png()
      .toBuffer(),
  );
  return (isMirrored(orientation) ? turned.flop() : turned).png().toBuffer();
}
const isMirrored = (orientation: number) => [2, 4, 5, 7].includes(orientation);

describe('pictures as people send them', function () {
  this.timeout(60_000);

  it('are read in every colour space, depth and kind, the first frame of moving ones', async () => {
    const pictures: Array<[string, Promise<Buffer>, [number, number, number]?]> = [
      ['16-bit PNG', plain(60, 40).toColourspace('rgb16').png().toBuffer()],
      ['16-bit TIFF', plain(60, 40).toColourspace('rgb16').tiff().toBuffer()],
      ['interlaced PNG', plain(60, 40).png({ progressive: true }).toBuffer()],
      ['palette PNG', plain(60, 40).png({ palette: true, colours: 4 }).toBuffer()],
      ['progressive JPEG', plain(60, 40).jpeg({ quality: 95, progressive: true }).toBuffer()],
      ['JPEG with another profile', plain(60, 40).withIccProfile('p3').jpeg({ quality: 95 }).toBuffer()],
      ['CMYK JPEG with its profile', plain(60, 40).withIccProfile('cmyk').jpeg({ quality: 95 }).toBuffer()],
      ['AVIF', plain(64, 40).avif({ quality: 95, effort: 0 }).toBuffer()],
      ['animated GIF', animation('gif')],
      ['animated WebP', animation('webp')],
      [
        'JPEG with something after its end',
        plain(60, 40)
          .jpeg({ quality: 95 })
          .toBuffer()
          .then((jpeg) => Buffer.concat([jpeg, Buffer.from('PK\u0003\u0004<script>')])),
      ],
      ['grey JPEG', plain(60, 40).greyscale().jpeg().toBuffer(), [114, 114, 114]],
      ['grey 16-bit PNG', plain(60, 40).toColourspace('grey16').png().toBuffer(), [114, 114, 114]],
      [
        'half transparent PNG',
        plain(60, 40, 4)
          .composite([
            {
              input: { create: { width: 60, height: 40, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0.5 } } },
              blend: 'dest-in',
            },
          ])
          .png()
          .toBuffer(),
        [223, 167, 147],
      ],
    ];
    for (const [name, made, wanted = [192, 80, 40]] of pictures) {
      const { image, height } = await decodeImage(await made);
      assert.equal(height, 40, name);
      assert.equal(image.data.length, image.width * image.height * 3, name);
      const at = (20 * image.width + 30) * 3;
      const seen = [...image.data.subarray(at, at + 3)];
      for (const [c, value] of seen.entries())
        assert.ok(Math.abs(value - wanted[c]!) <= (name.includes('CMYK') ? 30 : 12), `${name}: ${seen}`);
    }
  });

  it('say what is wrong with them, before much memory is taken', async () => {
    const jpeg = await plain(600, 400).jpeg().toBuffer();
    const heic = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic'), Buffer.alloc(500)]);
    const bad: Array<[string, Buffer, string]> = [
      ['nothing', Buffer.alloc(0), 'empty'],
      ['text', Buffer.from('hello'), 'not_an_image'],
      [
        'SVG with a script',
        Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        'not_an_image',
      ],
      ['PDF', Buffer.from('%PDF-1.7 '.repeat(50)), 'not_an_image'],
      ['HEIC with nothing in it', heic, 'not_an_image'],
      ['first bytes of a JPEG', jpeg.subarray(0, 20), 'not_an_image'],
      ['half a JPEG', jpeg.subarray(0, jpeg.length / 2), 'truncated'],
      ['JPEG that claims to be huge', await claiming(65_000, 65_000, 'jpeg'), 'too_large'],
      ['484 megapixels in a small PNG', await claiming(22_000, 22_000, 'png'), 'too_large'],
      ['100 megapixels that cannot be read row by row', await claiming(10_000, 10_000, 'webp'), 'too_large'],
    ];
    for (const [name, bytes, reason] of bad)
      await assert.rejects(
        decodeImage(bytes),
        (error) => error instanceof DecodeError && error.reason === reason,
        name,
      );
  });

  describe('with faces', () => {
    let engine: FaceEngine;
    before(async () => {
      engine = await createNodeEngine({ cacheDir: path.join(tmpdir(), 'thepixstock', 'models'), threads: 1 });
    });
    after(() => engine?.dispose());

    it('give the same faces however the camera was held', async () => {
      const upright = await sharp(sample).resize({ width: 720 }).png().toBuffer();
      const pixels = await sharp(upright).raw().toBuffer();
      const photo = async (orientation: number) =>
        (
          await decodeImage(
            await sharp(await lying(sharp(upright), orientation))
              .withMetadata({ orientation })
              .jpeg({ quality: 97 })
              .toBuffer(),
          )
        ).image;
      const wanted = (await describeServer(await photo(1), engine)).filter(({ score }) => score > 0.6);
      assert.ok(wanted.length >= 3);
      for (let orientation = 1; orientation <= 8; orientation++) {
        const image = await photo(orientation);
        const difference = pixels.reduce((sum, value, i) => sum + Math.abs(value - image.data[i]!), 0) / pixels.length;
        assert.ok(difference < 3, `orientation ${orientation}: ${difference}`);
        // the pixels are those of the upright picture: two of them are enough for what is found
        if (orientation !== 6 && orientation !== 7) continue;
        const faces = await describeServer(image, engine);
        for (const face of wanted) {
          const same = faces.find(({ box }) => iou(box, face.box) > 0.85);
          assert.ok(same, `orientation ${orientation}`);
          assert.ok(cosine(same.descriptor, face.descriptor) > 0.99, `orientation ${orientation}`);
        }
      }
    });

    it('of one row or one column have none, and do no harm', async () => {
      for (const [width, height] of [
        [1, 20_000],
        [20_000, 1],
        [9_000, 60],
      ] as const) {
        const { image } = await decodeImage(await plain(width, height).png().toBuffer());
        assert.deepEqual(await describeServer(image, engine), []);
        assert.equal((await describeSelfie(image, engine)).face, null);
      }
    });
  });
});
