import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import express from 'express';
import { sql } from 'kysely';
import { createDb, createPool } from '#server/platform/db.ts';
import { startTestServices } from '#test/services.ts';

/*
 * npm run bench -- orders --rate 500 --seconds 60: people who put photos into a cart, order, get a QR and pay, at a steady rate whether or
 * not the shop keeps up, against the whole API (PostgreSQL, Redis where there is one, S3, gateway simulator). Beside it, in the same
 * run, the floor: bare Express with one INSERT on the same PostgreSQL.
 */
const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '60' },
    photos: { type: 'string', default: '6' },
  },
});
const services = process.env.TEST_DATABASE_URL ? undefined : await startTestServices();
if (services) Object.assign(process.env, services.env);
const { startTestApi } = await import('#test/api.ts');
const api = await startTestApi();

const photographer = await api.db
  .insertInto('users')
  .values({ name: 'p', email: 'bench-photographer@example.test', role: 'photographer', email_verified: true })
  .returning('id')
  .executeTakeFirstOrThrow();
const { ensurePhotographer } = await import('#server/modules/photographers/service.ts');
const photographerId = await ensurePhotographer(api.db, photographer.id);
const day = new Date();
const event = await api.db
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
  photoIds.push(...(await api.db.insertInto('photos').values(rows).returning('id').execute()).map((row) => row.id));
}
await sql`analyze`.execute(api.db);

const floorDb = createDb(createPool(api.platform.config.databaseUrl, 10));
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
  const first = await timed('cart', `${api.url}/api/cart/items`, json({ photoIds: wanted }));
  const cookie = first.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  const placed = await timed(
    'order',
    `${api.url}/api/orders`,
    json({ email: `${randomBytes(6).toString('hex')}@example.test` }, cookie),
  );
  const { id: orderId } = (await placed.json()) as { id: string };
  const made = await timed('QR (with the gateway)', `${api.url}/api/payment/create`, json({ orderId }, cookie));
  const { transId } = (await made.json()) as { transId: string };
  await fetch(`${api.platform.config.devServicesUrl}/dev/paynoi/${transId}/lose-webhook`, json({}));
  const data = JSON.stringify({ trans_id: transId, amount: '1.00', payment_status: 'completed' });
  const signature = createHmac('sha256', 'test-api-key').update(data).digest('hex');
  await timed('webhook', `${api.url}/api/payment/webhook`, {
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
const cpuBefore = process.cpuUsage();
const running: Promise<void>[] = [];
for (let i = 0; i < total; i++) {
  const dueAt = startedAt + (i * 60_000) / Number(values.rate);
  const waitMs = dueAt - performance.now();
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  running.push(buyer().catch((error) => void (failures < 5 && console.error(String(error)))));
}
await Promise.all(running);
const seconds = (performance.now() - startedAt) / 1000;
const cpu = process.cpuUsage(cpuBefore);
const floor95 = percentile(times['floor: one INSERT'] ?? [], 0.95);
console.log(
  `${total} orders in ${seconds.toFixed(1)} s (${((total * 60) / seconds).toFixed(0)} a minute), ${failures} failed, ${((cpu.user + cpu.system) / 1e6 / seconds).toFixed(2)} cores of API, simulator and this bench together`,
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
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from orders where status <> 'paid'`.execute(
    api.db,
  );
  unpaid = rows[0]!.n;
}
const settled = (performance.now() - startedAt) / 1000 - seconds;
console.log(`every order paid and delivered ${settled.toFixed(1)} s after the last one was placed; unpaid: ${unpaid}`);
floorServer.close();
await floorDb.destroy();
await api.stop();
await services?.stop();
process.exit(unpaid === 0 && failures === 0 ? 0 : 1);
