import assert from 'node:assert/strict';
import type { WallPart } from '#contracts/http/wall.ts';
import { scopes } from '#server/platform/sync-revision.ts';
import { startPhotoApp } from '#test/photo-app.ts';
import { readBibFile } from './bibs.ts';

describe('photos/bibs file', () => {
  const read = (text: string) => {
    const { photos, problems } = readBibFile(Buffer.from(text));
    return {
      photos: [...photos].map(([name, { bibs }]) => [name, ...bibs]),
      problems: problems.map(({ line, reason, text: what }) => [line, reason, what]),
    };
  };

  it('is a table of file names and numbers, with or without headings, however its columns are divided', () => {
    const wanted = [
      ['img_1.jpg', '12', 'A-7'],
      ['img_2.jpg', '34'],
    ];
    for (const text of [
      'file name,bib\nIMG_1.JPG,12 a-7\nIMG_2.jpg,34',
      '\ufeffไฟล์;เลขบิบ\r\nIMG_1.JPG;12;A-7\r\ncard/IMG_2.jpg;๓๔\r\n',
      'IMG_1.JPG\t12\nIMG_2.jpg\t34\n"IMG_1.JPG"\tA-7\n',
    ])
      assert.deepEqual(read(text), { photos: wanted, problems: [] }, text);
  });
  it('names the lines that hold no number, and refuses what is no such table', () => {
    assert.deepEqual(read('a.jpg,12\nb.jpg,1234567890123\nc.jpg,'), {
      photos: [['a.jpg', '12'], ['b.jpg'], ['c.jpg']],
      problems: [[2, 'not_a_bib', '1234567890123']],
    });
    for (const text of ['', 'file name,bib\n']) assert.throws(() => read(text), { code: 'request.invalid' });
  });
});

