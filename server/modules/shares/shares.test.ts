import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { testSecrets } from '#test/http-app.ts';
import { makeJpeg, startPhotoApp } from '#test/photo-app.ts';
import { createPackagesService } from '../packages/service.ts';
import { pagesRouter } from '../pages/router.ts';
import { createPhotographersService } from '../photographers/service.ts';
import { sharesRoutes } from './routes.ts';
import { createSharesService, type SharesService } from './service.ts';

const face = { ordinal: 0, box_x: 0, box_y: 0, box_width: 10, box_height: 10, score: 1, quality: 1 };

describe('public pages of bought photos', () => {
  let app: Awaited<ReturnType<typeof startPhotoApp>>;
  let shares: SharesService;
  let pwaDir: string;
  let photographer: Awaited<ReturnType<typeof app.person>>;
  let buyer: Awaited<ReturnType<typeof app.person>>;
  let stranger: Awaited<ReturnType<typeof app.person>>;
  let eventId: string;

  before(async () => {
    pwaDir = await mkdtemp(path.join(tmpdir(), 'tps-shares-'));
    await writeFile(
      path.join(pwaDir, 'index.html'),
      '<!doctype html><html><head><!--head--><!--/head--></head><body><px-app></px-app></body></html>',
    );
    app = await startPhotoApp({
      routes: ({ db, storage }) => {
        shares = createSharesService({ db, storage, linkSecret: testSecrets.link });
        return sharesRoutes({ shares });
      },
      handlers: ({ db, events, photos, auth, url }) => [
        pagesRouter({
          db,
          events,
          photos,
          shares,
          packages: createPackagesService({ db, events }),
          photographers: createPhotographersService({ db, events, photos }),
          publicUrl: url,
          pwaDir,
          findViewer: auth.findViewer,
        }),
      ],
    });
    photographer = await app.person('photographer');
    buyer = await app.person();
    stranger = await app.person();
    eventId = await app.event({ access_mode: 'find_me' });
  });
  after(async () => {
    await app?.stop();
    await rm(pwaDir, { recursive: true, force: true });
  });

  /** A photo that the person bought. */
  async function bought(userId: string): Promise<string> {
    const photoId = await app.photo(eventId, photographer.userId, 'approved');
    const order = await app.db
      .insertInto('orders')
      .values({
        user_id: userId,
        email: 'buyer@example.test',
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
      .values({ order_id: order.id, order_item_id: item.id, photo_id: photoId, user_id: userId })
      .execute();
    return photoId;
  }
  const share = (photoId: string, token: string | undefined = buyer.token) =>
    app.call('POST', `/api/photos/${photoId}/share`, token === undefined ? {} : { token });
  async function shared(): Promise<{ photoId: string; token: string }> {
    const photoId = await bought(buyer.userId);
    const reply = await share(photoId);
    assert.equal(reply.status, 200);
    return { photoId, token: reply.body.token };
  }
  const statusOf = async (token: string): Promise<number[]> =>
    Promise.all(
      [`/api/shares/${token}`, `/api/shares/${token}/picture`].map(
        async (address) => (await app.call('GET', address)).status,
      ),
    );

  it('shows the bought photo without watermark, web-sized, to anybody with the link, and to no searcher', async () => {
    const photoId = await bought(buyer.userId);
    const large = await makeJpeg(1600, 1200);
    const { object_key } = await app.db
      .selectFrom('photo_files')
      .select('object_key')
      .where('photo_id', '=', photoId)
      .where('kind', '=', 'clean')
      .executeTakeFirstOrThrow();
    await app.storage.putBuffer(object_key, large, 'image/jpeg');
    await app.db.updateTable('photos').set({ width: 3200, height: 2400 }).where('id', '=', photoId).execute();
    const made = await share(photoId);
    assert.match(made.body.token, /^[\w-]{43}$/);
    assert.equal((await share(photoId)).body.token, made.body.token, 'again is the same page');

    const { body } = await app.call('GET', `/api/shares/${made.body.token}`);
    assert.deepEqual([body.photoId, body.width, body.height], [photoId, 1280, 960]);
    assert.ok(!JSON.stringify(body).includes(buyer.userId) && !JSON.stringify(body).includes('buyer@'));
    const picture = await fetch(`${app.url}${body.pictureUrl}`);
    assert.equal(picture.headers.get('content-type'), 'image/jpeg');
    assert.equal(picture.headers.get('x-robots-tag'), 'noindex');
    assert.match(picture.headers.get('cache-control')!, /max-age=30$/);
    const { width, height } = await sharp(Buffer.from(await picture.arrayBuffer())).metadata();
    assert.deepEqual([width, height], [1280, 960]);

    const page = await app.call('GET', `/s/${made.body.token}`, { headers: { accept: 'text/html' } });
    assert.equal(page.status, 200);
    assert.match(page.body, new RegExp(`property="og:image" content="${app.url}${body.pictureUrl}"`));
    assert.match(page.body, /name="robots" content="noindex"/);
    assert.equal(page.headers.get('x-robots-tag'), 'noindex');
    assert.doesNotMatch(page.body, /rel="canonical"|hreflang/);
  });

  it('is made by who bought the photo alone, and kept as a hash', async () => {
    const photoId = await bought(buyer.userId);
    assert.equal((await share(photoId, stranger.token)).body.code, 'photo.not_purchased');
    const guest = await app.call('POST', `/api/photos/${photoId}/share`);
    assert.equal(guest.body.code, 'photo.not_purchased');
    const unknown = await share('00000000-0000-4000-8000-000000000000');
    assert.equal(unknown.body.code, 'photo.not_found');
    const { body } = await share(photoId);
    const rows = await app.db.selectFrom('photo_shares').selectAll().where('photo_id', '=', photoId).execute();
    assert.equal(rows.length, 1);
    assert.ok(!JSON.stringify(rows).includes(body.token));
    assert.equal((await app.call('GET', '/api/shares', { token: stranger.token })).body.items.length, 0);
    const mine = (await app.call('GET', '/api/shares', { token: buyer.token })).body.items;
    assert.ok(mine.some((one: { photoId: string }) => one.photoId === photoId));
  });

  it('two taps at once make one page', async () => {
    const photoId = await bought(buyer.userId);
    const replies = await Promise.all(Array.from({ length: 6 }, () => share(photoId)));
    assert.equal(new Set(replies.map(({ body }) => body.token)).size, 1);
  });

  it('is taken down by its owner alone; the next page has another address', async () => {
    const { photoId, token } = await shared();
    const remove = (as: string) => app.call('DELETE', `/api/photos/${photoId}/share`, { token: as });
    assert.equal((await remove(stranger.token)).status, 204);
    assert.deepEqual(await statusOf(token), [200, 200]);
    assert.equal((await remove(buyer.token)).status, 204);
    assert.equal((await remove(buyer.token)).status, 204);
    assert.deepEqual(await statusOf(token), [404, 404]);
    assert.equal((await app.call('GET', `/s/${token}`, { headers: { accept: 'text/html' } })).status, 404);
    const again = (await share(photoId)).body.token;
    assert.notEqual(again, token);
    assert.deepEqual(await statusOf(again), [200, 200]);
  });

  it('goes with the purchase, the photo, the event, and with the wish of anybody in it to be hidden', async () => {
    const withdrawals: Record<string, (photoId: string) => Promise<unknown>> = {
      refunded: (id) =>
        app.db.updateTable('download_grants').set({ revoked_at: new Date() }).where('photo_id', '=', id).execute(),
      deleted: (id) => app.db.updateTable('photos').set({ deleted_at: new Date() }).where('id', '=', id).execute(),
      hidden: (id) => app.db.updateTable('photos').set({ status: 'rejected' }).where('id', '=', id).execute(),
      'a face hidden': (id) =>
        app.db
          .insertInto('faces')
          .values({ photo_id: id, event_id: eventId, ...face, hidden_at: new Date() })
          .execute(),
    };
    for (const [name, withdraw] of Object.entries(withdrawals)) {
      const { photoId, token } = await shared();
      assert.deepEqual(await statusOf(token), [200, 200], name);
      await withdraw(photoId);
      assert.deepEqual(await statusOf(token), [404, 404], name);
      assert.notEqual((await share(photoId)).status, 200, name);
    }
  });

  it('is found by its whole secret only', async () => {
    const { token } = await shared();
    const other = token.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
    for (const wrong of [other, token.slice(0, -1), `${token}A`, randomBytes(32).toString('base64url'), '%00', 'x'])
      assert.equal((await app.call('GET', `/api/shares/${wrong}`)).status, 404, wrong);
  });

  it('a guest’s page becomes the account’s at sign-in', async () => {
    const { photoId, token } = await shared();
    const own = await bought(stranger.userId);
    await share(own, stranger.token);
    await app.db.transaction().execute((trx) => shares.joinGuest(trx, buyer.userId, stranger.userId));
    await app.db
      .updateTable('download_grants')
      .set({ user_id: stranger.userId })
      .where('photo_id', '=', photoId)
      .execute();
    assert.deepEqual(await statusOf(token), [200, 200]);
    const mine = (await app.call('GET', '/api/shares', { token: stranger.token })).body.items;
    assert.ok(mine.some((one: { photoId: string }) => one.photoId === photoId));
  });
});
