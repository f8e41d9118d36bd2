import assert from 'node:assert/strict';
import { CURRENT_ENGINE } from '#contracts/pipeline.ts';
import type { Db } from '#server/platform/db.ts';
import { nextRevision, scopes } from '#server/platform/sync-revision.ts';
import { createTestDatabase, type TestDatabase } from '#test/database.ts';
import { insertEvent } from '#test/worker.ts';
import { createFaceIndexes } from './face-index.ts';

/** Little-endian, unit length, different for each number. */
function unitVector(number: number): Buffer {
  const values = new Float32Array(128);
  values[number] = 1;
  return Buffer.from(values.buffer);
}

describe('worker-ai/face-index', () => {
  let database: TestDatabase;
  let db: Db;

  async function addPhoto(owner: Awaited<ReturnType<typeof insertEvent>>, faceCount: number, status = 'approved') {
    const photo = await db
      .insertInto('photos')
      .values({
        event_id: owner.eventId,
        photographer_id: owner.photographerId,
        status,
        face_spaces: [CURRENT_ENGINE],
        sha256: Buffer.from(crypto.getRandomValues(new Uint8Array(32))),
        file_name: 'a.jpg',
        content_type: 'image/jpeg',
        bytes: 1,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    for (let ordinal = 0; ordinal < faceCount; ordinal++) {
      const face = await db
        .insertInto('faces')
        .values({
          photo_id: photo.id,
          event_id: owner.eventId,
          ordinal,
          box_x: 0,
          box_y: 0,
          box_width: 10,
          box_height: 10,
          score: 1,
          quality: 0.5,
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      await db
        .insertInto('face_descriptors')
        .values({
          face_id: face.id,
          event_id: owner.eventId,
          engine: CURRENT_ENGINE,
          descriptor: unitVector(ordinal),
        })
        .execute();
    }
    return photo.id;
  }
  const raise = (eventId: string) =>
    db.transaction().execute(async (trx) => void (await nextRevision(trx, scopes.eventFaces(eventId))));

  before(async () => {
    database = await createTestDatabase();
    db = database.db;
  });
  after(() => database?.drop());

  it('holds what may be searched, and notices every change by the revision', async () => {
    const owner = await insertEvent(db);
    const index = createFaceIndexes({ db, maxBytes: 1e7 });
    const photo = await addPhoto(owner, 2);
    await addPhoto(owner, 3, 'pending');
    await addPhoto(owner, 0);
    const first = await index.of(owner.eventId, CURRENT_ENGINE);
    assert.deepEqual([first.index.faces, first.photoCount, first.index.photos], [2, 2, 1]);
    assert.equal(await index.of(owner.eventId, CURRENT_ENGINE), first);
    await db
      .updateTable('faces')
      .set({ hidden_at: new Date() })
      .where('photo_id', '=', photo)
      .where('ordinal', '=', 0)
      .execute();
    await raise(owner.eventId);
    assert.equal((await index.of(owner.eventId, CURRENT_ENGINE)).index.faces, 1);
    await db.updateTable('photos').set({ deleted_at: new Date() }).where('id', '=', photo).execute();
    await raise(owner.eventId);
    assert.equal((await index.of(owner.eventId, CURRENT_ENGINE)).index.faces, 0);
  });

  it('reads once for many askers, and stays within its memory', async () => {
    const owners = [await insertEvent(db), await insertEvent(db), await insertEvent(db)];
    for (const owner of owners) await addPhoto(owner, 20);
    const index = createFaceIndexes({ db, maxBytes: 60_000 });
    const [a, b] = await Promise.all([0, 0].map((k) => index.of(owners[k]!.eventId, CURRENT_ENGINE)));
    assert.equal(a, b);
    for (const owner of owners) await index.of(owner.eventId, CURRENT_ENGINE);
    assert.ok(index.bytes <= 60_000 && index.size === 2, `${index.bytes} bytes, ${index.size} events`);
    assert.equal((await index.of(owners[0]!.eventId, CURRENT_ENGINE)).index.faces, 20);
  });
});