describe('photos/wall over HTTP', function () {
  this.timeout(30_000);
  let app: Awaited<ReturnType<typeof startPhotoApp>>;
  let admin: Awaited<ReturnType<typeof app.person>>;
  let customer: typeof admin;
  let photographer: typeof admin;
  let other: typeof admin;
  before(async () => {
    app = await startPhotoApp();
    admin = await app.person('admin');
    customer = await app.person('customer');
    photographer = await app.person('photographer');
    other = await app.person('photographer');
  });
  after(() => app?.stop());

  const idsOf = (part: WallPart) =>
    (Buffer.from(part.ids, 'base64').toString('hex').match(/.{32}/g) ?? []).map((hex) =>
      hex.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    );
  const at = (minute: number) => new Date(Date.UTC(2026, 10, 22, 1, minute));
  const revisionOf = async (eventId: string) =>
    (
      await app.db
        .selectFrom('sync_scopes')
        .select('revision')
        .where('scope', '=', scopes.eventPhotos(eventId))
        .executeTakeFirst()
    )?.revision ?? 0;

  it('tells a whole event in few parts, oldest photo first, approved ones alone', async () => {
    const eventId = await app.event();
    const late = await app.photo(eventId, photographer.userId, 'approved', at(20));
    const early = await app.photo(eventId, other.userId, 'approved', at(10));
    const middle = await app.photo(eventId, photographer.userId, 'approved', at(15));
    await app.photo(eventId, photographer.userId, 'pending', at(12));
    await app.db
      .updateTable('photos')
      .set({ thumb_hash: Buffer.from([1, 2, 3]), focus_x: 0.25, focus_y: 0.5, price_satang: 9900 })
      .where('id', '=', middle)
      .execute();
    await app.db.updateTable('photos').set({ placeholder_color: '#aabbcc' }).where('id', '=', late).execute();

    const first: WallPart = (await app.call('GET', `/api/events/${eventId}/wall?limit=2`)).body;
    const second: WallPart = (await app.call('GET', `/api/events/${eventId}/wall?limit=2&cursor=${first.nextCursor}`))
      .body;
    assert.deepEqual([...idsOf(first), ...idsOf(second)], [early, middle, late]);
    assert.equal(second.nextCursor, null);
    assert.deepEqual(first.times, [at(10).getTime(), 5 * 60_000]);
    assert.deepEqual(first.sizes, [600, 400, 600, 400]);
    assert.deepEqual(first.focus, [-1, -1, 25, 50]);
    assert.deepEqual([...first.blur, ...second.blur], ['', 'AQID', '#aabbcc']);
    assert.deepEqual(first.prices, [[1, 9900]]);
    assert.equal(new Set(first.by.map((index) => first.photographers[index]!.id)).size, 2);
  });

  it('keeps find-me walls to staff, and walls behind a code to those who gave it', async () => {
    const findMe = await app.event({ access_mode: 'find_me' });
    await app.photo(findMe, photographer.userId, 'approved', at(1));
    const stranger: WallPart = (await app.call('GET', `/api/events/${findMe}/wall`, { token: customer.token })).body;
    assert.deepEqual([stranger.ids, stranger.revision], ['', 0]);
    const staff: WallPart = (await app.call('GET', `/api/events/${findMe}/wall`, { token: admin.token })).body;
    assert.equal(idsOf(staff).length, 1);
    const locked = await app.event({ access_mode: 'code', access_code_hash: 'x' });
    assert.equal((await app.call('GET', `/api/events/${locked}/wall`)).body.code, 'event.access_code_required');
    const planned = await app.event({ status: 'planning' });
    assert.equal((await app.call('GET', `/api/events/${planned}/wall`)).status, 404);
  });

  it('takes race numbers from the photo’s photographer and admins, finds photos by them, and forgets them with the photo', async () => {
    const eventId = await app.event();
    const id = await app.photo(eventId, photographer.userId, 'approved', at(1));
    await app.photo(eventId, photographer.userId, 'approved', at(2));
    const put = (token: string, bibs: string[]) => app.call('PUT', `/api/photos/${id}/bibs`, { token, body: { bibs } });
    const found = async (bib: string) =>
      (await app.call('GET', `/api/events/${eventId}/photos?bib=${encodeURIComponent(bib)}`)).body.items.map(
        (photo: { id: string }) => photo.id,
      );
    assert.equal((await put(other.token, ['1'])).status, 404);
    assert.equal((await put(customer.token, ['1'])).status, 403);
    const before = await revisionOf(eventId);
    assert.deepEqual((await put(photographer.token, [' 12 34', 'a7', '1234'])).body.bibs, ['1234', 'A7']);
    const after = await revisionOf(eventId);
    assert.ok(after > before, 'phones hear of it');
    await put(admin.token, ['A7', '1234']);
    assert.equal(await revisionOf(eventId), after, 'again changes nothing');
    assert.equal((await put(photographer.token, ['no bib at all!'])).body.code, 'request.invalid');
    assert.deepEqual(await found('1234'), [id]);
    assert.deepEqual(await found('a7'), [id]);
    assert.deepEqual(await found('123'), []);
    assert.deepEqual(await found('***'), []);
    const wall: WallPart = (await app.call('GET', `/api/events/${eventId}/wall`)).body;
    assert.deepEqual(wall.bibs, { 1234: [0], A7: [0] });
    await app.call('DELETE', `/api/photos/${id}`, { token: admin.token });
    assert.deepEqual(await app.db.selectFrom('photo_bibs').selectAll().where('event_id', '=', eventId).execute(), []);
  });

  it('takes race numbers from a file: own photos of a photographer, all for an admin; twice is once', async () => {
    const eventId = await app.event();
    await app.assign(eventId, photographer.userId);
    await app.assign(eventId, other.userId);
    const mine = await app.photo(eventId, photographer.userId, 'approved', at(1));
    const theirs = await app.photo(eventId, other.userId, 'approved', at(2));
    const nameOf = async (id: string) =>
      (await app.db.selectFrom('photos').select('file_name').where('id', '=', id).executeTakeFirstOrThrow()).file_name;
    const csv = `file,bib\n${(await nameOf(mine)).toLowerCase()},12 13\n${await nameOf(theirs)},14\nnone.jpg,15\n`;
    const send = async (token: string, text = csv) => {
      const form = new FormData();
      form.set('file', new Blob([text]), 'bibs.csv');
      const answer = await fetch(`${app.url}/api/events/${eventId}/bibs/import`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: form,
      });
      return { status: answer.status, body: await answer.json() };
    };
    const own = await send(photographer.token);
    assert.deepEqual([own.body.photos, own.body.changed, own.body.bibs], [1, 1, 2]);
    assert.deepEqual(
      own.body.problems.map((problem: { line: number; reason: string }) => [problem.line, problem.reason]),
      [
        [3, 'no_such_photo'],
        [4, 'no_such_photo'],
      ],
    );
    const all = await send(admin.token);
    assert.deepEqual([all.body.photos, all.body.changed], [2, 1]);
    assert.equal((await send(admin.token)).body.changed, 0);
    assert.equal((await send(customer.token)).status, 403);
    const stranger = await app.person('photographer');
    assert.equal((await send(stranger.token)).status, 404);
    await send(admin.token, `${await nameOf(theirs)},`);
    const left = await app.db.selectFrom('photo_bibs').select('bib').where('event_id', '=', eventId).execute();
    assert.deepEqual(left.map(({ bib }) => bib).sort(), ['12', '13'], 'the file’s word replaces what was there');
  });
});
