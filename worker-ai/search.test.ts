import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { CURRENT_ENGINE } from '#contracts/pipeline.ts';
import { decodeImage } from '#face/node/decode.ts';
import { describeServer, ENGINE_ID } from '#face/pipeline.ts';
import { createLogger } from '#server/platform/logger.ts';
import { nextRevision, scopes } from '#server/platform/sync-revision.ts';
import { startSearchApp } from '#test/search-app.ts';
import { context, insertEvent, samplePhoto, uploadPhoto } from '#test/worker.ts';
import { createSweepJob } from './jobs/sweep-photos.job.ts';

describe('face search, from the request to the worker and back', function () {
  this.timeout(180_000);
  let app: Awaited<ReturnType<typeof startSearchApp>>;
  let http: (typeof app)['http'];
  let bench: (typeof app)['bench'];
  let queues: (typeof app)['queues'];
  let worker: (typeof app)['worker'];
  let service: (typeof app)['service'];
  let owner: Awaited<ReturnType<typeof insertEvent>>;
  const photos: string[] = [];
  /** A descriptor as a phone would send it, and one that is nobody's. */
  let selfie: number[];
  let other: number[];

  async function until<T>(what: string, check: () => Promise<T | undefined | false>): Promise<T> {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await pause(50)) {
      const value = await check();
      if (value) return value;
    }
    throw new Error(`${what} did not happen`);
  }
  const consentOf = async (token: string, purpose = 'face_search') => {
    const reply = await http.call('POST', '/api/consents', { token, body: { purpose, eventId: owner.eventId } });
    assert.equal(reply.status, 201, JSON.stringify(reply.body));
    return reply.body.id as string;
  };
  const start = (token: string, body: Record<string, unknown>) =>
    http.call('POST', '/api/face/search', { token, body: { eventId: owner.eventId, engine: CURRENT_ENGINE, ...body } });
  const finished = (token: string, id: string) =>
    until('the search', async () => {
      const { body } = await http.call('GET', `/api/face/search/${id}/status`, { token });
      return body.status !== 'queued' && body;
    });
  const resultsOf = async (token: string, id: string) =>
    (await http.call('GET', `/api/face/search/${id}/results`, { token })).body;

  before(async () => {
    app = await startSearchApp();
    ({ http, bench, queues, worker, service } = app);
    owner = await insertEvent(http.db, { auto_approve: true });
    for (const number of [2, 3, 4, 5, 6])
      photos.push(await uploadPhoto(http.db, bench.storage, owner, await samplePhoto(number), { withJob: true }));
    await until('indexing', async () => {
      const rows = await http.db.selectFrom('photos').select('status').execute();
      return rows.every((row) => row.status === 'approved');
    });
    // Somebody in the first photo who is in another one, too, described from the first: as a selfie of theirs.
    const faces = await http.db.selectFrom('face_descriptors').select('descriptor').execute();
    const nearest = (query: Float32Array) =>
      Math.min(
        ...faces.map(({ descriptor }) => Math.hypot(...query.map((value, i) => value - descriptor.readFloatLE(i * 4)))),
      );
    const { image } = await decodeImage(await samplePhoto(1));
    const people = (await describeServer(image, bench.engine)).map(({ descriptor }) => descriptor);
    selfie = [...people.sort((a, b) => nearest(a) - nearest(b))[0]!];
    other = Array.from({ length: 128 }, (_, i) => (i % 2 ? 1 : -1) / Math.sqrt(128));
  });
  after(() => app?.stop());

  it('knows the engine that the phone names', () => assert.equal(ENGINE_ID, CURRENT_ENGINE));

  it('is ready', async () => {
    const reply = await fetch(`http://127.0.0.1:${worker.port}/ready`);
    assert.equal(reply.status, 200, await reply.text());
    assert.match(await (await fetch(`http://127.0.0.1:${worker.port}/metrics`)).text(), /photos_indexed_total/);
  });

  it('finds the person in other photos, shows it to nobody else, and forgets it', async () => {
    const { token } = await http.person();
    const reply = await start(token, { descriptor: selfie, consentId: await consentOf(token) });
    assert.equal(reply.status, 202, JSON.stringify(reply.body));
    const status = await finished(token, reply.body.id);
    assert.equal(status.status, 'done');
    assert.equal(status.photosSearched, 5);
    assert.ok(status.facesSearched >= 10);
    const { items, results, nextCursor, calibration } = await resultsOf(token, reply.body.id);
    assert.ok(items.length >= 1 && items.length < 5, `${items.length} of 5 photos`);
    assert.deepEqual(results, items);
    assert.equal(nextCursor, null);
    assert.ok(calibration);
    for (const item of items) {
      assert.ok(photos.includes(item.photoId));
      assert.ok(['sure', 'maybe'].includes(item.band));
      assert.equal(item.box.length, 4);
      assert.equal(item.previewUrl, `/api/photos/${item.photoId}`);
    }
    assert.equal(status.found.sure + status.found.maybe, items.length);

    const stranger = await http.person();
    for (const path of ['status', 'results']) {
      const address = `/api/face/search/${reply.body.id}/${path}`;
      assert.equal((await http.call('GET', address, { token: stranger.token })).body.code, 'search.not_found');
      assert.equal((await http.call('GET', address)).body.code, 'search.not_found');
    }
    const gone = await http.call('DELETE', `/api/face/search/${reply.body.id}`, { token: stranger.token });
    assert.equal(gone.status, 404);
    assert.equal((await http.call('DELETE', `/api/face/search/${reply.body.id}`, { token })).status, 204);
    assert.equal((await http.call('GET', `/api/face/search/${reply.body.id}/status`, { token })).status, 404);
    assert.deepEqual(await http.db.selectFrom('face_matches').select('photo_id').execute(), []);
  });

  it('pages through results without loss', async () => {
    const { token } = await http.person();
    const { body } = await start(token, { descriptor: selfie, consentId: await consentOf(token) });
    await finished(token, body.id);
    const all = (await resultsOf(token, body.id)).items.map((item: { photoId: string }) => item.photoId);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
      const page = await http.call('GET', `/api/face/search/${body.id}/results?limit=1${query}`, { token });
      seen.push(...page.body.items.map((item: { photoId: string }) => item.photoId));
      cursor = page.body.nextCursor;
    }
    assert.deepEqual(seen, all);
    const bad = await http.call('GET', `/api/face/search/${body.id}/results?cursor=nonsense`, { token });
    assert.equal(bad.status, 400);
    const list = await http.call('GET', `/api/face/searches?eventId=${owner.eventId}`, { token });
    assert.deepEqual(
      list.body.items.map((search: { id: string }) => search.id),
      [body.id],
    );
  });

  it('searches by an uploaded picture and deletes it', async () => {
    const { token } = await http.person();
    const consentId = await consentOf(token, 'selfie_upload');
    const send = async (content: Buffer, name = 'selfie.jpg') => {
      const form = new FormData();
      form.set('eventId', owner.eventId);
      form.set('consentId', consentId);
      form.set('image', new Blob([new Uint8Array(content)], { type: 'image/jpeg' }), name);
      const reply = await fetch(`${http.url}/api/face/search`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: form,
      });
      return { status: reply.status, body: (await reply.json()) as { id: string; code?: string } };
    };
    const reply = await send(await samplePhoto(3));
    assert.equal(reply.status, 202, JSON.stringify(reply.body));
    assert.equal((await finished(token, reply.body.id)).status, 'done');
    const { items } = await resultsOf(token, reply.body.id);
    assert.equal(items[0].photoId, photos[1]);
    assert.equal(await bench.storage.stat(`faces/searches/${reply.body.id}`), undefined);

    assert.equal((await send(Buffer.from('no picture'))).body.code, 'upload.not_an_image');
    assert.equal((await send(Buffer.alloc(0))).body.code, 'upload.empty');
    const { default: sharp } = await import('sharp');
    const blank = await sharp({ create: { width: 400, height: 400, channels: 3, background: '#778' } })
      .jpeg()
      .toBuffer();
    const faceless = await finished(token, (await send(blank)).body.id);
    assert.deepEqual([faceless.status, faceless.errorCode], ['failed', 'face.none']);
    const torn = await finished(token, (await send((await samplePhoto(1)).subarray(0, 60_000))).body.id);
    assert.deepEqual([torn.status, torn.errorCode], ['failed', 'upload.damaged']);
    for (const { id } of [faceless, torn]) assert.equal(await bench.storage.stat(`faces/searches/${id}`), undefined);
  });

  it('refuses what it cannot use, with a code', async () => {
    const { token } = await http.person();
    const consentId = await consentOf(token);
    const stranger = await http.person();
    const cases: Array<[Record<string, unknown>, number, string]> = [
      [{ descriptor: selfie, consentId: await consentOf(stranger.token) }, 403, 'consent.required'],
      [{ descriptor: selfie, consentId, engine: 'facenet' }, 422, 'face.engine_unknown'],
      [{ descriptor: selfie.slice(1), consentId }, 400, 'request.invalid'],
      [{ descriptor: selfie.map((value) => value * 3), consentId }, 400, 'request.invalid'],
      [{ descriptor: selfie.map(() => 0), consentId }, 400, 'request.invalid'],
      [{ descriptor: selfie.map(() => 'x'), consentId }, 400, 'request.invalid'],
      [{ consentId }, 400, 'request.invalid'],
      [{ descriptor: selfie, consentId, eventId: crypto.randomUUID() }, 404, 'event.not_found'],
    ];
    for (const [body, status, code] of cases) {
      const reply = await start(token, body);
      assert.deepEqual([reply.status, reply.body.code], [status, code], JSON.stringify(reply.body));
    }
    const closed = await insertEvent(http.db, { face_search_enabled: false });
    const reply = await start(token, { descriptor: selfie, consentId, eventId: closed.eventId });
    assert.equal(reply.body.code, 'face.search_disabled');
  });

  it('adds photos that arrive later to an open search, and takes feedback for this person only', async () => {
    const [me, twin] = [await http.person(), await http.person()];
    const ids: string[] = [];
    for (const { token } of [me, twin]) {
      const { body } = await start(token, { descriptor: selfie, consentId: await consentOf(token) });
      await finished(token, body.id);
      ids.push(body.id);
    }
    const before = await resultsOf(me.token, ids[0]!);
    const late = await uploadPhoto(http.db, bench.storage, owner, await samplePhoto(1), { withJob: true });
    await until('the late photo', async () => {
      const { items } = await resultsOf(me.token, ids[0]!);
      return items.some((item: { photoId: string }) => item.photoId === late);
    });
    const after = await resultsOf(me.token, ids[0]!);
    assert.equal(after.items.length, before.items.length + 1);
    assert.equal(after.items[0].photoId, late);

    const say = (token: string, photoId: string, verdict: string) =>
      http.call('POST', '/api/face/feedback', { token, body: { photoId, verdict } });
    assert.equal((await say(me.token, late, 'not_me')).status, 200);
    const mine = await resultsOf(me.token, ids[0]!);
    assert.ok(!mine.items.some((item: { photoId: string }) => item.photoId === late));
    assert.equal((await say(me.token, late, 'me')).body.searchesUpdated, 1);
    const again = (await resultsOf(me.token, ids[0]!)).items[0];
    assert.deepEqual([again.photoId, again.band, again.verdict, again.confidence], [late, 'sure', 'me', 1]);
    const theirs = await resultsOf(twin.token, ids[1]!);
    assert.equal(theirs.items.find((item: { photoId: string }) => item.photoId === late).verdict, null);

    // Withdrawn consent: nothing is left, and nothing is searched any more.
    const consents = (await http.call('GET', '/api/consents', { token: me.token })).body.items;
    await http.call('POST', `/api/consents/${consents[0].id}/withdraw`, { token: me.token });
    assert.deepEqual((await resultsOf(me.token, ids[0]!)).items, []);
    // A rejected photo leaves every result at once.
    await http.db.transaction().execute(async (trx) => {
      await trx.updateTable('photos').set({ status: 'rejected' }).where('id', '=', late).execute();
      await nextRevision(trx, scopes.eventFaces(owner.eventId));
    });
    const left = await resultsOf(twin.token, ids[1]!);
    assert.ok(!left.items.some((item: { photoId: string }) => item.photoId === late));
    await http.db.updateTable('photos').set({ status: 'approved' }).where('id', '=', late).execute();
  });

  it('keeps find-me photos closed to somebody who merely says “me”', async () => {
    await http.db.updateTable('events').set({ access_mode: 'find_me' }).where('id', '=', owner.eventId).execute();
    const { token } = await http.person();
    const { body } = await start(token, { descriptor: other, consentId: await consentOf(token) });
    await finished(token, body.id);
    const reply = await http.call('POST', '/api/face/feedback', { token, body: { photoId: photos[0], verdict: 'me' } });
    assert.equal(reply.body.code, 'photo.not_found');
    await http.db.updateTable('events').set({ access_mode: 'open' }).where('id', '=', owner.eventId).execute();
  });

  it('moves the searches of a guest to the account', async () => {
    const guest = await http.call('POST', '/api/consents', {
      body: { purpose: 'face_search', eventId: owner.eventId },
    });
    const account = await http.person();
    const reply = await http.call('POST', '/api/face/search', {
      cookie: guest.cookie,
      body: { eventId: owner.eventId, engine: CURRENT_ENGINE, descriptor: selfie, consentId: guest.body.id },
    });
    assert.equal(reply.status, 202, JSON.stringify(reply.body));
    const { user_id } = await http.db
      .selectFrom('face_searches')
      .select('user_id')
      .where('id', '=', reply.body.id)
      .executeTakeFirstOrThrow();
    await http.db.transaction().execute((trx) => service.joinGuest(trx, user_id, account.userId));
    assert.equal((await finished(account.token, reply.body.id)).status, 'done');
  });

  it('groups faces, keeps what an admin did, and lists without descriptors', async () => {
    const admin = await http.person('admin');
    const faces = await http.call('GET', `/api/photos/${photos[2]}/faces`, { token: admin.token });
    assert.ok(faces.body.items.length >= 3);
    assert.ok(!JSON.stringify(faces.body).includes('descriptor'));
    assert.equal(
      (await http.call('GET', `/api/photos/${photos[2]}/faces`, { token: (await http.person()).token })).status,
      403,
    );
    const group = async () => {
      const jobs = () =>
        queues.counts().then(({ low }) => (low.waiting ?? 0) + (low.active ?? 0) + (low.prioritized ?? 0));
      const reply = await http.call('POST', '/api/face/group', {
        token: admin.token,
        body: { eventId: owner.eventId },
      });
      assert.equal(reply.status, 202);
      await until('grouping', async () => {
        const waiting = await http.db.selectFrom('outbox').select('id').where('relayed_at', 'is', null).execute();
        return waiting.length === 0 && (await jobs()) === 0;
      });
      const list = await http.call('GET', `/api/face/groups?eventId=${owner.eventId}`, { token: admin.token });
      return list.body.items as Array<{ id: string; faceCount: number; photoCount: number }>;
    };
    const first = await group();
    assert.ok(first.length >= 1, 'somebody is in two photos');
    for (const { faceCount, photoCount } of first) assert.equal(faceCount, photoCount);
    assert.deepEqual(await group(), first);
    const members = await http.db
      .selectFrom('face_group_members')
      .select('face_id')
      .where('group_id', '=', first[0]!.id)
      .orderBy('face_id')
      .execute();
    const split = await http.call('POST', `/api/face/groups/${first[0]!.id}/split`, {
      token: admin.token,
      body: { faceIds: [members[0]!.face_id] },
    });
    assert.equal(split.status, 201, JSON.stringify(split.body));
    const after = await group();
    assert.equal(after.find(({ id }) => id === split.body.id)?.faceCount, 1);
    const merged = await http.call('POST', `/api/face/groups/${first[0]!.id}/merge`, {
      token: admin.token,
      body: { groupIds: [split.body.id] },
    });
    assert.equal(merged.body.faceCount, first[0]!.faceCount);

    // Taken back one by one, the last first; what was grouped since stays as it was.
    const call = (method: string, path: string, body?: object) =>
      http.call(method, `/api/face/groups${path}`, { token: admin.token, ...(body && { body }) });
    const undo = () => call('POST', '/undo', { eventId: owner.eventId });
    assert.equal((await call('PUT', `/${first[0]!.id}`, { label: 'นักวิ่งเสื้อแดง' })).body.label, 'นักวิ่งเสื้อแดง');
    assert.equal((await undo()).body.undone.kind, 'label');
    assert.equal((await undo()).body.undone.kind, 'merge');
    assert.equal((await group()).find(({ id }) => id === split.body.id)?.faceCount, 1);
    assert.equal((await undo()).body.undone.kind, 'split');
    assert.equal((await undo()).body.code, 'resource.not_found');
    assert.deepEqual(await group(), first);
    const shown = (await call('GET', `/${first[0]!.id}/faces`)).body;
    assert.equal(shown.items.length, first[0]!.faceCount);
    assert.ok(shown.items.every((face: { box: number[] }) => face.box.length === 4));
    const audited = await http.db
      .selectFrom('audit_logs')
      .select('action')
      .where('action', '=', 'faces.undo')
      .execute();
    assert.equal(audited.length, 3);
  });

  it('repeats lost photos, expires descriptors and the faces of past events', async () => {
    const { db } = http;
    const lost = await uploadPhoto(db, bench.storage, owner, await samplePhoto(4));
    await db
      .updateTable('photos')
      .set({ created_at: new Date(Date.now() - 600_000) })
      .where('id', '=', lost)
      .execute();
    await db
      .updateTable('face_searches')
      .set({ open_until: new Date(Date.now() - 1000) })
      .execute();
    const past = await insertEvent(db, {
      starts_at: new Date('2024-01-01'),
      ends_at: new Date('2024-01-02'),
    });
    const old = await uploadPhoto(db, bench.storage, past, await samplePhoto(1), { withJob: true });
    await db
      .insertInto('faces')
      .values({
        photo_id: old,
        event_id: past.eventId,
        ordinal: 50,
        box_x: 0,
        box_y: 0,
        box_width: 1,
        box_height: 1,
        score: 1,
        quality: 1,
      })
      .execute();
    const sweep = createSweepJob({ db, storage: bench.storage, logger: createLogger('silent', 'test') });
    await sweep({}, context);
    await until('the lost photo', async () => {
      const row = await db.selectFrom('photos').select('status').where('id', '=', lost).executeTakeFirstOrThrow();
      return row.status === 'approved';
    });
    assert.deepEqual(
      await db.selectFrom('face_searches').select('id').where('descriptor', 'is not', null).execute(),
      [],
    );
    await until('the past event’s photo', async () => {
      const row = await db.selectFrom('photos').select('status').where('id', '=', old).executeTakeFirstOrThrow();
      return row.status === 'pending';
    });
    assert.deepEqual(await db.selectFrom('faces').select('id').where('event_id', '=', past.eventId).execute(), []);
  });

  it('tells how long every stage took, and how full the queues are', async () => {
    const told = await (await fetch(`http://127.0.0.1:${worker.port}/metrics`)).text();
    const stages = ['fetch', 'decode', 'metadata', 'faces', 'derivatives', 'store', 'commit'];
    for (const stage of [...stages, 'face-index', 'face-index-update', 'search', 'search-refresh'])
      assert.match(told, new RegExp(`photo_stage_duration_seconds_count\\{[^}]*stage="${stage}"[^}]*\\} [1-9]`), stage);
    for (const queue of ['high', 'medium', 'low'])
      assert.match(told, new RegExp(`queue_jobs\\{[^}]*queue="${queue}",state="failed"`), queue);
    assert.match(told, /outbox_waiting\{[^}]*\} \d/);
  });
});
