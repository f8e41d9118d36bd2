import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import S3rver, { type FilesystemStore, type S3Middleware } from '@20minutes/s3rver';
import accounts from '@20minutes/s3rver/lib/models/account.js';

export interface S3Options {
  /** 0 takes a free port. */
  port: number;
  directory: string;
  accessKey: string;
  secretKey: string;
  bucket: string;
}

export interface S3Server {
  endpoint: string;
  close(): Promise<void>;
}

const escapeXml = (text: string): string => text.replace(/[<>&]/g, (character) => `&#${character.charCodeAt(0)};`);

/** s3rver lets a request without any signature through, and never checks the signature of a POST form: neither may pass. */
const refuseUnsigned: S3Middleware = async (context, next) => {
  const isSigned =
    'authorization' in context.headers || 'X-Amz-Algorithm' in context.query || 'Signature' in context.query;
  const isForm = context.method === 'POST' && /multipart\/form-data/i.test(context.get('content-type'));
  if (isSigned && !isForm && context.method !== 'OPTIONS') return next();
  context.status = 403;
  context.type = 'application/xml';
  context.body = '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>';
};

/** The minio client asks for unfinished uploads before a multipart upload; s3rver does not know the question. */
const answerNoUnfinishedUploads: S3Middleware = async (context, next) => {
  if (context.method !== 'GET' || !('uploads' in context.query)) return next();
  const bucket = escapeXml(context.path.split('/')[1] ?? '');
  context.type = 'application/xml';
  context.body =
    '<?xml version="1.0" encoding="UTF-8"?><ListMultipartUploadsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
    `<Bucket>${bucket}</Bucket><KeyMarker/><UploadIdMarker/><MaxUploads>1000</MaxUploads><IsTruncated>false</IsTruncated>` +
    '</ListMultipartUploadsResult>';
};

/**
 * Writes beside and renames, so that a kill in the middle leaves no half object under its name. The old checksum goes
 * first: a missing one is recomputed, a wrong one would stay.
 */
async function putContent(objectPath: string, content: Buffer | AsyncIterable<Buffer>): Promise<[number, string]> {
  const temporary = `${objectPath}.${randomUUID()}.part`;
  const hash = createHash('md5');
  let bytes = 0;
  const file = await open(temporary, 'w');
  try {
    for await (const chunk of Buffer.isBuffer(content) ? [content] : content) {
      hash.update(chunk);
      bytes += chunk.length;
      await file.writeFile(chunk);
    }
    await file.sync();
    await file.close();
    await rm(`${objectPath}.md5`, { force: true });
    await rename(temporary, objectPath);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
  return [bytes, hash.digest('hex')];
}

/** Removes the object's files only: the store's own way also removes empty folders, and with them what is just being put there. */
function deleteObject(store: FilesystemStore): FilesystemStore['deleteObject'] {
  return async (bucket, key) => {
    const resources = ['object', 'object.md5', 'metadata.json'];
    await Promise.all(resources.map((resource) => rm(store.getResourcePath(bucket, key, resource), { force: true })));
  };
}

/**
 * An S3 store on loopback over plain files, with signatures checked and the bucket made. Only one key pair is known.
 * Rejects when the port is taken.
 */
export async function startS3(options: S3Options): Promise<S3Server> {
  const { port, directory, accessKey, secretKey, bucket } = options;
  mkdirSync(directory, { recursive: true });
  accounts.DUMMY_ACCOUNT.revokeAccessKey('S3RVER');
  accounts.DUMMY_ACCOUNT.createKeyPair(accessKey, secretKey);
  const server = new S3rver({
    address: '127.0.0.1',
    port,
    directory,
    silent: true,
    vhostBuckets: false,
    allowMismatchedSignatures: false,
    configureBuckets: [{ name: bucket }],
  });
  server.store.putContent = putContent;
  server.store.deleteObject = deleteObject(server.store);
  server.middleware.unshift(refuseUnsigned, answerNoUnfinishedUploads);
  await server.configureBuckets();
  const http = createServer(server.callback());
  http.listen(port, '127.0.0.1');
  await once(http, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise((resolve) => http.close(resolve));
      http.closeAllConnections();
      await closed;
    },
  };
}
