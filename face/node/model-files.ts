import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type ModelName, models } from '../models.ts';
import { readWeights, type WeightManifest, type Weights } from '../weights.ts';

const require = createRequire(import.meta.url);

/** Folder of an installed package. Throws Error when it is not installed. */
export function packageFolder(name: string): string {
  return path.dirname(require.resolve(`${name}/package.json`));
}

/** Reads, checks and dequantises one network's weights. Throws Error when the file is not the one the manifest names. */
export async function loadWeights(name: ModelName): Promise<Weights> {
  const model = models[name];
  const base = path.join(packageFolder(model.package), model.file);
  const [manifest, binary] = await Promise.all([
    readFile(`${base}-weights_manifest.json`, 'utf8'),
    readFile(`${base}.bin`),
  ]);
  const sha256 = createHash('sha256').update(binary).digest('hex');
  if (sha256 !== model.sha256)
    throw new Error(`${model.package}/${model.file}.bin is not the file we know (sha256 ${sha256})`);
  return readWeights(JSON.parse(manifest) as WeightManifest, binary);
}
