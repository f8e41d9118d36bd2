import type { Readable } from 'node:stream';
import { Client } from 'minio';
import type { Config } from './config.ts';

export type Storage = ReturnType<typeof createStorage>;

/** Object keys of the one bucket (SPEC section 4). `kind` small, medium, large: thumbnails; preview: watermarked; clean: for buyers, without. */
export const objectKeys = {
  original: (eventId: string, photoId: string, extension: string) =>
    `events/${eventId}/originals/${photoId}.${extension}`,
  thumbnail: (eventId: string, photoId: string, size: 'small' | 'medium' | 'large') =>
    `events/${eventId}/thumbnails/${size}/${photoId}.jpg`,
  preview: (eventId: string, photoId: string) => `events/${eventId}/watermarked/${photoId}.jpg`,
  clean: (eventId: string, photoId: string) => `events/${eventId}/downloads/clean/${photoId}.jpg`,
  searchImage: (searchId: string) => `faces/searches/${searchId}`,
};

/** The S3 store behind the minio client. Objects are private; every read is streamed or signed by us. */
export function createStorage(settings: Config['s3']) {
  const url = new URL(settings.endpoint);
  const client = new Client({
    endPoint: url.hostname,
    port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)),
    useSSL: url.protocol === 'https:',
    accessKey: settings.accessKey,
    secretKey: settings.secretKey,
    region: settings.region,
  });
  const bucket = settings.bucket;
  return {
    bucket,
    async ready(): Promise<void> {
      if (!(await client.bucketExists(bucket))) throw new Error(`bucket ${bucket} does not exist`);
    },
    async ensureBucket(): Promise<void> {
      if (!(await client.bucketExists(bucket))) await client.makeBucket(bucket, settings.region);
    },
    async putFile(key: string, filePath: string, contentType: string): Promise<void> {
      await client.fPutObject(bucket, key, filePath, { 'Content-Type': contentType });
    },
    async putBuffer(key: string, data: Buffer, contentType: string): Promise<void> {
      await client.putObject(bucket, key, data, data.length, { 'Content-Type': contentType });
    },
    /** Whole object as a stream; `range` is inclusive bytes. */
    async getStream(key: string, range?: { start: number; end: number }): Promise<Readable> {
      if (!range) return client.getObject(bucket, key);
      return client.getPartialObject(bucket, key, range.start, range.end - range.start + 1);
    },
    async getBuffer(key: string): Promise<Buffer> {
      const chunks: Buffer[] = [];
      for await (const chunk of await client.getObject(bucket, key)) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    },
    async getFile(key: string, filePath: string): Promise<void> {
      await client.fGetObject(bucket, key, filePath);
    },
    /** undefined when there is no such object. */
    async stat(key: string): Promise<{ bytes: number; etag: string; modifiedAt: Date } | undefined> {
      try {
        const found = await client.statObject(bucket, key);
        return { bytes: found.size, etag: found.etag, modifiedAt: found.lastModified };
      } catch (error) {
        if ((error as { code?: string }).code === 'NotFound') return undefined;
        throw error;
      }
    },
    async remove(keys: readonly string[]): Promise<void> {
      // One by one: some S3 stores do not answer multi-object deletes as the client expects.
      for (const key of keys) await client.removeObject(bucket, key);
    },
    async list(prefix: string): Promise<string[]> {
      const keys: string[] = [];
      for await (const item of client.listObjectsV2(bucket, prefix, true)) if (item.name) keys.push(item.name);
      return keys;
    },
  };
}
