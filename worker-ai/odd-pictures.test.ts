import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import sharp from 'sharp';
import { PIPELINE_VERSION } from '#contracts/pipeline.ts';
import { objectKeys } from '#server/platform/storage.ts';
import { crowd, type OddPicture, oddPictures } from '#test/odd-pictures.ts';
import { startSearchApp } from '#test/search-app.ts';
import { insertEvent, uploadPhoto } from '#test/worker.ts';

const MB = 1024 * 1024;

describe('pictures that are no ordinary photos', function () {
  this.timeout(180_000);
  let app: Awaited<ReturnType<typeof startSearchApp>>;
  let odd: OddPicture[];
  let owner: Awaited<ReturnType<typeof insertEvent>>;

  async function until<T>(what: string, check: () => Promise<T | undefined | false>): Promise<T> {
    for (const deadline = Date.now() + 90_000; Date.now() < deadline; await pause(50)) {
      const value = await check();
      if (value) return value;
    }
    throw new Error(`${what} did not happen`);
  }
  const photosOf = (ids: readonly string[]) =>
    app.http.db
      .selectFrom('photos')
      .select(['id', 'status', 'failure_code', 'face_count', 'index_attempts', 'pipeline_version'])
      .where('id', 'in', ids)
      .execute();

  before(async () => {
    odd = await oddPictures();
    app = await startSearchApp();
    owner = await insertEvent(app.http.db, { auto_approve: true });
  });
  after(() => app?.stop());

  it('are indexed, or fail by code, each by itself and without much memory', async () => {
    const before = process.memoryUsage.rss();
    const ids: string[] = [];
    for (const { bytes } of odd)
      ids.push(await uploadPhoto(app.http.db, app.bench.storage, owner, bytes, { withJob: true }));
    const photos = await until('indexing', async () => {
      const found = await photosOf(ids);
      return found.every(({ status }) => status !== 'uploaded') && found;
    });
    for (const [i, { name, failure, hasFaces }] of odd.entries()) {
      const photo = photos.find(({ id }) => id === ids[i])!;
      assert.deepEqual(
        [photo.status, photo.failure_code, photo.pipeline_version],
        [failure === null ? 'approved' : 'failed', failure, PIPELINE_VERSION],
        name,
      );
      assert.equal((photo.face_count ?? 0) > 0, hasFaces && failure === null, `faces of ${name}`);
      if (failure !== null) continue;
      const thumbnail = await app.bench.storage.getBuffer(objectKeys.thumbnail(owner.eventId, photo.id, 'medium'));
      const { format, space, channels, width } = await sharp(thumbnail).metadata();
      assert.deepEqual([format, space, channels, width > 40], ['jpeg', 'srgb', 3, true], name);
    }
    const grown = (process.memoryUsage.rss() - before) / MB;
    assert.ok(grown < 700, `${grown} MB`);
    // what failed is a dead letter by now, with its reason
    const dead = await until('dead letters', async () => {
      const failed = await app.queues.failed('medium', 100);
      const mine = failed.filter(({ id }) => ids.some((photoId) => id.includes(photoId)));
      return mine.length === odd.filter(({ failure }) => failure !== null).length && mine;
    });
    for (const { reason } of dead) assert.match(reason, /photo cannot be indexed: [a-z_]+$/);
  });

  it('three hundred faces in one photo are all described, in one go', async () => {
    const before = process.memoryUsage.rss();
    const id = await uploadPhoto(app.http.db, app.bench.storage, owner, await crowd(), { withJob: true });
    const [photo] = await until('indexing', async () => {
      const found = await photosOf([id]);
      return found[0]?.status !== 'uploaded' && found;
    });
    const descriptors = await app.http.db
      .selectFrom('face_descriptors as d')
      .innerJoin('faces as f', 'f.id', 'd.face_id')
      .select('d.face_id')
      .where('f.photo_id', '=', id)
      .execute();
    assert.ok(photo!.face_count! >= 290 && photo!.face_count! <= 310, String(photo!.face_count));
    assert.equal(descriptors.length, photo!.face_count);
    assert.ok((process.memoryUsage.rss() - before) / MB < 700);
  });

  it('end a search by them with a code, and are gone from the store afterwards', async () => {
    const { token } = await app.http.person();
    const consent = await app.http.call('POST', '/api/consents', {
      token,
      body: { purpose: 'selfie_upload', eventId: owner.eventId },
    });
    for (const { name, fileName, bytes, selfie } of odd) {
      const form = new FormData();
      form.set('eventId', owner.eventId);
      form.set('consentId', consent.body.id);
      form.set('image', new Blob([new Uint8Array(bytes)], { type: 'image/jpeg' }), fileName);
      const reply = await fetch(`${app.http.url}/api/face/search`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: form,
      });
      const body = (await reply.json()) as { id: string; code?: string; detailTh?: string };
      if (reply.status !== 202) {
        assert.equal(body.code, selfie, name);
        assert.match(body.detailTh ?? '', /[ก-๙]/, name);
        continue;
      }
      const ended = await until(name, async () => {
        const status = await app.http.call('GET', `/api/face/search/${body.id}/status`, { token });
        return status.body.status !== 'queued' && status.body;
      });
      assert.deepEqual([ended.status, ended.errorCode], selfie ? ['failed', selfie] : ['done', null], name);
      assert.equal(await app.bench.storage.stat(`faces/searches/${body.id}`), undefined, name);
    }
  });
});
