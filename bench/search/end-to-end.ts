import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { sql } from 'kysely';
import { CURRENT_ENGINE } from '#contracts/pipeline.ts';
import { createDb, createPool, type Db } from '#server/platform/db.ts';
import { enqueue } from '#server/platform/outbox.ts';
import { createStorage } from '#server/platform/storage.ts';
import { Client } from '#test/e2e/client.ts';
import { createStack } from '#test/e2e/stack.ts';
import { insertEvent, uploadPhoto } from '#test/worker.ts';
import { createPeople, percentiles, round } from './faces.ts';

interface Settings {
  faces: number;
  rate: number;
  seconds: number;
  arrivals: number;
  open: number;
  photo?: string;
}
type Owner = Awaited<ReturnType<typeof insertEvent>>;
const FACES_A_PHOTO = 4;
/** Pages that are open at once; each asks one search after the other. */
const PAGES = 24;

/** The whole product as `npm start` brings it up, on a data folder of its own, with its limits out of the way. */
export async function measureEndToEnd(settings: Settings): Promise<Record<string, unknown>> {
  const stack = await createStack({
    DEMO: '0',
    LOG_LEVEL: 'warn',
    RATE_LIMIT_SCALE: '100000',
    RATE_LIMIT_PER_IP: '100000000',
  });
  try {
    const startSeconds = await stack.start();
    const env = JSON.parse(await readFile(path.join(stack.dataDir, 'environment.json'), 'utf8')) as NodeJS.ProcessEnv;
    const db = createDb(createPool(env.DATABASE_URL!, 6));
    const storage = createStorage({
      endpoint: env.S3_ENDPOINT!,
      accessKey: env.S3_ACCESS_KEY!,
      secretKey: env.S3_SECRET_KEY!,
      bucket: env.S3_BUCKET ?? 'thepixstock',
      region: env.S3_REGION ?? 'us-east-1',
    });
    const owner = await insertEvent(db, { auto_approve: true, access_mode: 'open', visibility: 'public' }).catch(() =>
      insertEvent(db, { auto_approve: true, access_mode: 'open' }),
    );
    const people = createPeople(Math.ceil(settings.faces / 20));
    await insertFaces(db, owner, people, settings.faces);
    const pages = await Promise.all(Array.from({ length: PAGES }, () => openPage(stack.url, owner)));
    const first = await pages[0]!.search(people.of(1));
    const loads = await searchAtRate(pages, people, settings);
    console.error(`first ${Math.round(first)} ms, then`, loads);
    const photo = await readFile(settings.photo ?? samplePhoto());
    const arrive = () => measureArrivals(db, storage, owner, pages[0]!, photo, settings.arrivals);
    const alone = await arrive();
    console.error('arrivals', alone);
    const opening = performance.now();
    await openSearches(db, owner, people, settings.open);
    const opened = performance.now() - opening;
    const amongMany = await arrive();
    await db.destroy();
    return {
      'start, s': startSeconds,
      [`first search of ${settings.faces} faces (index is read), ms`]: Math.round(first),
      [`${settings.rate} searches a second, request to results, ms`]: loads,
      'upload finished to found by an open search, ms': alone,
      [`${settings.open} searches more asked at once, all answered after s`]: round(opened / 1000, 1),
      [`the same among ${settings.open} open searches, ms`]: amongMany,
    };
  } finally {
    await stack.remove();
  }
}

const samplePhoto = () =>
  path.join(
    path.dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json')),
    'demo',
    'sample2.jpg',
  );

async function insertFaces(
  db: Db,
  owner: Owner,
  people: ReturnType<typeof createPeople>,
  count: number,
): Promise<void> {
  for (let at = 0; at < count; at += 2000) {
    const faces = Array.from({ length: Math.min(2000, count - at) }, (_, i) => ({
      id: randomUUID(),
      descriptor: Buffer.from(people.of((at + i) * 7919).buffer),
    }));
    const photos = Array.from({ length: Math.ceil(faces.length / FACES_A_PHOTO) }, () => randomUUID());
    await db.transaction().execute(async (trx) => {
      await sql`
        insert into photos (id, event_id, photographer_id, status, face_spaces, pipeline_version, sha256, file_name,
          content_type, bytes, width, height, approved_at)
        select id, ${owner.eventId}, ${owner.photographerId}, 'approved', array[${CURRENT_ENGINE}]::text[], 1000,
          sha256(id::text::bytea), 'a.jpg', 'image/jpeg', 1, 6000, 4000, now()
        from unnest(${photos}::uuid[]) as p (id)`.execute(trx);
      await sql`
        insert into faces (id, photo_id, event_id, ordinal, box_x, box_y, box_width, box_height, score, quality)
        select id, (${photos}::uuid[])[(n - 1) / ${FACES_A_PHOTO}::int + 1], ${owner.eventId}, (n - 1) % ${FACES_A_PHOTO}::int,
          10, 10, 90, 90, 1, 0.9
        from unnest(${faces.map(({ id }) => id)}::uuid[]) with ordinality as f (id, n)`.execute(trx);
      await sql`
        insert into face_descriptors (face_id, event_id, engine, descriptor)
        select id, ${owner.eventId}, ${CURRENT_ENGINE}, descriptor
        from unnest(${faces.map(({ id }) => id)}::uuid[], ${faces.map(({ descriptor }) => descriptor)}::bytea[]) as f (id, descriptor)`.execute(
        trx,
      );
    });
  }
  await sql`analyze`.execute(db);
}

