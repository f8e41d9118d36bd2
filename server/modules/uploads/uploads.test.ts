import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Upload } from 'tus-js-client';
import { oddPictures } from '#test/odd-pictures.ts';
import { makeJpeg, startPhotoApp } from '#test/photo-app.ts';

const tusHeaders = { 'tus-resumable': '1.0.0' };
const metadataOf = (values: Record<string, string>) =>
  Object.entries(values)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(',');

describe('uploads', function () {
  this.timeout(30_000);
  let app: Awaited<ReturnType<typeof startPhotoApp>>;
  let photographer: Awaited<ReturnType<typeof app.person>>;
  let eventId: string;
  before(async () => {
    app = await startPhotoApp();
    photographer = await app.person('photographer');
    eventId = await app.event();
    await app.assign(eventId, photographer.userId);
  });
  after(() => app?.stop());

  const photosOf = (event: string) =>
    app.db.selectFrom('photos').select(['id', 'file_name', 'status']).where('event_id', '=', event).execute();
  const indexJobs = async (photoId: string) =>
    (await app.db.selectFrom('outbox').select('key').where('topic', '=', 'index-photo').execute()).filter((row) =>
      row.key.startsWith(photoId),
    ).length;

  async function send(
    target: string,
    files: { name: string; data: Buffer }[],
    token = photographer.token,
    event = eventId,
  ) {
    const form = new FormData();
    form.set('eventId', event);
    for (const { name, data } of files) form.append('files', new Blob([new Uint8Array(data)]), name);
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${app.url}${target}`, { method: 'POST', body: form, headers });
    // biome-ignore lint/suspicious/noExplicitAny: answers of several routes
    return { status: response.status, body: (await response.json()) as any };
  }
  const tus = (
    method: string,
    target: string,
    headers: Record<string, string>,
    body?: Buffer,
    token = photographer.token,
  ) =>
    fetch(new URL(target, app.url), {
      method,
      headers: { ...tusHeaders, authorization: `Bearer ${token}`, ...headers },
      ...(body && { body: new Uint8Array(body) }),
    });
  async function createUpload(data: Buffer, more: Record<string, string> = {}): Promise<string> {
    const metadata = metadataOf({ eventId, filename: 'IMG 1.JPG', ...more });
    const reply = await tus('POST', '/api/uploads', {
      'upload-length': String(data.length),
      'upload-metadata': metadata,
    });
    assert.equal(reply.status, 201);
    return reply.headers.get('location')!;
  }
  const patch = (location: string, offset: number, data: Buffer) =>
    tus(
      'PATCH',
      location,
      { 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' },
      data,
    );

  describe('in one request', () => {
    it('makes a photo with its original and one index job; the same file again answers the same photo', async () => {
      const data = await makeJpeg();
      const first = await send('/api/photos/upload', [{ name: 'นักวิ่ง.JPG', data }]);
      assert.equal(first.status, 201, JSON.stringify(first.body));
      const { photoId } = first.body;
      assert.equal(first.body.fileName, 'นักวิ่ง.JPG');
      const original = await app.photos.originalOf(app.db, photoId);
      assert.deepEqual(await app.storage.getBuffer(original!.objectKey), data);
      const again = await send('/api/photos/upload', [{ name: 'copy.jpg', data }]);
      assert.deepEqual([again.status, again.body.status, again.body.photoId], [200, 'duplicate', photoId]);
      assert.equal(await indexJobs(photoId), 1);
      assert.deepEqual(await readdir(app.directory), []);
    });

    it('takes the original of a photo that is known while its original is still in the field, once', async () => {
      const data = await makeJpeg();
      const field = await app.event();
      await app.assign(field, photographer.userId);
      const upload = () => send('/api/photos/upload', [{ name: 'IMG_7.JPG', data }], photographer.token, field);
      const { photoId } = (await upload()).body;
      const isWanted = async () => {
        const sha256 = createHash('sha256').update(data).digest('hex');
        const answer = await app.call('POST', '/api/uploads/check', {
          token: photographer.token,
          body: { eventId: field, sha256: [sha256] },
        });
        return answer.body.known.length === 0;
      };
      assert.equal(await isWanted(), false);
      const original = app.db.deleteFrom('photo_files').where('photo_id', '=', photoId).where('kind', '=', 'original');
      const gone = await original.returning('crc32').executeTakeFirstOrThrow();
      assert.equal(await isWanted(), true);
      await Promise.all([1, 2, 3].map(upload));
      const landed = await app.db
        .selectFrom('photo_files')
        .select(['object_key', 'crc32'])
        .where('photo_id', '=', photoId)
        .where('kind', '=', 'original')
        .execute();
      assert.deepEqual(
        landed.map((file) => file.crc32),
        [gone.crc32],
      );
      assert.ok((await app.storage.getBuffer(landed[0]!.object_key)).equals(data));
      assert.equal(await isWanted(), false);
    });
    it('answers one result per file and refuses what is no photo', async () => {
      const data = await makeJpeg();
      const heic = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic\0\0\0\0mif1heic')]);
      const reply = await send('/api/photos/batch-upload', [
        { name: 'a.jpg', data },
        { name: 'b.jpg', data: Buffer.from('not a photo at all') },
        { name: 'c.heic', data: heic },
        { name: 'd.jpg', data: Buffer.alloc(0) },
        { name: 'e.jpg', data: data.subarray(0, 3) },
      ]);
      assert.equal(reply.status, 201);
      const results = reply.body.results as { status: string; code?: string }[];
      assert.deepEqual(
        results.map((result) => result.code ?? result.status),
        ['created', 'upload.not_an_image', 'upload.heic', 'upload.empty', 'upload.not_an_image'],
      );
      const alone = await send('/api/photos/upload', [{ name: 'b.jpg', data: Buffer.from('still not a photo') }]);
      assert.deepEqual([alone.status, alone.body.code], [422, 'upload.not_an_image']);
    });

    it('takes files from photographers of the event only', async () => {
      const file = [{ name: 'a.jpg', data: await makeJpeg() }];
      const other = await app.person('photographer');
      assert.equal((await send('/api/photos/upload', file, other.token)).body.code, 'upload.not_staff');
      assert.equal((await send('/api/photos/upload', file, (await app.person()).token)).status, 403);
      assert.equal((await send('/api/photos/upload', file, other.token, randomUUID())).body.code, 'event.not_found');
      assert.equal((await send('/api/photos/upload', [])).body.code, 'upload.no_file');
      assert.equal((await send('/api/photos/upload', file, (await app.person('admin')).token)).status, 201);
    });

    it('makes one photo of one file that arrives ten times at once', async () => {
      const data = await makeJpeg();
      const before = (await photosOf(eventId)).length;
      const replies = await Promise.all(
        Array.from({ length: 10 }, () => send('/api/photos/upload', [{ name: 'x.jpg', data }])),
      );
      const ids = new Set(replies.map((reply) => reply.body.photoId));
      assert.equal(ids.size, 1);
      assert.equal(replies.filter((reply) => reply.status === 201).length, 1);
      assert.equal((await photosOf(eventId)).length, before + 1);
      const objects = await app.storage.list(`events/${eventId}/originals/`);
      assert.equal(objects.length, before + 1);
    });
  });

  describe('resumable', () => {
    it('goes through a real tus client and says which photo it is', async () => {
      const data = await makeJpeg(400, 300);
      const photoId = await new Promise<string>((resolve, reject) => {
        new Upload(data, {
          endpoint: `${app.url}/api/uploads`,
          chunkSize: 20_000,
          headers: { authorization: `Bearer ${photographer.token}` },
          metadata: { eventId, filename: 'DSC_1.JPG', sha256: createHash('sha256').update(data).digest('hex') },
          onError: reject,
          onSuccess: ({ lastResponse }) => resolve(lastResponse.getHeader('X-Photo-Id')!),
        }).start();
      });
      const photo = (await photosOf(eventId)).find((row) => row.id === photoId);
      assert.deepEqual([photo?.file_name, photo?.status], ['DSC_1.JPG', 'uploaded']);
      const list = await app.call('GET', `/api/uploads/status?eventId=${eventId}`, { token: photographer.token });
      assert.deepEqual([list.body.items[0].status, list.body.items[0].photoId], ['completed', photoId]);
      const known = await app.call('POST', '/api/uploads/check', {
        token: photographer.token,
        body: { eventId, sha256: [createHash('sha256').update(data).digest('hex'), 'f'.repeat(64)] },
      });
      assert.equal(known.body.known[0].photoId, photoId);
      assert.equal(known.body.known.length, 1);
    });

    it('resumes where it was cut, and repeats its last answer when that got lost', async () => {
      const data = await makeJpeg();
      const location = await createUpload(data);
      assert.equal((await patch(location, 0, data.subarray(0, 500))).headers.get('upload-offset'), '500');
      assert.equal((await tus('HEAD', location, {})).headers.get('upload-offset'), '500');
      assert.equal((await patch(location, 100, data.subarray(100))).status, 409);
      const last = await patch(location, 500, data.subarray(500));
      const photoId = last.headers.get('x-photo-id');
      assert.deepEqual([last.status, last.headers.get('x-upload-result')], [204, 'created']);
      const head = await tus('HEAD', location, {});
      assert.deepEqual([head.status, head.headers.get('x-photo-id')], [200, photoId]);
      assert.equal(head.headers.get('upload-offset'), String(data.length));
      const repeated = await patch(location, data.length, Buffer.alloc(0));
      assert.deepEqual([repeated.status, repeated.headers.get('x-photo-id')], [204, photoId]);
      assert.equal(await indexJobs(photoId!), 1);
    });

    it('belongs to its uploader', async () => {
      const data = await makeJpeg();
      const location = await createUpload(data);
      const other = await app.person('photographer');
      for (const method of ['HEAD', 'PATCH', 'DELETE']) {
        const headers = { 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' };
        assert.equal((await tus(method, location, headers, undefined, other.token)).status, 404);
      }
      assert.equal((await fetch(new URL(location, app.url), { method: 'HEAD', headers: tusHeaders })).status, 401);
      assert.equal((await app.call('GET', location, { token: photographer.token })).status, 404);
      assert.equal((await tus('DELETE', location, {})).status, 204);
      assert.equal((await tus('HEAD', location, {})).status, 410);
    });

    it('refuses wrong creations by code', async () => {
      const post = async (headers: Record<string, string>) =>
        ((await (await tus('POST', '/api/uploads', headers)).json()) as { code: string }).code;
      const metadata = metadataOf({ eventId });
      assert.equal(await post({ 'upload-length': '10' }), 'request.invalid');
      assert.equal(await post({ 'upload-length': '0', 'upload-metadata': metadata }), 'upload.empty');
      assert.equal(await post({ 'upload-length': '999999999', 'upload-metadata': metadata }), 'upload.too_large');
      assert.equal(await post({ 'upload-length': '-1', 'upload-metadata': metadata }), 'request.invalid');
      const elsewhere = metadataOf({ eventId: randomUUID() });
      assert.equal(await post({ 'upload-length': '10', 'upload-metadata': elsewhere }), 'event.not_found');
    });

    it('ends as failed, with the reason, when it is no photo or not what was announced', async () => {
      const text = Buffer.from('no photo');
      const location = await createUpload(text);
      const reply = await patch(location, 0, text);
      assert.deepEqual([reply.status, ((await reply.json()) as { code: string }).code], [422, 'upload.not_an_image']);
      assert.equal((await tus('HEAD', location, {})).status, 410);
      const data = await makeJpeg();
      const damaged = await patch(await createUpload(data, { sha256: 'a'.repeat(64) }), 0, data);
      assert.equal(((await damaged.json()) as { code: string }).code, 'upload.damaged');
    });
  });

  it('answers odd files by code, in Thai and English, in whichever way they come', async () => {
    const odd = await oddPictures();
    const files = odd.map(({ fileName, bytes }) => ({ name: fileName, data: bytes }));
    const { body } = await send('/api/photos/batch-upload', files);
    const results = body.results as { status: string; code?: string; photoId?: string }[];
    for (const [i, { name, upload }] of odd.entries())
      assert.equal(results[i]!.code ?? results[i]!.status, upload ?? 'created', name);
    for (const { name, bytes, upload } of odd) {
      if (bytes.length === 0) continue; // there is no upload of nothing
      const last = await patch(await createUpload(bytes), 0, bytes);
      if (upload === null) {
        assert.equal(last.headers.get('x-upload-result'), 'duplicate', name);
        continue;
      }
      const problem = (await last.json()) as { code: string; status: number; detail: string; detailTh: string };
      assert.deepEqual([problem.code, problem.status], [upload, last.status], name);
      assert.match(problem.detail, /[a-z]/, name);
      assert.match(problem.detailTh, /[ก-๙]/, name);
    }
    const refused = odd.filter(({ upload }) => upload !== null).length;
    assert.equal(new Set(results.map(({ photoId }) => photoId)).size - 1, odd.length - refused, 'one photo each');
    assert.deepEqual(await readdir(app.directory), []);
  });

  describe('after a crash', () => {
    const received = async (data: Buffer, status: 'receiving' | 'received', bytes = data.length) => {
      const id = randomUUID();
      await writeFile(path.join(app.directory, id), data);
      const row = { id, event_id: eventId, user_id: photographer.userId, file_name: 'c.jpg', bytes, status };
      await app.db.insertInto('uploads').values(row).execute();
      return id;
    };
    const later = () => new Date(Date.now() + 2 * 60_000);

    it('finishes what had arrived, once, whatever was done already', async () => {
      const [a, b, c] = [await makeJpeg(), await makeJpeg(), await makeJpeg()];
      const beforeMark = await received(a, 'receiving');
      const beforePut = await received(b, 'received');
      const beforeCommit = await received(c, 'received');
      await app.storage.putBuffer(`events/${eventId}/originals/${beforeCommit}.jpg`, c, 'image/jpeg');
      await Promise.all([app.uploads.sweep(later()), app.uploads.sweep(later())]);
      for (const id of [beforeMark, beforePut, beforeCommit]) {
        assert.equal((await photosOf(eventId)).filter((photo) => photo.id === id).length, 1);
        assert.equal(await indexJobs(id), 1);
        assert.equal((await app.uploads.find(id))?.status, 'completed');
      }
      assert.deepEqual(await app.uploads.finish(beforePut), { kind: 'created', photoId: beforePut });
    });

    it('removes the object of a file that turns out to be there already', async () => {
      const data = await makeJpeg();
      const { photoId } = (await send('/api/photos/upload', [{ name: 'a.jpg', data }])).body;
      const id = await received(data, 'received');
      const key = `events/${eventId}/originals/${id}.jpg`;
      await app.storage.putBuffer(key, data, 'image/jpeg');
      await app.uploads.sweep(later());
      assert.deepEqual(await app.uploads.finish(id), { kind: 'duplicate', photoId });
      assert.equal(await app.storage.stat(key), undefined);
    });

    it('lets half uploads wait a week, then gives them up', async () => {
      const data = await makeJpeg();
      const id = await received(data, 'receiving', data.length + 10);
      await app.uploads.sweep(later());
      assert.equal((await app.uploads.find(id))?.status, 'receiving');
      await app.uploads.sweep(new Date(Date.now() + 8 * 24 * 3600_000));
      assert.equal((await app.uploads.find(id))?.status, 'cancelled');
      assert.deepEqual(await readdir(app.directory), []);
    });
  });
});
