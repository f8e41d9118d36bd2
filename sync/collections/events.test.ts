import assert from 'node:assert/strict';
import { createLiveStreams } from '#server/http/live-streams.ts';
import type { Listener } from '#server/platform/listener.ts';
import { startPhotoApp } from '#test/photo-app.ts';
import { syncRouter } from '../router.ts';
import { eventsCollection } from './events.ts';

describe('sync: events behind a code', function () {
  this.timeout(30_000);
  let app: Awaited<ReturnType<typeof startPhotoApp>>;
  let sync: ReturnType<typeof syncRouter>;
  const streams = createLiveStreams();
  before(async () => {
    app = await startPhotoApp({
      handlers: ({ db, auth }) => {
        const listener = { on: () => () => undefined } as unknown as Listener;
        sync = syncRouter({ db, listener, streams, findViewer: auth.findViewer, collections: [eventsCollection] });
        return [sync.router];
      },
    });
  });
  after(async () => {
    streams.close();
    sync?.close();
    await app?.stop();
  });

  it('are withdrawn from every phone, without a word about them, and come back when they are open again', async () => {
    const admin = await app.person('admin');
    const eventId = await app.event();
    const put = async (body: object): Promise<void> => {
      const { status, body: answer } = await app.call('PUT', `/api/events/${eventId}`, { token: admin.token, body });
      assert.equal(status, 200, JSON.stringify(answer));
    };
    const pull = async () => {
      const { documents } = (await app.call('GET', '/api/sync/events/pull')).body;
      return documents.find((doc: { id: string }) => doc.id === eventId);
    };
    await put({ name: 'A wedding that strangers should not hear of' });
    assert.equal((await pull())._deleted, false);
    await put({ accessMode: 'code', accessCode: 'ROSE2026' });
    const locked = await pull();
    assert.equal(locked._deleted, true);
    assert.deepEqual([locked.name, locked.nameEn, locked.description, locked.venue], ['', null, null, null]);
    assert.equal(locked.slug, eventId);
    assert.ok(!JSON.stringify(locked).includes('wedding'));
    await put({ accessMode: 'open' });
    assert.deepEqual(
      [(await pull())._deleted, (await pull()).name],
      [false, 'A wedding that strangers should not hear of'],
    );
  });
});