/** A guest's open page: consent given, notices streaming. */
async function openPage(url: string, owner: Owner) {
  const client = await new Client(url).asGuest();
  const consent = await client.call('POST', '/api/consents', { purpose: 'face_search', eventId: owner.eventId });
  const heard = new Map<string, () => void>();
  const stream = await fetch(`${url}/api/notices/stream`, { headers: { authorization: `Bearer ${client.token}` } });
  const listen = async () => {
    let text = '';
    for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const lines = text.split('\n');
      text = lines.pop()!;
      for (const line of lines) {
        const searchId = line.startsWith('data:') && (JSON.parse(line.slice(5)) as { searchId?: string }).searchId;
        if (searchId) heard.get(searchId)?.();
      }
    }
  };
  void listen().catch(() => {});
  /** Resolves when a notice of the search comes; pages look by themselves after a second, and so does this. */
  const noticeOf = (searchId: string) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, 1000);
      heard.set(searchId, () => {
        clearTimeout(timer);
        resolve();
      });
    });
  const results = (searchId: string) => client.call('GET', `/api/face/search/${searchId}/results`);
  return {
    async start(descriptor: ArrayLike<number>): Promise<string> {
      const body = { eventId: owner.eventId, engine: CURRENT_ENGINE, consentId: consent.id };
      return (await client.call('POST', '/api/face/search', { ...body, descriptor: Array.from(descriptor) })).id;
    },
    /** Milliseconds from sending the request to having the results. */
    async search(descriptor: ArrayLike<number>): Promise<number> {
      const start = performance.now();
      const id = await this.start(descriptor);
      for (;;) {
        const told = noticeOf(id);
        const { status, items } = await results(id);
        if (status === 'done' && items.length > 0) return performance.now() - start;
        if (status !== 'queued') throw new Error(`a search ended as ${status} with ${items.length} photos`);
        await told;
      }
    },
    async untilShown(searchId: string, photoId: string): Promise<void> {
      for (;;) {
        const told = noticeOf(searchId);
        const { items } = (await results(searchId)) as { items: Array<{ photoId: string }> };
        if (items.some((item) => item.photoId === photoId)) return;
        await told;
      }
    },
  };
}
type Page = Awaited<ReturnType<typeof openPage>>;

/** Searches begin at their time whether or not earlier ones are done: who waits in a queue is counted. */
async function searchAtRate(pages: readonly Page[], people: ReturnType<typeof createPeople>, settings: Settings) {
  const total = settings.rate * settings.seconds;
  const started = performance.now();
  const asked = Array.from({ length: total }, async (_, i) => {
    const due = started + (i * 1000) / settings.rate;
    await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
    return pages[i % pages.length]!.search(people.of(i * 31));
  });
  const taken = await Promise.all(asked);
  return { searches: total, ...percentiles(taken.slice(settings.rate)) };
}

/** One photo after the other; from its upload being committed to the open search showing it. */
async function measureArrivals(
  db: Db,
  storage: ReturnType<typeof createStorage>,
  owner: Owner,
  page: Page,
  photo: Buffer,
  count: number,
) {
  const first = await uploadPhoto(db, storage, owner, photo, { withJob: true });
  let descriptor: Buffer | undefined;
  while (!descriptor) {
    const face = await db
      .selectFrom('face_descriptors as d')
      .innerJoin('faces as f', 'f.id', 'd.face_id')
      .select('d.descriptor')
      .where('f.photo_id', '=', first)
      .orderBy('f.quality', 'desc')
      .executeTakeFirst();
    descriptor = face?.descriptor;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const query = new Float32Array(new Uint8Array(descriptor).buffer);
  const searchId = await page.start(query);
  await page.untilShown(searchId, first);
  const taken: number[] = [];
  for (let i = 0; i < count; i++) {
    const id = await uploadPhoto(db, storage, owner, photo, { withJob: true });
    const start = performance.now();
    await page.untilShown(searchId, id);
    taken.push(performance.now() - start);
  }
  return { photos: count, ...percentiles(taken) };
}

/** Searches of so many guests, asked at once, and all answered. */
async function openSearches(
  db: Db,
  owner: Owner,
  people: ReturnType<typeof createPeople>,
  count: number,
): Promise<void> {
  const mark = randomUUID();
  for (let at = 0; at < count; at += 200)
    await db.transaction().execute(async (trx) => {
      const size = Math.min(200, count - at);
      const ids = Array.from({ length: size }, () => randomUUID());
      const descriptors = ids.map((_, i) => Buffer.from(people.of(at + i).buffer));
      await sql`
        with person as (
          insert into users (name, email, is_anonymous)
          select 'Guest', ${mark} || '-' || (${at}::int + n) || '@example.test', true from generate_series(1, ${size}::int) n
          returning id
        ), consent as (
          insert into consents (user_id, purpose, event_id, action, text_version, text_hash, language)
          select id, 'face_search', ${owner.eventId}, 'granted', '1', '', 'th' from person returning id, user_id
        )
        insert into face_searches (id, user_id, event_id, consent_id, source, engine, descriptor)
        select (${ids}::uuid[])[n], user_id, ${owner.eventId}, id, 'descriptor', ${CURRENT_ENGINE}, (${descriptors}::bytea[])[n]
        from (select *, row_number() over () as n from consent) c`.execute(trx);
      for (const searchId of ids) await enqueue(trx, 'match-search', searchId, { searchId });
    });
  for (;;) {
    const { waiting } = await db
      .selectFrom('face_searches')
      .select((eb) => eb.fn.countAll<number>().as('waiting'))
      .where('status', '=', 'queued')
      .executeTakeFirstOrThrow();
    if (Number(waiting) === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
