import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type DetectorManifest, type ModelName, models } from '../models.ts';
import { readWeights, type WeightManifest, type Weights } from '../weights.ts';

const require = createRequire(import.meta.url);

/** Folder of an installed package. Throws Error when it is not installed. */
export function packageFolder(name: string): string {
  return path.dirname(require.resolve(`${name}/package.json`));
}

/** A detector's file as its package carries it. Throws Error when it is not installed or not the one the manifest names. */
export async function loadDetector({ package: from, file, sha256 }: DetectorManifest): Promise<Uint8Array> {
  const binary = await readFile(path.join(packageFolder(from), file));
  requireChecksum(`${from}/${file}`, binary, sha256);
  return binary;
}

/** Reads, checks and dequantises one network's weights. Throws Error when the file is not the one the manifest names. */
export async function loadWeights(name: ModelName): Promise<Weights> {
  const model = models[name];
  const base = path.join(packageFolder(model.package), model.file);
  const [manifest, binary] = await Promise.all([
    readFile(`${base}-weights_manifest.json`, 'utf8'),
    readFile(`${base}.bin`),
  ]);
  requireChecksum(`${model.package}/${model.file}.bin`, binary, model.sha256);
  return readWeights(JSON.parse(manifest) as WeightManifest, binary);
}

function requireChecksum(name: string, binary: Uint8Array, expected: string): void {
  const sha256 = createHash('sha256').update(binary).digest('hex');
  if (sha256 !== expected) throw new Error(`${name} is not the file we know (sha256 ${sha256})`);
}
