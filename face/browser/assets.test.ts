import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { builtInCatalogue } from '#contracts/descriptors.ts';
import { modelAssets, wasmAssets } from './assets.ts';
import { hasSimd } from './simd.ts';
import { downloadBytes } from './wanted.ts';

const root = path.resolve(import.meta.dirname, '../..');

describe('what the phone fetches', () => {
  it('is what the installed packages hold: length and checksum', async () => {
    for (const asset of [...Object.values(modelAssets), ...Object.values(wasmAssets)]) {
      const bytes = await readFile(path.join(root, 'node_modules', asset.package, asset.file));
      assert.equal(bytes.length, asset.bytes, asset.to);
      assert.equal(createHash('sha256').update(bytes).digest('hex'), asset.sha256, asset.to);
      assert.ok(asset.to.includes(asset.sha256.slice(0, 8)), 'a name never means two files');
    }
  });

  it('is below 5 MB for the default space, and holds no runtime that nobody needs', () => {
    assert.ok(hasSimd());
    const space = builtInCatalogue.get('faceapi-128-r1');
    assert.ok(downloadBytes({ spaces: [space], networks: [] }) < 5_000_000);
    const [network] = builtInCatalogue.networksOf('arcface-512-r1');
    const other = downloadBytes({ spaces: [network!], networks: [{ manifest: network!, url: '/x' }] });
    assert.ok(other > network!.file.bytes + wasmAssets.onnx.packedBytes);
    assert.ok(other < network!.file.bytes + wasmAssets.onnx.packedBytes + modelAssets.recognition.packedBytes);
  });
});
