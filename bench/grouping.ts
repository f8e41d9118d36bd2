import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { CURRENT_ENGINE } from '#contracts/pipeline.ts';
import { normalize } from '#face/descriptor.ts';
import { createNodeEngine } from '#face/node/engine.ts';
import { createNodeRecognition, loadCatalogue } from '#face/node/recognition.ts';
import { createFaceGroupsService } from '#server/modules/face-searches/groups.service.ts';
import type { Db } from '#server/platform/db.ts';
import { createTestDatabase } from '#test/database.ts';
import { context, insertEvent } from '#test/worker.ts';
import { createGroupFacesJob } from '#worker/jobs/group-faces.job.ts';
import { createRandom, type LabelledFace, madeUp } from './faces/event.ts';
import { createDescriber, mainFace, readRows } from './faces/photos.ts';

/**
 * Grouping through the real job on PostgreSQL (services of test/services.ts, see docs/testing.md): time, memory, purity, and what stays as it
 * was when photos are added.
 *   npm run bench -- grouping --labels labels.csv… [--faces 10000] [--cache FOLDER] [--engine ID] [--out figures.json]
 * The labelled people, one face a photo, then made-up ones with five photos each, which differ as two photos of a real person do.
 */
const { values } = parseArgs({
  options: {
    labels: { type: 'string', multiple: true, default: [] },
    faces: { type: 'string', default: '10000' },
    cache: { type: 'string' },
    engine: { type: 'string', default: CURRENT_ENGINE },
    out: { type: 'string' },
  },
});
if (values.labels.length === 0) {
  console.error('usage: npm run bench -- grouping --labels labels.csv [options]');
  process.exit(2);
}

interface Person {
  name: string;
  isReal: boolean;
  faces: Array<{ descriptor: Float32Array; quality: number }>;
}
const PHOTOS_OF_MADE_UP = 5;

const people = await readPeople();
const count = people.reduce((sum, { faces }) => sum + faces.length, 0);
console.error(
  `${count} faces of ${people.length} people, ${people.filter(({ isReal }) => isReal).length} of them real`,
);
const database = await createTestDatabase();
const { db } = database;
const owner = await insertEvent(db, { face_engine: values.engine });
/** Name of the person of each face. */
const personOf = new Map<string, string>();
// every tenth photo comes later
const turn = new Map(people.flatMap(({ name, faces }) => faces.map((_, i) => [`${name} ${i}`, 0])));
for (const [i, key] of [...turn.keys()].entries()) turn.set(key, i % 10 === 9 ? 1 : 0);
await insert(db, 0);
const first = await group();
const before = await membersOf(db);
const named = await nameLargest(db, 50);
await insert(db, 1);
const second = await group();
const after = await membersOf(db);
const kept = [...before].filter(([face, id]) => after.get(face) === id).length;
const labels = await db.selectFrom('face_groups').select(['id', 'label']).where('label', 'is not', null).execute();
const figures = {
  faces: count,
  people: people.length,
  'first grouping': first,
  'with a tenth more': second,
  'faces that stay in their group, %': percent(kept, before.size),
  'groups that keep id and name, of 50': labels.filter(({ id, label }) => named.get(id) === label && isKept(id)).length,
};
console.log(JSON.stringify(figures, null, 2));
if (values.out) await writeFile(values.out, `${JSON.stringify(figures, null, 2)}\n`);
await database.drop();

/** Half of a named group's faces at least are still in it. */
function isKept(id: string): boolean {
  const own = [...before].filter(([, group]) => group === id).map(([face]) => face);
  return own.filter((face) => after.get(face) === id).length * 2 > own.length;
}

async function group() {
  global.gc?.();
  let peak = 0;
  const startBytes = process.memoryUsage.rss();
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);
  const started = performance.now();
  const processor = process.cpuUsage();
  await createGroupFacesJob({ db })({ eventId: owner.eventId }, context);
  const { user, system } = process.cpuUsage(processor);
  clearInterval(watch);
  return {
    'seconds, all': round((performance.now() - started) / 1000),
    'seconds of processor': round((user + system) / 1e6),
    'memory at most, MB': Math.round((peak - startBytes) / 1024 / 1024),
    ...(await purity(await membersOf(db))),
  };
}

/** Pairs of faces in one group that are one person, and pairs of one person that are in one group; percent. */
async function purity(members: ReadonlyMap<string, string>) {
  const groups = new Map<string, string[]>();
  for (const [face, id] of members) groups.set(id, [...(groups.get(id) ?? []), personOf.get(face)!]);
  const tally = (isCounted: (name: string) => boolean) => {
    const pairs = (n: number) => (n * (n - 1)) / 2;
    const sizes = (names: Iterable<string>) => {
      const found = new Map<string, number>();
      for (const name of names) if (isCounted(name)) found.set(name, (found.get(name) ?? 0) + 1);
      return [...found.values()];
    };
    const sum = (numbers: readonly number[]) => numbers.reduce((all, n) => all + pairs(n), 0);
    const together = [...groups.values()].map((names) => names.filter(isCounted).length);
    const right = [...groups.values()].reduce((all, names) => all + sum(sizes(names)), 0);
    return [percent(right, sum(together)), percent(right, sum(sizes(personOf.values())))];
  };
  const [pure, found] = tally(() => true);
  const [pureReal, foundReal] = tally((name) => !name.startsWith('#'));
  return {
    groups: [...groups.values()].filter((names) => names.length > 1).length,
    'pairs that are one person / pairs found': `${pure} / ${found}`,
    'the same, real faces': `${pureReal} / ${foundReal}`,
  };
}

