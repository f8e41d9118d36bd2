import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { ensurePhotographer } from '#server/modules/photographers/service.ts';
import { createDb, createPool, type Db, type Trx } from '#server/platform/db.ts';
import { nextRevision, scopes } from '#server/platform/sync-revision.ts';
import { createStack } from '#test/e2e/stack.ts';

export type Shop = Awaited<ReturnType<typeof startShop>>;

/** The product as `npm start` brings it up, without its demo, and its database. */
export async function startShop() {
  const stack = await createStack({
    DEMO: '0',
    LOG_LEVEL: 'warn',
    RATE_LIMIT_SCALE: '100000',
    RATE_LIMIT_PER_IP: '100000000',
  });
  await stack.start();
  const env = JSON.parse(await readFile(path.join(stack.dataDir, 'environment.json'), 'utf8')) as Record<
    string,
    string
  >;
  const db = createDb(createPool(env.DATABASE_URL!, 6));
  const { id: userId } = await db
    .insertInto('users')
    .values({ name: 'Somchai P.', email: 'photographer@example.test', role: 'photographer', email_verified: true })
    .returning('id')
    .executeTakeFirstOrThrow();
  const photographerId = await ensurePhotographer(db, userId);
  return {
    ...stack,
    db,
    addEvents: (count: number) => addEvents(db, count),
    addPhotos: (eventId: string, count: number, status = 'approved') =>
      addPhotos(db, photographerId, eventId, count, status),
    /** A new guest's cookie. */
    async guest(): Promise<string> {
      const answer = await fetch(`${stack.url}/api/auth/guest`, { method: 'POST' });
      if (!answer.ok) throw new Error(`no session: ${answer.status}`);
      return answer.headers
        .getSetCookie()
        .map((line) => line.split(';')[0])
        .join('; ');
    },
    async close(): Promise<void> {
      await db.destroy();
      await stack.remove();
    },
  };
}

const inRevision = <T>(db: Db, scope: string, work: (trx: Trx, revision: number) => Promise<T>): Promise<T> =>
  db.transaction().execute(async (trx) => work(trx, await nextRevision(trx, scope)));

/** Public events, each a change of its own. */
async function addEvents(db: Db, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const startsAt = new Date(Date.UTC(2026, n % 12, 1 + (n % 28), n % 24));
    const { id } = await inRevision(db, scopes.events(), (trx, revision) =>
      trx
        .insertInto('events')
        .values({
          name: `งานวิ่งกลางคืน ${n}`,
          name_en: `Night run ${n}`,
          slug: `run-${n}-${randomBytes(3).toString('hex')}`,
          description: 'วิ่งรอบสวนลุมพินี ระยะ 5 และ 10 กิโลเมตร เริ่มหนึ่งทุ่มตรง',
          venue: 'สวนลุมพินี',
          location: 'กรุงเทพฯ',
          status: 'live',
          starts_at: startsAt,
          ends_at: new Date(startsAt.getTime() + 6 * 3600_000),
          revision,
        })
        .returning('id')
        .executeTakeFirstOrThrow(),
    );
    ids.push(id);
  }
  return ids;
}

/** Photos of one event as the worker and a reviewer leave them, 50 in a revision. */
async function addPhotos(db: Db, photographerId: string, eventId: string, count: number, status: string) {
  const ids: string[] = [];
  const hex = () => `#${randomBytes(3).toString('hex')}`;
  for (let from = 0; from < count; from += 50) {
    const rows = Array.from({ length: Math.min(50, count - from) }, (_, n) => ({
      event_id: eventId,
      photographer_id: photographerId,
      status,
      sha256: randomBytes(32),
      file_name: `IMG_${from + n}.JPG`,
      content_type: 'image/jpeg',
      bytes: 6_000_000,
      width: 6000,
      height: 4000,
      taken_at: new Date(Date.UTC(2026, 10, 22, 12, 0, from + n, (from * 37) % 1000)),
      placeholder_color: hex(),
      focus_x: Math.fround(Math.random()),
      focus_y: Math.fround(Math.random()),
    }));
    const made = await inRevision(db, scopes.eventPhotos(eventId), (trx, revision) =>
      trx
        .insertInto('photos')
        .values(rows.map((row) => ({ ...row, revision: status === 'approved' ? revision : 0 })))
        .returning('id')
        .execute(),
    );
    ids.push(...made.map(({ id }) => id));
  }
  return ids;
}

/** Processor time that a process and its threads took so far, in milliseconds. */
export async function cpuMs(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
/** The same of a process and its children, also those that ended: PostgreSQL has one for each connection. */
export async function familyCpuMs(pid: number): Promise<number> {
  let ticks = 0;
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => undefined);
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (!fields) continue;
    if (Number(entry) === pid) ticks += fields.slice(11, 15).reduce((sum, each) => sum + Number(each), 0);
    else if (Number(fields[1]) === pid) ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * 10;
}
export async function rssMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

/** A page's live stream: calls `heard` with each event's name and data; resolves once it is open. */
export function openLive(url: string, follow: string, cookie: string, heard: (event: string, data: string) => void) {
  return new Promise<{ close(): void }>((resolve, reject) => {
    const request = get(`${url}/api/live?follow=${follow}`, { agent: false, headers: { cookie } });
    request.on('error', reject);
    request.on('response', (response: IncomingMessage) => {
      if (response.statusCode !== 200) reject(new Error(`stream: ${response.statusCode}`));
      let text = '';
      response.setEncoding('utf8');
      response.on('error', () => {});
      response.on('data', (chunk: string) => {
        text += chunk;
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const message = text.slice(0, end);
          text = text.slice(end + 2);
          const data = message.indexOf('\ndata: ');
          if (message.startsWith('event: ') && data > 0) heard(message.slice(7, data), message.slice(data + 7));
        }
      });
      resolve({ close: () => request.destroy() });
    });
  });
}

export const percentile = (list: ArrayLike<number>, p: number): number => {
  const sorted = Float64Array.from(list).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? Number.NaN;
};
