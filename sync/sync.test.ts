import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { addRxPlugin, createRxDatabase, type RxCollection, type RxDocument } from 'rxdb/plugins/core';
import { RxDBMigrationSchemaPlugin } from 'rxdb/plugins/migration-schema';
import { replicateRxCollection } from 'rxdb/plugins/replication';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { Subject } from 'rxjs';
import * as cartItems from '#contracts/sync/cart-items.ts';
import { type Checkpoint, isTold, newDecision, type PushRow, type Replicated } from '#contracts/sync/documents.ts';
import * as eventDocs from '#contracts/sync/events.ts';
import * as favorites from '#contracts/sync/favorites.ts';
import * as photoDocs from '#contracts/sync/photos.ts';
import { createLiveStreams } from '#server/http/live-streams.ts';
import { forgetDeletions } from '#server/modules/admin/tombstones.ts';
import { createCouponsService } from '#server/modules/cart/coupons.ts';
import { createCartService } from '#server/modules/cart/service.ts';
import { createPackagesService } from '#server/modules/packages/service.ts';
import { createMemoryCache } from '#server/platform/cache.ts';
import { createListener, type Listener } from '#server/platform/listener.ts';
import { createLogger } from '#server/platform/logger.ts';
import { nextRevision, scopes } from '#server/platform/sync-revision.ts';
import { startPhotoApp } from '#test/photo-app.ts';
import { cartItemsCollection } from './collections/cart-items.ts';
import { eventsCollection } from './collections/events.ts';
import { favoritesCollection } from './collections/favorites.ts';
import { photosCollection } from './collections/photos.ts';
import { syncRouter } from './router.ts';

addRxPlugin(RxDBMigrationSchemaPlugin);

interface Contract<Doc> {
  schema: unknown;
  isEqual(a: Replicated<Doc>, b: Replicated<Doc>): boolean;
  merge(conflict: {
    newDocumentState: Replicated<Doc>;
    assumedMasterState?: Replicated<Doc>;
    realMasterState: Replicated<Doc>;
  }): Replicated<Doc>;
}

/** As the app writes it: a decision of its own. */
const takeOut = (line: RxDocument<cartItems.CartItemDoc>) =>
  line.incrementalModify((doc) => ({ ...doc, revision: newDecision(), _deleted: true }));

type Turnstile = ReturnType<typeof turnstile>;
/** Lets so many pass, the others wait. */
function turnstile() {
  let free = 0;
  const waiting: (() => void)[] = [];
  const isThere: (() => void)[] = [];
  return {
    pass: (): Promise<void> =>
      new Promise((resolve) => {
        if (free > 0) {
          free -= 1;
          resolve();
          return;
        }
        waiting.push(resolve);
        for (const tell of isThere.splice(0)) tell();
      }),
    let(count: number): void {
      free = count;
      for (; free > 0 && waiting.length > 0; free -= 1) waiting.shift()!();
    },
    isWaiting: (): Promise<void> => new Promise((resolve) => (waiting.length > 0 ? resolve() : isThere.push(resolve))),
  };
}

