import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import sharp from 'sharp';
import { CURRENT_ENGINE } from '#contracts/pipeline.ts';
import { createLogger } from '#server/platform/logger.ts';
import { startSearchApp } from '#test/search-app.ts';
import { context, insertEvent, samplePhoto, uploadPhoto } from '#test/worker.ts';
import { createSweepJob } from './jobs/sweep-photos.job.ts';

type App = Awaited<ReturnType<typeof startSearchApp>>;

describe('hide me at this event, and deletion that reaches every copy', function () {
  this.timeout(180_000);
  let app: App;
  let http: App['http'];
  let owner: Awaited<ReturnType<typeof insertEvent>>;
  let admin: Awaited<ReturnType<App['http']['person']>>;
  const photos: string[] = [];

  async function until<T>(what: string, check: () => Promise<T | undefined | false>): Promise<T> {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await pause(50)) {
      const value = await check();
      if (value) return value;
    }
    throw new Error(`${what} did not happen`);
  }
  const photoOf = async (number: number, width: number) =>
    sharp(await samplePhoto(number))
      .resize(width, width, { fit: 'inside' })
      .jpeg({ quality: 92 })
      .toBuffer();
  async function addPhoto(content: Buffer): Promise<string> {
    const id = await uploadPhoto(http.db, app.bench.storage, owner, content, { withJob: true });
    await until('indexing', async () => {
      const row = await http.db
        .selectFrom('photos')
        .select('face_spaces')
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      return row.face_spaces.length > 0;
    });
    return id;
  }
  const faces = () =>
    http.db
      .selectFrom('faces as f')
      .leftJoin('face_descriptors as d', 'd.face_id', 'f.id')
      .select(['f.id', 'f.photo_id as photoId', 'f.hidden_at as hiddenAt', 'd.descriptor', 'f.box_height as height'])
      .orderBy('f.id')
      .execute();
  const consentOf = async (token: string, purpose: string) =>
    (await http.call('POST', '/api/consents', { token, body: { purpose, eventId: owner.eventId } })).body.id as string;
  /** Faces by which a search for this descriptor finds photos for somebody. */
  async function found(descriptor: number[]): Promise<string[]> {
    const { token } = await http.person();
    const consentId = await consentOf(token, 'face_search');
    const body = { eventId: owner.eventId, engine: CURRENT_ENGINE, descriptor, consentId };
    const { id } = (await http.call('POST', '/api/face/search', { token, body })).body;
    await until('the search', async () => {
      const status = (await http.call('GET', `/api/face/search/${id}/status`, { token })).body.status;
      return status === 'done';
    });
    const shown = (await http.call('GET', `/api/face/search/${id}/results`, { token })).body.items;
    const photoIds = shown.map((item: { photoId: string }) => item.photoId);
    const matches = await http.db.selectFrom('face_matches').selectAll().where('search_id', '=', id).execute();
    return matches.flatMap((match) => (photoIds.includes(match.photo_id) && match.face_id ? [match.face_id] : []));
  }
  const hidesOf = async (token: string) => (await http.call('GET', '/api/face/hide', { token })).body.items[0];
  const sweep = () =>
    createSweepJob({ db: http.db, storage: app.bench.storage, logger: createLogger('silent', 'test') })({}, context);
  /** Columns of every table that hold exactly these bytes. */
  async function tracesOf(bytes: Buffer): Promise<string[]> {
    const { rows } = await sql<{ table: string; column: string }>`
      select table_name as table, column_name as column from information_schema.columns
      where table_schema = 'public' and data_type = 'bytea'`.execute(http.db);
    const hits: string[] = [];
    for (const { table, column } of rows) {
      const { rows: found } =
        await sql`select 1 from ${sql.table(table)} where ${sql.ref(column)} = ${bytes} limit 1`.execute(http.db);
      if (found.length > 0) hits.push(`${table}.${column}`);
    }
    return hits.sort();
  }
  const numbers = (bytes: Buffer) => Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4));

  before(async () => {
    app = await startSearchApp();
    http = app.http;
    owner = await insertEvent(http.db, { auto_approve: true });
    admin = await http.person('admin');
    photos.push(await addPhoto(await photoOf(3, 900)), await addPhoto(await photoOf(5, 900)));
  });
  after(() => app?.stop());

  it('hides sure faces at once, for good when confirmed, in later photos too, and shows them again on wish', async () => {
    const me = await http.person();
    const mine = (await faces()).filter(({ photoId }) => photoId === photos[0]).sort((a, b) => b.height - a.height)[0]!;
    const descriptor = numbers(mine.descriptor!);
    assert.ok((await found(descriptor)).includes(mine.id));
    const body = { eventId: owner.eventId, engine: CURRENT_ENGINE, descriptor };
    const ask = (more: object) => http.call('POST', '/api/face/hide', { token: me.token, body: { ...body, ...more } });
    const wrong = await consentOf(me.token, 'face_search');
    assert.equal((await ask({ consentId: wrong })).body.code, 'consent.required');
    const consentId = await consentOf(me.token, 'hide_me');
    assert.equal((await ask({ consentId, engine: 'arcface-512-r1' })).body.code, 'face.engine_mismatch');
    const asked = await ask({ consentId });
    assert.equal(asked.status, 202, JSON.stringify(asked.body));
    const hide = await until('hiding', async () => {
      const now = await hidesOf(me.token);
      return now.hiddenFaces > 0 && now;
    });
    assert.equal(hide.status, 'requested');
    assert.ok(!(await found(descriptor)).includes(mine.id), 'nobody finds the face any more');

    // Somebody else's request is nobody's business; an admin sees the faces and confirms.
    assert.equal((await http.call('DELETE', `/api/face/hide/${hide.id}`, { token: admin.token })).status, 404);
    const path = `/api/admin/privacy-requests/${hide.requestId}`;
    const shown = (await http.call('GET', `${path}/faces`, { token: admin.token })).body;
    assert.ok(
      shown.items.some((face: { faceId: string; state: string }) => face.faceId === mine.id && face.state === 'hidden'),
    );
    const decided = await http.call('PUT', path, { token: admin.token, body: { status: 'completed' } });
    assert.equal(decided.body.status, 'completed', JSON.stringify(decided.body));
    assert.equal((await faces()).find(({ id }) => id === mine.id)?.descriptor, null);
    assert.deepEqual(await tracesOf(mine.descriptor!), ['face_opt_outs.descriptor', 'face_searches.descriptor']);

    // The same person in a photo that comes later, alone: hidden, and out of gallery and shop.
    const { box_x, box_y, box_width, box_height } = await http.db
      .selectFrom('faces')
      .selectAll()
      .where('id', '=', mine.id)
      .executeTakeFirstOrThrow();
    const picture = sharp(await photoOf(3, 900));
    const { width, height } = await picture.metadata();
    const left = Math.max(0, Math.round(box_x - box_width * 0.6));
    const top = Math.max(0, Math.round(box_y - box_height * 0.6));
    const alone = await picture
      .extract({
        left,
        top,
        width: Math.min(width - left, Math.round(box_width * 2.2)),
        height: Math.min(height - top, Math.round(box_height * 2.2)),
      })
      .resize({ width: 500 })
      .jpeg({ quality: 95 })
      .toBuffer();
    const late = await addPhoto(alone);
    const lateFace = await until('hiding of the late photo', async () => {
      const own = (await faces()).filter(({ photoId }) => photoId === late).sort((a, b) => b.height - a.height)[0];
      return own?.hiddenAt ? own : undefined;
    });
    assert.equal(lateFace.descriptor, null);
    await until('the photo to leave the gallery', async () => {
      const row = await http.db.selectFrom('photos').select('status').where('id', '=', late).executeTakeFirstOrThrow();
      return row.status === 'rejected';
    });
    const group = await http.db
      .selectFrom('photos')
      .select('status')
      .where('id', '=', photos[0]!)
      .executeTakeFirstOrThrow();
    assert.equal(group.status, 'approved', 'a photo of others stays theirs');

    // The person changes their mind.
    const undone = await http.call('DELETE', `/api/face/hide/${hide.id}`, { token: me.token });
    assert.deepEqual([undone.body.status, undone.body.hiddenFaces], ['withdrawn', 0]);
    await until(
      'the face to be described again',
      async () => (await faces()).find(({ id }) => id === mine.id)?.descriptor,
    );
    await until('being found again', async () => (await found(descriptor)).includes(mine.id));
    const back = await http.db.selectFrom('photos').select('status').where('id', '=', late).executeTakeFirstOrThrow();
    assert.equal(back.status, 'approved');
    const left2 = await http.db.selectFrom('face_opt_outs').select('id').where('descriptor', 'is not', null).execute();
    assert.deepEqual(left2, []);
  });

  it('stays hidden when the account is erased, and nothing of the person’s face stays', async () => {
    const me = await http.person();
    const mine = (await faces()).filter(({ photoId }) => photoId === photos[1]).sort((a, b) => b.height - a.height)[0]!;
    const descriptor = numbers(mine.descriptor!);
    // A little off, as a selfie is: to be told from the face's own numbers.
    const own = descriptor.map((value, i) => value + (i % 2 ? 2e-4 : -2e-4));
    const length = Math.hypot(...own);
    const selfie = own.map((value) => value / length);
    const searchConsent = await consentOf(me.token, 'face_search');
    const hideConsent = await consentOf(me.token, 'hide_me');
    const body = { eventId: owner.eventId, engine: CURRENT_ENGINE, descriptor: selfie };
    const search = await http.call('POST', '/api/face/search', {
      token: me.token,
      body: { ...body, consentId: searchConsent },
    });
    const kept = await http.db
      .selectFrom('face_searches')
      .select('descriptor')
      .where('id', '=', search.body.id)
      .executeTakeFirstOrThrow();
    const asked = await http.call('POST', '/api/face/hide', {
      token: me.token,
      body: { eventId: owner.eventId, consentId: hideConsent, searchId: search.body.id },
    });
    assert.equal(asked.status, 202, JSON.stringify(asked.body));
    await until('hiding', async () => (await hidesOf(me.token)).hiddenFaces > 0);
    assert.deepEqual(await tracesOf(kept.descriptor!), ['face_opt_outs.descriptor', 'face_searches.descriptor']);
    await app.eraseUser(me.userId);
    assert.deepEqual(await tracesOf(kept.descriptor!), []);
    const face = (await faces()).find(({ id }) => id === mine.id)!;
    assert.ok(face.hiddenAt, 'erased, and still not to be found');
    assert.equal(face.descriptor, null);
    assert.ok(!(await found(descriptor)).includes(mine.id));
  });

  it('leaves no descriptor of an event that was deleted, in no table, and no picture in the store', async () => {
    const before = (await faces()).filter((face) => face.descriptor);
    assert.ok(before.length > 0);
    const stored = () => app.bench.storage.list(`events/${owner.eventId}/`);
    const kinds = new Set((await stored()).map((key) => key.split('/').slice(2, -1).join('/')));
    for (const kind of [
      'originals',
      'thumbnails/small',
      'thumbnails/medium',
      'thumbnails/large',
      'watermarked',
      'downloads/clean',
    ])
      assert.ok(kinds.has(kind), `${kind} is there before: ${[...kinds].join()}`);
    await http.db.updateTable('events').set({ deleted_at: new Date() }).where('id', '=', owner.eventId).execute();
    // What was being indexed at that moment is found by the next sweep.
    await until('the faces to be gone and the store to be empty', async () => {
      await sweep();
      return (await faces()).length === 0 && (await stored()).length === 0;
    });
    assert.deepEqual(await http.db.selectFrom('photo_files').selectAll().execute(), []);
    assert.deepEqual(await http.db.selectFrom('photo_metadata').selectAll().execute(), []);
    for (const { descriptor } of before) assert.deepEqual(await tracesOf(descriptor!), []);
    for (const table of ['face_groups', 'face_group_actions', 'face_opt_out_faces'] as const)
      assert.deepEqual(await http.db.selectFrom(table).selectAll().execute(), []);
  });
});
