import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import sharp from 'sharp';
import { demoPhotos } from '#ops/laptop/demo/photos.ts';
import { Client, until } from './client.ts';
import { describeSelfie, findPhotos, order, pay } from './main-job.ts';
import { createStack, type Stack } from './stack.ts';

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

describe('the main job by a program that knows the operating contract', function () {
  this.timeout(300_000);
  let stack: Stack;
  let selfie: { engine: string; descriptor: number[] };
  let eventId: string;
  before(async () => {
    stack = await createStack();
    const seconds = await stack.start();
    assert.ok(seconds < 120, `ready after ${seconds} s`);
    selfie = describeSelfie(path.join(stack.dataDir, 'demo', 'selfie.jpg'));
    eventId = (await new Client(stack.url).call('GET', '/api/events')).items[0].id;
  });
  after(() => stack.remove());

  const sql = async <T extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<T[]> => {
    const { DATABASE_URL } = JSON.parse(await readFile(path.join(stack.dataDir, 'environment.json'), 'utf8'));
    const client = new pg.Client({ connectionString: DATABASE_URL });
    await client.connect();
    try {
      return (await client.query<T>(text, values)).rows;
    } finally {
      await client.end();
    }
  };

  it('shows the demo event, three packages at the default prices, and health', async () => {
    const anyone = new Client(stack.url);
    assert.equal((await anyone.call('GET', '/api/health')).status, 'ok');
    assert.equal((await anyone.call('GET', '/api/ready')).status, 'ready');
    assert.match(await (await anyone.raw('GET', '/metrics')).text(), /http_request_duration_seconds/);
    const { items } = await anyone.call('GET', `/api/events/${eventId}/packages`);
    assert.deepEqual(
      items.map((p: { kind: string; priceSatang: number }) => [p.kind, p.priceSatang]),
      [
        ['single', 6000],
        ['bundle', 25000],
        ['unlimited', 50000],
      ],
    );
    const photos = await anyone.call('GET', `/api/events/${eventId}/photos`);
    assert.equal(photos.items.length, demoPhotos.length);
  });

  it('uploads, indexes, approves, finds, pays and downloads as an account', async () => {
    const [photographer, admin, buyer] = await Promise.all(
      ['photographer', 'admin', 'buyer'].map((name) => new Client(stack.url).signIn(name)),
    );
    const original = await sharp(demoPhotos[0]!)
      .extract({ left: 300, top: 60, width: 1600, height: 1100 })
      .withExif({ IFD0: { Make: 'Test' } })
      .jpeg({ quality: 95 })
      .toBuffer();
    const form = () => {
      const data = new FormData();
      data.set('eventId', eventId);
      data.set('file', new Blob([new Uint8Array(original)], { type: 'image/jpeg' }), 'IMG_0001.JPG');
      return data;
    };
    const [first, second] = await Promise.all(
      [0, 1].map(() => photographer!.call('POST', '/api/photos/upload', form())),
    );
    assert.equal(first.photoId, second.photoId, 'one upload sent twice is one photo');
    await until('indexing', async () => {
      const photo = (await admin!.call('GET', `/api/photos?eventId=${eventId}&status=pending`)).items.find(
        (p: { id: string }) => p.id === first.photoId,
      );
      return photo?.status === 'pending';
    });
    const before = await findPhotos(buyer!, eventId, selfie);
    assert.ok(!before.some((match) => match.photoId === first.photoId), 'not found before it is approved');
    await admin!.call('PUT', `/api/photos/${first.photoId}/approve`, {});
    const found = await findPhotos(buyer!, eventId, selfie);
    const bands = JSON.stringify(found.map(({ band, distance }) => ({ band, distance })));
    const ids = found.map((match) => match.photoId);
    assert.ok(ids.includes(first.photoId), bands);
    assert.ok(ids.length >= 3 && ids.length <= 4, bands);
    assert.equal(found[0]!.band, 'sure', bands);

    const placed = await order(buyer!, [first.photoId, ...ids.filter((id) => id !== first.photoId).slice(0, 1)]);
    assert.equal(placed.totalSatang, 12000);
    assert.equal((await buyer!.raw('GET', `/api/photos/${first.photoId}/original`)).status, 403);
    const payment = await pay(buyer!, placed.id);
    assert.ok(Math.abs(payment.amountSatang - 12000) < 100);

    const download = await buyer!.raw('GET', `/api/photos/${first.photoId}/original`);
    assert.equal(download.status, 200);
    assert.equal(sha256(new Uint8Array(await download.arrayBuffer())), sha256(original), 'the original, byte for byte');
    const links = await buyer!.call('GET', `/api/orders/${placed.id}/download`);
    assert.equal(links.items.length, 2);
    const zip = new Uint8Array(await (await new Client(stack.url).raw('GET', links.zipUrl)).arrayBuffer());
    assert.equal(Buffer.from(zip.subarray(0, 2)).toString(), 'PK');
    assert.ok(zip.length > original.length);

    const postings = await sql<{ code: string; amount: string }>(
      `select a.code, p.amount_satang as amount from ledger_postings p join ledger_transactions t on t.id = p.transaction_id
       join ledger_accounts a on a.id = p.account_id where t.order_id = $1 and t.kind = 'sale'`,
      [placed.id],
    );
    const sum = (pattern: RegExp) =>
      postings.filter((p) => pattern.test(p.code)).reduce((total, p) => total + Number(p.amount), 0);
    assert.equal(sum(/./), 0);
    assert.equal(sum(/^gateway_clearing$/), payment.amountSatang);
    assert.equal(sum(/photographer/), -6000);
    assert.equal(sum(/organizer/), -2400);
    assert.equal(sum(/^platform_revenue$/), -3600);
  });

  it('serves a guest by e-mail alone, and nobody else', async () => {
    const guest = await new Client(stack.url).asGuest();
    const found = await findPhotos(guest, eventId, selfie);
    const placed = await order(guest, [found[0]!.photoId], 'runner@example.test');
    await pay(guest, placed.id);
    const mail = await until('the e-mail', async () =>
      (await guest.call('GET', '/dev/mail.json')).find((m: { to: unknown; links: string[] }) =>
        JSON.stringify(m.to).includes('runner@example.test'),
      ),
    );
    const link = mail.links.find((url: string) => url.includes('/orders/'));
    const token = new URL(link).searchParams.get('token');
    const stranger = await new Client(stack.url).asGuest();
    const byLink = await stranger.call('GET', `/api/orders/${placed.id}/download?token=${encodeURIComponent(token!)}`);
    assert.equal((await stranger.raw('GET', byLink.items[0].url)).status, 200);
    assert.equal((await stranger.raw('GET', `/api/orders/${placed.id}`)).status, 404);
    assert.equal((await stranger.raw('GET', `/api/orders/${placed.id}/download`)).status, 404);
    assert.equal((await stranger.raw('GET', `/api/photos/${found[0]!.photoId}/original`)).status, 403);
  });

  it('stops cleanly, and finds everything again soon', async () => {
    const buyer = await new Client(stack.url).signIn('buyer');
    const before = await buyer.call('GET', '/api/orders');
    assert.equal(await stack.stop(), 0);
    const seconds = await stack.start();
    // 15 s is promised on an idle machine; a busy one is not a broken shop.
    assert.ok(seconds < 30, `ready again after ${seconds} s`);
    const after = await buyer.call('GET', '/api/orders');
    assert.deepEqual(after, before);
    const mail = await buyer.call('GET', '/dev/mail.json');
    assert.ok(mail.length > 0);
  });
});
