import { parseArgs } from 'node:util';
import { photoDocVersion } from '#contracts/sync/photos.ts';
import { nextRevision, scopes } from '#server/platform/sync-revision.ts';
import { cpuMs, openLive, percentile, rssMb, startShop } from './sync/shop.ts';

/*
 * npm run bench -- sync-streams [--streams 2000] [--rate 50] [--seconds 20]: the open pages of a crowd at one event, each a person with a session,
 * a cart and favourites, while photos of the event are approved and people mark photos, a change each. Every page must hear of every
 * photo, and of its own marks; how long after the commit, and what memory and processor time the API takes.
 */
const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '2000' },
    rate: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '20' },
  },
});
const count = Number(values.streams);
const rate = Number(values.rate);
const seconds = Number(values.seconds);
/** One change in so many is a person's own. */
const ownEvery = 10;

const shop = await startShop();
const { db } = shop;
const api = await shop.pid('api');
const [eventId] = await shop.addEvents(1);
const photoIds = await shop.addPhotos(eventId!, rate * seconds, 'pending');
const scope = scopes.eventPhotos(eventId!);
const idle = await rssMb(api);
/** Where the API's memory is, in MB. */
async function memoryOf(): Promise<string> {
  const text = await (await fetch(`${shop.url}/metrics`)).text();
  const mb = (name: string) =>
    Math.round(Number(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)`, 'm').exec(text)?.[1] ?? 0) / 2 ** 20);
  const heap = `heap ${mb('nodejs_heap_size_used_bytes')} of ${mb('nodejs_heap_size_total_bytes')}`;
  return `${heap}, outside of it ${mb('nodejs_external_memory_bytes')}`;
}
const memory: Record<string, string> = { idle: await memoryOf() };

const cookies: string[] = [];
for (let from = 0; from < count; from += 20)
  cookies.push(...(await Promise.all(Array.from({ length: Math.min(20, count - from) }, () => shop.guest()))));
const { rows: people } = {
  rows: await db.selectFrom('users').select('id').where('is_anonymous', '=', true).orderBy('created_at').execute(),
};

interface Page {
  reached: number;
  ownNudges: number;
}
const committedAt = new Map<number, number>();
const delays: number[] = [];
const ownDelays: number[] = [];
const ownCommittedAt = new Map<number, number>();
const pages: Page[] = [];
const streams: { close(): void }[] = [];
let behind = 0;
let pulls = 0;
const photos = `photos@${photoDocVersion}:${eventId}`;
const baseRevision = Number(
  (await db.selectFrom('sync_scopes').select('revision').where('scope', '=', scope).executeTakeFirst())?.revision ?? 0,
);

/** What a page does that was told to look for itself, or that finds something left out. */
async function pull(page: Page): Promise<void> {
  const checkpoint = JSON.stringify({ revision: page.reached, id: '', scope });
  const query = `v=${photoDocVersion}&eventId=${eventId}&limit=1000&checkpoint=${encodeURIComponent(checkpoint)}`;
  const answer = await fetch(`${shop.url}/api/sync/photos/pull?${query}`);
  const { checkpoint: next } = (await answer.json()) as { checkpoint: { revision: number } };
  pulls += 1;
  advance(page, next.revision);
}
function advance(page: Page, reached: number): void {
  const now = performance.now();
  for (let revision = page.reached + 1; revision <= reached; revision += 1) {
    const at = committedAt.get(revision);
    if (at !== undefined) delays.push(now - at);
  }
  page.reached = Math.max(page.reached, reached);
}

function heard(index: number, page: Page, event: string, data: string): void {
  const now = performance.now();
  if (event === 'docs') {
    const { from, checkpoint } = JSON.parse(data) as { from: number; checkpoint: { revision: number } };
    if (from > page.reached) {
      void pull(page);
      return;
    }
    advance(page, checkpoint.revision);
  } else if (event === 'sync' && data.startsWith(`{"of":"${photos}"`) && !data.includes('revision')) {
    behind += 1;
    void pull(page);
  } else if (event === 'sync' && data.startsWith('{"of":"favorites') && !data.includes('revision')) {
    page.ownNudges += 1;
    const at = ownCommittedAt.get(index);
    if (at !== undefined) ownDelays.push(now - at);
  }
}
const openedAt = performance.now();
for (let from = 0; from < count; from += 50) {
  const opening = Array.from({ length: Math.min(50, count - from) }, async (_, n) => {
    const page: Page = { reached: baseRevision, ownNudges: 0 };
    pages[from + n] = page;
    const follow = `notices,events@0,cart_items@0,favorites@0,${photos}`;
    streams.push(
      await openLive(shop.url, follow, cookies[from + n]!, (event, data) => heard(from + n, page, event, data)),
    );
  });
  await Promise.all(opening);
}
console.log(`${count} streams open in ${((performance.now() - openedAt) / 1000).toFixed(1)} s`);
const opened = await rssMb(api);
memory.opened = await memoryOf();
const cpuBefore = await cpuMs(api);
const ownCpuBefore = process.cpuUsage();

let photoChanges = 0;
let ownChanges = 0;
let peak = opened;
const startedAt = performance.now();
/** Writers, one for photos (a scope's changes go one after the other anyway) and one for marks: where they cannot keep up, the rate is lower. */
const writers = { photos: Promise.resolve(), marks: Promise.resolve() };
async function approve(id: string): Promise<void> {
  const revision = await db.transaction().execute(async (trx) => {
    const next = await nextRevision(trx, scope);
    await trx.updateTable('photos').set({ status: 'approved', revision: next }).where('id', '=', id).execute();
    // Held until the commit, so nobody can have heard of it before.
    committedAt.set(next, performance.now());
    return next;
  });
  committedAt.set(revision, Math.min(committedAt.get(revision)!, performance.now()));
}
async function mark(index: number): Promise<void> {
  ownCommittedAt.set(index, performance.now());
  await db.transaction().execute((trx) => nextRevision(trx, scopes.favorites(people[index]!.id)));
}
for (let n = 0; n < rate * seconds; n += 1) {
  const waitMs = startedAt + (n * 1000) / rate - performance.now();
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  if (n % ownEvery === 0) {
    const index = (ownChanges * 7) % count;
    writers.marks = writers.marks.then(() => mark(index));
    ownChanges += 1;
  } else {
    const id = photoIds[photoChanges]!;
    writers.photos = writers.photos.then(() => approve(id));
    photoChanges += 1;
  }
  if (n % rate === 0) peak = Math.max(peak, await rssMb(api));
}
await Promise.all([writers.photos, writers.marks]);
const wroteSeconds = (performance.now() - startedAt) / 1000;
const last = baseRevision + photoChanges;
const deadline = performance.now() + 30_000;
while (performance.now() < deadline && pages.some(({ reached }) => reached < last))
  await new Promise((resolve) => setTimeout(resolve, 50));
const tookSeconds = (performance.now() - startedAt) / 1000;
const cpu = ((await cpuMs(api)) - cpuBefore) / 1000;
const ownCpu = process.cpuUsage(ownCpuBefore);
peak = Math.max(peak, await rssMb(api));
memory.end = await memoryOf();
const missed = pages.filter(({ reached }) => reached < last).length;
const ownHeard = pages.reduce((sum, page) => sum + page.ownNudges, 0);

console.log(
  `${photoChanges} photos and ${ownChanges} own changes in ${wroteSeconds.toFixed(1)} s (${((photoChanges + ownChanges) / wroteSeconds).toFixed(0)} a second) to ${count} streams`,
);
console.table({
  'photos to every page': {
    delivered: delays.length,
    expected: photoChanges * count,
    'p50 ms': Math.round(percentile(delays, 0.5)),
    'p95 ms': Math.round(percentile(delays, 0.95)),
    'p99 ms': Math.round(percentile(delays, 0.99)),
  },
  'own changes': {
    delivered: ownHeard,
    expected: ownChanges,
    'p50 ms': Math.round(percentile(ownDelays, 0.5)),
    'p95 ms': Math.round(percentile(ownDelays, 0.95)),
    'p99 ms': Math.round(percentile(ownDelays, 0.99)),
  },
});
console.log(
  `pages that missed something: ${missed}; told to look for themselves: ${behind}, pulls: ${pulls}
API: ${idle.toFixed(0)} MB idle, ${opened.toFixed(0)} MB with the streams open, ${peak.toFixed(0)} MB at most; ${((100 * cpu) / tookSeconds).toFixed(0)} % of one core
(in MB: idle ${memory.idle}; opened ${memory.opened}; in the end ${memory.end})
(this crowd itself took ${((100 * (ownCpu.user + ownCpu.system)) / 1e6 / tookSeconds).toFixed(0)} % of one core)`,
);
for (const stream of streams) stream.close();
await shop.close();
process.exit(missed === 0 && percentile(delays, 0.95) <= 1_000 && peak <= 400 ? 0 : 1);
