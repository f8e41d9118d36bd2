import assert from 'node:assert/strict';
import { createLiveStreams, type LiveStreams } from '#server/http/live-streams.ts';
import { createListener, type Listener } from '#server/platform/listener.ts';
import { createLogger } from '#server/platform/logger.ts';
import { type Notice, notify } from '#server/platform/notify.ts';
import { type HttpApp, startHttpApp } from '#test/http-app.ts';
import { createChannelsService } from './channels.ts';
import { createInbox } from './inbox.ts';
import { noticesRoutes } from './routes.ts';
import { createNoticesService, type Notices } from './service.ts';

describe('notices', () => {
  let app: HttpApp;
  let listener: Listener;
  let notices: Notices;
  let streams: LiveStreams;
  before(async () => {
    app = await startHttpApp(async ({ database }) => {
      listener = await createListener(database.url, ['notices'], createLogger('silent', 'test'));
      streams = createLiveStreams();
      notices = createNoticesService({ listener, streams });
      return noticesRoutes({
        notices,
        channels: createChannelsService({ db: database.db }),
        inbox: createInbox({ db: database.db }),
      });
    });
  });
  after(async () => {
    notices.close();
    await listener.close();
    await app.stop();
  });

  async function open(token: string) {
    const response = await fetch(`${app.url}/api/notices/stream`, { headers: { authorization: `Bearer ${token}` } });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let seen = '';
    return {
      response,
      /** Reads until the text arrives; undefined when the stream ended before. */
      async until(text: string): Promise<string | undefined> {
        while (!seen.includes(text)) {
          const { value, done } = await reader.read();
          if (done) return undefined;
          seen += value;
        }
        return seen;
      },
      all: () => seen,
      close: () => reader.cancel(),
    };
  }
  const tell = (userId: string, notice: Notice) => app.db.transaction().execute((trx) => notify(trx, userId, notice));

  it('reach every open page of that person, of nobody else, and end with the server', async () => {
    const [me, other] = [await app.person(), await app.person()];
    const pages = [await open(me.token), await open(me.token)];
    const foreign = await open(other.token);
    const { headers, status } = pages[0]!.response;
    assert.equal(status, 200);
    assert.match(headers.get('content-type')!, /^text\/event-stream/);
    assert.equal(headers.get('x-accel-buffering'), 'no');
    assert.match(headers.get('cache-control')!, /no-transform/);
    for (const page of [...pages, foreign]) assert.match((await page.until('hello'))!, /retry: 3000/);
    assert.equal(streams.count(), 3);

    const orderId = '11111111-1111-4111-8111-111111111111';
    await tell(me.userId, { type: 'order.changed', orderId });
    for (const page of pages) {
      const text = (await page.until(orderId))!;
      assert.ok(text.includes(`event: notice\ndata: {"type":"order.changed","orderId":"${orderId}"}\n\n`));
    }
    await tell(other.userId, { type: 'search.changed', searchId: 'mine', status: 'done' });
    assert.ok(!(await foreign.until('mine'))!.includes(orderId));

    await pages[1]!.close();
    streams.close();
    assert.equal(await pages[0]!.until('never'), undefined);
    assert.ok(!pages[0]!.all().includes('mine'));
    const late = await open(me.token);
    assert.equal(late.response.status, 503);
    await late.close();
  });
});
