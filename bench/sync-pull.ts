import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { replicateRxCollection } from 'rxdb/plugins/replication';
import { eventDocSchema, eventDocVersion } from '#contracts/sync/events.ts';
import { photoDocSchema, photoDocVersion } from '#contracts/sync/photos.ts';
import { nextRevision, scopes } from '#server/platform/sync-revision.ts';
import { addCollection, memoryDatabase, openPhone } from './sync/phone.ts';
import { familyCpuMs, percentile, startShop } from './sync/shop.ts';

/*
 * npm run bench -- sync-pull [--events 1000] [--photos 10000] [--rounds 5]: the first pull of a phone that knows nothing, into RxDB in memory, from
 * our server (PostgreSQL behind it) and from `rxdb-server`, RxDB's own server package (documents in its memory), in turns. That package is not
 * ours to ship: it is installed into a temporary folder for the measurement, with the very same documents. Time, processor time of client
 * and server, bytes on the wire (a proxy counts). Theirs with 100 documents an answer, as it comes, and with 1,000 as ours.
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000' },
    photos: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '5' },
  },
});
const rounds = Number(values.rounds);

const theirServer = `
import { createRxDatabase } from 'rxdb/plugins/core';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { createRxServer } from 'rxdb-server/plugins/server';
import { RxServerAdapterExpress } from 'rxdb-server/plugins/adapter-express';
const { port, collections } = JSON.parse(process.env.SERVE);
const database = await createRxDatabase({ name: 'served', storage: getRxStorageMemory(), multiInstance: false });
// What this package calls by its older name.
database.onDestroy ??= database.onClose;
const server = await createRxServer({ database, adapter: RxServerAdapterExpress, port, hostname: '127.0.0.1' });
for (const { name, schema, from } of collections) {
  const made = await database.addCollections({ [name]: { schema } });
  const documents = [];
  for (let checkpoint; ; ) {
    const at = checkpoint ? '&checkpoint=' + encodeURIComponent(JSON.stringify(checkpoint)) : '';
    const answer = await (await fetch(from + '&limit=1000' + at)).json();
    documents.push(...answer.documents.map(({ _deleted, ...doc }) => doc));
    checkpoint = answer.checkpoint;
    if (answer.documents.length < 1000) break;
  }
  for (let at = 0; at < documents.length; at += 500) await made[name].bulkInsert(documents.slice(at, at + 500));
  server.addReplicationEndpoint({ name, collection: made[name] });
}
await server.start();
console.log('serving');
`;

/**
 * What the client of their package does to pull, into the same RxDB as ours: their client's own code is for an older RxDB than the app's, and
 * the difference would be measured with it.
 */
async function pullTheirs(name: 'events' | 'photos', url: string, batchSize: number): Promise<number> {
  const db = await memoryDatabase();
  const collection = await addCollection(db, name);
  const state = replicateRxCollection<{ id: string; revision: number }, { lwt: number; id: string }>({
    collection,
    replicationIdentifier: 'bench',
    live: false,
    waitForLeadership: false,
    pull: {
      batchSize,
      async handler(checkpoint, limit) {
        const query = `lwt=${checkpoint?.lwt ?? 0}&id=${checkpoint?.id ?? ''}&limit=${limit}`;
        const headers = {
          accept: 'application/json',
          'content-type': 'application/json',
          'accept-encoding': 'br, gzip',
        };
        const answer = await fetch(`${url}/pull?${query}`, { headers });
        return (await answer.json()) as never;
      },
    },
  });
  await state.awaitInitialReplication();
  const count = await collection.count().exec();
  await state.cancel();
  await db.close();
  return count;
}

/** A way to the port that counts what goes through it, both ways. */
async function counted(port: number) {
  let bytes = 0;
  const server = createServer((from) => {
    const to = connect(port, '127.0.0.1');
    for (const socket of [from, to]) socket.on('error', () => {});
    from.on('data', (chunk) => {
      bytes += chunk.length;
    });
    to.on('data', (chunk) => {
      bytes += chunk.length;
    });
    from.pipe(to).pipe(from);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    read: () => bytes,
    close: () => server.close(),
  };
}

const folder = await mkdtemp(path.join(os.tmpdir(), 'bench-sync-'));
await writeFile(path.join(folder, 'package.json'), '{"private":true,"type":"module"}');
const wanted = ['rxdb-server@15.22.0', 'rxdb@17.6.0', 'rxjs@7.8.2', 'express@4.21.2', 'cors@2.8.5'];
const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '--silent'];
if (spawnSync('npm', ['install', ...flags, ...wanted], { cwd: folder, stdio: 'inherit' }).status !== 0)
  throw new Error('rxdb-server could not be installed');
await writeFile(path.join(folder, 'server.mjs'), theirServer);

const shop = await startShop();
const [api, postgres] = [await shop.pid('api'), await shop.pid('postgres')];
const eventIds = await shop.addEvents(Number(values.events));
const eventId = eventIds[0]!;
await shop.addPhotos(eventId, Number(values.photos));
await sql`analyze`.execute(shop.db);

