import assert from 'node:assert/strict';
import { startPhotoApp } from '#test/photo-app.ts';

describe('events over HTTP', function () {
  this.timeout(30_000);
  let app: Awaited<ReturnType<typeof startPhotoApp>>;
  let admin: Awaited<ReturnType<typeof app.person>>;
  let customer: typeof admin;
  let photographer: typeof admin;
  before(async () => {
    app = await startPhotoApp();
    admin = await app.person('admin');
    customer = await app.person('customer');
    photographer = await app.person('photographer');
  });
  after(() => app?.stop());
  const create = async (body: object) => {
    const reply = await app.call('POST', '/api/events', { token: admin.token, body });
    assert.equal(reply.status, 201, JSON.stringify(reply.body));
    return reply.body;
  };

  it('is created from a name and a start, in planning, seen by nobody else', async () => {
    const event = await create({ name: 'Bangkok Night Run', startsAt: '2026-12-05T18:00:00+07:00' });
    assert.equal(event.slug, 'bangkok-night-run');
    assert.equal(event.status, 'planning');
    assert.equal(event.startsAt, '2026-12-05T11:00:00.000Z');
    assert.equal(event.endsAt, '2026-12-05T16:59:59.999Z');
    assert.equal(event.photoCount, 0);
    assert.deepEqual(event.manage.nextStatuses, ['published', 'cancelled']);
    for (const token of [undefined, customer.token, photographer.token]) {
      const reply = await app.call('GET', `/api/events/${event.id}`, token ? { token } : {});
      assert.equal(reply.status, 404);
      assert.equal(reply.body.code, 'event.not_found');
      const list = await app.call('GET', '/api/events?all=1', token ? { token } : {});
      assert.ok(!list.body.items.some((item: { id: string }) => item.id === event.id));
    }
    await app.assign(event.id, photographer.userId);
    const seen = await app.call('GET', `/api/events/${event.slug}`, { token: photographer.token });
    assert.equal(seen.body.id, event.id);
    const mine = await app.call('GET', '/api/photographer/events', { token: photographer.token });
    assert.deepEqual(
      mine.body.items.map((item: { id: string }) => item.id),
      [event.id],
    );
  });

  it('makes another slug for the same name, refuses a taken one, and understands Thai names and days', async () => {
    const first = await create({ name: 'Same Name', date: '2026-12-05' });
    const second = await create({ name: 'Same Name', date: '2026-12-05' });
    assert.equal(first.slug, 'same-name');
    assert.match(second.slug, /^same-name-[0-9a-f]{6}$/);
    assert.equal(first.startsAt, '2026-12-04T17:00:00.000Z');
    assert.equal(first.endsAt, '2026-12-05T16:59:59.999Z');
    const thai = await create({ name: 'งานวิ่ง', startsAt: '2026-12-05' });
    assert.match(thai.slug, /^event-[0-9a-f]{6}$/);
    const taken = await app.call('POST', '/api/events', {
      token: admin.token,
      body: { name: 'x', slug: 'same-name', date: '2026-12-05' },
    });
    assert.deepEqual([taken.status, taken.body.code], [409, 'event.slug_taken']);
  });

  it('refuses wrong input by name of the field, and people who are not admins', async () => {
    const wrong: [object, string][] = [
      [{ name: 'x' }, 'body.startsAt'],
      [{ name: '', date: '2026-12-05' }, 'body.name'],
      [{ name: 'x', date: '2026-12-05', timeZone: 'Mars/Base' }, 'body.timeZone'],
      [{ name: 'x', startsAt: '2026-12-05', endsAt: '2026-12-04' }, 'body.endsAt'],
      [{ name: 'x', date: '2026-12-05', accessMode: 'code' }, 'body.accessCode'],
      [{ name: 'x', date: '2026-12-05', faceSearchEnabled: true }, 'body.faceNotice'],
      [{ name: 'x', date: '2026-12-05', organizerId: '00000000-0000-4000-8000-000000000000' }, 'body.organizerId'],
    ];
    for (const [body, path] of wrong) {
      const reply = await app.call('POST', '/api/events', { token: admin.token, body });
      assert.deepEqual([reply.status, reply.body.errors?.[0].path], [400, path]);
    }
    const body = { name: 'x', date: '2026-12-05' };
    assert.equal((await app.call('POST', '/api/events', { body })).status, 401);
    assert.equal((await app.call('POST', '/api/events', { body, token: customer.token })).status, 403);
  });

  it('switches face search on with an attestation, and off where minors come in', async () => {
    const faceNotice = { legalBasis: 'explicit consent', noticeShown: true, attestedBy: 'Org' };
    const event = await create({ name: 'Faces', date: '2026-12-05', faceSearchEnabled: true, faceNotice });
    assert.equal(event.faceSearchEnabled, true);
    assert.equal(event.manage.faceNotice.attestedBy, 'Org');
    const changed = await app.call('PUT', `/api/events/${event.id}`, { token: admin.token, body: { hasMinors: true } });
    assert.equal(changed.body.faceSearchEnabled, false);
    assert.ok(changed.body.revision > event.revision);
  });

  it('moves through its statuses and keeps a record; not past the table', async () => {
    const event = await create({ name: 'Moves', date: '2026-12-05' });
    const move = (status: string) =>
      app.call('PUT', `/api/events/${event.id}/status`, { token: admin.token, body: { status } });
    assert.equal((await move('archived')).body.code, 'event.transition');
    for (const status of ['published', 'live', 'live', 'ended', 'archived'])
      assert.equal((await move(status)).status, 200);
    const records = await app.db
      .selectFrom('event_status_changes')
      .select(['from_status', 'to_status'])
      .where('event_id', '=', event.id)
      .orderBy('id')
      .execute();
    assert.deepEqual(
      records.map((row) => `${row.from_status} ${row.to_status}`),
      ['null planning', 'planning published', 'published live', 'live ended', 'ended archived'],
    );
    assert.equal((await app.call('GET', `/api/events/${event.id}`)).status, 404);
  });

  it('lists public events latest first in pages, with filters', async () => {
    const ids: string[] = [];
    for (const day of ['01', '02', '03']) {
      const event = await create({
        name: `Paged 100% ${day}`,
        date: `2027-01-${day}`,
        category: 'cycling',
        status: 'published',
      });
      ids.unshift(event.id);
    }
    const idsOf = (reply: { body: { items: { id: string }[] } }) => reply.body.items.map((item) => item.id);
    const first = await app.call('GET', '/api/events?category=cycling&limit=2');
    assert.deepEqual(idsOf(first), ids.slice(0, 2));
    const second = await app.call('GET', `/api/events?category=cycling&limit=2&cursor=${first.body.nextCursor}`);
    assert.deepEqual(idsOf(second), ids.slice(2));
    assert.equal(second.body.nextCursor, null);
    assert.deepEqual(idsOf(await app.call('GET', '/api/events?q=100%25%2002')), [ids[1]]);
    assert.deepEqual(idsOf(await app.call('GET', '/api/events?q=100_')), []);
    assert.match(first.headers.get('cache-control')!, /^public/);
    assert.equal((await app.call('GET', '/api/events?cursor=nonsense')).status, 400);
    assert.equal((await app.call('GET', '/api/events?limit=0')).status, 400);
  });

  it('opens with its code, by cookie or header, until the code changes', async () => {
    const event = await create({
      name: 'Secret',
      date: '2026-12-05',
      status: 'live',
      accessMode: 'code',
      accessCode: 'Rose 42',
    });
    const photos = `/api/events/${event.id}/photos`;
    assert.equal((await app.call('GET', `/api/events/${event.id}`)).body.isLocked, true);
    assert.equal((await app.call('GET', photos)).body.code, 'event.access_code_required');
    const unlock = (code: string) => app.call('POST', `/api/events/${event.slug}/unlock`, { body: { code } });
    assert.equal((await unlock('wrong')).status, 403);
    const opened = await unlock(' rose 42 ');
    assert.equal(opened.status, 200);
    assert.equal((await app.call('GET', photos, { cookie: opened.cookie })).status, 200);
    // On the list for those who opened it, its staff and admins; for nobody else.
    const isListed = async (options: Parameters<typeof app.call>[2]) =>
      (await app.call('GET', '/api/events?limit=100', options)).body.items.some(
        ({ id }: { id: string }) => id === event.id,
      );
    assert.deepEqual(
      await Promise.all([isListed({}), isListed({ token: customer.token }), isListed({ cookie: opened.cookie })]),
      [false, false, true],
    );
    const headers = { 'x-event-access': opened.body.token };
    assert.equal((await app.call('GET', photos, { headers })).status, 200);
    assert.equal((await app.call('GET', `/api/events/${event.id}`, { headers })).body.isLocked, false);
    const other = await create({
      name: 'Other',
      date: '2026-12-05',
      status: 'live',
      accessMode: 'code',
      accessCode: 'x123',
    });
    assert.equal((await app.call('GET', `/api/events/${other.id}/photos`, { headers })).status, 403);
    await app.call('PUT', `/api/events/${event.id}`, { token: admin.token, body: { accessCode: 'Tulip 7' } });
    assert.equal((await app.call('GET', photos, { headers })).status, 403);
  });

  it('has staff with the right role, announces once to each, and says its numbers to its organizer', async () => {
    const event = await create({ name: 'Team', date: '2026-12-05', status: 'live' });
    const organizer = await app.person('organizer');
    const put = (staff: object[]) =>
      app.call('PUT', `/api/events/${event.id}/staff`, { token: admin.token, body: { staff } });
    assert.equal((await put([{ userId: customer.userId, role: 'photographer' }])).status, 400);
    const staff = await put([
      { userId: photographer.userId, role: 'photographer' },
      { userId: organizer.userId, role: 'organizer' },
    ]);
    assert.equal(staff.body.items.length, 2);
    const announced = await app.call('POST', `/api/events/${event.id}/announce`, {
      token: admin.token,
      body: { subject: 'Gate B', body: 'Please come to gate B.', audience: 'staff' },
    });
    assert.deepEqual([announced.status, announced.body.recipientCount], [202, 2]);
    const messages = await app.db
      .selectFrom('messages')
      .select('recipient')
      .where('template', '=', 'event.announcement')
      .orderBy('recipient')
      .execute();
    assert.deepEqual(
      messages.map((row) => row.recipient),
      [organizer.email, photographer.email],
    );
    const numbers = (token: string) => app.call('GET', `/api/events/${event.id}/statistics`, { token });
    await app.photo(event.id, photographer.userId, 'approved');
    const statistics = await numbers(organizer.token);
    assert.equal(statistics.status, 200);
    assert.deepEqual([statistics.body.photos.total, statistics.body.photos.approved], [1, 1]);
    assert.equal(statistics.body.revenue.grossSatang, 0);
    assert.equal((await numbers(photographer.token)).status, 403);
    assert.equal((await numbers((await app.person('organizer')).token)).status, 404);
  });

  it('announces to guests in the app, and on its page to whoever may see the event', async () => {
    const event = await create({
      name: 'ประกาศ',
      nameEn: 'News',
      slug: 'news',
      date: '2026-12-05',
      status: 'live',
      accessMode: 'code',
      accessCode: 'GOLD',
    });
    const guest = await app.call('POST', '/api/auth/guest');
    const consent = await app.db
      .insertInto('consents')
      .values({
        user_id: guest.body.user.id,
        purpose: 'face_search',
        event_id: event.id,
        text_version: '1',
        text_hash: 'x',
        language: 'th',
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await app.db
      .insertInto('face_searches')
      .values({ user_id: guest.body.user.id, event_id: event.id, consent_id: consent.id, source: 'descriptor' })
      .execute();
    const announce = (body: object) =>
      app.call('POST', `/api/events/${event.id}/announce`, { token: admin.token, body });
    const words = { subjectTh: 'ฝนตก', subjectEn: 'Rain', bodyTh: 'เลื่อนเวลา', bodyEn: 'Start is later' };
    assert.equal((await announce({ ...words, audience: 'searchers' })).body.recipientCount, 1);
    const notices = await app.db.selectFrom('notices').selectAll().where('user_id', '=', guest.body.user.id).execute();
    assert.deepEqual(
      notices.map((row) => [row.title_th, row.title_en, row.body_en]),
      [['ฝนตก', 'Rain', 'Start is later']],
    );
    assert.equal((await announce({ ...words, audience: 'page' })).body.recipientCount, 0);

    const path = `/api/events/${event.id}/announcements`;
    assert.equal((await app.call('GET', path)).body.code, 'event.access_code_required');
    const opened = await app.call('POST', `/api/events/${event.id}/unlock`, { body: { code: 'gold' } });
    const headers = { 'x-event-access': opened.body.token };
    const shown = async () => (await app.call('GET', path, { headers })).body.items;
    assert.deepEqual(
      (await shown()).map((each: { subjectEn: string }) => each.subjectEn),
      ['Rain'],
    );
    const all = `/api/admin/events/${event.id}/announcements`;
    assert.equal((await app.call('GET', all, { token: customer.token })).status, 403);
    const listed = (await app.call('GET', all, { token: admin.token })).body.items;
    assert.deepEqual(
      listed.map((each: { audience: string; onPage: boolean }) => [each.audience, each.onPage]),
      [
        ['page', true],
        ['searchers', false],
      ],
    );
    const show = (token: string, onPage: boolean) =>
      app.call('PUT', `/api/admin/announcements/${listed[0].id}`, { token, body: { onPage } });
    assert.equal((await show(customer.token, false)).status, 403);
    assert.equal((await show(admin.token, false)).body.onPage, false);
    assert.deepEqual(await shown(), []);
  });

  it('is deleted without sales, leaving its short address to another', async () => {
    const event = await create({ name: 'Gone', slug: 'gone', date: '2026-12-05', status: 'live' });
    assert.equal((await app.call('DELETE', `/api/events/${event.id}`, { token: admin.token })).status, 204);
    assert.equal((await app.call('GET', '/api/events/gone')).status, 404);
    assert.equal((await app.call('DELETE', `/api/events/${event.id}`, { token: admin.token })).status, 404);
    assert.equal((await create({ name: 'Gone again', slug: 'gone', date: '2026-12-05' })).slug, 'gone');
  });
});
