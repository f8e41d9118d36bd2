import assert from 'node:assert/strict';
import { createLiveStreams } from '#server/http/live-streams.ts';
import type { Listener } from '#server/platform/listener.ts';
import { startPhotoApp } from '#test/photo-app.ts';
import { syncRouter } from '../router.ts';
import { favoritesCollection } from './favorites.ts';

describe('sync: marks of photos that not everybody may see', function () {
  this.timeout(30_000);
  let app: Awaited<ReturnType<typeof startPhotoApp>>;
  let sync: ReturnType<typeof syncRouter>;
  const streams = createLiveStreams();
  before(async () => {
    app = await startPhotoApp({
      handlers: ({ db, auth, favorites }) => {
        sync = syncRouter({
          db,
          listener: { on: () => () => undefined } as unknown as Listener,
          streams,
          findViewer: auth.findViewer,
          collections: [favoritesCollection(favorites)],
        });
        return [sync.router];
      },
    });
  });
  after(async () => {
    streams.close();
    sync?.close();
    await app?.stop();
  });

  /** Pushes a mark; whether it stands then. */
  async function mark(
    id: string,
    eventId: string,
    token: string,
    headers: Record<string, string> = {},
  ): Promise<boolean> {
    const newDocumentState = { id, eventId, addedAt: new Date().toISOString(), revision: 0, _deleted: false };
    const { status, body } = await app.call('POST', '/api/sync/favorites/push', {
      token,
      headers,
      body: [{ newDocumentState }],
    });
    assert.equal(status, 200, JSON.stringify(body));
    const { documents } = (await app.call('GET', '/api/sync/favorites/pull', { token })).body;
    const stands = documents.some((doc: { id: string; _deleted: boolean }) => doc.id === id && !doc._deleted);
    assert.equal(body.length, stands ? 0 : 1, 'who is refused is told');
    return stands;
  }

  it('stand for who knows the code, and are refused to strangers', async () => {
    const photographer = await app.person('photographer');
    const admin = await app.person('admin');
    const eventId = await app.event();
    const id = await app.photo(eventId, photographer.userId, 'approved');
    const [one, two] = [await app.person(), await app.person()];
    const locked = { token: admin.token, body: { accessMode: 'code', accessCode: 'RUN2026' } };
    assert.equal((await app.call('PUT', `/api/events/${eventId}`, locked)).status, 200);
    assert.equal(await mark(id, eventId, one.token), false);
    const opened = await app.call('POST', `/api/events/${eventId}/unlock`, { body: { code: 'RUN2026' } });
    assert.equal(opened.status, 200, JSON.stringify(opened.body));
    assert.equal(await mark(id, eventId, one.token, { 'x-event-access': opened.body.token }), true);
    assert.equal(await mark(id, eventId, two.token), false);
  });

  it('are refused for photos of an event that is not public, and taken back wherever they stand', async () => {
    const photographer = await app.person('photographer');
    const eventId = await app.event();
    const id = await app.photo(eventId, photographer.userId, 'approved');
    const [one, two] = [await app.person(), await app.person()];
    assert.equal(await mark(id, eventId, one.token), true);
    await app.db.updateTable('events').set({ status: 'planning' }).where('id', '=', eventId).execute();
    assert.equal(await mark(id, eventId, two.token), false);
    const { documents } = (await app.call('GET', '/api/sync/favorites/pull', one)).body;
    const out = { newDocumentState: { ...documents[0], _deleted: true }, assumedMasterState: documents[0] };
    const answer = await app.call('POST', '/api/sync/favorites/push', { token: one.token, body: [out] });
    assert.deepEqual(answer.body, []);
  });
});