const reserved = createServer().listen(0, '127.0.0.1');
await once(reserved, 'listening');
const theirPort = (reserved.address() as AddressInfo).port;
reserved.close();
const named = (name: 'events' | 'photos', version: number, schema: object, query: string) => ({
  name,
  // A version of its own would ask for migrations of databases that are new.
  schema: { ...schema, version: 0 },
  from: `${shop.url}/api/sync/${name}/pull?v=${version}${query}`,
});
const collections = [
  named('events', eventDocVersion, eventDocSchema, ''),
  named('photos', photoDocVersion, photoDocSchema, `&eventId=${eventId}`),
];
const theirs = spawn(process.execPath, ['server.mjs'], {
  cwd: folder,
  env: { ...process.env, SERVE: JSON.stringify({ port: theirPort, collections }) },
  stdio: ['ignore', 'pipe', 'inherit'],
});
await Promise.race([
  once(theirs.stdout!, 'data'),
  once(theirs, 'exit').then(() => Promise.reject(new Error('rxdb-server did not start'))),
]);
const [ourWay, theirWay] = [await counted(Number(new URL(shop.url).port)), await counted(theirPort)];

interface Taken {
  ms: number;
  client: number;
  server: number;
  kb: number;
}
const expected = eventIds.length + Number(values.photos);
async function measured(way: typeof ourWay, pids: number[], pull: () => Promise<number>): Promise<Taken> {
  const before = { bytes: way.read(), cpu: process.cpuUsage(), server: await Promise.all(pids.map(familyCpuMs)) };
  const startedAt = performance.now();
  const count = await pull();
  const ms = performance.now() - startedAt;
  if (count !== expected) throw new Error(`${count} documents of ${expected}`);
  const cpu = process.cpuUsage(before.cpu);
  const server = await Promise.all(pids.map(familyCpuMs));
  const serverMs = server.reduce((sum, each, at) => sum + each - before.server[at]!, 0);
  return { ms, client: (cpu.user + cpu.system) / 1000, server: serverMs, kb: (way.read() - before.bytes) / 1024 };
}
const ours = async (batchSize = 1_000): Promise<number> => {
  let count = 0;
  for (const [name, options] of [
    ['events', {}],
    ['photos', { eventId }],
  ] as const) {
    const phone = await openPhone(ourWay.url, name, { ...options, batchSize });
    count += await phone.collection.count().exec();
    await phone.close();
  }
  return count;
};
const fromThem = (batchSize: number) => async (): Promise<number> => {
  let count = 0;
  for (const { name } of collections) count += await pullTheirs(name, `${theirWay.url}/${name}/0`, batchSize);
  return count;
};

/** An event and a photo change, and full pages have had their time. */
async function changeSomething(): Promise<void> {
  await shop.db.transaction().execute(async (trx) => {
    const revision = await nextRevision(trx, scopes.events());
    await trx.updateTable('events').set({ revision }).where('id', '=', eventId).execute();
  });
  await shop.db.transaction().execute(async (trx) => {
    const revision = await nextRevision(trx, scopes.eventPhotos(eventId));
    await sql`update photos set revision = ${revision} where id = (select id from photos where event_id = ${eventId} order by random() limit 1)`.execute(
      trx,
    );
  });
  await new Promise((resolve) => setTimeout(resolve, 3_200));
}
const runs: Record<string, Taken[]> = {};
const note = (name: string, taken: Taken) => {
  runs[name] = [...(runs[name] ?? []), taken];
};
// Once for nothing: both clients and servers compile their ways.
await ours();
await fromThem(1_000)();
for (let round = 0; round < rounds; round += 1) {
  await changeSomething();
  note('ours, the first after a change', await measured(ourWay, [api, postgres], () => ours()));
  note('ours, after others', await measured(ourWay, [api, postgres], () => ours()));
  // Pages of a size that nobody asked for before: none is kept.
  note('ours, nothing kept', await measured(ourWay, [api, postgres], () => ours(999 - round)));
  note('rxdb-server, 1000 an answer', await measured(theirWay, [theirs.pid!], fromThem(1_000)));
  note('rxdb-server, 100 an answer', await measured(theirWay, [theirs.pid!], fromThem(100)));
}
const median = (list: Taken[], key: keyof Taken) =>
  Math.round(
    percentile(
      list.map((each) => each[key]),
      0.5,
    ),
  );
const table = Object.fromEntries(
  Object.entries(runs).map(([name, list]) => [
    name,
    {
      'median ms': median(list, 'ms'),
      'client CPU ms': median(list, 'client'),
      'server CPU ms': median(list, 'server'),
      'KB on the wire': median(list, 'kb'),
    },
  ]),
);
console.log(`${eventIds.length} events and ${values.photos} photos' records, ${rounds} rounds in turns`);
console.table(table);
theirs.kill();
ourWay.close();
theirWay.close();
await shop.close();
await rm(folder, { recursive: true, force: true });
const [mine, best] = [table['ours, the first after a change']!, table['rxdb-server, 1000 an answer']!];
process.exit(mine['median ms'] <= best['median ms'] && mine['KB on the wire'] < best['KB on the wire'] ? 0 : 1);
