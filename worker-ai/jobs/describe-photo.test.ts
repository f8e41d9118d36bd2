import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import sharp from 'sharp';
import { builtInManifests, createCatalogue, type NetworkManifest } from '#contracts/descriptors.ts';
import { CURRENT_ENGINE, PIPELINE_VERSION } from '#contracts/pipeline.ts';
import { descriptorFromBytes, euclidean } from '#face/descriptor.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { createFaceEnginesService } from '#server/modules/face-engines/service.ts';
import type { Db } from '#server/platform/db.ts';
import { createLogger } from '#server/platform/logger.ts';
import { createTestDatabase, type TestDatabase } from '#test/database.ts';
import { context, insertEvent, metrics, samplePhoto, startWorkerBench, uploadPhoto } from '#test/worker.ts';
import { type SharedEngine, shareEngine } from '../engine.ts';
import { offerEngines } from '../offer.ts';
import { createDescribePhotoJob } from './describe-photo.job.ts';
import { createIndexPhotoJob } from './index-photo.job.ts';
import { createSweepJob } from './sweep-photos.job.ts';

/** Large enough for its faces, small enough to be quick. */
const smallPhoto = async (number: number): Promise<Buffer> =>
  sharp(await samplePhoto(number))
    .resize(900, 900, { fit: 'inside' })
    .jpeg()
    .toBuffer();

/** Another space of the network that is always there: it sees more of what is around the face. */
const OTHER = 'faceapi-wide-128-r1';
const wide: NetworkManifest = {
  ...(builtInManifests[0] as NetworkManifest),
  id: OTHER,
  title: 'for tests',
  notice: { th: 'โปรดอ่าน', en: 'please read' },
  alignment: { template: 'dlib', scale: 1.3 },
};
const catalogue = createCatalogue([...builtInManifests, wide]);

