import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { createTokens, sha256Hex } from '#server/platform/crypto.ts';
import { createStorage, objectKeys } from '#server/platform/storage.ts';
import { createStack } from '#test/e2e/stack.ts';

// npm run bench -- zip [--photos 500] [--mb 8] [--rounds 2] [--check]
// One ZIP of many originals from the whole product as `npm start` brings it up: memory of the API above idle, throughput
// against a bare server that only copies the same bytes from the same store, and going on after a cut. --check keeps the
// ZIP and runs `unzip -t` on it.

const option = (name: string, or: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? or : Number(process.argv[at + 1]);
};
const photos = option('photos', 500);
const bytes = Math.round(option('mb', 8) * 1024 * 1024);
const rounds = option('rounds', 2);
const mb = (n: number) => (n / 1024 / 1024).toFixed(1);

type StorageSettings = Parameters<typeof createStorage>[0];

/** The bytes of all objects over HTTP, one after the other, by a process that does nothing else. */
async function copier(): Promise<void> {
  const { settings, keys } = JSON.parse(process.env.COPY ?? '{}') as { settings: StorageSettings; keys: string[] };
  const storage = createStorage(settings);
  async function* all() {
    for (const key of keys) yield* await storage.getStream(key);
  }
  const server = createServer(
    (_req, res) => void pipeline(Readable.from(all(), { objectMode: false }), res).catch(() => {}),
  );
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
}

const open = (url: string, headers: Record<string, string> = {}): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => get(url, { headers }, resolve).on('error', reject));

/** Reads an answer to its end (or for `stopAfter` bytes, then cuts the connection); answers bytes and seconds. */
async function drain(answer: IncomingMessage, stopAfter = Number.POSITIVE_INFINITY) {
  const startedAt = performance.now();
  let read = 0;
  for await (const chunk of answer) {
    read += (chunk as Buffer).length;
    if (read >= stopAfter) break;
  }
  answer.destroy();
  return { read, seconds: (performance.now() - startedAt) / 1000 };
}

async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

async function seed(db: pg.Client, storage: ReturnType<typeof createStorage>) {
  const one = async (text: string, values: unknown[] = []): Promise<string> =>
    (await db.query(`${text} returning id`, values)).rows[0].id;
  const user = await one(`insert into users (name, email) values ('Bench', 'bench@example.test')`);
  const photographer = await one(
    `insert into photographers (user_id, display_name, slug) values ($1, 'Bench', 'bench')`,
    [user],
  );
  const event = await one(
    `insert into events (name, slug, status, starts_at, ends_at) values ('Bench', 'bench', 'live', now(), now())`,
  );
  const order = await one(
    `insert into orders (user_id, email, status, subtotal_satang, total_satang, quote, paid_at)
     values ($1, 'bench@example.test', 'paid', 0, 0, '{}', now())`,
    [user],
  );
  const body = randomBytes(bytes);
  body.writeUInt32BE(0xffd8ffda, 0);
  const keys: string[] = [];
  for (let i = 0; i < photos; i++) {
    const photo = randomUUID();
    body.writeUInt32BE(i, 1_000);
    const key = objectKeys.original(event, photo, 'jpg');
    // A machine that is busy with other things drops a connection now and then.
    for (let left = 5; ; left--) {
      try {
        await storage.putBuffer(key, body, 'image/jpeg');
        break;
      } catch (error) {
        if (left === 0) throw error;
      }
    }
    keys.push(key);
    await db.query(
      `insert into photos (id, event_id, photographer_id, status, sha256, file_name, content_type, bytes, width, height)
       values ($1, $2, $3, 'approved', decode($4, 'hex'), $5, 'image/jpeg', $6, 600, 400)`,
      [photo, event, photographer, sha256Hex(photo), `IMG_${i}.JPG`, bytes],
    );
    await db.query(
      `insert into photo_files (photo_id, kind, object_key, content_type, bytes) values ($1, 'original', $2, 'image/jpeg', $3)`,
      [photo, key, bytes],
    );
    const item = await one(
      `insert into order_items (order_id, photo_id, event_id, photographer_id, list_price_satang, price_satang,
         platform_bp, photographer_bp, organizer_bp) values ($1, $2, $3, $4, 0, 0, 10000, 0, 0)`,
      [order, photo, event, photographer],
    );
    await db.query(
      `insert into download_grants (order_id, order_item_id, photo_id, user_id, max_downloads) values ($1, $2, $3, $4, 1000)`,
      [order, item, photo, user],
    );
  }
  return { order, keys };
}

