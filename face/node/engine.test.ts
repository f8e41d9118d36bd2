import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { iou, suppress } from '../boxes.ts';
import { browserAssets } from '../browser/assets.ts';
import { describeLook, lookAt } from '../browser/look.ts';
import { euclidean } from '../descriptor.ts';
import { crowdDetector } from '../models.ts';
import { describeServer, ENGINE_ID } from '../pipeline.ts';
import { defaultRecognition } from '../recogniser.ts';
import { describeSelfie } from '../selfie.ts';
import type { DescribedFace, FaceEngine, RgbImage } from '../types.ts';
import { DecodeError, decodeImage } from './decode.ts';
import { createNodeEngine } from './engine.ts';
import { packageFolder } from './model-files.ts';

const samples = path.join(packageFolder('@vladmandic/face-api'), 'demo');
const root = fileURLToPath(new URL('../..', import.meta.url));

/** A portrait: one face of the group photo and its surroundings. */
async function portraitOf(image: RgbImage, { box }: DescribedFace): Promise<Buffer> {
  const side = Math.round(box.h * 2.2);
  const left = Math.max(0, Math.round(box.x + box.w / 2 - side / 2));
  const top = Math.max(0, Math.round(box.y + box.h / 2 - side / 2));
  return sharp(Buffer.from(image.data), { raw: { width: image.width, height: image.height, channels: 3 } })
    .extract({ left, top, width: Math.min(side, image.width - left), height: Math.min(side, image.height - top) })
    .jpeg({ quality: 95 })
    .toBuffer();
}