describe('worker-ai/jobs/describe-photo', function () {
  this.timeout(120_000);
  let database: TestDatabase;
  let db: Db;
  let bench: Awaited<ReturnType<typeof startWorkerBench>>;
  let engine: SharedEngine;
  let engines: ReturnType<typeof createFaceEnginesService>;
  let admin: Viewer;
  let owner: Awaited<ReturnType<typeof insertEvent>>;
  const logger = createLogger('silent', 'test');

  const deps = () => ({ db, storage: bench.storage, engine, metrics, workDir: bench.folder });
  const describePhoto = (photoId: string, attempt = 1) =>
    createDescribePhotoJob(deps())({ photoId }, { ...context, attempt });
  const index = (photoId: string) =>
    createIndexPhotoJob(deps())({ photoId, pipelineVersion: PIPELINE_VERSION }, context);
  const sweep = () => createSweepJob({ db, storage: bench.storage, logger })({}, context);
  /** Jobs of the outbox that nobody relays here, taken once. */
  async function takeJobs(): Promise<string[]> {
    const rows = await db.deleteFrom('outbox').where('topic', '=', 'describe-photo').returning('payload').execute();
    return rows.map(({ payload }) => (payload as { photoId: string }).photoId);
  }
  const facesOf = (eventId: string) =>
    db
      .selectFrom('faces as f')
      .leftJoin('face_descriptors as d', 'd.face_id', 'f.id')
      .select(['f.id', 'd.engine', 'd.descriptor', 'd.created_at as madeAt'])
      .where('f.event_id', '=', eventId)
      .orderBy('f.id')
      .orderBy('d.engine')
      .execute();
  const engineOf = async (eventId: string) =>
    (await db.selectFrom('events').select('face_engine').where('id', '=', eventId).executeTakeFirstOrThrow())
      .face_engine;
  const enginesIn = async (eventId: string) => {
    const counts: Record<string, number> = {};
    for (const { engine: space } of await facesOf(eventId)) counts[space ?? '-'] = (counts[space ?? '-'] ?? 0) + 1;
    return counts;
  };
  async function eventWithPhotos(numbers: readonly number[]) {
    const mine = await insertEvent(db, { auto_approve: true });
    const photos: string[] = [];
    for (const number of numbers) {
      photos.push(await uploadPhoto(db, bench.storage, mine, await smallPhoto(number)));
      await index(photos.at(-1)!);
    }
    await takeJobs();
    return { ...mine, photos };
  }

  before(async () => {
    database = await createTestDatabase();
    db = database.db;
    bench = await startWorkerBench();
    engine = shareEngine(bench.engine, { catalogue });
    engines = createFaceEnginesService({
      db,
      storage: bench.storage,
      events: {
        requireVisible: async (at, id) =>
          at.selectFrom('events').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
      },
    });
    await offerEngines({ db, storage: bench.storage, logger, catalogue });
    owner = await insertEvent(db);
    admin = { userId: owner.userId, role: 'admin', isGuest: false } as Viewer;
  });
  after(async () => {
    await bench?.stop();
    await database?.drop();
  });

  it('is off until an admin accepted the words that stand there, which the audit trail keeps', async () => {
    const { eventId } = owner;
    const before = (await engines.list()).find(({ id }) => id === OTHER)!;
    assert.deepEqual([before.isInstalled, before.isEnabled, before.accepted], [true, false, null]);
    await assert.rejects(engines.change(admin, eventId, OTHER), { code: 'face.engine_disabled' });
    await assert.rejects(engines.setDefault(admin, OTHER), { code: 'face.engine_disabled' });
    await assert.rejects(engines.accept(admin, OTHER, '0'.repeat(64)), { code: 'resource.conflict' });
    const after = await engines.accept(admin, OTHER, before.noticeHash!);
    assert.deepEqual([after.isEnabled, after.accepted?.by], [true, 'Photographer']);
    const lines = await db.selectFrom('audit_logs').selectAll().where('action', '=', 'engine.accept').execute();
    assert.deepEqual(
      lines.map(({ actor_id, subject_id, details }) => [
        actor_id,
        subject_id,
        (details as { noticeHash: string }).noticeHash,
      ]),
      [[owner.userId, OTHER, before.noticeHash]],
    );
    await assert.rejects(engines.change(admin, eventId, 'nobody-knows-r9'), { code: 'face.engine_unknown' });
    await assert.rejects(engines.change(admin, eventId, CURRENT_ENGINE), { code: 'resource.conflict' });
  });

  it('switches an event at once when the last photo is described, each face once, rows and feedback as they were', async () => {
    const event = await eventWithPhotos([3, 5]);
    const before = await facesOf(event.eventId);
    assert.ok(before.length >= 4);
    await db
      .insertInto('face_feedback')
      .values({
        user_id: owner.userId,
        photo_id: event.photos[0]!,
        event_id: event.eventId,
        face_id: before[0]!.id,
        verdict: 'me',
      })
      .execute();
    const started = await engines.change(admin, event.eventId, OTHER);
    assert.deepEqual([started.change?.photos, started.change?.described, started.engine], [2, 0, CURRENT_ENGINE]);
    await assert.rejects(engines.change(admin, event.eventId, OTHER), { code: 'face.engine_changing' });
    const jobs = await takeJobs();
    assert.deepEqual([...jobs].sort(), [...event.photos].sort());

    await describePhoto(jobs[0]!);
    const half = await engines.stateOf(event.eventId);
    assert.deepEqual([half.engine, half.change?.described, half.change?.status], [CURRENT_ENGINE, 1, 'running']);
    const first = await facesOf(event.eventId);
    // A crash repeats a job: nothing is made a second time.
    await Promise.all([describePhoto(jobs[0]!), describePhoto(jobs[0]!)]);
    assert.deepEqual(await facesOf(event.eventId), first);

    // A photo that arrives now is described for what is searched and for what comes.
    const late = await uploadPhoto(db, bench.storage, event, await smallPhoto(2));
    await index(late);
    assert.deepEqual(
      (await db.selectFrom('photos').select('face_spaces').where('id', '=', late).executeTakeFirstOrThrow())
        .face_spaces,
      [CURRENT_ENGINE, OTHER],
    );
    assert.equal(await engineOf(event.eventId), CURRENT_ENGINE);

    await Promise.all([describePhoto(jobs[1]!), describePhoto(jobs[1]!)]);
    assert.equal(await engineOf(event.eventId), OTHER);
    const done = await engines.stateOf(event.eventId);
    assert.deepEqual([done.change?.status, done.change?.described], ['switched', 3]);
    const after = await facesOf(event.eventId);
    const counts = await enginesIn(event.eventId);
    assert.equal(counts[OTHER], counts[CURRENT_ENGINE]);
    for (const { id } of before) assert.equal(after.filter((face) => face.id === id).length, 2);
    const feedback = await db.selectFrom('face_feedback').selectAll().where('event_id', '=', event.eventId).execute();
    assert.equal(feedback[0]!.face_id, before[0]!.id);
    const switches = await db
      .selectFrom('audit_logs')
      .select('id')
      .where('action', '=', 'faces.engine_switch')
      .where('subject_id', '=', event.eventId)
      .execute();
    assert.equal(switches.length, 1);
    await assert.rejects(engines.withdraw(admin, OTHER), { code: 'face.engine_in_use' });
  });

  it('describes from stored landmarks what indexing would describe', async () => {
    const event = await eventWithPhotos([4]);
    await engines.change(admin, event.eventId, OTHER);
    for (const photo of await takeJobs()) await describePhoto(photo);
    const described = (await facesOf(event.eventId)).filter((face) => face.engine === OTHER);
    // The same photo, indexed in both spaces at once.
    await db.updateTable('photos').set({ pipeline_version: 0 }).where('id', '=', event.photos[0]!).execute();
    await index(event.photos[0]!);
    const indexed = (await facesOf(event.eventId)).filter((face) => face.engine === OTHER);
    assert.deepEqual(
      indexed.map(({ id }) => id),
      described.map(({ id }) => id),
    );
    for (const [i, face] of indexed.entries()) {
      const apart = euclidean(descriptorFromBytes(face.descriptor!), descriptorFromBytes(described[i]!.descriptor!));
      assert.ok(apart < 0.02, `face ${i} is ${apart} apart`);
    }
  });

  it('keeps the old space for an open search and drops it when nobody needs it any more', async () => {
    const event = await eventWithPhotos([6]);
    const consent = await db
      .insertInto('consents')
      .values({ user_id: owner.userId, purpose: 'face_search', text_version: '1', text_hash: 'x', language: 'th' })
      .returning('id')
      .executeTakeFirstOrThrow();
    const search = await db
      .insertInto('face_searches')
      .values({
        user_id: owner.userId,
        event_id: event.eventId,
        consent_id: consent.id,
        source: 'descriptor',
        engine: CURRENT_ENGINE,
        descriptor: (await facesOf(event.eventId))[0]!.descriptor,
        status: 'done',
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await engines.change(admin, event.eventId, OTHER);
    for (const photo of await takeJobs()) await describePhoto(photo);
    assert.equal(await engineOf(event.eventId), OTHER);
    await sweep();
    assert.ok((await enginesIn(event.eventId))[CURRENT_ENGINE]! > 0, 'an open search is answered in its own space');
    assert.deepEqual((await engines.stateOf(event.eventId)).openSearches, [{ engine: CURRENT_ENGINE, count: 1 }]);
    const late = await uploadPhoto(db, bench.storage, event, await smallPhoto(1));
    await index(late);
    const both = await db.selectFrom('photos').select('face_spaces').where('id', '=', late).executeTakeFirstOrThrow();
    assert.deepEqual([...both.face_spaces].sort(), [CURRENT_ENGINE, OTHER].sort());
    await db
      .updateTable('face_searches')
      .set({ open_until: new Date(0) })
      .where('id', '=', search.id)
      .execute();
    await sweep();
    assert.deepEqual(Object.keys(await enginesIn(event.eventId)), [OTHER]);
    const spaces = await db.selectFrom('photos').select('face_spaces').where('event_id', '=', event.eventId).execute();
    assert.deepEqual(
      spaces.map((row) => row.face_spaces),
      [[OTHER], [OTHER]],
    );
  });

  it('can be cancelled and taken up again; what cannot be described is named and waits for an admin', async () => {
    const event = await eventWithPhotos([3, 4]);
    await engines.change(admin, event.eventId, OTHER);
    const [one, two] = await takeJobs();
    await describePhoto(one!);
    assert.equal((await engines.cancel(admin, event.eventId)).change?.status, 'cancelled');
    await describePhoto(two!);
    assert.equal((await enginesIn(event.eventId))[OTHER]! < (await enginesIn(event.eventId))[CURRENT_ENGINE]!, true);
    const again = await engines.change(admin, event.eventId, OTHER);
    assert.equal(again.change?.described, 1);
    const left = await takeJobs();
    assert.deepEqual(left, [two]);

    const { objectKey } = await db
      .selectFrom('photo_files')
      .select('object_key as objectKey')
      .where('photo_id', '=', two!)
      .where('kind', '=', 'original')
      .executeTakeFirstOrThrow();
    const original = await bench.storage.getBuffer(objectKey);
    await bench.storage.remove([objectKey]);
    await assert.rejects(describePhoto(two!), { name: 'UnrecoverableError' });
    await sweep();
    const stuck = await engines.stateOf(event.eventId);
    assert.deepEqual([stuck.engine, stuck.change?.status], [CURRENT_ENGINE, 'running']);
    assert.deepEqual(stuck.change?.failed, [{ photoId: two, reason: 'original_missing', attempts: 1 }]);

    await bench.storage.putBuffer(objectKey, original, 'image/jpeg');
    assert.deepEqual((await engines.retry(admin, event.eventId)).change?.failed, []);
    await bench.storage.remove([objectKey]);
    for (const photo of await takeJobs()) await assert.rejects(describePhoto(photo));
    const switched = await engines.switchNow(admin, event.eventId);
    assert.deepEqual([switched.engine, switched.change?.status], [OTHER, 'switched']);
    await assert.rejects(engines.cancel(admin, event.eventId), { code: 'resource.conflict' });
  });

  it('switches an event without photos at once, and describes new events in the default space', async () => {
    const empty = await insertEvent(db);
    assert.equal((await engines.change(admin, empty.eventId, OTHER)).engine, OTHER);
    assert.equal((await engines.setDefault(admin, OTHER)).isDefault, true);
    assert.equal(await engines.defaultEngine(), OTHER);
    await engines.setDefault(admin, CURRENT_ENGINE);
    assert.equal(await engines.defaultEngine(), CURRENT_ENGINE);
    await assert.rejects(engines.stateOf(randomUUID()), { code: 'event.not_found' });
  });
});