async function membersOf(db: Db): Promise<Map<string, string>> {
  const rows = await db.selectFrom('face_group_members').select(['face_id', 'group_id']).execute();
  return new Map(rows.map((row) => [row.face_id, row.group_id]));
}

async function nameLargest(db: Db, wanted: number): Promise<Map<string, string>> {
  const admin = await db.insertInto('users').values({ name: 'Admin', email: 'admin@example.test', role: 'admin' });
  const { id: adminId } = await admin.returning('id').executeTakeFirstOrThrow();
  const service = createFaceGroupsService({ db });
  const { items } = await service.list({ eventId: owner.eventId, limit: wanted });
  for (const [i, { id }] of items.entries()) await service.label(adminId, id, `Runner ${i}`);
  return new Map(items.map(({ id }, i) => [id, `Runner ${i}`]));
}

/** One photo a face. */
async function insert(db: Db, when: number): Promise<void> {
  const faces = people.flatMap(({ name, faces }) =>
    faces.flatMap((face, i) => (turn.get(`${name} ${i}`) === when ? [{ ...face, name, id: randomUUID() }] : [])),
  );
  for (const { id, name } of faces) personOf.set(id, name);
  const column = <T>(pick: (face: (typeof faces)[number]) => T) => faces.map(pick);
  const ids = column(({ id }) => id);
  const { eventId, photographerId } = owner;
  await db.transaction().execute(async (trx) => {
    await sql`
      insert into photos (id, event_id, photographer_id, status, face_spaces, pipeline_version, sha256, file_name,
        content_type, bytes, width, height, approved_at)
      select id, ${eventId}, ${photographerId}, 'approved', array[${values.engine}]::text[], 1000,
        sha256(id::text::bytea), 'a.jpg', 'image/jpeg', 1, 6000, 4000, now()
      from unnest(${ids}::uuid[]) as p (id)`.execute(trx);
    await sql`
      insert into faces (id, photo_id, event_id, ordinal, box_x, box_y, box_width, box_height, score, quality)
      select id, id, ${eventId}, 0, 10, 10, 90, 90, 1, quality
      from unnest(${ids}::uuid[], ${column(({ quality }) => quality)}::real[]) as f (id, quality)`.execute(trx);
    await sql`
      insert into face_descriptors (face_id, event_id, engine, descriptor)
      select id, ${eventId}, ${values.engine}, descriptor
      from unnest(${ids}::uuid[], ${column(({ descriptor }) => Buffer.from(descriptor.slice().buffer))}::bytea[])
        as f (id, descriptor)`.execute(trx);
  });
}

async function readPeople(): Promise<Person[]> {
  const random = createRandom(1);
  const engine = await createNodeEngine({ cacheDir: path.join(tmpdir(), 'thepixstock', 'models') });
  const catalogue = await loadCatalogue(process.env.FACE_MODELS_DIR);
  // in the order that `bench faces` takes, so that its cache serves
  const ids = values.cache ? ['faceapi-128-r1', 'arcface-512-r1', 'fused-640-r1'] : [values.engine];
  const recognition = await createNodeRecognition(ids, { catalogue, engine });
  const describe = await createDescriber({ engine, recognition, ...(values.cache && { cacheDir: values.cache }) });
  const real = new Map<string, LabelledFace[]>();
  for (const file of values.labels)
    for (const [name, person] of await readRows(file)) {
      const face = mainFace(await describe('server', path.join(path.dirname(file), name!)));
      if (!face) continue;
      const { quality, descriptors } = face;
      real.set(person!, [
        ...(real.get(person!) ?? []),
        { person: person!, quality, server: descriptors[values.engine]! },
      ]);
    }
  await recognition.dispose();
  await engine.dispose();
  const rows = [...real.values()].flat();
  const several = [...real.values()].filter((own) => own.length > 1);
  const missing = Math.max(0, Math.ceil((Number(values.faces) - rows.length) / PHOTOS_OF_MADE_UP));
  const invented = madeUp(rows, missing, random).map(({ descriptor }, i) => ({
    name: `#${i}`,
    isReal: false,
    faces: Array.from({ length: PHOTOS_OF_MADE_UP }, () => ({
      descriptor: another(descriptor, several, random),
      quality: 0.8,
    })),
  }));
  return [
    ...[...real].map(([name, own]) => ({
      name,
      isReal: true,
      faces: own.map(({ server, quality }) => ({ descriptor: server!, quality })),
    })),
    ...invented,
  ];
}

/** Another picture of a made-up face: what sets two photos of some real person apart, as if each were half of it. */
function another(face: Float32Array, several: readonly LabelledFace[][], random: () => number): Float32Array {
  const own = several[Math.floor(random() * several.length)]!;
  const first = Math.floor(random() * own.length);
  const second = (first + 1 + Math.floor(random() * (own.length - 1))) % own.length;
  const [a, b] = [own[first]!.server!, own[second]!.server!];
  return normalize(face.map((value, i) => value + (a[i]! - b[i]!) / Math.SQRT2));
}

function percent(part: number, whole: number): number {
  return Math.round((part / Math.max(1, whole)) * 1000) / 10;
}
function round(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}
