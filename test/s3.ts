import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startS3 } from '#ops/laptop/s3.ts';
import { createStorage, type Storage } from '#server/platform/storage.ts';

/** A real S3 store on loopback with an empty bucket of its own; call `stop()` in `after`. */
export async function startTestStorage(): Promise<{ storage: Storage; stop(): Promise<void> }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'tps-s3-'));
  const settings = { accessKey: 'test-access-key', secretKey: 'test-secret-key', bucket: 'photos' };
  const server = await startS3({ port: 0, directory, ...settings });
  return {
    storage: createStorage({ endpoint: server.endpoint, region: 'us-east-1', ...settings }),
    async stop() {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
