import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig } from '#server/platform/config.ts';
import { createDb, createPool, type Db } from '#server/platform/db.ts';
import { type DemoName, demoEmail, demoPassword, ensureAccounts } from './accounts.ts';
import { demoPhotos, writeDemoSelfie } from './photos.ts';

// The demo event of `npm start`: accounts in the database, everything else through the API as its users would do it.
// Every step looks first, so that a start that was killed half-way is finished by the next one.

export const demoSlug = 'krungthep-night';
const indexingMs = 90_000;
const config = readConfig();

const demoNames = new Set(demoPhotos.map((file) => path.basename(file)));

async function call<T>(token: string, method: string, url: string, body?: unknown): Promise<T> {
  const isForm = body instanceof FormData;
  const response = await fetch(`${config.publicUrl}${url}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && !isForm ? { 'content-type': 'application/json' } : {}) },
    ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text.slice(0, 500)}`);
  return (text ? JSON.parse(text) : undefined) as T;
}

const signIn = async (name: DemoName): Promise<string> =>
  (await call<{ token: string }>('', 'POST', '/api/auth/login', { email: demoEmail(name), password: demoPassword }))
    .token;

async function ensureEvent(admin: string, organizerId: string, photographerId: string): Promise<string> {
  const { items } = await call<{ items: { id: string; slug: string; status: string }[] }>(
    admin,
    'GET',
    '/api/events?all=1&limit=100',
  );
  const yesterday = new Date(Date.now() - 24 * 3600_000).toISOString().slice(0, 10);
  const event =
    items.find((item) => item.slug === demoSlug) ??
    (await call<{ id: string; slug: string; status: string }>(admin, 'POST', '/api/events', {
      slug: demoSlug,
      name: 'กรุงเทพ ไนต์ รัน & ปาร์ตี้ 2026',
      nameEn: 'Krungthep Night Run & Party 2026',
      description: 'วิ่งยามค่ำ 10 กม. แล้วฉลองด้วยกันที่เส้นชัย · A 10 km night run, and the party at the finish.',
      category: 'running',
      location: 'กรุงเทพมหานคร · Bangkok',
      venue: 'Lumphini Park',
      date: yesterday,
      organizerId,
      faceSearchEnabled: true,
      faceNotice: {
        legalBasis: 'explicit consent (PDPA s. 26)',
        noticeShown: true,
        attestedBy: 'Krungthep Night Co., Ltd.',
      },
    }));
  await call(admin, 'PUT', `/api/events/${event.id}/staff`, {
    staff: [{ userId: photographerId, role: 'photographer' }],
  });
  const steps = { planning: ['published', 'live'], published: ['live'] }[event.status] ?? [];
  for (const status of steps) await call(admin, 'PUT', `/api/events/${event.id}/status`, { status });
  return event.id;
}

async function uploadPhotos(photographer: string, eventId: string): Promise<void> {
  const form = new FormData();
  form.set('eventId', eventId);
  for (const file of demoPhotos)
    form.append('files', new Blob([await readFile(file)], { type: 'image/jpeg' }), path.basename(file));
  await call(photographer, 'POST', '/api/photos/batch-upload', form);
}

/** The demo's own photos; what people upload to the event besides is theirs to approve. */
const listDemoPhotos = (db: Db, eventId: string) =>
  db
    .selectFrom('photos')
    .select(['id', 'status'])
    .where('event_id', '=', eventId)
    .where('file_name', 'in', [...demoNames])
    .where('deleted_at', 'is', null)
    .orderBy('file_name')
    .execute();

async function untilIndexed(db: Db, eventId: string) {
  const deadline = Date.now() + indexingMs;
  for (;;) {
    const photos = await listDemoPhotos(db, eventId);
    if (photos.length >= demoPhotos.length && photos.every((photo) => photo.status !== 'uploaded')) return photos;
    if (Date.now() > deadline) throw new Error(`the demo photos were not indexed within ${indexingMs / 1000} s`);
    await sleep(250);
  }
}

async function seed(db: Db): Promise<void> {
  const ids = await ensureAccounts(db);
  const organizer = await db
    .selectFrom('organizers')
    .select('id')
    .where('user_id', '=', ids.organizer)
    .executeTakeFirstOrThrow();
  const [admin, photographer] = [await signIn('admin'), await signIn('photographer')];
  const eventId = await ensureEvent(admin, organizer.id, ids.photographer);
  if ((await listDemoPhotos(db, eventId)).length < demoPhotos.length) await uploadPhotos(photographer, eventId);
  const photos = await untilIndexed(db, eventId);
  const waiting = photos.filter((photo) => photo.status === 'pending').map((photo) => photo.id);
  if (waiting.length > 0) await call(admin, 'POST', '/api/photos/review', { ids: waiting, decision: 'approve' });
  if (photos[2]) await call(admin, 'PUT', `/api/events/${eventId}`, { coverPhotoId: photos[2].id });
}

// The selfie is written last: once it is there, the demo belongs to whoever plays with it and is left alone.
const selfie = path.join(config.dataDir, 'demo', 'selfie.jpg');
if (!existsSync(selfie)) {
  const pool = createPool(config.databaseUrl, 2);
  const db = createDb(pool);
  try {
    await seed(db);
    await mkdir(path.dirname(selfie), { recursive: true });
    await writeDemoSelfie(selfie);
  } finally {
    await db.destroy();
  }
}
