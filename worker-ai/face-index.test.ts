import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { CURRENT_ENGINE } from '#contracts/pipeline.ts';
import { buildIndex, type SearchHit, searchIndex } from '#face/search.ts';
import type { Db } from '#server/platform/db.ts';
import { createTestDatabase, type TestDatabase } from '#test/database.ts';
import { insertEvent } from '#test/worker.ts';
import { forgetChanges, readEventFaces } from './event-faces.repository.ts';
import { createFaceIndexes } from './face-index.ts';

/** People who have a direction in common; each call is another picture of one of them. */
function createPeople(count: number, seed: number): Array<() => Float32Array> {
  let state = seed;
  const noise = () => {
    let sum = -6;
    for (let i = 0; i < 12; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      sum += state / 2 ** 32;
    }
    return sum;
  };
  const mean = Float32Array.from({ length: 128 }, noise);
  return Array.from({ length: count }, () => {
    const person = mean.map((value) => value + 0.42 * noise());
    return () => {
      const face = person.map((value) => value + 0.12 * noise());
      const length = Math.hypot(...face);
      return face.map((value) => value / length);
    };
  });
}
const rounded = (hits: readonly SearchHit[]) =>
  hits.map((hit) => ({ ...hit, confidence: hit.confidence.toFixed(6), distance: hit.distance.toFixed(6) }));

