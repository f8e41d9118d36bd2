import assert from 'node:assert/strict';
import { createRxDatabase, type RxCollection, type RxDatabase } from 'rxdb/plugins/core';
import { type RxReplicationState, replicateRxCollection } from 'rxdb/plugins/replication';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { Subject } from 'rxjs';
import { type CartItemDoc, cartItemDocSchema, isEqual, merge } from '#contracts/sync/cart-items.ts';
import type { Checkpoint, PullAnswer, PushRow, Replicated } from '#contracts/sync/documents.ts';
import { Puller } from './puller.ts';

type Line = Replicated<CartItemDoc>;
const line = (id: string, revision: number, more: Partial<Line> = {}): Line => ({
  id,
  eventId: 'e',
  isSelected: true,
  addedAt: '2026-11-29T00:00:00.000Z',
  revision,
  _deleted: false,
  ...more,
});

/** What the server answers pulls from, in one scope. */
class Server {
  scope = 'cart.me';
  floor = 0;
  pulls = 0;
  revision = 0;
  readonly rows = new Map<string, Line>();

  put(id: string, more: Partial<Line> = {}): Line {
    this.revision += 1;
    const row = line(id, this.revision, more);
    this.rows.set(id, row);
    return row;
  }
  pull(at: Checkpoint | undefined, limit: number): PullAnswer<CartItemDoc> {
    this.pulls += 1;
    const isForeign = at && at.revision > 0 && (at.scope !== this.scope || at.revision > this.revision);
    const isExpired = at && at.revision > 0 && at.revision < this.floor && (at.floor ?? 0) < this.floor;
    const reset = isForeign ? 'foreign' : isExpired ? 'expired' : undefined;
    const from = reset ? 0 : (at?.revision ?? 0);
    const documents = [...this.rows.values()]
      .filter((row) => row.revision > from && (from > 0 || !row._deleted))
      .sort((a, b) => a.revision - b.revision)
      .slice(0, limit);
    const last = documents.at(-1)?.revision ?? from;
    return {
      documents,
      checkpoint:
        last > 0 || reset
          ? {
              revision: last,
              id: documents.at(-1)?.id ?? '',
              scope: this.scope,
              floor: from > 0 ? (at?.floor ?? 0) : this.floor,
            }
          : null,
      ...(reset && { reset }),
    };
  }
  push(rows: readonly PushRow<CartItemDoc>[]): Line[] {
    for (const { newDocumentState: wanted } of rows) this.put(wanted.id, { _deleted: wanted._deleted });
    return [];
  }
}

describe('puller', () => {
  let server: Server;
  let isOnline: boolean;
  let db: RxDatabase;
  let lines: RxCollection<CartItemDoc>;
  let state: RxReplicationState<CartItemDoc, Checkpoint>;
  let puller: Puller<CartItemDoc>;
  let made = 0;

  beforeEach(async () => {
    server = new Server();
    isOnline = true;
    db = await createRxDatabase({ name: `puller${++made}`, storage: getRxStorageMemory(), multiInstance: false });
    const conflictHandler = { isEqual, resolve: async (conflict: unknown) => merge(conflict as never) };
    ({ lines } = await db.addCollections({
      lines: { schema: cartItemDocSchema as never, conflictHandler: conflictHandler as never },
    }));
    const stream$ = new Subject<'RESYNC'>();
    const pushRows = (rows: readonly unknown[]): Line[] => {
      if (!isOnline) throw new Error('no network');
      return server.push(rows as PushRow<CartItemDoc>[]);
    };
    puller = new Puller<CartItemDoc>({
      ask: async (at, limit) => {
        if (!isOnline) throw new Error('no network');
        return server.pull(at, limit);
      },
      held: async () => (await lines.find().exec()).map((doc) => ({ ...doc.toMutableJSON(), _deleted: false }) as Line),
      offer: async (documents) => pushRows(documents.map((newDocumentState) => ({ newDocumentState }))),
      pullNow: () => stream$.next('RESYNC'),
    });
    state = replicateRxCollection<CartItemDoc, Checkpoint>({
      collection: lines,
      replicationIdentifier: 'test',
      live: true,
      retryTime: 5,
      waitForLeadership: false,
      pull: {
        batchSize: 3,
        stream$: stream$.asObservable() as never,
        handler: (at, limit) => puller.pull(at, limit),
      },
      push: { handler: async (rows) => pushRows(rows) },
    });
    await state.awaitInitialReplication();
  });
  afterEach(() => db.close());

  const ids = async (): Promise<string[]> => (await lines.find().exec()).map(({ id }) => id).sort();
  async function settle(): Promise<string[]> {
    puller.nudge();
    await state.awaitInSync();
    return ids();
  }
  const docs = (from: number, ...documents: Line[]) => ({
    from,
    documents,
    checkpoint: { revision: documents.at(-1)!.revision, id: documents.at(-1)!.id, scope: server.scope },
  });

  it('takes from the stream what follows on what is here, without asking', async () => {
    server.put('a');
    await settle();
    const asked = server.pulls;
    puller.hear(docs(1, server.put('b'), server.put('c')));
    puller.hear(docs(3, server.put('b', { _deleted: true })));
    await state.awaitInSync();
    assert.deepEqual(await ids(), ['a', 'c']);
    puller.nudge({ revision: 4, scope: server.scope });
    await state.awaitInSync();
    assert.equal(server.pulls, asked);
  });

  it('asks where the stream left something out, or is somebody else’s', async () => {
    server.put('a');
    await settle();
    server.put('b');
    puller.hear(docs(2, server.put('c')));
    await state.awaitInSync();
    assert.deepEqual(await ids(), ['a', 'b', 'c']);
    puller.hear({ ...docs(3, line('x', 4)), checkpoint: { revision: 4, id: 'x', scope: 'cart.other' } });
    await state.awaitInSync();
    assert.deepEqual(await ids(), ['a', 'b', 'c']);
    server.put('d');
    puller.nudge({ revision: 4, scope: server.scope });
    await state.awaitInSync();
    assert.deepEqual(await ids(), ['a', 'b', 'c', 'd']);
  });

  it('starts over after forgotten deletions: what the server removed goes, what was not sent yet stays', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) server.put(id);
    assert.deepEqual(await settle(), ['a', 'b', 'c', 'd', 'e']);
    isOnline = false;
    await lines.insert(line('mine', 0));
    await (await lines.findOne('b').exec())!.remove();
    // Elsewhere: two are removed, one is added; thirty days later nobody knows of the removals.
    server.rows.delete('c');
    server.rows.delete('e');
    server.put('f');
    server.revision += 3;
    server.floor = server.revision;
    isOnline = true;
    assert.deepEqual(await settle(), ['a', 'd', 'f', 'mine']);
    await state.awaitInSync();
    assert.equal(server.rows.get('mine')?._deleted, false);
    assert.equal(server.rows.get('b')?._deleted, true);
  });

  it('offers the server what it never had when it starts over for another reason: a new session, a restored server', async () => {
    for (const id of ['a', 'b', 'c', 'd']) server.put(id);
    await settle();
    server.scope = 'cart.somebody';
    server.rows.clear();
    server.revision = 0;
    server.put('z');
    assert.deepEqual(await settle(), ['a', 'b', 'c', 'd', 'z']);
    assert.deepEqual([...server.rows.keys()].sort(), ['a', 'b', 'c', 'd', 'z']);
    assert.deepEqual(await settle(), ['a', 'b', 'c', 'd', 'z']);
  });
});
