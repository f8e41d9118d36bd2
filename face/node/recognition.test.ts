import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { builtInManifests, createCatalogue, type NetworkManifest } from '#contracts/descriptors.ts';
import { cosine } from '../descriptor.ts';
import { describeServer } from '../pipeline.ts';
import { createRecognition, faceApiRecogniser, fuse, toNetworkInput } from '../recogniser.ts';
import { describeSelfie } from '../selfie.ts';
import type { FaceEngine, RgbImage } from '../types.ts';
import { decodeImage } from './decode.ts';
import { createNodeEngine } from './engine.ts';
import { packageFolder } from './model-files.ts';
import { OnnxGraph } from './onnx/graph.ts';
import { createNodeRecognition, DescriptorError, isInstalled, loadCatalogue } from './recognition.ts';

/** A network that answers the mean colour of each of 8 x 8 tiles of a 64-pixel chip: 192 numbers a picture. */
function tinyNetwork(): Uint8Array {
  const graph = new OnnxGraph('tiles');
  const input = graph.input('picture', ['N', 64, 64, 3]);
  const floats = graph.node('Cast', [input], { to: 1 });
  const planes = graph.node('Transpose', [floats], { perm: [0, 3, 1, 2] });
  const means = graph.node('AveragePool', [planes], { kernel_shape: [8, 8], strides: [8, 8] });
  graph.node('Flatten', [means], { axis: 1 }, { result: 'numbers' });
  graph.output('numbers', ['N', 192]);
  return graph.serialize();
}

function tinyManifest(bytes: Uint8Array, changes: Partial<NetworkManifest> = {}): NetworkManifest {
  const [faceApi] = builtInManifests as [NetworkManifest];
  return {
    ...faceApi,
    id: 'tiles-192-r1',
    title: 'Mean colours, for a test',
    length: 192,
    format: 'onnx',
    file: { path: 'tiles.onnx', sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length },
    input: { side: 64, layout: 'nhwc', channels: 'rgb', type: 'uint8', mean: [0, 0, 0], scale: 1 },
    alignment: { template: 'arcface', scale: 1 },
    thorough: false,
    ...changes,
  };
}

