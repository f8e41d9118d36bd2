import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Client } from 'minio';
import { type S3Server, startS3 } from './s3.ts';

const settings = { accessKey: 'key', secretKey: 'a secret', bucket: 'photos' };

describe('ops/laptop/s3', () => {
  let directory: string;
  let server: S3Server;
  let client: Client;

  const clientWith = (accessKey: string, secretKey: string) =>
    new Client({
      endPoint: '127.0.0.1',
      port: Number(new URL(server.endpoint).port),
      useSSL: false,
      accessKey,
      secretKey,
    });

  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'px-s3-'));
    server = await startS3({ port: 0, directory, ...settings });
    client = clientWith(settings.accessKey, settings.secretKey);
  });
  after(async () => {
    await server.close();
    await rm(directory, { recursive: true });
  });

  it('keeps an object and its type, answers ranges, replaces it, and forgets it', async () => {
    await client.putObject('photos', 'events/1/a.jpg', Buffer.from('first'), 5, { 'Content-Type': 'image/jpeg' });
    await client.putObject('photos', 'events/1/a.jpg', Buffer.from('second!'), 7, { 'Content-Type': 'image/jpeg' });
    const stat = await client.statObject('photos', 'events/1/a.jpg');
    assert.equal(stat.metaData['content-type'], 'image/jpeg');
    assert.equal(stat.etag, createHash('md5').update('second!').digest('hex'));
    assert.equal((await buffer(await client.getPartialObject('photos', 'events/1/a.jpg', 3, 4))).toString(), 'ond!');
    await client.removeObject('photos', 'events/1/a.jpg');
    await assert.rejects(client.statObject('photos', 'events/1/a.jpg'), { code: 'NotFound' });
    assert.deepEqual(await readdir(path.join(directory, 'photos/events/1')), []);
  });

  it('takes 20 MB in parts', async () => {
    const data = randomBytes(20 * 1024 * 1024);
    const inParts = clientWith(settings.accessKey, settings.secretKey);
    Object.assign(inParts, { partSize: 5 * 1024 * 1024 });
    const stream = (await import('node:stream')).Readable.from([data]);
    await inParts.putObject('photos', 'big', stream);
    const back = await buffer(await client.getObject('photos', 'big'));
    assert.ok(back.equals(data));
  });

  it('serves signed addresses and refuses them once changed', async () => {
    await client.putObject('photos', 'signed', 'content');
    const url = await client.presignedGetObject('photos', 'signed', 60);
    assert.equal(await (await fetch(url)).text(), 'content');
    assert.equal((await fetch(url.replace('/signed?', '/other?'))).status, 403);
    const put = await client.presignedPutObject('photos', 'uploaded', 60);
    assert.equal((await fetch(put, { method: 'PUT', body: 'by the browser' })).status, 200);
    assert.equal((await buffer(await client.getObject('photos', 'uploaded'))).toString(), 'by the browser');
  });

  it('refuses the unsigned, the wrongly signed, half-signed queries, and forms', async () => {
    await client.putObject('photos', 'private', 'content');
    const url = `${server.endpoint}/photos/private`;
    assert.equal((await fetch(url)).status, 403);
    assert.equal((await fetch(url, { method: 'DELETE' })).status, 403);
    assert.equal((await fetch(url, { method: 'PUT', body: 'x' })).status, 403);
    assert.equal((await fetch(`${url}?X-Amz-Signature=00`)).status, 403);
    assert.equal((await fetch(`${server.endpoint}/photos?uploads`)).status, 403);
    const form = new FormData();
    form.set('key', 'by-form');
    form.set('file', new Blob(['x']));
    assert.equal((await fetch(`${server.endpoint}/photos`, { method: 'POST', body: form })).status, 403);
    await assert.rejects(clientWith('key', 'another secret').statObject('photos', 'private'));
    await assert.rejects(clientWith('S3RVER', 'S3RVER').statObject('photos', 'private'));
    assert.equal((await buffer(await client.getObject('photos', 'private'))).toString(), 'content');
  });

  it('leaves no half object behind when an upload breaks off', async () => {
    const url = await client.presignedPutObject('photos', 'broken', 60);
    const abort = new AbortController();
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array(100_000));
      },
    });
    const request = fetch(url, { method: 'PUT', body, duplex: 'half', signal: abort.signal } as RequestInit);
    setTimeout(() => abort.abort(), 100);
    await assert.rejects(request);
    await assert.rejects(client.statObject('photos', 'broken'), { code: 'NotFound' });
  });

  it('says when its port is taken', async () => {
    const port = Number(new URL(server.endpoint).port);
    await assert.rejects(startS3({ port, directory, ...settings }), { code: 'EADDRINUSE' });
  });
});
