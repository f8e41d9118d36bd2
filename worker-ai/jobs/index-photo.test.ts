import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import exifr from 'exifr';
import sharp from 'sharp';
import { thumbHashToApproximateAspectRatio } from 'thumbhash';
import { CURRENT_ENGINE, PIPELINE_VERSION } from '#contracts/pipeline.ts';
import type { Db } from '#server/platform/db.ts';
import { createLogger } from '#server/platform/logger.ts';
import { objectKeys } from '#server/platform/storage.ts';
import { createTestDatabase, type TestDatabase } from '#test/database.ts';
import { context, insertEvent, metrics, samplePhoto, startWorkerBench, uploadPhoto } from '#test/worker.ts';
import { createIndexPhotoJob, type IndexPhotoDeps } from './index-photo.job.ts';
import { createSweepJob } from './sweep-photos.job.ts';

/** A grey PNG of that size in a few kilobytes. */
const bomb = (side: number) =>
  sharp({
    create: { width: side, height: side, channels: 3, background: '#808080' },
    limitInputPixels: false,
  })
    .png({ compressionLevel: 9, palette: true, colours: 2 })
    .toBuffer();

describe('worker-ai/jobs/index-photo', function () {
  this.timeout(120_000);
  let database: TestDatabase;
  let db: Db;
  let bench: Awaited<ReturnType<typeof startWorkerBench>>;

  const run = (photoId: string, onStage?: IndexPhotoDeps['onStage']) =>
    createIndexPhotoJob({
      db,
      storage: bench.storage,
      engine: bench.shared,
      metrics,
      workDir: bench.folder,
      ...(onStage && { onStage }),
    })({ photoId, pipelineVersion: PIPELINE_VERSION }, context);
  const stateOf = async (photoId: string) => ({
    photo: await db.selectFrom('photos').selectAll().where('id', '=', photoId).executeTakeFirstOrThrow(),
    faces: await db.selectFrom('faces').selectAll().where('photo_id', '=', photoId).orderBy('ordinal').execute(),
    descriptors: await db
      .selectFrom('face_descriptors as d')
      .innerJoin('faces as f', 'f.id', 'd.face_id')
      .select(['d.face_id', 'd.engine', 'd.descriptor', 'd.created_at'])
      .where('f.photo_id', '=', photoId)
      .orderBy('f.ordinal')
      .execute(),
    files: await db.selectFrom('photo_files').selectAll().where('photo_id', '=', photoId).orderBy('kind').execute(),
    metadata: await db.selectFrom('photo_metadata').selectAll().where('photo_id', '=', photoId).execute(),
    jobs: await db.selectFrom('outbox').select(['topic', 'key']).where('topic', '=', 'match-photo').execute(),
  });

  before(async () => {
    database = await createTestDatabase();
    db = database.db;
    bench = await startWorkerBench();
  });
  after(async () => {
    await bench?.stop();
    await database?.drop();
  });

  it('makes faces, thumbnails, preview and metadata; a second run changes nothing', async () => {
    const owner = await insertEvent(db);
    const original = await samplePhoto(3);
    const id = await uploadPhoto(db, bench.storage, owner, original);
    await run(id);
    const first = await stateOf(id);
    assert.equal(first.photo.status, 'pending');
    assert.equal(first.photo.pipeline_version, PIPELINE_VERSION);
    assert.ok(first.faces.length >= 3, `${first.faces.length} faces`);
    assert.equal(first.photo.face_count, first.faces.length);
    assert.deepEqual(
      first.descriptors.map(({ engine, descriptor }) => [engine, descriptor.length]),
      first.faces.map(() => [CURRENT_ENGINE, 512]),
    );
    assert.match(first.photo.placeholder_color!, /^#[0-9a-f]{6}$/);
    const shape = thumbHashToApproximateAspectRatio(first.photo.thumb_hash!);
    assert.ok(Math.abs(shape - first.photo.width! / first.photo.height!) < 0.2, `blurred picture of shape ${shape}`);
    assert.ok(first.photo.focus_x! > 0 && first.photo.focus_x! < 1);
    assert.deepEqual(
      first.files.map((file) => file.kind),
      ['clean', 'large', 'medium', 'original', 'preview', 'small'],
    );
    // Sony wrote 23:11 without a zone: the event's zone is Bangkok.
    assert.equal(first.photo.taken_at!.toISOString(), '2016-12-17T16:11:47.000Z');
    assert.equal(first.metadata[0]!.camera_make, 'SONY');
    for (const face of first.faces) {
      assert.equal(face.landmarks!.length, 68 * 8);
      assert.ok(face.box_x >= -50 && face.box_x + face.box_width <= first.photo.width! + 50);
    }
    await run(id);
    assert.deepEqual(await stateOf(id), first);
    assert.deepEqual(
      (await readdir(bench.folder)).filter((name) => name.startsWith('photo-')),
      [],
    );
  });

  it('makes up for the blurred picture of photos indexed before there was one, without looking at faces again', async () => {
    const owner = await insertEvent(db);
    const id = await uploadPhoto(db, bench.storage, owner, await samplePhoto(2));
    await run(id);
    const made = await stateOf(id);
    const lost = await uploadPhoto(db, bench.storage, owner, await samplePhoto(2));
    await db.updateTable('photos').set({ thumb_hash: null }).where('id', '=', id).execute();
    await db
      .updateTable('photos')
      .set({ status: 'pending', pipeline_version: PIPELINE_VERSION, face_spaces: made.photo.face_spaces })
      .where('id', '=', lost)
      .execute();
    const sweep = createSweepJob({ db, storage: bench.storage, logger: createLogger('silent', 'test') });
    await sweep({}, context);
    const again = await stateOf(id);
    assert.deepEqual(again.photo.thumb_hash, made.photo.thumb_hash);
    assert.ok(again.photo.revision > made.photo.revision, 'phones pull it');
    assert.deepEqual([again.faces, again.descriptors], [made.faces, made.descriptors]);
    assert.equal((await stateOf(lost)).photo.thumb_hash!.length, 0, 'none can be made: not tried again');
    await sweep({}, context);
    assert.equal((await stateOf(id)).photo.revision, again.photo.revision);
  });

  it('serves no metadata of the original, not even its position, and marks what is large', async () => {
    const owner = await insertEvent(db);
    const original = await sharp(await samplePhoto(1))
      .withExif({
        IFD3: {
          GPSLatitudeRef: 'N',
          GPSLatitude: '13/1 45/1 0/1',
          GPSLongitudeRef: 'E',
          GPSLongitude: '100/1 30/1 0/1',
        },
      })
      .toBuffer();
    assert.ok(await exifr.gps(original), 'the original has a position');
    const id = await uploadPhoto(db, bench.storage, owner, original);
    await run(id);
    const { files, metadata, photo } = await stateOf(id);
    assert.equal(metadata[0]!.had_gps, true);
    for (const file of files.filter(({ kind }) => kind !== 'original')) {
      const data = await bench.storage.getBuffer(file.object_key);
      const info = await sharp(data).metadata();
      assert.equal(info.exif, undefined, file.kind);
      assert.equal(await exifr.parse(data), undefined, file.kind);
      assert.deepEqual([info.width, info.height], [file.width, file.height]);
    }
    const preview = await sharp(await bench.storage.getBuffer(objectKeys.preview(owner.eventId, id)))
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { width, height } = preview.info;
    assert.ok(width <= 1920 && height <= 1080);
    const plain = await sharp(original).resize(width, height).removeAlpha().raw().toBuffer();
    const clean = await sharp(await bench.storage.getBuffer(objectKeys.clean(owner.eventId, id)))
      .raw()
      .toBuffer({ resolveWithObject: true });
    assert.deepEqual([clean.info.width, clean.info.height], [width, height]);
    const difference = (x0: number, y0: number, x1: number, y1: number, { data } = preview) => {
      let sum = 0;
      let count = 0;
      for (let y = Math.floor(y0 * height); y < y1 * height; y++)
        for (let x = Math.floor(x0 * width); x < x1 * width; x++, count++)
          sum += Math.abs(data[(y * width + x) * 3]! - plain[(y * width + x) * 3]!);
      return sum / count;
    };
    const corner = difference(0.7, 0.9, 0.98, 0.98);
    const elsewhere = difference(0.1, 0.1, 0.5, 0.5);
    assert.ok(corner > elsewhere * 2, `corner ${corner}, elsewhere ${elsewhere}`);
    const unmarked = difference(0.7, 0.9, 0.98, 0.98, clean);
    assert.ok(unmarked * 2 < corner, `without mark ${unmarked}, with ${corner}`);
    assert.ok(photo.width! >= width);
  });

  it('repeats a job that was killed between storage and transaction without double effects', async () => {
    const owner = await insertEvent(db, { auto_approve: true, watermark_mode: 'tiled' });
    const id = await uploadPhoto(db, bench.storage, owner, await samplePhoto(5));
    for (const cut of ['decoded', 'described', 'stored']) {
      await assert.rejects(
        run(id, (stage) => {
          if (stage === cut) throw new Error('power cut');
        }),
        /power cut/,
      );
      const cutState = await stateOf(id);
      assert.equal(cutState.photo.status, 'uploaded');
      assert.equal(cutState.faces.length, 0);
    }
    // Two workers at once: one of them writes.
    await Promise.all([run(id), run(id)]);
    const { photo, faces, files, jobs } = await stateOf(id);
    assert.equal(photo.status, 'approved');
    assert.equal(new Set(faces.map((face) => face.ordinal)).size, photo.face_count);
    assert.equal(files.length, 6);
    assert.equal(jobs.filter((job) => job.key.startsWith(id)).length, 1);
  });

  it('keeps status and face rows when an approved photo is indexed anew', async () => {
    const owner = await insertEvent(db, { auto_approve: true });
    const id = await uploadPhoto(db, bench.storage, owner, await samplePhoto(2));
    await run(id);
    const first = await stateOf(id);
    await db.updateTable('faces').set({ hidden_at: new Date() }).where('id', '=', first.faces[0]!.id).execute();
    await db.updateTable('photos').set({ pipeline_version: 0 }).where('id', '=', id).execute();
    await db.updateTable('events').set({ auto_approve: false }).where('id', '=', owner.eventId).execute();
    await run(id);
    const second = await stateOf(id);
    assert.equal(second.photo.status, 'approved');
    assert.deepEqual(
      second.faces.map((face) => face.id),
      first.faces.map((face) => face.id),
    );
    assert.ok(second.faces[0]!.hidden_at);
  });

  it('describes no face in an event without face search', async () => {
    const owner = await insertEvent(db, { face_search_enabled: false });
    const id = await uploadPhoto(db, bench.storage, owner, await samplePhoto(2));
    await run(id);
    const { photo, faces } = await stateOf(id);
    assert.equal(photo.status, 'pending');
    assert.deepEqual(photo.face_spaces, []);
    assert.equal(faces.length, 0);
  });

  it('fails poison with a code, for good, and goes on with the rest', async () => {
    const owner = await insertEvent(db);
    const real = await samplePhoto(6);
    const poison: Array<[string, Buffer, string]> = [
      ['text named .jpg', Buffer.from('this is no picture\n'.repeat(50)), 'not_an_image'],
      ['truncated JPEG', real.subarray(0, Math.floor(real.length / 3)), 'truncated'],
      ['decompression bomb', await bomb(14_000), 'too_large'],
      [
        'tiny',
        await sharp({ create: { width: 8, height: 8, channels: 3, background: '#fff' } })
          .png()
          .toBuffer(),
        'too_small',
      ],
      ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="500" height="500"></svg>'), 'not_an_image'],
    ];
    for (const [name, content, failure] of poison) {
      const id = await uploadPhoto(db, bench.storage, owner, content);
      await assert.rejects(run(id), { name: 'UnrecoverableError' }, name);
      const { photo, files } = await stateOf(id);
      assert.equal(photo.status, 'failed', name);
      assert.equal(photo.failure_code, failure, name);
      assert.equal(files.length, 1, name);
      await run(id);
    }
    const lost = await uploadPhoto(db, bench.storage, owner, Buffer.from('x'));
    await bench.storage.remove([objectKeys.original(owner.eventId, lost, 'jpg')]);
    await assert.rejects(run(lost), { name: 'UnrecoverableError' });
    assert.equal((await stateOf(lost)).photo.failure_code, 'original_missing');
    const good = await uploadPhoto(db, bench.storage, owner, real);
    await run(good);
    assert.equal((await stateOf(good)).photo.status, 'pending');
  });
});
