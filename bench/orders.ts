import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { parseArgs } from 'node:util';
import express from 'express';
import { sql } from 'kysely';
import { ensurePhotographer } from '#server/modules/photographers/service.ts';
import { createDb, createPool } from '#server/platform/db.ts';
import { createStack } from '#test/e2e/stack.ts';

/*
 * npm run bench -- orders --rate 500 --seconds 60: people who put photos into a cart, order, get a QR and pay, at a steady rate whether or
 * not the shop keeps up, against the product as `npm start` brings it up: API, worker, PostgreSQL, queue, gateway simulator, each its own
 * process on the same cores. Beside it, in the same run, the floor: bare Express with one INSERT on the same PostgreSQL.
 */
const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '60' },
    photos: { type: 'string', default: '6' },
  },
});
const stack = await createStack({
  DEMO: '0',
  LOG_LEVEL: 'warn',
  RATE_LIMIT_SCALE: '100000',
  RATE_LIMIT_PER_IP: '100000000',
});
await stack.start();
const env = JSON.parse(await readFile(path.join(stack.dataDir, 'environment.json'), 'utf8')) as Record<string, string>;
const db = createDb(createPool(env.DATABASE_URL!, 6));

const photographer = await db
  .insertInto('users')
  .values({ name: 'p', email: 'bench-photographer@example.test', role: 'photographer', email_verified: true })
  .returning('id')
  .executeTakeFirstOrThrow();
const photographerId = await ensurePhotographer(db, photographer.id);
const day = new Date();
const event = await db
  .insertInto('events')
  .values({ name: 'Run', slug: 'bench-run', status: 'live', starts_at: day, ends_at: day })
  .returning('id')
  .executeTakeFirstOrThrow();
const photoIds: string[] = [];
for (let i = 0; i < 10; i++) {
  const rows = Array.from({ length: 500 }, () => ({
    event_id: event.id,
    photographer_id: photographerId,
    status: 'approved',
    sha256: randomBytes(32),
    file_name: 'IMG_1.JPG',
    content_type: 'image/jpeg',
    bytes: 1,
  }));
  photoIds.push(...(await db.insertInto('photos').values(rows).returning('id').execute()).map((row) => row.id));
}
await sql`analyze`.execute(db);

const floorDb = createDb(createPool(env.DATABASE_URL!, 10));
await sql`create table if not exists bench_floor (id bigserial primary key, body jsonb not null)`.execute(floorDb);
const floor = express();
floor.use(express.json());
floor.post('/', async (req, res) => {
  await sql`insert into bench_floor (body) values (${JSON.stringify(req.body)})`.execute(floorDb);
  res.json({ status: 1 });
});
const floorServer = floor.listen(0, '127.0.0.1');
await once(floorServer, 'listening');
const floorUrl = `http://127.0.0.1:${(floorServer.address() as AddressInfo).port}/`;

const times: Record<string, number[]> = {};
let failures = 0;
async function timed(name: string, url: string, init: RequestInit): Promise<Response> {
  const startedAt = performance.now();
  const response = await fetch(url, init);
  const text = await response.text();
  times[name] ??= [];
  times[name].push(performance.now() - startedAt);
  if (!response.ok) {
    failures++;
    throw new Error(`${name}: ${response.status} ${text.slice(0, 200)}`);
  }
  return new Response(text, { headers: response.headers });
}
const json = (body: unknown, cookie?: string) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...(cookie && { cookie }) },
  body: JSON.stringify(body),
});

async function buyer(): Promise<void> {
  const start = Math.floor(Math.random() * (photoIds.length - 20));
  const wanted = photoIds.slice(start, start + Number(values.photos));
  const first = await timed('cart', `${stack.url}/api/cart/items`, json({ photoIds: wanted }));
  const cookie = first.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  const placed = await timed(
    'order',
    `${stack.url}/api/orders`,
    json({ email: `${randomBytes(6).toString('hex')}@example.test` }, cookie),
  );
  const { id: orderId } = (await placed.json()) as { id: string };
  const made = await timed('QR (with the gateway)', `${stack.url}/api/payment/create`, json({ orderId }, cookie));
  const { transId } = (await made.json()) as { transId: string };
  await fetch(`${stack.url}/dev/paynoi/${transId}/lose-webhook`, json({}));
  const data = JSON.stringify({ trans_id: transId, amount: '1.00', payment_status: 'completed' });
  const signature = createHmac('sha256', env.PAYNOI_API_KEY!).update(data).digest('hex');
  await timed('webhook', `${stack.url}/api/payment/webhook`, {
    ...json({}),
    body: `{"data":${data},"signature":"${signature}"}`,
  });
  await timed('floor: one INSERT', floorUrl, json({ data, signature }));
}

const percentile = (list: number[], p: number) =>
  [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * p))] ?? 0;
for (let i = 0; i < 10; i++) await buyer().catch(() => undefined);
for (const name of Object.keys(times)) times[name] = [];
failures = 0;

const total = Math.round((Number(values.rate) / 60) * Number(values.seconds));
const startedAt = performance.now();
const running: Promise<void>[] = [];
for (let i = 0; i < total; i++) {
  const dueAt = startedAt + (i * 60_000) / Number(values.rate);
  const waitMs = dueAt - performance.now();
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  running.push(buyer().catch((error) => void (failures < 5 && console.error(String(error)))));
}
await Promise.all(running);
const seconds = (performance.now() - startedAt) / 1000;
const floor95 = percentile(times['floor: one INSERT'] ?? [], 0.95);
console.log(
  `${total} orders in ${seconds.toFixed(1)} s (${((total * 60) / seconds).toFixed(0)} a minute), ${failures} failed`,
);
console.table(
  Object.fromEntries(
    Object.entries(times).map(([name, list]) => [
      name,
      {
        n: list.length,
        'p50 ms': +percentile(list, 0.5).toFixed(1),
        'p95 ms': +percentile(list, 0.95).toFixed(1),
        'p99 ms': +percentile(list, 0.99).toFixed(1),
        'p95 / floor p95': +(percentile(list, 0.95) / floor95).toFixed(2),
      },
    ]),
  ),
);
let unpaid = -1;
for (let i = 0; i < 600 && unpaid !== 0; i++) {
  await new Promise((resolve) => setTimeout(resolve, 100));
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from orders where status <> 'paid'`.execute(db);
  unpaid = rows[0]!.n;
}
const settled = (performance.now() - startedAt) / 1000 - seconds;
console.log(`every order paid and delivered ${settled.toFixed(1)} s after the last one was placed; unpaid: ${unpaid}`);
floorServer.close();
await floorDb.destroy();
await db.destroy();
await stack.remove();
process.exit(unpaid === 0 && failures === 0 ? 0 : 1);
