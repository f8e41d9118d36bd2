import { addRxPlugin, createRxDatabase, type RxCollection } from 'rxdb/plugins/core';
import { RxDBMigrationSchemaPlugin } from 'rxdb/plugins/migration-schema';
import { replicateRxCollection } from 'rxdb/plugins/replication';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { Subject } from 'rxjs';
import * as cartItems from '#contracts/sync/cart-items.ts';
import {
  type Checkpoint,
  followed,
  type LiveDocuments,
  type Nudge,
  type PullAnswer,
  type Replicated,
} from '#contracts/sync/documents.ts';
import * as events from '#contracts/sync/events.ts';
import * as photos from '#contracts/sync/photos.ts';
import { Puller } from '#pwa/data/db/puller.ts';
import { openLive } from './shop.ts';

// These phones are new: there is nothing to migrate, yet RxDB asks how.
addRxPlugin(RxDBMigrationSchemaPlugin);

interface Doc {
  id: string;
  revision: number;
}
const contracts = {
  events: { ...events, schema: events.eventDocSchema, version: events.eventDocVersion },
  photos: { ...photos, schema: photos.photoDocSchema, version: photos.photoDocVersion },
  cart_items: { ...cartItems, schema: cartItems.cartItemDocSchema, version: cartItems.cartItemDocVersion },
};
export type Name = keyof typeof contracts;

let made = 0;
export const memoryDatabase = () =>
  createRxDatabase({ name: `bench${++made}`, storage: getRxStorageMemory(), multiInstance: false });

export async function addCollection(db: Awaited<ReturnType<typeof memoryDatabase>>, name: Name) {
  const { schema, version, isEqual, merge } = contracts[name];
  const { docs } = await db.addCollections({
    docs: {
      schema: schema as never,
      migrationStrategies: Object.fromEntries(
        Array.from({ length: version }, (_, n) => [n + 1, (doc: unknown) => doc]),
      ) as never,
      conflictHandler: { isEqual, resolve: async (conflict: unknown) => merge(conflict as never) } as never,
    },
  });
  return docs as unknown as RxCollection<Doc>;
}

/** One replicated collection as the app has it: its puller, batches and live stream, over RxDB in memory. */
export async function openPhone(
  url: string,
  name: Name,
  options: { cookie?: string; eventId?: string; live?: boolean; batchSize?: number } = {},
) {
  const db = await memoryDatabase();
  const collection = await addCollection(db, name);
  const { version } = contracts[name];
  const query = `v=${version}${options.eventId ? `&eventId=${options.eventId}` : ''}`;
  const headers = { cookie: options.cookie ?? '', 'content-type': 'application/json', 'accept-encoding': 'br, gzip' };
  const call = async <T>(target: string, init: RequestInit = {}): Promise<T> => {
    const response = await fetch(`${url}/api/sync/${name}/${target}`, { ...init, headers });
    if (!response.ok) throw new Error(`${target}: ${response.status}`);
    return (await response.json()) as T;
  };
  const stream$ = new Subject<'RESYNC'>();
  const puller = new Puller<Doc>({
    ask: (at, limit) =>
      call<PullAnswer<Doc>>(
        `pull?${query}&limit=${limit}${at ? `&checkpoint=${encodeURIComponent(JSON.stringify(at))}` : ''}`,
      ),
    held: async () =>
      (await collection.find().exec()).map((doc) => ({ ...(doc.toMutableJSON() as Doc), _deleted: false })),
    pullNow: () => stream$.next('RESYNC'),
  });
  const live = options.live
    ? await openLive(url, followed(name, version, options.eventId), options.cookie ?? '', (event, data) => {
        if (event === 'sync') puller.nudge(JSON.parse(data) as Nudge);
        else if (event === 'docs') puller.hear(JSON.parse(data) as LiveDocuments<Doc>);
      })
    : undefined;
  const state = replicateRxCollection<Doc, Checkpoint>({
    collection,
    replicationIdentifier: 'bench',
    live: options.live ?? false,
    retryTime: 100,
    waitForLeadership: false,
    pull: {
      batchSize: options.batchSize ?? 1_000,
      stream$: stream$.asObservable() as never,
      handler: (at, limit) => puller.pull(at, limit),
    },
    ...(name === 'cart_items' && {
      push: {
        batchSize: 50,
        handler: (rows) =>
          call<Replicated<Doc>[]>(`push?${query}`, { method: 'POST', body: JSON.stringify(rows) }) as never,
      },
    }),
  });
  await state.awaitInitialReplication();
  return {
    collection,
    async close(): Promise<void> {
      live?.close();
      await state.cancel();
      await db.close();
    },
  };
}