describe('descriptor spaces', function () {
  this.timeout(60_000);
  let modelsDir: string;
  let engine: FaceEngine;
  let image: RgbImage;
  const network = tinyNetwork();

  before(async () => {
    modelsDir = await mkdtemp(path.join(tmpdir(), 'face-spaces-'));
    engine = await createNodeEngine({ cacheDir: path.join(modelsDir, 'cache'), prefer: 'onnx', threads: 1 });
    const sample = path.join(packageFolder('@vladmandic/face-api'), 'demo/sample1.jpg');
    image = (await decodeImage(sample, { maxSide: 700 })).image;
    const fused = {
      ...builtInManifests.find(({ kind }) => kind === 'fused')!,
      id: 'fused-320-r1',
      length: 320,
      parts: [
        { id: 'faceapi-128-r1', weight: 1 },
        { id: 'tiles-192-r1', weight: 2 },
      ],
    };
    await writeFile(path.join(modelsDir, 'tiles.onnx'), network);
    await writeFile(path.join(modelsDir, 'tiles.json'), JSON.stringify(tinyManifest(network)));
    await writeFile(path.join(modelsDir, 'fused.json'), JSON.stringify(fused));
  });
  after(async () => {
    await engine?.dispose();
    await rm(modelsDir, { recursive: true, force: true });
  });

  it('of an operator are a manifest and a file: described at one detection, fused with others, on both sides', async () => {
    const catalogue = await loadCatalogue(modelsDir);
    assert.ok(['faceapi-128-r1', 'tiles-192-r1', 'fused-320-r1'].every(catalogue.has));
    const ids = ['tiles-192-r1', 'faceapi-128-r1', 'fused-320-r1'];
    let detections = 0;
    const counting = {
      ...engine,
      detectSsd(...args: Parameters<FaceEngine['detectSsd']>) {
        detections++;
        return engine.detectSsd(...args);
      },
    };
    const recognition = await createNodeRecognition(ids, { catalogue, engine, modelsDir });
    const faces = await describeServer(image, counting, { recognition });
    const together = detections;
    detections = 0;
    const alone = await describeServer(image, counting);
    assert.equal(together, detections);
    assert.equal(faces.length, 3);
    for (const [i, { descriptor, descriptors }] of faces.entries()) {
      assert.deepEqual(Object.keys(descriptors), ids);
      assert.equal(descriptor, descriptors['tiles-192-r1']);
      for (const id of ids) {
        assert.equal(descriptors[id]!.length, catalogue.get(id).length);
        assert.ok(Math.abs(Math.hypot(...descriptors[id]!) - 1) < 1e-5);
      }
      assert.deepEqual(descriptors['faceapi-128-r1'], alone[i]!.descriptor);
      assert.deepEqual(
        descriptors['fused-320-r1'],
        fuse([
          { vector: descriptors['faceapi-128-r1']!, weight: 1 },
          { vector: descriptors['tiles-192-r1']!, weight: 2 },
        ]),
      );
    }
    const { face } = await describeSelfie(image, engine, { recognition });
    const nearest = faces.map(({ descriptors }) =>
      cosine(descriptors['tiles-192-r1']!, face!.descriptors['tiles-192-r1']!),
    );
    assert.ok(Math.max(...nearest) > 0.98);
    await recognition.dispose();
  });

  it('name what is wrong: a missing, an altered, a wrong network, a manifest that is none', async () => {
    const open = (manifest: NetworkManifest) =>
      createNodeRecognition([manifest.id], {
        catalogue: createCatalogue([...builtInManifests, manifest]),
        engine,
        modelsDir,
      });
    const file = tinyManifest(network).file;
    const cases: Array<[DescriptorError['reason'], NetworkManifest]> = [
      ['missing', tinyManifest(network, { file: { ...file, path: 'none.onnx' } })],
      ['missing', tinyManifest(network, { file: { ...file, package: 'no-such-package' } })],
      ['altered', tinyManifest(network, { file: { ...file, sha256: '0'.repeat(64) } })],
    ];
    for (const [reason, manifest] of cases) {
      await assert.rejects(
        open(manifest),
        (error) => error instanceof DescriptorError && error.reason === reason,
        reason,
      );
      assert.equal(await isInstalled(manifest, modelsDir), false);
    }
    const short = await open(tinyManifest(network, { length: 128 }));
    await assert.rejects(describeServer(image, engine, { recognition: short }), DescriptorError);
    await short.dispose();
    const other = await mkdtemp(path.join(tmpdir(), 'face-spaces-'));
    await writeFile(path.join(other, 'bad.json'), '{"id":"x"}');
    await assert.rejects(loadCatalogue(other), DescriptorError);
    await rm(other, { recursive: true });
    assert.deepEqual(
      (await loadCatalogue(path.join(modelsDir, 'nowhere'))).ids,
      builtInManifests.map(({ id }) => id),
    );
  });

  it('hold together: an id once, parts that are there, lengths that add up', () => {
    const [faceApi] = builtInManifests as [NetworkManifest];
    const fused = builtInManifests.find(({ kind }) => kind === 'fused')!;
    for (const bad of [
      [faceApi, faceApi],
      [fused],
      [...builtInManifests.filter(({ kind }) => kind === 'network'), { ...fused, length: 512 }],
    ])
      assert.throws(() => createCatalogue(bad), RangeError);
    assert.throws(() => createRecognition([faceApi], []), RangeError);
    assert.throws(() => createRecognition([], [faceApiRecogniser(engine)]), RangeError);
  });

  it('see the chip as their manifest says', () => {
    const chip = { data: new Uint8Array(32 * 32 * 3).fill(10), width: 32, height: 32, channels: 3 as const };
    chip.data[0] = 138;
    const input = { side: 32, layout: 'nchw', channels: 'bgr', type: 'float32', mean: [8, 8, 10], scale: 0.5 } as const;
    const { data, dims } = toNetworkInput([chip], { ...input, mean: [...input.mean] });
    assert.deepEqual(dims, [1, 3, 32, 32]);
    // red comes last, and its first pixel is the bright one
    assert.deepEqual([data[0], data[2 * 32 * 32], data[2 * 32 * 32 + 1]], [1, 64, 0]);
    assert.throws(() => toNetworkInput([{ ...chip, width: 31 }], { ...input, mean: [...input.mean] }), RangeError);
  });

  it('include the optional stronger one where its package is installed', async function () {
    const catalogue = await loadCatalogue();
    const [manifest] = catalogue.networksOf('arcface-512-r1');
    if (!(await isInstalled(manifest!))) return this.skip();
    assert.ok(manifest!.notice?.th && manifest!.notice.en);
    const recognition = await createNodeRecognition(['arcface-512-r1'], { catalogue, engine });
    const faces = await describeServer(image, engine, { recognition });
    const { face } = await describeSelfie(image, engine, { recognition });
    const likeness = faces.map(({ descriptor }) => cosine(descriptor, face!.descriptor)).sort((a, b) => b - a);
    assert.ok(likeness[0]! > 0.7 && likeness[1]! < 0.4, likeness.join());
    await recognition.dispose();
  });
});