describe('face engines', function () {
  this.timeout(60_000);
  let cacheDir: string;
  let onnx: FaceEngine;
  let wasm: FaceEngine;
  let image: RgbImage;
  let faces: DescribedFace[];

  before(async () => {
    cacheDir = await mkdtemp(path.join(tmpdir(), 'face-models-'));
    onnx = await createNodeEngine({ cacheDir, prefer: 'onnx', threads: 1, bytes: false });
    wasm = await createNodeEngine({ cacheDir, prefer: 'tfjs-wasm' });
    image = (await decodeImage(path.join(samples, 'sample1.jpg'), { maxSide: 900 })).image;
    faces = await describeServer(image, onnx);
  });

  after(async () => {
    await onnx?.dispose();
    await wasm?.dispose();
    await rm(cacheDir, { recursive: true, force: true });
  });

  it('describe every face of a group photo', () => {
    assert.equal(faces.length, 3);
    for (const face of faces) assert.ok(face.quality.overall > 0.6 && face.score > 0.9);
    for (const [i, a] of faces.entries()) {
      for (const b of faces.slice(i + 1)) assert.ok(euclidean(a.descriptor, b.descriptor) > 0.38);
    }
  });

  it('agree: ONNX and TensorFlow.js on WebAssembly give one answer', async () => {
    const small = (await decodeImage(path.join(samples, 'sample1.jpg'), { maxSide: 500 })).image;
    // the far detector stands beside the SSD on onnx alone
    const [a, b] = [await describeServer(small, { ...onnx, detectFar: undefined }), await describeServer(small, wasm)];
    assert.equal(a.length, b.length);
    for (const [i, face] of a.entries()) {
      assert.ok(euclidean(face.descriptor, b[i]!.descriptor) < 2e-3);
      assert.ok(Math.abs(face.score - b[i]!.score) < 1e-4);
      for (const side of ['x', 'y', 'w', 'h'] as const) assert.ok(Math.abs(face.box[side] - b[i]!.box[side]) < 0.05);
    }
    const [x, y] = [await describeSelfie(small, onnx), await describeSelfie(small, wasm)];
    assert.ok(euclidean(x.face!.descriptor, y.face!.descriptor) < 2e-3);
    assert.deepEqual(x.guidance.problems, y.guidance.problems);
  });

  it('see the same faces with the far detector as with the SSD', async () => {
    const { width, height, data } = image;
    const [w, h] = [Math.ceil(width / 32) * 32, Math.ceil(height / 32) * 32];
    const padded = { data: new Uint8Array(w * h * 3), width: w, height: h, channels: 3 as const };
    for (let y = 0; y < height; y++) padded.data.set(data.subarray(y * width * 3, (y + 1) * width * 3), y * w * 3);
    const found = suppress(await onnx.detectFar!(padded, 0.5), 0.4);
    assert.equal(found.length, faces.length);
    for (const { box } of faces) assert.ok(found.some((other) => iou(box, other) > 0.55));
    await assert.rejects(() => onnx.detectFar!({ ...padded, width: w - 1 }, 0.5), RangeError);
  });

  it('see the same faces with the crowd detector, in pictures of any size, and small ones of a crowd better', async () => {
    const crowd = await createNodeEngine({
      cacheDir,
      prefer: 'onnx',
      threads: 1,
      bytes: false,
      detectors: [crowdDetector.id],
    });
    // nine times the group photo, each so small that a face has some 20 pixels
    const small = await sharp(path.join(samples, 'sample1.jpg')).resize(400, 300, { fit: 'cover' }).toBuffer();
    const group = await sharp({ create: { width: 1200, height: 900, channels: 3, background: '#777' } })
      .composite(
        Array.from({ length: 9 }, (_, i) => ({ input: small, left: (i % 3) * 400, top: Math.floor(i / 3) * 300 })),
      )
      .png()
      .toBuffer();
    const picture = (await decodeImage(group)).image;
    const [plain, better] = [await describeServer(picture, onnx), await describeServer(picture, crowd)];
    assert.equal(better.length, 27);
    for (const { box } of plain) assert.ok(better.some((other) => iou(box, other.box) > 0.4));
    const [width, height] = [416, 288];
    const { data } = await sharp(small).resize(width, height).raw().toBuffer({ resolveWithObject: true });
    assert.equal(suppress(await crowd.detectCrowd!({ data, width, height, channels: 3 }, 0.5), 0.4).length, 3);
    await assert.rejects(() => crowd.detectCrowd!({ data, width: width - 1, height, channels: 3 }, 0.5), RangeError);
    await crowd.dispose();
    await assert.rejects(
      () => createNodeEngine({ cacheDir, detectors: ['nobody'] }),
      /no face detector is called nobody/,
    );
  });

  it('make a damaged cache again and agree with themselves', async () => {
    for (const name of await readdir(cacheDir)) {
      const file = path.join(cacheDir, name);
      const bytes = await readFile(file);
      await writeFile(file, bytes.subarray(0, Math.floor(bytes.length / 2)));
    }
    for (const _ of ['converted again', 'from the cache']) {
      const again = await createNodeEngine({ cacheDir, prefer: 'onnx', threads: 1, bytes: false });
      const [face] = await describeServer(image, again);
      assert.ok(euclidean(face!.descriptor, faces[0]!.descriptor) < 1e-6);
      await again.dispose();
    }
    assert.ok((await readdir(cacheDir)).every((name) => name.endsWith('.bin')));
  });

  it('phone and server describe a person alike, upright, tilted and filling the frame', async () => {
    const portrait = await portraitOf(image, faces[0]!);
    const close = await portraitOf(image, { ...faces[0]!, box: { ...faces[0]!.box, h: faces[0]!.box.h / 2 } });
    for (const [name, picture, limit] of [
      ['upright', portrait, 0.25],
      ['tilted', await sharp(portrait).rotate(25, { background: '#777' }).jpeg().toBuffer(), 0.3],
      ['filling the frame', close, 0.35],
    ] as const) {
      const { face } = await describeSelfie((await decodeImage(picture)).image, onnx);
      assert.ok(face, name);
      const distances = faces.map((other) => euclidean(other.descriptor, face.descriptor));
      assert.ok(distances[0]! < limit, `${name}: ${distances[0]}`);
      assert.equal(distances.indexOf(Math.min(...distances)), 0, name);
    }
  });

  it('describe heads that lean as upright ones, a file on the phone as the server does', async () => {
    // in full size, where the small detector's box of a leaning head is up to twice too large
    const large = (await decodeImage(path.join(samples, 'sample1.jpg'))).image;
    const people = await describeServer(large, onnx);
    assert.equal(people.length, 3);
    for (const person of people) {
      const portrait = await portraitOf(large, person);
      for (const degrees of [25, -30]) {
        const leaning = await sharp(portrait).rotate(degrees, { background: '#777' }).jpeg({ quality: 95 }).toBuffer();
        const picture = (await decodeImage(leaning)).image;
        const { face } = await describeSelfie(picture, onnx);
        assert.ok(face);
        assert.ok(euclidean(face.descriptor, person.descriptor) < 0.15, `${degrees} degrees`);
        const look = await lookAt(picture, onnx, 'still');
        assert.equal(look.faces.length, 1);
        const onPhone = await describeLook(look, 0, defaultRecognition(onnx));
        assert.ok(euclidean(onPhone[ENGINE_ID]!, face.descriptor) < 1e-6);
      }
    }
  });

  it('find in 8-bit integers what they find in floats', async () => {
    const bytes = await createNodeEngine({ cacheDir, prefer: 'onnx', threads: 1, bytes: true });
    for (const sample of [2, 4]) {
      const picture = (await decodeImage(path.join(samples, `sample${sample}.jpg`), { maxSide: 900 })).image;
      const [exact, found] = [await describeServer(picture, onnx), await describeServer(picture, bytes)];
      assert.ok(exact.length >= 3);
      assert.equal(found.length, exact.length);
      for (const face of exact) {
        const same = found.reduce((best, other) => (iou(other.box, face.box) > iou(best.box, face.box) ? other : best));
        assert.ok(iou(same.box, face.box) > 0.85, `overlap ${iou(same.box, face.box)}`);
        assert.ok(Math.abs(same.score - face.score) < 0.08, `${same.score} for ${face.score}`);
        assert.ok(euclidean(same.descriptor, face.descriptor) < 0.15);
      }
    }
    await bytes.dispose();
  });

  it('find nobody in a drawing, in noise and in one pixel', async () => {
    const pixel = { data: new Uint8Array(3), width: 1, height: 1, channels: 3 as const };
    const noise = Uint8Array.from({ length: 300 * 200 * 3 }, (_, i) => (Math.imul(i, 2654435761) >>> 24) & 255);
    for (const picture of [pixel, { data: noise, width: 300, height: 200, channels: 3 as const }]) {
      assert.deepEqual(await describeServer(picture, onnx), []);
      const selfie = await describeSelfie(picture, onnx);
      assert.equal(selfie.face, null);
      assert.deepEqual(selfie.guidance.problems, ['none']);
    }
  });

  it('are described by the command line, one line a file', async () => {
    const portrait = path.join(cacheDir, 'portrait.jpg');
    const broken = path.join(cacheDir, 'broken.jpg');
    await writeFile(portrait, await portraitOf(image, faces[0]!));
    await writeFile(broken, 'no picture');
    for (const side of ['server', 'phone']) {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--import', 'tsx', 'face/describe.cli.ts', '--side', side, '--cache', cacheDir, portrait, broken],
        { cwd: root },
      );
      const [first, second, ...rest] = stdout
        .trim()
        .split('\n')
        .map((text) => JSON.parse(text));
      assert.equal(rest.length, 0);
      assert.deepEqual([first.path, first.engine, first.faces[0].descriptor.length], [portrait, ENGINE_ID, 128]);
      assert.ok(euclidean(first.faces[0].descriptor, faces[0]!.descriptor) < 0.25);
      assert.deepEqual([second.path, typeof second.error, second.code], [broken, 'string', 'not_an_image']);
    }
  });

  it('have every file that the phone fetches', async () => {
    for (const { from, bytes } of browserAssets)
      assert.equal((await readFile(path.join(root, from))).length, bytes, from);
  });
});

