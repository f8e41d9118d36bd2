import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import exifr from 'exifr';
import sharp from 'sharp';
import * as yauzl from 'yauzl';
import { createTokens } from '#server/platform/crypto.ts';
import { testSecrets } from '#test/http-app.ts';
import { type ShopApp, startShopApp } from '#test/shop-app.ts';
import { downloadsJobHandlers } from './jobs.ts';

describe('delivery of originals', () => {
  let shop: ShopApp;
  let photographer: { userId: string; token: string };
  let eventId: string;
  before(async function () {
    this.timeout(60_000);
    shop = await startShopApp();
    photographer = await shop.person('photographer');
    eventId = await shop.event({ organizer_id: await shop.organizer() });
  });
  after(() => shop?.stop());

  async function paid(photoIds: string[]) {
    const person = await shop.person();
    const auth = { token: person.token };
    await shop.db.updateTable('photos').set({ price_satang: 0 }).where('id', 'in', photoIds).execute();
    await shop.call('POST', '/api/cart/items', { ...auth, body: { photoIds } });
    const { body: order } = await shop.call('POST', '/api/orders', { ...auth, body: {} });
    assert.equal(order.status, 'paid');
    const links = async () => (await shop.call('GET', `/api/orders/${order.id}/download`, auth)).body;
    return { person, auth, order, links };
  }
  const get = (url: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${shop.url}${url}`, { headers, method });
  const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());
  const refusals = async () =>
    (await shop.db.selectFrom('audit_logs').select('details').where('action', '=', 'download.refused').execute()).map(
      (row) => (row.details as { reason: string }).reason,
    );
  const photosOf = (count: number, body?: Buffer) => shop.photosOf(eventId, photographer.userId, count, body);

  it('sends one ZIP with a length, which goes on after a cut from any byte and counts once', async () => {
    const { links, order } = await paid(await photosOf(3, randomBytes(700_000)));
    const { zipUrl, items } = await links();
    const head = await get(zipUrl, {}, 'HEAD');
    const size = Number(head.headers.get('content-length'));
    const etag = head.headers.get('etag')!;
    assert.deepEqual([head.status, head.headers.get('accept-ranges')], [200, 'bytes']);
    assert.ok(size > 2_100_000 && size < 2_101_000);
    assert.equal(
      (await links()).items[0].downloadsLeft,
      items[0].downloadsLeft,
      'asking for the length counts nothing',
    );

    // The line is cut in the middle.
    const cut = new AbortController();
    const first = await fetch(`${shop.url}${zipUrl}`, { signal: cut.signal });
    assert.equal(first.headers.get('etag'), etag);
    const reader = first.body!.getReader();
    const got: Buffer[] = [Buffer.from((await reader.read()).value!)];
    cut.abort();
    const have = got[0]!.length;
    assert.ok(have < size);
    const rest = await get(zipUrl, { range: `bytes=${have}-`, 'if-range': etag });
    assert.deepEqual([rest.status, rest.headers.get('content-range')], [206, `bytes ${have}-${size - 1}/${size}`]);
    const zip = Buffer.concat([...got, await bytesOf(rest)]);
    assert.equal(zip.length, size);
    const opened = await new Promise<yauzl.ZipFile>((resolve, reject) =>
      yauzl.fromBuffer(zip, { lazyEntries: true }, (error, file) => (error ? reject(error) : resolve(file))),
    );
    assert.equal(opened.entryCount, 3);
    for (let i = 0; i < 20; i++) {
      const [a, b] = [Math.floor(Math.random() * size), Math.floor(Math.random() * size)].sort((x, y) => x - y);
      if (b! - a! > 100_000) continue;
      const part = await bytesOf(await get(zipUrl, { range: `bytes=${a}-${b}` }));
      assert.ok(part.equals(zip.subarray(a, b! + 1)), `bytes ${a}-${b}`);
    }
    assert.deepEqual(
      (await links()).items.map((item: { downloadsLeft: number }) => item.downloadsLeft),
      [19, 19, 19],
    );
    const log = await shop.db
      .selectFrom('downloads')
      .selectAll()
      .where('order_id', '=', order.id)
      .executeTakeFirstOrThrow();
    assert.deepEqual([log.kind, log.bytes, log.grant_ids.length], ['archive', size, 3]);
    assert.equal((await get(zipUrl, { range: `bytes=${size}-` })).status, 416);

    // Another archive than the one that was begun is sent whole, not mixed with it.
    const other = await get(zipUrl, { range: 'bytes=5-', 'if-range': '"zip-other"' });
    assert.equal(other.status, 200);
    await other.body?.cancel();
  });

  it('tells a person which photos are theirs, of one event or all, and nobody else’s', async () => {
    const ids = await photosOf(2);
    const { auth, order, person } = await paid(ids);
    const other = await paid(await photosOf(1));
    const mine = async (query = '') => (await shop.call('GET', `/api/account/photos${query}`, auth)).body.items;
    const wanted = ids.map((photoId) => ({ photoId, orderId: order.id, eventId }));
    const byId = (a: { photoId: string }, b: { photoId: string }) => a.photoId.localeCompare(b.photoId);
    assert.deepEqual((await mine()).sort(byId), wanted.sort(byId));
    assert.equal((await mine(`?eventId=${eventId}`)).length, 2);
    assert.deepEqual(await mine(`?eventId=${other.order.id}`), []);
    await shop.db
      .updateTable('download_grants')
      .set({ revoked_at: new Date() })
      .where('user_id', '=', person.userId)
      .where('photo_id', '=', ids[0]!)
      .execute();
    assert.deepEqual(
      (await mine()).map((one: { photoId: string }) => one.photoId),
      [ids[1]],
    );
    assert.equal((await shop.call('GET', '/api/account/photos')).body.items?.length ?? 0, 0);
  });

  it('refuses used-up, expired, withdrawn and forged links, and writes each down', async () => {
    const { order, links } = await paid(await photosOf(2));
    const { zipUrl, items } = await links();
    await shop.db.updateTable('download_grants').set({ download_count: 20 }).where('order_id', '=', order.id).execute();
    const before = (await refusals()).length;
    const codeOf = async (url: string, headers = {}) =>
      ((await (await get(url, headers)).json()) as { code: string }).code;
    assert.equal(await codeOf(zipUrl), 'download.limit');
    assert.equal(await codeOf(zipUrl, { range: 'bytes=1-' }), 'download.limit');
    assert.equal(await codeOf(items[0].url), 'download.limit');
    assert.equal(await codeOf(items[0].url, { range: 'bytes=1-' }), 'download.limit', 'nor all but a byte');
    assert.equal(await codeOf(`${items[0].url.slice(0, -3)}abc`), 'resource.not_found');
    assert.equal(await codeOf(`${zipUrl.replace('/zip', '')}`), 'resource.not_found', 'one kind is not the other');
    const tokens = createTokens(testSecrets.link, 'download');
    const late = tokens.issue({ order: order.id }, new Date(Date.now() - 1_000));
    assert.equal(await codeOf(`/api/downloads/${late}/zip`), 'download.expired');
    await shop.db
      .updateTable('download_grants')
      .set({ revoked_at: new Date() })
      .where('order_id', '=', order.id)
      .execute();
    assert.equal(await codeOf(zipUrl), 'download.expired');
    assert.deepEqual((await refusals()).slice(before), [
      'download.limit',
      'download.limit',
      'download.limit',
      'download.limit',
      'forged',
      'forged',
      'download.expired',
      'download.expired',
    ]);
  });

  it('never lets ranges send an original more than three times for one download', async () => {
    const { order, links } = await paid(await photosOf(1, randomBytes(10_000)));
    const { items } = await links();
    await shop.db.updateTable('download_grants').set({ download_count: 19 }).where('order_id', '=', order.id).execute();
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) {
      const answer = await get(items[0].url, { range: 'bytes=0-' });
      statuses.push(answer.status);
      await bytesOf(answer);
    }
    assert.deepEqual(statuses, [206, 206, 206, 429, 429]);
  });

  it('zips what it sends singly: without the position, with the checksum of that', async () => {
    const picture = await sharp({
      create: {
        width: 900,
        height: 700,
        channels: 3,
        background: '#a08060',
        noise: { type: 'gaussian', mean: 120, sigma: 60 },
      },
    })
      .jpeg({ quality: 100 })
      .withExif({
        IFD3: {
          GPSLatitudeRef: 'N',
          GPSLatitude: '13/1 45/1 0/1',
          GPSLongitudeRef: 'E',
          GPSLongitude: '100/1 30/1 0/1',
        },
      })
      .toBuffer();
    assert.ok(picture.length > 600_000, 'longer than the head that is looked at');
    const { links } = await paid(await photosOf(1, picture));
    const { zipUrl, items } = await links();
    const single = await bytesOf(await get(items[0].url));
    assert.equal(single.length, picture.length);
    assert.equal(await exifr.gps(single), undefined);
    for (const [a, b] of [
      [0, 10],
      [100, 524_300],
      [524_287, 524_288],
      [600_000, 600_100],
    ] as const) {
      const part = await bytesOf(await get(items[0].url, { range: `bytes=${a}-${b}` }));
      assert.ok(part.equals(single.subarray(a, b + 1)), `bytes ${a}-${b}`);
    }
    const zip = await bytesOf(await get(zipUrl));
    assert.ok(zip.includes(single.subarray(0, 4_096)) && !zip.includes(picture.subarray(0, 4_096)));
    const inside = await new Promise<Buffer>((resolve, reject) =>
      yauzl.fromBuffer(zip, { lazyEntries: true }, (error, file) => {
        if (error) return reject(error);
        file.readEntry();
        file.on('entry', (entry) =>
          file.openReadStream(entry, (problem, stream) =>
            problem ? reject(problem) : stream.toArray().then((chunks) => resolve(Buffer.concat(chunks)), reject),
          ),
        );
      }),
    );
    assert.ok(inside.equals(single));
  });

  it('delivers an original that lands after the sale: ready on the page, told once by mail', async () => {
    const ids = await photosOf(3);
    const [late, later] = [ids[1]!, ids[2]!];
    const files = await shop.db
      .deleteFrom('photo_files')
      .where('photo_id', 'in', [late, later])
      .where('kind', '=', 'original')
      .returningAll()
      .execute();
    const { order, links, auth } = await paid(ids);
    const before = await links();
    assert.equal(before.items.filter((item: { url: string | null }) => item.url === null).length, 2);
    const { body: page } = await shop.call('GET', `/api/orders/${order.id}`, auth);
    assert.equal(page.items.find((item: { photoId: string }) => item.photoId === late).delivery, 'waiting');
    const arrived = () =>
      shop.db
        .selectFrom('messages')
        .select('payload')
        .where('template', '=', 'order.arrived')
        .where('channel', '=', 'email')
        .where('dedupe_key', 'like', `order.arrived-${order.id}-%`)
        .execute();
    const handlers = downloadsJobHandlers(shop);
    const context = { jobId: 'x', attempt: 1, logger: shop.logger, signal: new AbortController().signal };
    const [one, two] = [files.find((file) => file.photo_id === late)!, files.find((file) => file.photo_id === later)!];
    await shop.db.insertInto('photo_files').values(one).execute();
    const job = await shop.db
      .selectFrom('outbox')
      .select('payload')
      .where('topic', '=', 'deliver-originals')
      .where('key', 'like', `${order.id}%`)
      .executeTakeFirstOrThrow();
    assert.deepEqual(job.payload, { orderId: order.id });
    await Promise.all([1, 2, 3].map(() => handlers['deliver-originals']!(job.payload as never, context)));
    const told = await arrived();
    assert.equal(told.length, 1);
    assert.equal((told[0]!.payload as { photoCount: number }).photoCount, 1);
    assert.equal((told[0]!.payload as { waitingCount: number }).waitingCount, 1);
    const after = await links();
    const landed = after.items.find((item: { photoId: string }) => item.photoId === late);
    assert.equal((await get(landed.url)).status, 200);

    // A job that was lost is made up for by the sweep.
    await shop.db.insertInto('photo_files').values(two).execute();
    await shop.db.deleteFrom('outbox').where('topic', '=', 'deliver-originals').execute();
    await handlers['sweep-downloads']!({}, context);
    await handlers['sweep-downloads']!({}, context);
    assert.equal((await arrived()).length, 2);
    const crcs = await shop.db
      .selectFrom('photo_files')
      .select('crc32')
      .where('photo_id', 'in', ids)
      .where('kind', '=', 'original')
      .execute();
    assert.ok(
      crcs.every((row) => row.crc32 !== null),
      'the sweep makes missing checksums',
    );
  });
});
