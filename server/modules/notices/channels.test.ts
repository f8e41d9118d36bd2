import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { arrivalsJobHandlers } from '#server/modules/notices/arrivals.ts';
import { type Channels, startChannels } from '#test/channels.ts';

describe('what people are told, and where', () => {
  let at: Channels;
  before(async () => {
    at = await startChannels();
  });
  after(() => at?.stop());

  it('are kept to be read in the app, in both languages, whatever else is switched off, by their person alone', async () => {
    const [me, other] = [await at.app.person(), await at.app.person()];
    await at.app.call('PUT', '/api/notices/preferences', {
      token: me.token,
      body: { items: [{ kind: 'photos', channel: 'email', isOn: false }] },
    });
    const arrivals = (dedupeKey: string) =>
      at.app.db.transaction().execute((trx) =>
        at.app.messages.queue(trx, {
          template: 'photos.found',
          dedupeKey,
          userId: me.userId,
          recipient: me.email,
          language: 'th',
          payload: {
            photoCount: 3,
            eventNameTh: 'งานวิ่ง',
            eventNameEn: 'Run',
            link: 'https://shop.test/e/run/find?token=secret',
          },
        }),
      );
    await arrivals('kept-1');
    await arrivals('kept-1');
    await arrivals('kept-2');
    assert.deepEqual(await at.rowsOf('kept-1'), []);
    const list = async (token: string) => (await at.app.call('GET', '/api/notices', { token })).body;
    const mine = await list(me.token);
    assert.deepEqual([mine.items.length, mine.unread], [2, 2]);
    const { titleTh, titleEn, bodyEn, path } = mine.items[0];
    assert.deepEqual(
      [titleTh, titleEn, bodyEn, path],
      ['พบภาพใหม่ของคุณ 3 ภาพ', '3 new photos of you', 'Run', '/e/run/find'],
    );
    assert.deepEqual((await list(other.token)).items, []);
    const read = (token: string, body: object) => at.app.call('POST', '/api/notices/read', { token, body });
    await read(other.token, { ids: [mine.items[0].id] });
    assert.equal((await list(me.token)).unread, 2, 'somebody else marks nothing');
    assert.equal((await read(me.token, { ids: [mine.items[0].id] })).body.unread, 1);
    assert.equal((await read(me.token, {})).body.unread, 0);
    const first = (await at.app.call('GET', '/api/notices?limit=1', { token: me.token })).body;
    const next = (await at.app.call('GET', `/api/notices?limit=1&cursor=${first.nextCursor}`, { token: me.token }))
      .body;
    assert.deepEqual(
      [first.items[0].id, next.items[0].id],
      mine.items.map((each: { id: string }) => each.id),
    );
  });

  it('come as the person wants them; what was bought comes by e-mail always', async () => {
    const me = await at.app.person();
    await at.subscribed(me.token);
    const off = (['order', 'announcement'] as const).flatMap((kind) =>
      (['email', 'push'] as const).map((channel) => ({ kind, channel, isOn: false })),
    );
    const { body } = await at.app.call('PUT', '/api/notices/preferences', { token: me.token, body: { items: off } });
    const isOn = (kind: string, channel: string) =>
      body.items.find((item: { kind: string; channel: string }) => item.kind === kind && item.channel === channel).isOn;
    assert.deepEqual(
      [isOn('order', 'email'), isOn('order', 'push'), isOn('announcement', 'email'), isOn('photos', 'push')],
      [true, false, false, true],
    );
    await at.queue(me, 'quiet-order');
    await at.queue(me, 'quiet-news', 'event.announcement');
    assert.deepEqual(
      (await at.rowsOf('quiet-order')).map((row) => row.channel),
      ['email'],
    );
    assert.deepEqual(await at.rowsOf('quiet-news'), []);
  });

  it('end by the link of an e-mail, by one tap of the mail program too; the receipt has no such link', async () => {
    const me = await at.app.person();
    await at.queue(me, 'letter-news', 'event.announcement');
    await at.sendAll('letter-news');
    const header = (name: string) => new RegExp(`^${name}: *([^]*?)\\r\\n(?! )`, 'm').exec(at.letters.at(-1)!)?.[1];
    const link = new URL(header('List-Unsubscribe')!.replace(/\s+/g, '').slice(1, -1));
    assert.equal(header('List-Unsubscribe-Post'), 'List-Unsubscribe=One-Click');
    assert.equal(link.origin + link.pathname, 'https://shop.test/api/notices/unsubscribe');
    const path = link.pathname + link.search;
    // Mail scanners open links: nothing ends by that.
    assert.deepEqual((await at.app.call('GET', path)).body, { kind: 'announcement', isOn: true });
    const tap = await fetch(at.app.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'List-Unsubscribe=One-Click',
    });
    assert.deepEqual([tap.status, await tap.json()], [200, { kind: 'announcement', isOn: false }]);
    assert.equal((await at.app.call('POST', path)).status, 200);
    await at.queue(me, 'letter-later', 'event.announcement');
    assert.deepEqual(await at.rowsOf('letter-later'), []);
    assert.equal((await at.app.call('POST', `${path}x`)).body.code, 'auth.token_invalid');
    await at.queue(me, 'letter-paid');
    await at.sendAll('letter-paid');
    assert.equal(header('List-Unsubscribe'), undefined);
  });

  it('tell of new photos of a search once, not of those that were found at once', async () => {
    const me = await at.app.person();
    const device = await at.subscribed(me.token);
    const { db } = at.app;
    const one = async (query: { executeTakeFirstOrThrow(): Promise<{ id: string }> }) =>
      (await query.executeTakeFirstOrThrow()).id;
    const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);
    const event = await one(
      db
        .insertInto('events')
        .values({
          slug: 'run',
          name: 'งานวิ่ง',
          name_en: 'Run',
          starts_at: minutesAgo(60),
          ends_at: minutesAgo(-60),
          status: 'live',
        })
        .returning('id'),
    );
    const photographer = await one(
      db
        .insertInto('photographers')
        .values({ user_id: (await at.app.person()).userId, display_name: 'P', slug: 'pp' })
        .returning('id'),
    );
    const consent = await one(
      db
        .insertInto('consents')
        .values({
          user_id: me.userId,
          purpose: 'face_search',
          event_id: event,
          text_version: '1',
          text_hash: 'x',
          language: 'th',
        })
        .returning('id'),
    );
    const search = await one(
      db
        .insertInto('face_searches')
        .values({
          user_id: me.userId,
          event_id: event,
          consent_id: consent,
          source: 'descriptor',
          status: 'done',
          finished_at: minutesAgo(30),
          open_until: minutesAgo(-600),
        })
        .returning('id'),
    );
    const found = async (minutes: number, band = 'sure') => {
      const photo = await one(
        db
          .insertInto('photos')
          .values({
            event_id: event,
            photographer_id: photographer,
            status: 'approved',
            sha256: randomBytes(32),
            file_name: 'a.jpg',
            content_type: 'image/jpeg',
            bytes: 1,
          })
          .returning('id'),
      );
      await db
        .insertInto('face_matches')
        .values({
          search_id: search,
          photo_id: photo,
          band,
          confidence: 1,
          distance: 0,
          created_at: minutesAgo(minutes),
        })
        .execute();
    };
    await found(30);
    await found(30);
    const sweep = () =>
      arrivalsJobHandlers({ db, messages: at.app.messages, publicUrl: 'https://shop.test' })['sweep-notices']!(
        {},
        at.context(),
      );
    await sweep();
    assert.deepEqual(await at.rowsOf('photos.found'), []);
    await found(5);
    await found(4);
    await found(4, 'maybe');
    await Promise.all([sweep(), sweep()]);
    await sweep();
    const rows = await at.rowsOf('photos.found');
    assert.deepEqual(
      rows.map((row) => [row.channel, (row.payload as { photoCount: number }).photoCount]),
      [
        ['email', 2],
        ['push', 2],
      ],
    );
    await at.sendAll('photos.found');
    const shown = device.read(at.pushService.received.find((each) => each.path === device.path)!.body);
    assert.deepEqual([shown.title, shown.body, shown.url], ['พบภาพใหม่ของคุณ 2 ภาพ', 'งานวิ่ง', '/e/run/find']);
    await found(0);
    await sweep();
    assert.equal((await at.rowsOf('photos.found')).length, 2, 'not more often than every quarter of an hour');
    await db
      .updateTable('search_tellings')
      .set({ told_at: minutesAgo(20) })
      .where('search_id', '=', search)
      .execute();
    await sweep();
    assert.equal((await at.rowsOf('photos.found')).length, 4);
  });
});