describe('sync over HTTP with the RxDB client', function () {
  this.timeout(30_000);
  let app: Awaited<ReturnType<typeof startPhotoApp>>;
  let listener: Listener;
  let sync: ReturnType<typeof syncRouter>;
  const streams = createLiveStreams();
  let customer: Awaited<ReturnType<typeof app.person>>;
  let photographer: typeof customer;
  let cart: ReturnType<typeof createCartService>;
  const phones: { close(): Promise<void> }[] = [];

  before(async () => {
    let listening!: (listener: Listener) => void;
    const ready = new Promise<Listener>((resolve) => {
      listening = resolve;
    });
    // The router wants the listener, which wants the database that the app makes: it follows as soon as that is there.
    const late = {
      on: (channel: string, handler: (payload: string) => void) => {
        const off = ready.then((real) => real.on(channel, handler));
        return () => off.then((stop) => stop());
      },
    };
    app = await startPhotoApp({
      handlers: ({ db, auth, events, photos, favorites: marked }) => {
        const coupons = createCouponsService({ db, cache: createMemoryCache() });
        cart = createCartService({ db, photos, packages: createPackagesService({ db, events }), coupons });
        sync = syncRouter({
          db,
          listener: late as unknown as Listener,
          streams,
          findViewer: auth.findViewer,
          collections: [
            eventsCollection,
            photosCollection({ db, events }),
            cartItemsCollection(cart),
            favoritesCollection(marked),
          ],
        });
        return [sync.router];
      },
    });
    listener = await createListener(app.database.url, ['sync'], createLogger('silent', 'test'));
    listening(listener);
    customer = await app.person();
    photographer = await app.person('photographer');
  });
  afterEach(async () => {
    for (const phone of phones.splice(0)) await phone.close();
  });
  after(async () => {
    streams.close();
    sync?.close();
    await listener?.close();
    await app?.stop();
  });

  let databases = 0;
  /** A phone: the RxDB client with the handlers that the PWA has, over fetch. `isOnline` cuts its network. */
  async function phone<Doc extends { id: string }>(
    name: string,
    contract: Contract<Doc>,
    options: { token?: string; query?: string; batchSize?: number } = {},
  ) {
    const network = { isOnline: true };
    const database = await createRxDatabase({
      name: `phone${++databases}`,
      storage: getRxStorageMemory(),
      multiInstance: false,
    });
    const { docs } = await database.addCollections({
      docs: {
        schema: contract.schema as never,
        // These phones are new: there is nothing to migrate, yet RxDB asks how.
        migrationStrategies: { 1: (doc: unknown) => doc } as never,
        conflictHandler: {
          isEqual: (a: unknown, b: unknown) => contract.isEqual(a as Replicated<Doc>, b as Replicated<Doc>),
          resolve: (conflict: unknown) => contract.merge(conflict as never) as never,
        } as never,
      },
    });
    const collection = docs as unknown as RxCollection<Doc>;
    const { version } = contract.schema as { version: number };
    const headers = {
      'content-type': 'application/json',
      ...(options.token && { authorization: `Bearer ${options.token}` }),
    };
    const call = async (verb: string, query: string, init: RequestInit = {}) => {
      if (!network.isOnline) throw new TypeError('no network');
      const response = await fetch(`${app.url}/api/sync/${name}/${verb}?v=${version}${options.query ?? ''}${query}`, {
        ...init,
        headers,
      });
      if (!response.ok) throw new Error(`${verb} ${response.status}`);
      return response;
    };
    const events = new Subject<'RESYNC'>();
    const abort = new AbortController();
    const stream = await call('stream', '', { signal: abort.signal });
    const following = (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of stream.body as unknown as AsyncIterable<Uint8Array>) {
        if (decoder.decode(chunk).includes('RESYNC')) events.next('RESYNC');
      }
    })().catch(() => {});
    const replication = replicateRxCollection<Doc, Checkpoint>({
      replicationIdentifier: `test-${databases}`,
      collection,
      live: true,
      retryTime: 50,
      waitForLeadership: false,
      pull: {
        batchSize: options.batchSize ?? 100,
        stream$: events as never,
        async handler(checkpoint, limit) {
          const from = checkpoint ? `&checkpoint=${encodeURIComponent(JSON.stringify(checkpoint))}` : '';
          return (await call('pull', `&limit=${limit}${from}`)).json() as never;
        },
      },
      ...((name === 'cart_items' || name === 'favorites') && {
        push: {
          async handler(rows) {
            const sent = rows as unknown as PushRow<{ id: string; revision: number }>[];
            const told = sent.filter(isTold);
            const body = JSON.stringify(sent.filter((row) => !told.includes(row)));
            const conflicts = body === '[]' ? [] : await (await call('push', '', { method: 'POST', body })).json();
            return told.map(({ newDocumentState }) => newDocumentState).concat(conflicts) as never;
          },
        },
      }),
    });
    await replication.awaitInSync();
    const made = {
      collection,
      network,
      replication,
      async until(condition: (docs: Doc[]) => boolean, what: string) {
        for (let tries = 0; tries < 400; tries += 1) {
          const found = (await collection.find().exec()).map((doc) => doc.toMutableJSON() as Doc);
          if (condition(found)) return found;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        throw new Error(`never: ${what}`);
      },
      async close() {
        abort.abort();
        await following;
        await replication.cancel();
        await database.close();
      },
    };
    phones.push(made);
    return made;
  }

  const carts: Contract<cartItems.CartItemDoc> = {
    schema: cartItems.cartItemDocSchema,
    isEqual: cartItems.isEqual,
    merge: cartItems.merge,
  };
  const line = (id: string, eventId: string): cartItems.CartItemDoc => ({
    id,
    eventId,
    isSelected: true,
    addedAt: new Date().toISOString(),
    revision: 0,
  });

  it('pulls public events, page by page, follows changes live and withdraws what is not public any more', async () => {
    const ids: string[] = [];
    const revise = (id: string, status: string) =>
      app.db.transaction().execute(async (trx) => {
        const revision = await nextRevision(trx, scopes.events());
        await trx.updateTable('events').set({ status, revision }).where('id', '=', id).execute();
      });
    for (let n = 0; n < 5; n += 1) {
      const id = await app.event({ status: 'planning' });
      await revise(id, n === 1 ? 'planning' : 'live');
      ids.push(id);
    }
    const contract = { schema: eventDocs.eventDocSchema, isEqual: eventDocs.isEqual, merge: eventDocs.merge };
    const one = await phone('events', contract, { batchSize: 2 });
    await one.until((docs) => docs.length === 4, 'four public events');
    await revise(ids[0]!, 'archived');
    await revise(ids[1]!, 'published');
    const now = await one.until((docs) => docs.some((doc) => doc.id === ids[1]), 'published event arrives');
    assert.ok(!now.some((doc) => doc.id === ids[0]));
    const pull = await app.call('GET', '/api/sync/events/pull?revision=5');
    const gone = pull.body.documents.find((doc: { id: string }) => doc.id === ids[0]);
    assert.deepEqual([gone._deleted, gone.name], [true, '']);
  });

  it('pulls photos of an event within its privacy mode', async () => {
    const admin = await app.person('admin');
    const eventId = await app.event();
    const a = await app.photo(eventId, photographer.userId);
    const b = await app.photo(eventId, photographer.userId);
    const contract = { schema: photoDocs.photoDocSchema, isEqual: photoDocs.isEqual, merge: photoDocs.merge };
    const one = await phone('photos', contract, { query: `&eventId=${eventId}` });
    assert.equal((await one.collection.find().exec()).length, 0);
    const review = (ids: string[], decision: string) =>
      app.call('POST', '/api/photos/review', { token: admin.token, body: { ids, decision } });
    await review([a, b], 'approve');
    await one.until((docs) => docs.length === 2, 'approved photos arrive');
    await review([a], 'reject');
    await one.until((docs) => docs.length === 1 && docs[0]!.id === b, 'a withdrawn photo goes');
    await app.call('PUT', `/api/events/${eventId}`, { token: admin.token, body: { accessMode: 'find_me' } });
    await one.until((docs) => docs.length === 0, 'nothing is kept of a find-me event');
    const open = await app.event();
    await app.photo(open, photographer.userId).then((id) => review([id], 'approve'));
    const keysOf = async (v: number) =>
      Object.keys((await app.call('GET', `/api/sync/photos/pull?v=${v}&eventId=${open}`)).body.documents[0]);
    assert.deepEqual(
      (await keysOf(1)).filter((key) => key === 'thumbHash' || key === 'bibs'),
      ['thumbHash', 'bibs'],
    );
    assert.ok(
      !(await keysOf(0)).some((key) => key === 'thumbHash' || key === 'bibs'),
      'an older app gets what it knows',
    );
    const fresh = await app.call('GET', `/api/sync/photos/pull?eventId=${eventId}`);
    assert.deepEqual(fresh.body.documents, []);
    const hidden = await app.event({ status: 'planning' });
    assert.equal((await app.call('GET', `/api/sync/photos/pull?eventId=${hidden}`)).status, 404);
    assert.equal((await app.call('GET', '/api/sync/photos/pull')).status, 400);
  });

  it('carries a cart line from one phone to the other, and only to its owner', async () => {
    const eventId = await app.event();
    const id = await app.photo(eventId, photographer.userId, 'approved');
    const one = await phone('cart_items', carts, { token: customer.token });
    const two = await phone('cart_items', carts, { token: customer.token });
    const stranger = await phone('cart_items', carts, { token: (await app.person()).token });
    await one.collection.insert(line(id, eventId));
    const [arrived] = await two.until((docs) => docs.some((doc) => doc.id === id), 'line arrives');
    assert.ok(arrived!.revision > 0);
    await takeOut((await two.collection.findOne(id).exec())!);
    await one.until((docs) => !docs.some((doc) => doc.id === id), 'removal arrives');
    assert.equal((await stranger.collection.find().exec()).length, 0);
  });

  it('merges what two phones did offline to the same lines', async () => {
    const eventId = await app.event();
    const [a, b, c] = await Promise.all([1, 2, 3].map(() => app.photo(eventId, photographer.userId, 'approved')));
    const owner = await app.person();
    const one = await phone('cart_items', carts, { token: owner.token });
    const two = await phone('cart_items', carts, { token: owner.token });
    await one.collection.bulkInsert([line(a!, eventId), line(b!, eventId)]);
    await two.until((docs) => docs.length === 2, 'both lines arrive');
    one.network.isOnline = false;
    two.network.isOnline = false;
    await (await one.collection.findOne(a!).exec())!.patch({ isSelected: false, revision: newDecision() });
    await takeOut((await one.collection.findOne(b!).exec())!);
    await one.collection.insert(line(c!, eventId));
    await two.collection.insert(line(c!, eventId));
    await takeOut((await two.collection.findOne(a!).exec())!);
    one.network.isOnline = true;
    await one.replication.awaitInSync();
    two.network.isOnline = true;
    const settled = (docs: cartItems.CartItemDoc[]) => docs.length === 1 && docs[0]!.id === c;
    await two.until(settled, 'second phone agrees');
    await one.until(settled, 'first phone agrees');
    const lines = await cart.pullLines(app.db, owner.userId, { revision: 0, id: '' }, 100);
    assert.deepEqual(
      lines.filter((row) => !row.deleted).map((row) => row.photoId),
      [c],
    );
  });

  it('leaves a line as the server has it when a phone that only looks on is told of it while it pushes another', async () => {
    const eventId = await app.event();
    const [first, own, told] = await Promise.all(
      [1, 2, 3].map(() => app.photo(eventId, photographer.userId, 'approved')),
    );
    const owner = await app.person();
    const one = await phone('cart_items', carts, { token: owner.token, batchSize: 1 });
    const has = (...ids: unknown[]) =>
      one.until((docs) => docs.length === ids.length && ids.every((id) => docs.some((doc) => doc.id === id)), `${ids}`);
    // Its looks for changes, its pulls and its pushes wait until they may go on.
    const { pull, push, internalReplicationState } = one.replication;
    const { forkInstance: kept } = internalReplicationState!.input;
    const [looks, pulls, pushes] = [kept, pull!, push!].map(() => turnstile()) as [Turnstile, Turnstile, Turnstile];
    const [query, pullHandler, pushHandler] = [kept.query.bind(kept), pull!.handler, push!.handler];
    kept.query = async (prepared) => {
      if (JSON.stringify(prepared.query.sort).includes('_meta.lwt')) await looks.pass();
      return query(prepared);
    };
    pull!.handler = async (checkpoint, limit) => {
      await pulls.pass();
      return pullHandler(checkpoint, limit);
    };
    push!.handler = async (rows) => {
      await pushes.pass();
      return pushHandler(rows);
    };
    await cart.add(owner.userId, [first!]);
    await looks.isWaiting();
    await one.collection.insert(line(own!, eventId));
    // It finds its own line, and pushes it for a while.
    looks.let(1);
    await pushes.isWaiting();
    // Told of a line, it finds that as well, and has it wait for its turn.
    await cart.add(owner.userId, [told!]);
    pulls.let(2);
    await has(first, own, told);
    looks.let(9);
    await cart.remove(owner.userId, told!);
    pulls.let(9);
    await has(first, own);
    pushes.let(9);
    await one.replication.awaitInSync();
    const lines = await cart.pullLines(app.db, owner.userId, { revision: 0, id: '' }, 10);
    assert.deepEqual(
      lines
        .filter((row) => !row.deleted)
        .map((row) => row.photoId)
        .sort(),
      [first, own].sort(),
    );
    await has(first, own);
  });

  it('answers its own document for what the rules refuse: never 403, and the phone gives it up', async () => {
    const eventId = await app.event();
    const pending = await app.photo(eventId, photographer.userId, 'pending');
    const one = await phone('cart_items', carts, { token: (await app.person()).token });
    await one.collection.insert(line(pending, eventId));
    await one.until((docs) => docs.length === 0, 'a photo that is not for sale leaves the cart');
    const contract = {
      schema: favorites.favoriteDocSchema,
      isEqual: favorites.isEqual,
      merge: favorites.merge,
    };
    const two = await phone('favorites', contract, { token: customer.token });
    const approved = await app.photo(eventId, photographer.userId, 'approved');
    const mark = (id: string) => ({ id, eventId, addedAt: new Date().toISOString(), revision: 0 });
    await two.collection.bulkInsert([mark(approved), mark(pending)]);
    await two.until((docs) => docs.length === 1 && docs[0]!.id === approved, 'only the approved one stays');
  });

  it('keeps a line that arrives after its photo left the sale, as one that cannot be bought', async () => {
    const eventId = await app.event();
    const [kept, rejected, deleted] = await Promise.all(
      [1, 2, 3].map(() => app.photo(eventId, photographer.userId, 'approved')),
    );
    const owner = await app.person();
    const admin = await app.person('admin');
    const one = await phone('cart_items', carts, { token: owner.token });
    one.network.isOnline = false;
    await one.collection.bulkInsert([line(kept!, eventId), line(rejected!, eventId), line(deleted!, eventId)]);
    const body = { ids: [rejected], decision: 'reject' };
    assert.equal((await app.call('POST', '/api/photos/review', { token: admin.token, body })).status, 200);
    assert.equal((await app.call('DELETE', `/api/photos/${deleted}`, { token: admin.token })).status, 204);
    one.network.isOnline = true;
    await one.replication.awaitInSync();
    await one.until((docs) => docs.length === 3 && docs.every(({ revision }) => revision > 0), 'all lines are there');
    const view = await cart.get(owner.userId);
    assert.deepEqual(Object.fromEntries(view.items.map(({ photoId, status }) => [photoId, status])), {
      [kept!]: 'available',
      [rejected!]: 'withdrawn',
      [deleted!]: 'withdrawn',
    });
    // Taken out by the person, it may be put in again, and is told again.
    await takeOut((await one.collection.findOne(rejected!).exec())!);
    await one.replication.awaitInSync();
    await one.collection.upsert({ ...line(rejected!, eventId), revision: newDecision() });
    await one.replication.awaitInSync();
    await one.until((docs) => docs.length === 3, 'it is there again');
  });

  it('takes a batch that is sent twice once', async () => {
    const eventId = await app.event();
    const id = await app.photo(eventId, photographer.userId, 'approved');
    const { token, userId } = await app.person();
    const body = [{ newDocumentState: { ...line(id, eventId), _deleted: false } }];
    for (let n = 0; n < 2; n += 1) {
      const reply = await app.call('POST', '/api/sync/cart_items/push', { token, body });
      assert.deepEqual([reply.status, reply.body], [200, []]);
    }
    const [kept] = await cart.pullLines(app.db, userId, { revision: 0, id: '' }, 10);
    assert.equal(kept!.revision, 1);
  });

  it('never skips a transaction that commits late', async () => {
    const eventId = await app.event();
    const [slow, fast] = [await app.photo(eventId, photographer.userId), await app.photo(eventId, photographer.userId)];
    const approve = async (trx: Parameters<typeof nextRevision>[0], id: string) => {
      const revision = await nextRevision(trx, scopes.eventPhotos(eventId));
      await trx.updateTable('photos').set({ status: 'approved', revision }).where('id', '=', id).execute();
    };
    let commit!: () => void;
    const held = new Promise<void>((resolve) => {
      commit = resolve;
    });
    let taken!: () => void;
    const hasRevision = new Promise<void>((resolve) => {
      taken = resolve;
    });
    const first = app.db.transaction().execute(async (trx) => {
      await approve(trx, slow);
      taken();
      await held;
    });
    await hasRevision;
    const second = app.db.transaction().execute((trx) => approve(trx, fast));
    const pull = async (checkpoint: Checkpoint | null) =>
      (
        await app.call(
          'GET',
          `/api/sync/photos/pull?eventId=${eventId}${checkpoint ? `&checkpoint=${encodeURIComponent(JSON.stringify(checkpoint))}` : ''}`,
        )
      ).body;
    const early = await pull(null);
    assert.deepEqual([early.documents, early.checkpoint], [[], null]);
    commit();
    await Promise.all([first, second]);
    const late = await pull(early.checkpoint);
    assert.deepEqual(
      late.documents.map((doc: { id: string }) => doc.id),
      [slow, fast],
    );
    const again = await pull(late.checkpoint);
    assert.deepEqual([again.documents, again.checkpoint], [[], late.checkpoint]);
  });

  it('starts over for a checkpoint of somebody else or of the future, and refuses strangers and old apps', async () => {
    const eventId = await app.event();
    const id = await app.photo(eventId, photographer.userId, 'approved');
    const { token, userId } = await app.person();
    await app.call('PUT', `/api/favorites/${id}`, { token });
    const pull = (checkpoint: Checkpoint) =>
      app.call('GET', `/api/sync/favorites/pull?checkpoint=${encodeURIComponent(JSON.stringify(checkpoint))}`, {
        token,
      });
    assert.equal((await pull({ revision: 1, id: '', scope: scopes.favorites('guest') })).body.documents.length, 1);
    assert.equal((await pull({ revision: 99, id: '' })).body.documents.length, 1);
    assert.equal((await pull({ revision: 1, id, scope: scopes.favorites(userId) })).body.documents.length, 0);
    assert.equal((await app.call('GET', '/api/sync/favorites/pull')).status, 401);
    assert.equal((await app.call('GET', '/api/sync/events/pull?v=-1')).status, 426);
    assert.equal((await app.call('GET', '/api/sync/users/pull')).status, 404);
    assert.equal((await app.call('GET', '/api/sync/events/pull?checkpoint=x')).status, 400);
    const push = await app.call('POST', '/api/sync/favorites/push', { token, body: [{ newDocumentState: { id: 1 } }] });
    assert.equal(push.status, 400);
  });

  it('forgets deletions after 30 days and starts those over who were away longer, nobody else', async () => {
    const eventId = await app.event();
    const [a, b, c] = await Promise.all([1, 2, 3].map(() => app.photo(eventId, photographer.userId, 'approved')));
    const [me, other] = [await app.person(), await app.person()];
    for (const { token } of [me, other]) {
      for (const id of [a, b, c]) await app.call('PUT', `/api/favorites/${id}`, { token });
      await app.call('DELETE', `/api/favorites/${b}`, { token });
    }
    const pull = async (who: typeof me, checkpoint?: Checkpoint, limit = 200) => {
      const from = checkpoint ? `&checkpoint=${encodeURIComponent(JSON.stringify(checkpoint))}` : '';
      const { body } = await app.call('GET', `/api/sync/favorites/pull?limit=${limit}${from}`, { token: who.token });
      return { ...body, ids: body.documents.map((doc: { id: string; _deleted: boolean }) => doc.id + doc._deleted) };
    };
    const scope = scopes.favorites(me.userId);
    const away = { revision: 3, id: c!, scope };
    assert.deepEqual((await pull(me, away)).ids, [`${b}true`]);
    await sql`update favorites set deleted_at = now() - interval '31 days' where user_id = ${me.userId} and photo_id = ${b}`.execute(
      app.db,
    );
    assert.equal(await forgetDeletions(app.db), 1);
    assert.equal(await forgetDeletions(app.db), 0);
    // Who was away pulls from the start, page by page, without being started over in the middle.
    const first = await pull(me, away, 1);
    assert.deepEqual([first.reset, first.ids], ['expired', [`${a}false`]]);
    const second = await pull(me, first.checkpoint, 1);
    assert.deepEqual([second.reset, second.ids], [undefined, [`${c}false`]]);
    assert.deepEqual((await pull(me, second.checkpoint)).ids, []);
    assert.equal((await pull(me, { revision: 4, id: b!, scope })).reset, undefined);
    const theirs = { revision: 3, id: c!, scope: scopes.favorites(other.userId) };
    assert.deepEqual([(await pull(other, theirs)).reset, (await pull(other, theirs)).ids], [undefined, [`${b}true`]]);
    // A row that phones hold and that is removed without a tombstone, by hand: all of them start over.
    await app.db.deleteFrom('favorites').where('user_id', '=', me.userId).where('photo_id', '=', a!).execute();
    assert.deepEqual([(await pull(me, { revision: 4, id: b!, scope })).reset], ['expired']);
  });

  it('answers pages compressed, once for all who ask for the same, and never an old last page', async () => {
    const eventId = await app.event();
    const revise = (status: string) =>
      app.db.transaction().execute(async (trx) => {
        const revision = await nextRevision(trx, scopes.eventPhotos(eventId));
        await trx.updateTable('photos').set({ status, revision }).where('event_id', '=', eventId).execute();
      });
    for (let n = 0; n < 6; n += 1) await app.photo(eventId, photographer.userId);
    await revise('approved');
    for (const encoding of ['br', 'gzip', 'identity']) {
      const url = `${app.url}/api/sync/photos/pull?eventId=${eventId}`;
      const response = await fetch(url, { headers: { 'accept-encoding': encoding } });
      assert.equal(response.headers.get('content-encoding'), encoding === 'identity' ? null : encoding);
      assert.equal(((await response.json()) as { documents: unknown[] }).documents.length, 6);
    }
    await revise('rejected');
    assert.deepEqual((await app.call('GET', `/api/sync/photos/pull?eventId=${eventId}`)).body.documents, []);
  });

  it('tells a page of all it follows in one stream: what is its own, what is everybody’s, never somebody else’s', async () => {
    const eventId = await app.event();
    const locked = await app.event({ access_mode: 'code', access_code_hash: 'x' });
    const photo = await app.photo(eventId, photographer.userId, 'approved');
    const [me, other] = [await app.person(), await app.person()];
    const items = `favorites@0,cart_items@0,photos@0:${eventId}`;
    const mine = await openLive(`${items},photos@0:${locked},events@9`, me.token);
    const theirs = await openLive(`favorites@0,cart_items@0`, other.token);
    const nobodys = await openLive(`cart_items@0,photos@0:${eventId}`);
    assert.deepEqual(await mine.next('refused'), { of: `photos@0:${locked}`, code: 'event.access_code_required' });
    assert.deepEqual(await nobodys.next('refused'), { of: 'cart_items@0', code: 'auth.required' });
    for (const of of items.split(',')) assert.equal((await mine.next('sync')).of, of);
    await nobodys.next('sync');
    await app.call('PUT', `/api/favorites/${photo}`, { token: me.token });
    assert.deepEqual(await mine.next('sync'), { of: 'favorites@0' });
    const admin = await app.person('admin');
    const next = await app.photo(eventId, photographer.userId);
    const review = (decision: string) =>
      app.call('POST', '/api/photos/review', { token: admin.token, body: { ids: [next], decision } });
    await review('approve');
    for (const stream of [mine, nobodys]) {
      const told = await stream.next('docs');
      assert.deepEqual([told.from, told.documents[0].id, told.documents[0]._deleted], [0, next, false]);
      assert.deepEqual(told.checkpoint, { revision: 1, id: next, scope: scopes.eventPhotos(eventId) });
    }
    await review('reject');
    for (const stream of [mine, nobodys]) {
      const gone = await stream.next('docs');
      assert.deepEqual([gone.from, gone.documents[0]._deleted], [1, true]);
    }
    await app.call('PUT', `/api/favorites/${photo}`, { token: other.token });
    // Who may read changes: everybody is asked anew.
    await app.call('PUT', `/api/events/${eventId}`, { token: admin.token, body: { accessMode: 'find_me' } });
    assert.equal(await nobodys.next('docs').catch(() => 'ended'), 'ended');
    for (const of of ['favorites@0', 'cart_items@0'])
      assert.deepEqual(await theirs.next('sync'), {
        of,
        revision: 0,
        scope: `${of.slice(0, -2) === 'favorites' ? 'favorites' : 'cart'}.${other.userId}`,
      });
    assert.deepEqual(await theirs.next('sync'), { of: 'favorites@0' });
    assert.deepEqual(theirs.seen(), ['sync', 'sync', 'sync']);
    const asked = await app.call('GET', '/api/live?follow=photos');
    assert.equal(asked.status, 400);
  });

  /** A page's live stream; `next` answers the data of the next event of that name, and rejects when the stream ended before. */
  async function openLive(follow: string, token?: string) {
    const abort = new AbortController();
    const response = await fetch(`${app.url}/api/live?follow=${follow}`, {
      signal: abort.signal,
      headers: token ? { authorization: `Bearer ${token}` } : {},
    });
    assert.equal(response.status, 200);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    const queue: { event: string; data: string }[] = [];
    const seen: string[] = [];
    let text = '';
    phones.push({ close: async () => abort.abort() });
    return {
      seen: () => seen,
      // biome-ignore lint/suspicious/noExplicitAny: whatever the stream says
      async next(event: string): Promise<any> {
        for (;;) {
          const at = queue.findIndex((message) => message.event === event);
          if (at >= 0) return JSON.parse(queue.splice(at, 1)[0]!.data);
          const { value, done } = await reader.read();
          if (done) throw new Error('ended');
          text += value;
          const messages = text.split('\n\n');
          text = messages.pop()!;
          for (const message of messages) {
            const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(message) ?? [];
            if (!name) continue;
            seen.push(name);
            queue.push({ event: name, data: data! });
          }
        }
      },
    };
  }
});
