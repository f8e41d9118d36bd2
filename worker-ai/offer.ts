import type { DescriptorCatalogue } from '#contracts/descriptors.ts';
import { readNetwork } from '#face/node/recognition.ts';
import type { Db } from '#server/platform/db.ts';
import type { Logger } from '#server/platform/logger.ts';
import type { Storage } from '#server/platform/storage.ts';

/**
 * Writes down which descriptor spaces this worker can describe, and lays their network files in the store, where the API
 * takes them from for the phones. Which of them are used is decided by an operator, not here.
 */
export async function offerEngines(deps: {
  db: Db;
  storage: Storage;
  logger: Logger;
  catalogue: DescriptorCatalogue;
  modelsDir?: string | undefined;
}): Promise<void> {
  const { catalogue, storage } = deps;
  const here = new Set<string>();
  for (const network of catalogue.manifests.flatMap(({ id }) => catalogue.networksOf(id))) {
    if (here.has(network.id)) continue;
    try {
      const bytes = await readNetwork(network, deps.modelsDir);
      const key = `models/${network.file.sha256}`;
      if (network.format !== 'faceapi' && (await storage.stat(key))?.bytes !== bytes.length)
        await storage.putBuffer(key, Buffer.from(bytes), 'application/octet-stream');
      here.add(network.id);
    } catch (error) {
      deps.logger.info({ engine: network.id, reason: (error as Error).message }, 'descriptor network is not here');
    }
  }
  for (const manifest of catalogue.manifests) {
    const values = {
      manifest: JSON.stringify(manifest),
      is_installed: catalogue.networksOf(manifest.id).every(({ id }) => here.has(id)),
      seen_at: new Date(),
    };
    await deps.db
      .insertInto('face_engines')
      .values({ engine: manifest.id, ...values })
      .onConflict((c) => c.column('engine').doUpdateSet(values))
      .execute();
  }
}