async function bench(): Promise<void> {
  const stack = await createStack({ DEMO: '0', LOG_LEVEL: 'warn' });
  let child: ReturnType<typeof spawn> | undefined;
  try {
    await stack.start();
    const env = JSON.parse(await readFile(path.join(stack.dataDir, 'environment.json'), 'utf8')) as Record<
      string,
      string
    >;
    const settings: StorageSettings = {
      endpoint: env.S3_ENDPOINT!,
      accessKey: env.S3_ACCESS_KEY!,
      secretKey: env.S3_SECRET_KEY!,
      bucket: env.S3_BUCKET!,
      region: env.S3_REGION!,
    };
    const db = new pg.Client({ connectionString: env.DATABASE_URL! });
    db.on('error', () => {});
    await db.connect();
    const { order, keys } = await seed(db, createStorage(settings));
    const token = createTokens(env.LINK_SECRET!, 'download').issue({ order }, new Date(Date.now() + 86_400_000));
    const url = `${stack.url}/api/downloads/${token}/zip`;
    const total = photos * bytes;
    console.log(`${photos} originals of ${mb(bytes)} MB, ${mb(total)} MB together`);

    // Checksums are there before anybody asks: uploads bring them. Here the first request makes them.
    const startedAt = performance.now();
    const first = await open(url);
    first.destroy();
    console.log(`first request with no checksum known: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);

    child = spawn(process.execPath, ['--import', 'tsx', import.meta.filename, '--copier'], {
      env: { ...process.env, COPY: JSON.stringify({ settings, keys }) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [port] = (await once(child.stdout!, 'data')) as [Buffer];
    const copyUrl = `http://127.0.0.1:${port.toString().trim()}/`;

    const api = await stack.pid('api');
    const idle = await memoryOf(api);
    let peak = idle;
    const watch = setInterval(() => void memoryOf(api).then((now) => (peak = Math.max(peak, now))), 100);
    let best = { zip: 0, copy: 0 };
    for (let round = 0; round < rounds; round++) {
      const copy = await drain(await open(copyUrl));
      const zip = await drain(await open(url));
      const rate = (run: { read: number; seconds: number }) => run.read / run.seconds / 1024 / 1024;
      best = { zip: Math.max(best.zip, rate(zip)), copy: Math.max(best.copy, rate(copy)) };
      console.log(`round ${round + 1}: copy ${rate(copy).toFixed(0)} MB/s, ZIP ${rate(zip).toFixed(0)} MB/s`);
    }
    clearInterval(watch);
    console.log(`throughput: ${((best.zip / best.copy) * 100).toFixed(0)} % of copying (asked: 60 %)`);
    console.log(
      `memory of the API: idle ${mb(idle)} MB, peak ${mb(peak)} MB, above idle ${mb(peak - idle)} MB (asked: 100 MB)`,
    );

    const whole = await open(url);
    const { read } = await drain(whole, total / 3);
    const etag = String(whole.headers.etag);
    const rest = await open(url, { range: `bytes=${read}-`, 'if-range': etag });
    const tail = await drain(rest);
    const length = Number(whole.headers['content-length']);
    const isWhole = rest.statusCode === 206 && read + tail.read === length;
    console.log(`cut after ${mb(read)} MB, went on with ${rest.statusCode}, ${isWhole ? 'whole' : 'NOT WHOLE'}`);
    if (!isWhole) process.exitCode = 1;

    if (process.argv.includes('--check')) {
      const folder = await mkdtemp(path.join(os.tmpdir(), 'tps-bench-zip-'));
      const file = path.join(folder, 'all.zip');
      const half = Math.floor(length / 2) + 12_345;
      await pipeline(await open(url, { range: `bytes=0-${half}` }), createWriteStream(file));
      await pipeline(await open(url, { range: `bytes=${half + 1}-` }), createWriteStream(file, { flags: 'a' }));
      const test = spawn('unzip', ['-tqq', file], { stdio: 'inherit' });
      const [code] = (await once(test, 'exit')) as [number];
      console.log(`unzip -t of two halves put together: ${code === 0 ? 'no errors' : `exit ${code}`}`);
      await rm(folder, { recursive: true });
    }
    await db.end();
  } finally {
    child?.kill();
    await stack.remove();
  }
}

await (process.argv.includes('--copier') ? copier() : bench());
