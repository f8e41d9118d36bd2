import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { REFUSED_REVISION } from '#contracts/sync/documents.ts';
import { createLiveStreams } from '#server/http/live-streams.ts';
import { forgetDeletions } from '#server/modules/admin/tombstones.ts';
import { createCouponsService } from '#server/modules/cart/coupons.ts';
import { createCartService } from '#server/modules/cart/service.ts';
import { createPackagesService } from '#server/modules/packages/service.ts';
import { createMemoryCache } from '#server/platform/cache.ts';
import type { Listener } from '#server/platform/listener.ts';
import { scopes } from '#server/platform/sync-revision.ts';
import { startPhotoApp } from '#test/photo-app.ts';
import { cartItemsCollection } from './collections/cart-items.ts';
import { favoritesCollection } from './collections/favorites.ts';
import { syncRouter } from './router.ts';

interface Doc {
  id: string;
  revision: number;
  addedAt: string;
  _deleted: boolean;
}
interface Row {
  newDocumentState: Doc;
  assumedMasterState?: Doc;
}

// What a network does to a push: the very same request once more, at once, later, much later, or because its answer was lost.
describe('sync: a push that arrives again', function () {
  this.timeout(30_000);
  let app: Awaited<ReturnType<typeof startPhotoApp>>;
  let sync: ReturnType<typeof syncRouter>;
  let cart: ReturnType<typeof createCartService>;
  let photographer: { userId: string; token: string };
  const streams = createLiveStreams();
  before(async () => {
    app = await startPhotoApp({
      handlers: ({ db, auth, events, photos, favorites }) => {
        const coupons = createCouponsService({ db, cache: createMemoryCache() });
        cart = createCartService({ db, photos, packages: createPackagesService({ db, events }), coupons });
        sync = syncRouter({
          db,
          listener: { on: () => () => undefined } as unknown as Listener,
          streams,
          findViewer: auth.findViewer,
          collections: [cartItemsCollection(cart), favoritesCollection(favorites)],
        });
        return [sync.router];
      },
    });
    photographer = await app.person('photographer');
  });
  after(async () => {
    streams.close();
    sync?.close();
    await app?.stop();
  });

  for (const [name, table, scopeOf] of [
    ['cart_items', 'cart_items', scopes.cart],
    ['favorites', 'favorites', scopes.favorites],
  ] as const) {
    describe(name, () => {
      /** A person with a photo, who pushes as a device with or without a name. */
      async function person(device?: string) {
        const eventId = await app.event();
        const id = await app.photo(eventId, photographer.userId, 'approved');
        const { token, userId } = await app.person();
        const push = async (row: Row, from = device): Promise<Doc[]> => {
          const query = from === undefined ? '' : `&device=${from}`;
          const answer = await app.call('POST', `/api/sync/${name}/push?v=0${query}`, { token, body: [row] });
          assert.equal(answer.status, 200, JSON.stringify(answer.body));
          return answer.body;
        };
        const now = async (): Promise<Doc | undefined> =>
          (await app.call('GET', `/api/sync/${name}/pull`, { token })).body.documents.find((doc: Doc) => doc.id === id);
        const state = (isIn: boolean, from?: Doc): Doc => ({
          ...({ id, eventId, ...(name === 'cart_items' && { isSelected: true }) } as unknown as Doc),
          addedAt: from?.addedAt ?? new Date().toISOString(),
          revision: from?.revision ?? 0,
          _deleted: !isIn,
        });
        /** Taps: in or out, based on what the server has now. Answers the row, to be sent again. */
        async function tap(isIn: boolean): Promise<Row> {
          const master = await now();
          const row = {
            newDocumentState: state(isIn, isIn ? undefined : master),
            ...(master && { assumedMasterState: master }),
          };
          assert.deepEqual(await push(row), []);
          assert.equal((await now())?._deleted, !isIn);
          return row;
        }
        return { id, userId, push, now, state, tap };
      }
      type Person = Awaited<ReturnType<typeof person>>;
      /** The row again: it changes nothing, and is answered with what stands. */
      async function sendAgain({ push, now }: Person, row: Row, revision?: number): Promise<void> {
        const before = await now();
        const [answer] = await push(row);
        assert.deepEqual(await now(), before, 'the copy changed something');
        if (!before) return;
        const isThere = before._deleted === row.newDocumentState._deleted;
        assert.deepEqual(
          answer && [answer._deleted, answer.revision],
          isThere ? undefined : [before._deleted, revision ?? before.revision],
        );
      }

      for (const device of [undefined, 'a-phone']) {
        const who = device ? 'of a device with a name' : 'of an app from before devices had names';
        const overtaken = device ? REFUSED_REVISION : undefined;

        it(`puts nothing in that was taken out since, ${who}`, async () => {
          const me = await person(device);
          const first = await me.tap(true);
          await me.tap(false);
          await sendAgain(me, first, overtaken);
          const second = await me.tap(true);
          await me.tap(false);
          for (const row of [first, second]) await sendAgain(me, row, overtaken);
        });

        it(`takes nothing out that was put in since, ${who}`, async () => {
          const me = await person(device);
          await me.tap(true);
          const out = await me.tap(false);
          await me.tap(true);
          await sendAgain(me, out, overtaken);
          await sendAgain(me, await me.tap(false));
        });

        it(`counts once when copies arrive in parallel, ${who}`, async () => {
          const me = await person(device);
          const row = { newDocumentState: me.state(true) };
          assert.deepEqual(await Promise.all(Array.from({ length: 6 }, () => me.push(row))), Array(6).fill([]));
          assert.deepEqual([(await me.now())?._deleted, (await me.now())?.revision], [false, 1]);
          const master = (await me.now())!;
          const out = { newDocumentState: me.state(false, master), assumedMasterState: master };
          await Promise.all(Array.from({ length: 6 }, () => me.push(out)));
          assert.deepEqual([(await me.now())?._deleted, (await me.now())?.revision], [true, 2]);
        });

        it(`brings back nothing whose deletion was forgotten after 30 days, ${who}`, async () => {
          const me = await person(device);
          const rows = [await me.tap(true)];
          await me.tap(false);
          rows.push(await me.tap(true));
          const last = await me.tap(false);
          await sql`update ${sql.table(table)} set deleted_at = now() - interval '31 days' where photo_id = ${me.id}`.execute(
            app.db,
          );
          assert.equal(await forgetDeletions(app.db), 1);
          for (const row of [...rows, last]) {
            await me.push(row);
            assert.equal(await me.now(), undefined);
          }
          const other = 'another-phone';
          // Who puts it in anew is asked once whether they know of the deletion, and may.
          const wanted = me.state(true);
          const [gone] = await me.push({ newDocumentState: wanted }, other);
          assert.deepEqual([gone!._deleted, gone!.revision], [true, 4]);
          assert.deepEqual(await me.push({ newDocumentState: wanted, assumedMasterState: gone! }, other), []);
          assert.equal((await me.now())?._deleted, false);
        });
      }

      it('of a device whose answer was lost undoes nothing that another device did meanwhile; another tap does', async () => {
        const me = await person('one');
        const row = { newDocumentState: me.state(true) };
        await me.push(row);
        const master = (await me.now())!;
        await me.push({ newDocumentState: me.state(false, master), assumedMasterState: master }, 'two');
        const [answer] = await me.push(row);
        assert.deepEqual([answer!._deleted, answer!.revision], [true, REFUSED_REVISION]);
        const now = (await me.now())!;
        assert.deepEqual(await me.push({ newDocumentState: me.state(true), assumedMasterState: now }), []);
        assert.equal((await me.now())?._deleted, false);
      });

      it('under the account that the guest joined meanwhile counts once, too', async () => {
        const guest = await person('one');
        const account = await app.person();
        const row = { newDocumentState: guest.state(true) };
        await guest.push(row);
        await app.db.transaction().execute(async (trx) => {
          if (name === 'cart_items') await cart.joinGuest(trx, guest.userId, account.userId);
          else await app.favorites.joinGuest(trx, guest.userId, account.userId);
        });
        const call = (method: string, verb: string, body?: unknown) =>
          app.call(method, `/api/sync/${name}/${verb}?v=0&device=one`, { token: account.token, body });
        const [master] = (await call('GET', 'pull')).body.documents as Doc[];
        assert.equal(master!._deleted, false);
        const out = { newDocumentState: guest.state(false, master), assumedMasterState: master };
        assert.deepEqual((await call('POST', 'push', [out])).body, []);
        const [answer] = (await call('POST', 'push', [row])).body as Doc[];
        assert.equal(answer!.revision, REFUSED_REVISION);
        assert.equal(((await call('GET', 'pull')).body.documents as Doc[])[0]!._deleted, true);
        const { rows } = await sql`select 1 from sync_pushes where scope = ${scopeOf(guest.userId)}`.execute(app.db);
        assert.equal(rows.length, 0);
      });
    });
  }
});