describe('decoding of pictures', () => {
  const picture = (width = 40, height = 20) => sharp({ create: { width, height, channels: 3, background: '#c08040' } });

  it('turns upright, shrinks, converts to 8-bit sRGB and says by how much', async () => {
    const turned = await picture().jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const decoded = await decodeImage(turned, { maxSide: 20 });
    assert.deepEqual(
      [decoded.width, decoded.height, decoded.image.width, decoded.image.height, decoded.scale],
      [20, 40, 10, 20, 2],
    );
    const sources = [
      await picture().toColourspace('cmyk').jpeg().toBuffer(),
      await picture().toColourspace('rgb16').png().toBuffer(),
      await picture().toColourspace('b-w').png().toBuffer(),
      await picture().ensureAlpha(0.5).webp().toBuffer(),
    ];
    for (const source of sources) {
      const { image } = await decodeImage(source);
      assert.deepEqual([image.channels, image.data.length], [3, 40 * 20 * 3]);
    }
  });

  it('names what is wrong', async () => {
    const jpeg = await picture(400, 400).jpeg().toBuffer();
    const cases: Array<[string, Buffer, { maxPixels?: number }]> = [
      ['empty', Buffer.alloc(0), {}],
      ['not_an_image', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), {}],
      ['truncated', jpeg.subarray(0, jpeg.length / 2), {}],
      ['too_large', jpeg, { maxPixels: 100 }],
    ];
    for (const [reason, bytes, options] of cases) {
      await assert.rejects(
        decodeImage(bytes, options),
        (error) => error instanceof DecodeError && error.reason === reason,
        reason,
      );
    }
  });
});
