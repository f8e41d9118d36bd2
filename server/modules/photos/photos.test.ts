import assert from 'node:assert/strict';
import { photoStatuses } from '#contracts/http/photos.ts';
import { scopes } from '#server/platform/sync-revision.ts';
import { startPhotoApp } from '#test/photo-app.ts';
import { mayReview } from './machine.ts';

describe('photos/machine', () => {
  it('lets people decide between pending, approved and rejected only', () => {
    const allowed = photoStatuses.flatMap((from) =>
      photoStatuses.filter((to) => mayReview(from, to)).map((to) => `${from} > ${to}`),
    );
    assert.deepEqual(allowed, [
      'pending > approved',
      'pending > rejected',
      'approved > pending',
      'approved > rejected',
      'rejected > pending',
      'rejected > approved',
    ]);
  });
});

describe('photos over HTTP', function () {
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

  const idsOf = (reply: { body: { items: { id: string }[] } }) => reply.body.items.map((item) => item.id);
  const outcomes = (reply: { body: { results: { outcome: string }[] } }) =>
    reply.body.results.map((result) => result.outcome);
  const revisionOf = async (scope: string) =>
    (await app.db.selectFrom('sync_scopes').select('revision').where('scope', '=', scope).executeTakeFirst())
      ?.revision ?? 0;
  const payloads = async (topic: string) =>
    (await app.db.selectFrom('outbox').select('payload').where('topic', '=', topic).execute()).map(
      (row) => row.payload as { photoId: string; keys: string[] },
    );

  it('shows pictures once approved, confirms cached ones, and counts views', async () => {
    const id = await app.photo(await app.event(), photographer.userId);
    assert.equal((await app.call('GET', `/api/photos/${id}`)).status, 404);
    assert.equal((await app.call('GET', `/api/photos/${id}`, { token: customer.token })).status, 404);
    assert.equal((await app.call('GET', `/api/photos/${id}`, { token: photographer.token })).status, 200);
    const approved = await app.call('PUT', `/api/photos/${id}/approve`, { token: admin.token });
    assert.deepEqual([approved.status, approved.body.status], [200, 'approved']);
    const seen = await app.call('GET', `/api/photos/${id}`);
    assert.deepEqual([seen.status, seen.headers.get('content-type')], [200, 'image/jpeg']);
    assert.equal(seen.headers.get('cache-control'), 'public, max-age=300');
    // fetch would ask for an uncached answer by itself.
    const headers = { 'if-none-match': seen.headers.get('etag')!, 'cache-control': 'max-age=0' };
    assert.equal((await app.call('GET', `/api/photos/${id}`, { headers })).status, 304);
    for (const size of ['small', 'medium', 'large']) {
      assert.equal((await app.call('GET', `/api/photos/${id}/thumbnails/${size}`)).status, 200);
    }
    assert.equal((await app.call('GET', `/api/photos/${id}/thumbnails/huge`)).status, 404);
    await app.photos.flushViews();
    const row = await app.db.selectFrom('photo_views').select('views').where('photo_id', '=', id).executeTakeFirst();
    assert.equal(row?.views, 3);
  });

  it('keeps find-me photos to those who found them, until they withdraw', async () => {
    const eventId = await app.event({ access_mode: 'find_me' });
    const mine = await app.photo(eventId, photographer.userId, 'approved');
    const other = await app.photo(eventId, photographer.userId, 'approved');
    const consent = await app.db
      .insertInto('consents')
      .values({
        user_id: customer.userId,
        purpose: 'face_search',
        event_id: eventId,
        text_version: '1',
        text_hash: 'x',
        language: 'th',
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const search = await app.db
      .insertInto('face_searches')
      .values({
        user_id: customer.userId,
        event_id: eventId,
        consent_id: consent.id,
        source: 'descriptor',
        status: 'done',
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await app.db
      .insertInto('face_matches')
      .values({ search_id: search.id, photo_id: mine, band: 'sure', confidence: 0.9, distance: 0.3 })
      .execute();
    const list = async (token?: string) =>
      idsOf(await app.call('GET', `/api/events/${eventId}/photos`, token ? { token } : {}));
    assert.deepEqual(await list(), []);
    assert.deepEqual(await list((await app.person()).token), []);
    assert.deepEqual(await list(customer.token), [mine]);
    assert.equal((await list(admin.token)).length, 2);
    assert.equal((await app.call('GET', `/api/photos/${mine}`, { token: customer.token })).status, 200);
    assert.equal((await app.call('GET', `/api/photos/${other}`, { token: customer.token })).status, 404);
    assert.equal((await app.call('GET', `/api/photos/${mine}`)).status, 404);
    await app.db.updateTable('face_searches').set({ status: 'withdrawn' }).where('id', '=', search.id).execute();
    assert.deepEqual(await list(customer.token), []);
  });

  it('lists in the order taken or uploaded, in pages that skip and repeat nothing', async () => {
    const eventId = await app.event();
    const ids: string[] = [];
    for (const time of ['10:03', '10:01', '10:02', '10:01']) {
      ids.push(await app.photo(eventId, photographer.userId, 'approved', new Date(`2026-11-22T${time}:00Z`)));
    }
    await app.photo(eventId, photographer.userId, 'pending');
    const path = `/api/events/${eventId}/photos`;
    const walk = async (query: string) => {
      const found: string[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const reply = await app.call('GET', `${path}?limit=2${query}${cursor && `&cursor=${cursor}`}`);
        found.push(...idsOf(reply));
        cursor = reply.body.nextCursor as string | null;
      }
      return found;
    };
    const [a, b] = [ids[1]!, ids[3]!].sort();
    assert.deepEqual(await walk(''), [a, b, ids[2], ids[0]]);
    assert.deepEqual([...(await walk('&order=new'))].sort(), [...ids].sort());
    assert.deepEqual(await walk('&from=2026-11-22T10:02:00Z&to=2026-11-22T10:03:00Z'), [ids[2]]);
    assert.equal((await app.call('GET', `${path}?status=pending`)).body.items.length, 4);
    const staff = await app.call('GET', `${path}?status=pending`, { token: admin.token });
    assert.equal(staff.body.items.length, 1);
    assert.ok(staff.body.items[0].manage.fileName);
    const other = await app.person('photographer');
    assert.deepEqual(idsOf(await app.call('GET', `/api/photos?eventId=${eventId}`, { token: other.token })), []);
    assert.equal(
      (await app.call('GET', `/api/photos?eventId=${eventId}`, { token: photographer.token })).body.items.length,
      5,
    );
  });

  it('reviews many, each by itself, tells what changed, and takes it back once', async () => {
    const eventId = await app.event();
    const a = await app.photo(eventId, photographer.userId);
    const b = await app.photo(eventId, photographer.userId);
    const raw = await app.photo(eventId, photographer.userId, 'uploaded');
    const unknown = '00000000-0000-4000-8000-000000000000';
    const post = (path: string, body: object) => app.call('POST', path, { token: admin.token, body });
    const first = await post('/api/photos/review', { ids: [a, b, raw, unknown], decision: 'approve' });
    assert.deepEqual(outcomes(first), ['changed', 'changed', 'refused', 'not_found']);
    assert.equal(await revisionOf(scopes.eventPhotos(eventId)), 1);
    assert.equal(await revisionOf(scopes.eventFaces(eventId)), 1);
    const matching = (await payloads('match-photo')).map((payload) => payload.photoId);
    assert.ok(matching.includes(a) && matching.includes(b) && !matching.includes(raw));
    assert.deepEqual(outcomes(await post('/api/photos/review', { ids: [a, b], decision: 'approve' })), [
      'unchanged',
      'unchanged',
    ]);
    const undone = await post('/api/photos/review/undo', { ids: [a] });
    assert.deepEqual(undone.body.results, [{ id: a, outcome: 'changed', status: 'pending' }]);
    assert.deepEqual(outcomes(await post('/api/photos/review/undo', { ids: [a] })), ['unchanged']);
    const refused = await app.call('PUT', `/api/photos/${raw}/reject`, { token: admin.token, body: {} });
    assert.deepEqual([refused.status, refused.body.code], [409, 'photo.transition']);
    const body = { reason: 'blurred' };
    const rejected = await app.call('PUT', `/api/photos/${b}/reject`, { token: admin.token, body });
    assert.equal(rejected.body.manage.reviewReason, 'blurred');
    assert.equal((await app.call('PUT', `/api/photos/${b}/approve`, { token: photographer.token })).status, 403);
    const summary = await app.call('GET', `/api/photographer/photos?eventId=${eventId}`, { token: photographer.token });
    const { uploaded, processing, pending, rejected: turnedDown } = summary.body;
    assert.deepEqual([uploaded, processing, pending, turnedDown], [3, 1, 1, 1]);
  });

  it('removes a photo with its faces and files, but keeps for the buyer what was bought', async () => {
    const eventId = await app.event();
    const plain = await app.photo(eventId, photographer.userId, 'approved');
    const sold = await app.photo(eventId, photographer.userId, 'approved');
    const box = { box_x: 0, box_y: 0, box_width: 1, box_height: 1, score: 1, quality: 1, ordinal: 0 };
    for (const photo_id of [plain, sold]) {
      const face = { ...box, photo_id, event_id: eventId };
      await app.db.insertInto('faces').values(face).execute();
    }
    await buy(sold, eventId);
    for (const id of [plain, sold]) {
      assert.equal((await app.call('DELETE', `/api/photos/${id}`, { token: admin.token })).status, 204);
      assert.equal((await app.call('DELETE', `/api/photos/${id}`, { token: admin.token })).status, 404);
      assert.equal((await app.call('GET', `/api/photos/${id}`)).status, 404);
    }
    assert.deepEqual(await app.db.selectFrom('faces').select('id').where('event_id', '=', eventId).execute(), []);
    const removals = await payloads('delete-objects');
    assert.deepEqual([removals.length, removals[0]!.keys.length], [1, 6]);
    assert.equal(await app.photos.originalOf(app.db, plain), undefined);
    assert.ok(await app.photos.originalOf(app.db, sold));
    assert.equal((await app.call('GET', `/api/photos/${sold}`, { token: customer.token })).status, 200);
    assert.equal((await app.photos.sellable(app.db, [sold]))[0]!.isForSale, false);
    const statistics = await app.call('GET', `/api/events/${eventId}/statistics`, { token: admin.token });
    assert.deepEqual(statistics.body.revenue, {
      grossSatang: 6000,
      refundedSatang: 0,
      platformSatang: 1800,
      photographerSatang: 3000,
      organizerSatang: 1200,
    });
    const deleted = await app.call('DELETE', `/api/events/${eventId}`, { token: admin.token });
    assert.deepEqual([deleted.status, deleted.body.code], [409, 'event.has_sales']);
  });

  async function buy(photoId: string, eventId: string): Promise<void> {
    const order = await app.db
      .insertInto('orders')
      .values({
        user_id: customer.userId,
        email: customer.email,
        status: 'paid',
        subtotal_satang: 6000,
        total_satang: 6000,
        quote: '{}',
        paid_at: new Date(),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const { photographer_id } = await app.db
      .selectFrom('photos')
      .select('photographer_id')
      .where('id', '=', photoId)
      .executeTakeFirstOrThrow();
    const item = await app.db
      .insertInto('order_items')
      .values({
        order_id: order.id,
        photo_id: photoId,
        event_id: eventId,
        photographer_id,
        list_price_satang: 6000,
        price_satang: 6000,
        platform_bp: 3000,
        photographer_bp: 5000,
        organizer_bp: 2000,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await app.db
      .insertInto('download_grants')
      .values({ order_id: order.id, order_item_id: item.id, photo_id: photoId, user_id: customer.userId })
      .execute();
  }

  it('answers camera data to people who are signed in, never a position, and takes own prices', async () => {
    const id = await app.photo(await app.event(), photographer.userId, 'approved');
    await app.db.insertInto('photo_metadata').values({ photo_id: id, camera_make: 'Canon', had_gps: true }).execute();
    assert.equal((await app.call('GET', `/api/photos/${id}/metadata`)).status, 401);
    const reply = await app.call('GET', `/api/photos/${id}/metadata`, { token: customer.token });
    assert.equal(reply.body.cameraMake, 'Canon');
    assert.ok(!/gps|latitude/i.test(JSON.stringify(reply.body)));
    const priced = await app.call('PUT', `/api/photos/${id}`, { token: admin.token, body: { priceSatang: 9900 } });
    assert.equal(priced.body.priceSatang, 9900);
  });

  it('remembers favourites per person, again and again the same, and joins a guest’s', async () => {
    const id = await app.photo(await app.event(), photographer.userId, 'approved');
    const guest = await app.call('PUT', `/api/favorites/${id}`);
    assert.equal(guest.status, 204);
    const as = { cookie: guest.cookie };
    assert.equal((await app.call('PUT', `/api/favorites/${id}`, as)).status, 204);
    assert.equal((await app.call('GET', '/api/favorites', as)).body.items[0].photo.id, id);
    const marked = () =>
      app.db.selectFrom('favorites').selectAll().where('photo_id', '=', id).executeTakeFirstOrThrow();
    const before = await marked();
    assert.equal(before.revision, 1);
    await app.db.transaction().execute((trx) => app.favorites.joinGuest(trx, before.user_id, customer.userId));
    assert.equal((await marked()).user_id, customer.userId);
    assert.equal((await app.call('DELETE', `/api/favorites/${id}`, { token: customer.token })).status, 204);
    assert.deepEqual((await app.call('GET', '/api/favorites', { token: customer.token })).body.items, []);
    assert.equal((await app.call('PUT', `/api/favorites/${before.user_id}`, as)).status, 404);
  });

  it('shows a portfolio only when its photographer wants it', async () => {
    const put = (body: object) => app.call('PUT', '/api/photographer/profile', { token: photographer.token, body });
    assert.equal((await put({ displayName: 'Somchai', slug: 'somchai', bio: 'Runs' })).body.slug, 'somchai');
    assert.equal((await app.call('GET', '/api/photographers/somchai')).status, 404);
    await put({ isPublic: true });
    const portfolio = await app.call('GET', '/api/photographers/somchai');
    assert.equal(portfolio.body.displayName, 'Somchai');
    assert.ok(portfolio.body.photos.length > 0);
    assert.ok(portfolio.body.photos.every((photo: { manage?: object }) => photo.manage === undefined));
    const { token } = await app.person('photographer');
    const taken = await app.call('PUT', '/api/photographer/profile', { token, body: { slug: 'somchai' } });
    assert.deepEqual([taken.status, taken.body.code], [409, 'resource.conflict']);
  });

  it('shows on a portfolio what its photographer chose, in that order, as long as it may be shown', async () => {
    const artist = await app.person('photographer');
    const as = { token: artist.token };
    await app.call('PUT', '/api/photographer/profile', { ...as, body: { slug: 'malee', isPublic: true } });
    const openId = await app.event({ access_mode: 'open' });
    const closedId = await app.event({ access_mode: 'find_me' });
    const mine: string[] = [];
    for (let i = 0; i < 4; i++) mine.push(await app.photo(openId, artist.userId, 'approved'));
    const [first, second, third] = mine as [string, string, string];
    const closed = await app.photo(closedId, artist.userId, 'approved');
    const pending = await app.photo(openId, artist.userId, 'pending');
    const foreign = await app.photo(openId, photographer.userId, 'approved');
    const shown = async () =>
      (await app.call('GET', '/api/photographers/malee')).body.photos.map((photo: { id: string }) => photo.id);
    const choose = (photoIds: string[], token = artist.token) =>
      app.call('PUT', '/api/photographer/portfolio', { token, body: { photoIds } });

    assert.deepEqual(await shown(), mine.toReversed(), 'the latest, as long as nothing is chosen');
    for (const id of [closed, pending, foreign]) {
      const refused = await choose([first, id]);
      assert.deepEqual([refused.status, refused.body.code], [404, 'photo.not_found']);
    }
    assert.equal((await choose([first, first])).status, 400);
    assert.deepEqual(await shown(), mine.toReversed(), 'a refused choice changes nothing');
    for (let twice = 0; twice < 2; twice++) assert.equal((await choose([third, first, second])).status, 200);
    assert.deepEqual(await shown(), [third, first, second]);
    await app.db.updateTable('photos').set({ status: 'rejected' }).where('id', '=', first).execute();
    assert.deepEqual(await shown(), [third, second]);
    const kept = await app.call('GET', '/api/photographer/portfolio', as);
    assert.deepEqual(
      kept.body.items.map((photo: { id: string }) => photo.id),
      [third, second],
    );
    assert.deepEqual(
      (await app.call('GET', '/api/photographer/portfolio', { token: photographer.token })).body.items,
      [],
    );
    assert.equal((await choose([third], customer.token)).status, 403);

    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const page = await app.call('GET', `/api/photographer/portfolio/candidates?limit=2${cursor}`, as);
      seen.push(...page.body.items.map((photo: { id: string }) => photo.id));
      if (page.body.nextCursor === null) break;
      cursor = `&cursor=${encodeURIComponent(page.body.nextCursor)}`;
    }
    assert.deepEqual(seen, [mine[3], third, second]);
    await choose([]);
    assert.deepEqual(await shown(), seen);
  });
});
