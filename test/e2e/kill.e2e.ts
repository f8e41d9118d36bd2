import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import sharp from 'sharp';
import { demoPhotos } from '#ops/laptop/demo/photos.ts';
import { Client, until } from './client.ts';
import { order } from './main-job.ts';
import { createStack, type Stack } from './stack.ts';

describe('kill -9', function () {
  this.timeout(300_000);
  let stack: Stack;
  let eventId: string;
  let photoIds: string[];
  before(async () => {
    stack = await createStack({ RATE_LIMIT_SCALE: '20' });
    await stack.start();
    const anyone = new Client(stack.url);
    eventId = (await anyone.call('GET', '/api/events')).items[0].id;
    photoIds = (await anyone.call('GET', `/api/events/${eventId}/photos`)).items.map(
      (photo: { id: string }) => photo.id,
    );
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
  const isReady = () =>
    until('ready', async () => (await fetch(`${stack.url}/api/ready`).catch(() => undefined))?.ok, 60_000);

  let made = 0;
  /** Photos nobody has seen: a demo photo with another border each time. */
  async function freshPhotos(count: number): Promise<FormData> {
    const form = new FormData();
    form.set('eventId', eventId);
    for (let i = 0; i < count; i++) {
      made += 1;
      const jpeg = await sharp(demoPhotos[made % demoPhotos.length]!)
        .extend({ right: made, background: '#123456' })
        .jpeg({ quality: 90 })
        .toBuffer();
      form.append('files', new Blob([new Uint8Array(jpeg)], { type: 'image/jpeg' }), `fresh-${made}.jpg`);
    }
    return form;
  }
  async function upload(count: number): Promise<string[]> {
    const photographer = await new Client(stack.url).signIn('photographer');
    const { results } = await photographer.call('POST', '/api/photos/batch-upload', await freshPhotos(count));
    return results.map((result: { photoId: string }) => result.photoId);
  }

  async function expectIndexedOnce(ids: string[]): Promise<void> {
    await until(
      'every photo indexed',
      async () =>
        (await sql(`select 1 from photos where id = any($1) and status = 'pending'`, [ids])).length === ids.length,
      150_000,
    );
    const rows = await sql<{ files: string; faces: string; distinct_faces: string; face_count: number }>(
      `select p.face_count, (select count(*) from photo_files f where f.photo_id = p.id) as files,
              (select count(*) from faces f where f.photo_id = p.id) as faces,
              (select count(distinct (box_x, box_y)) from faces f where f.photo_id = p.id) as distinct_faces
       from photos p where p.id = any($1)`,
      [ids],
    );
    for (const row of rows) {
      assert.equal(Number(row.files), 6);
      assert.equal(Number(row.faces), row.face_count);
      assert.equal(row.faces, row.distinct_faces);
      assert.ok(row.face_count > 0);
    }
  }

  it('of the worker in the middle of a photo: every photo is indexed once', async () => {
    const ids = await upload(4);
    await until(
      'the worker at work',
      async () => (await sql(`select 1 from photos where id = any($1) and status = 'pending'`, [ids])).length >= 1,
      60_000,
    );
    await stack.kill('worker');
    await expectIndexedOnce(ids);
  });

  it('of the API in the middle of a checkout: one order, one live payment, paid once', async () => {
    const buyer = await new Client(stack.url).signIn('buyer');
    const placed = await order(buyer, photoIds.slice(0, 2));
    const creating = Promise.allSettled(
      Array.from({ length: 3 }, () => buyer.call('POST', '/api/payment/create', { orderId: placed.id })),
    );
    await new Promise((resolve) => setTimeout(resolve, 5));
    await stack.kill('api');
    await creating;
    await isReady();
    const payment = await until(
      'a payment with a QR',
      async () => {
        const answer = await buyer.raw('POST', '/api/payment/create', { orderId: placed.id });
        const body = (await answer.json()) as { status: string; transId: string; id: string };
        return answer.ok && body.status === 'pending' ? body : undefined;
      },
      60_000,
    );
    // The webhook is lost with the API that is killed again; the poll and the sweep find the money all the same.
    await buyer.call('POST', `/dev/paynoi/${payment.transId}/pay`);
    await stack.kill('api');
    await isReady();
    await until('paid', async () => (await buyer.call('GET', `/api/orders/${placed.id}`)).status === 'paid', 60_000);
    const sales = await sql<{ n: string }>(
      `select count(*) as n from ledger_transactions where order_id = $1 and kind = 'sale'`,
      [placed.id],
    );
    assert.equal(Number(sales[0]!.n), 1);
    const live = await sql<{ status: string }>(
      `select status from payments where order_id = $1 and status in ('creating','unknown','pending')`,
      [placed.id],
    );
    assert.deepEqual(live, []);
  });

  it('of PostgreSQL: it comes back by itself and nothing is lost', async () => {
    const ids = await upload(2);
    const killed = await stack.pid('postgres');
    await stack.kill('postgres');
    await until('another PostgreSQL', async () => (await stack.pid('postgres').catch(() => killed)) !== killed, 60_000);
    await isReady();
    await expectIndexedOnce(ids);
    const buyer = await new Client(stack.url).signIn('buyer');
    assert.ok((await buyer.call('GET', '/api/orders')).items.length > 0);
  });

  it('of everything at once: after the next start all is there, once', async () => {
    const buyer = await new Client(stack.url).signIn('buyer');
    const placed = await order(buyer, photoIds.slice(2, 4));
    const payment = await buyer.call('POST', '/api/payment/create', { orderId: placed.id });
    const ids = await upload(3);
    await buyer.call('POST', `/dev/paynoi/${payment.transId}/lose-webhook`);
    await buyer.call('POST', `/dev/paynoi/${payment.transId}/pay`);
    await stack.killAll();
    const seconds = await stack.start();
    assert.ok(seconds < 60, `ready after ${seconds} s`);
    // Her page, open again, asks as pages do; without it the sweep finds the money a minute later.
    const status = async () => (await buyer.call('GET', `/api/payment/${payment.id}/status`)).status;
    await until('paid', async () => (await status()) === 'paid', 60_000);
    const again = await new Client(stack.url).signIn('buyer');
    const links = await again.call('GET', `/api/orders/${placed.id}/download`);
    assert.equal((await again.raw('GET', links.items[0].url)).status, 200);
    await expectIndexedOnce(ids);
    const [books] = await sql<{ total: string; sales: string; paid: string; orphans: string }>(
      `select (select coalesce(sum(amount_satang), 0) from ledger_postings) as total,
              (select count(*) from ledger_transactions where kind = 'sale') as sales,
              (select count(*) from orders where status = 'paid') as paid,
              (select count(*) from orders o where o.status = 'paid' and not exists (select 1 from download_grants g where g.order_id = o.id)) as orphans`,
    );
    assert.equal(Number(books!.total), 0);
    assert.equal(books!.sales, books!.paid);
    assert.equal(Number(books!.orphans), 0);
  });
});