describe('worker-ai/face-index', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let db: Db;
  type Owner = Awaited<ReturnType<typeof insertEvent>>;
  const people = createPeople(260, 5);
  const open: Array<ReturnType<typeof createFaceIndexes>> = [];
  const start = (settings: Partial<Parameters<typeof createFaceIndexes>[0]> = {}) => {
    const indexes = createFaceIndexes({ db, maxBytes: 1e8, ...settings });
    open.push(indexes);
    return indexes;
  };

  async function addPhoto(owner: Owner, faces: readonly Float32Array[], status = 'approved'): Promise<string> {
    const id = randomUUID();
    await db
      .insertInto('photos')
      .values({
        id,
        event_id: owner.eventId,
        photographer_id: owner.photographerId,
        status,
        face_spaces: [CURRENT_ENGINE],
        sha256: Buffer.from(crypto.getRandomValues(new Uint8Array(32))),
        file_name: 'a.jpg',
        content_type: 'image/jpeg',
        bytes: 1,
      })
      .execute();
    if (faces.length > 0)
      await sql`
        with face as (
          insert into faces (photo_id, event_id, ordinal, box_x, box_y, box_width, box_height, score, quality)
          select ${id}, ${owner.eventId}, n - 1, 0, 0, 10, 10, 1, 0.5 + n * 0.01 from generate_series(1, ${faces.length}::int) n
          returning id, ordinal
        )
        insert into face_descriptors (face_id, event_id, engine, descriptor)
        select id, ${owner.eventId}, ${CURRENT_ENGINE}, (${faces.map((face) => Buffer.from(face.buffer))}::bytea[])[ordinal + 1]
        from face`.execute(db);
    return id;
  }
  const look = (index: ReturnType<typeof createFaceIndexes>, owner: Owner) =>
    index.state(owner.eventId, CURRENT_ENGINE);
  const search = (
    index: ReturnType<typeof createFaceIndexes>,
    owner: Owner,
    descriptor: Float32Array,
    searchId?: string,
  ) =>
    index.search(owner.eventId, CURRENT_ENGINE, {
      descriptor,
      confirmed: [],
      rejected: [],
      ...(searchId && { searchId }),
    });

  before(async () => {
    database = await createTestDatabase();
    db = database.db;
  });
  afterEach(() => Promise.all(open.splice(0).map((index) => index.close())));
  after(() => database?.drop());

  it('holds what may be searched, and notices every change before the next search', async () => {
    const owner = await insertEvent(db);
    const index = start();
    const [a, b, c] = people.slice(0, 3).map((shoot) => shoot()) as [Float32Array, Float32Array, Float32Array];
    const photo = await addPhoto(owner, [a, b]);
    const waiting = await addPhoto(owner, [c], 'pending');
    await addPhoto(owner, []);
    const first = await look(index, owner);
    assert.deepEqual([first.faces, first.photoCount, first.photos], [2, 2, 1]);
    const steps: Array<[string, () => Promise<unknown>, number]> = [
      [
        'hidden',
        () =>
          db
            .updateTable('faces')
            .set({ hidden_at: new Date() })
            .where('photo_id', '=', photo)
            .where('ordinal', '=', 0)
            .execute(),
        1,
      ],
      ['approved', () => db.updateTable('photos').set({ status: 'approved' }).where('id', '=', waiting).execute(), 2],
      [
        'shown again',
        () => db.updateTable('faces').set({ hidden_at: null }).where('photo_id', '=', photo).execute(),
        3,
      ],
      ['deleted', () => db.updateTable('photos').set({ deleted_at: new Date() }).where('id', '=', photo).execute(), 1],
      ['described no more', () => db.deleteFrom('face_descriptors').where('event_id', '=', owner.eventId).execute(), 0],
    ];
    for (const [what, change, faces] of steps) {
      await change();
      assert.equal((await look(index, owner)).faces, faces, what);
    }
    await db.updateTable('events').set({ deleted_at: new Date() }).where('id', '=', owner.eventId).execute();
    assert.deepEqual((await search(index, owner, a)).hits, []);
    assert.equal(index.size, 0);
  });

  it('misses nothing of a transaction that began before a search and commits after it', async () => {
    const owner = await insertEvent(db);
    const index = start();
    const late = await addPhoto(owner, [people[0]!()], 'pending');
    await addPhoto(owner, [people[1]!()]);
    let approve!: () => void;
    const held = new Promise<void>((resolve) => {
      approve = resolve;
    });
    let written!: () => void;
    const began = new Promise<void>((resolve) => {
      written = resolve;
    });
    const slow = db.transaction().execute(async (trx) => {
      await trx.updateTable('photos').set({ status: 'approved' }).where('id', '=', late).execute();
      written();
      await held;
    });
    await began;
    assert.equal((await look(index, owner)).faces, 1);
    await addPhoto(owner, [people[2]!()]);
    assert.equal((await look(index, owner)).faces, 2);
    approve();
    await slow;
    assert.equal((await look(index, owner)).faces, 3);
  });

  it('reads once for many askers, stays within its memory, and gives it back', async () => {
    const owners = [await insertEvent(db), await insertEvent(db), await insertEvent(db)];
    for (const owner of owners)
      await addPhoto(
        owner,
        people.slice(0, 20).map((shoot) => shoot()),
      );
    const index = start({ maxBytes: 1_200_000 });
    await Promise.all([0, 0, 0].map((k) => look(index, owners[k]!)));
    const one = index.bytes;
    for (const owner of owners) await look(index, owner);
    assert.ok(index.bytes <= 1_200_000 && index.size === 2, `${index.bytes} bytes, ${index.size} events`);
    assert.equal((await look(index, owners[0]!)).faces, 20);
    assert.equal(index.bytes, one * 2);
  });

  for (const [kind, rankedAtOnce] of [
    ['small', 5000],
    ['large', 0],
  ] as const) {
    it(`answers in a ${kind} event, after any changes, what an index made anew answers`, async () => {
      const owner = await insertEvent(db);
      const changed = new Set<string>();
      const waiting: Array<() => void> = [];
      const index = start({
        rankedAtOnce,
        quietMs: 5,
        onSettled: async () => {
          for (const resolve of waiting.splice(0)) resolve();
        },
      });
      const photos: string[] = [];
      for (let i = 0; i < 130; i++)
        photos.push(
          await addPhoto(
            owner,
            [0, 1, 2, 3].map((k) => people[(i * 3 + k * 7) % 260]!()),
          ),
        );
      await look(index, owner);
      let state = 11;
      const random = (below: number) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor((state / 2 ** 32) * below);
      };
      for (let step = 0; step < 8; step++) {
        const photo = photos[random(photos.length)]!;
        const kindOfStep = step % 4;
        if (kindOfStep === 0) photos.push(await addPhoto(owner, [people[random(260)]!(), people[random(260)]!()]));
        if (kindOfStep === 1)
          await db.updateTable('photos').set({ status: 'rejected' }).where('id', '=', photo).execute();
        if (kindOfStep === 2)
          await db.updateTable('photos').set({ status: 'approved' }).where('id', '=', photo).execute();
        if (kindOfStep === 3)
          await db
            .updateTable('faces')
            .set({ hidden_at: new Date() })
            .where('photo_id', '=', photo)
            .where('ordinal', '=', 1)
            .execute();
        const settled = new Promise<void>((resolve) => waiting.push(resolve));
        for (
          let isSettled = (await look(index, owner)).isSettled;
          !isSettled;
          isSettled = (await look(index, owner)).isSettled
        )
          await settled;
        const { faces } = await readEventFaces(db, owner.eventId, CURRENT_ENGINE);
        const anew = buildIndex(faces);
        for (const p of [random(260), random(260), random(260)]) {
          const query = people[p]!();
          const found = await search(index, owner, query);
          assert.deepEqual(found.calibration, anew.calibration);
          assert.deepEqual(rounded(found.hits), rounded(searchIndex(anew, query)));
          for (const hit of found.hits) changed.add(hit.photoId);
        }
      }
      assert.ok(changed.size > 20, 'searches find something');
    });
  }

  it('finds a new photo at once in a large event, and tells which searches it may change', async () => {
    const owner = await insertEvent(db);
    const index = start({ rankedAtOnce: 0, quietMs: 3_600_000 });
    for (let i = 0; i < 60; i++)
      await addPhoto(
        owner,
        [0, 1, 2, 3].map((k) => people[(i * 4 + k) % 240]!()),
      );
    const queries = people.map((shoot) => shoot());
    const before = new Map<number, SearchHit[]>();
    for (const [p, query] of queries.entries()) before.set(p, (await search(index, owner, query, `search-${p}`)).hits);
    const named = queries.map((_, p) => ({ id: `search-${p}`, said: '|' }));
    const affected = async () => (await index.affected(owner.eventId, CURRENT_ENGINE, named)).affected;
    assert.deepEqual(await affected(), []);
    const photo = await addPhoto(owner, [people[3]!(), people[77]!(), people[250]!()]);
    const moved = new Set(await affected());
    assert.ok(moved.size < 60, `${moved.size} of 260 looked at again`);
    for (const [p, query] of queries.entries()) {
      const { hits } = await search(index, owner, query);
      if (!moved.has(`search-${p}`)) assert.deepEqual(hits, before.get(p));
      if ([3, 77, 250].includes(p)) assert.ok(moved.has(`search-${p}`) && hits.some((hit) => hit.photoId === photo));
    }
    for (const p of queries.keys()) await search(index, owner, queries[p]!, `search-${p}`);
    await db.updateTable('photos').set({ status: 'rejected' }).where('id', '=', photo).execute();
    const left = await affected();
    for (const p of [3, 77, 250]) assert.ok(left.includes(`search-${p}`));
    const said = [{ id: 'search-9', said: 'a|' }];
    assert.deepEqual((await index.affected(owner.eventId, CURRENT_ENGINE, said)).affected, ['search-9']);
  });

  it('forgets what changed a week ago, and reads an index of that age anew', async () => {
    const owner = await insertEvent(db);
    let time = Date.now();
    const index = start({ now: () => time });
    await addPhoto(owner, [people[1]!()]);
    assert.equal((await look(index, owner)).photoCount, 1);
    await addPhoto(owner, [people[2]!()]);
    await db
      .updateTable('face_changes')
      .set({ changed_at: new Date(time - 8 * 24 * 3600_000) })
      .where('event_id', '=', owner.eventId)
      .execute();
    assert.equal(await forgetChanges(db, 1), 1);
    assert.equal(await forgetChanges(db, 100), 1);
    assert.equal(await forgetChanges(db, 100), 0);
    time += 25 * 3600_000;
    assert.equal((await look(index, owner)).photoCount, 2);
  });
});
