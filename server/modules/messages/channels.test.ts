import assert from 'node:assert/strict';
import {
  createDecipheriv,
  createECDH,
  createHmac,
  createPublicKey,
  hkdfSync,
  randomBytes,
  randomUUID,
  verify,
} from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Request } from 'express';
import { SMTPServer } from 'smtp-server';
import { createLiveStreams } from '#server/http/live-streams.ts';
import { arrivalsJobHandlers } from '#server/modules/notices/arrivals.ts';
import { type ChannelsService, createChannelsService } from '#server/modules/notices/channels.ts';
import { createInbox } from '#server/modules/notices/inbox.ts';
import { noticesRoutes } from '#server/modules/notices/routes.ts';
import { createNoticesService, type Notices } from '#server/modules/notices/service.ts';
import { createListener, type Listener } from '#server/platform/listener.ts';
import { createLogger } from '#server/platform/logger.ts';
import { createMailer, type Mailer } from '#server/platform/mail.ts';
import { type HttpApp, startHttpApp } from '#test/http-app.ts';
import { createLineSender } from './line.ts';
import { createPushSender, publicKeyOf } from './push.ts';
import { messagesJobHandlers } from './service.ts';
import { createUnsubscribes } from './unsubscribe.ts';

/** A browser's side of web push: its keys, and reading what arrives (RFC 8291 and 8188, aes128gcm). */
function browser(endpoint: string) {
  const ecdh = createECDH('prime256v1');
  const own = ecdh.generateKeys();
  const auth = randomBytes(16);
  return {
    subscription: {
      endpoint,
      expirationTime: null,
      keys: { p256dh: own.toString('base64url'), auth: auth.toString('base64url') },
    },
    read(body: Buffer): Record<string, string> {
      const salt = body.subarray(0, 16);
      const sender = body.subarray(21, 21 + body[20]!);
      const sealed = body.subarray(21 + body[20]!);
      const shared = ecdh.computeSecret(sender);
      const key = Buffer.from(
        hkdfSync('sha256', shared, auth, Buffer.concat([Buffer.from('WebPush: info\0'), own, sender]), 32),
      );
      const secret = (info: string, length: number) =>
        Buffer.from(hkdfSync('sha256', key, salt, `Content-Encoding: ${info}\0`, length));
      const decipher = createDecipheriv('aes-128-gcm', secret('aes128gcm', 16), secret('nonce', 12));
      decipher.setAuthTag(sealed.subarray(-16));
      const plain = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
      return JSON.parse(plain.subarray(0, plain.lastIndexOf(2)).toString('utf8'));
    },
  };
}
interface Received {
  path: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
}
/** A server that keeps what it gets and answers as told. */
async function fake(
  answer: (received: Received) => { status: number; body?: string; headers?: Record<string, string> },
) {
  const received: Received[] = [];
  const server: Server = createServer((req, res) => {
    void req.toArray().then((chunks) => {
      const one = { path: req.url ?? '', headers: req.headers, body: Buffer.concat(chunks) };
      received.push(one);
      const { status, body, headers } = answer(one);
      res.writeHead(status, headers).end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { host, url: `http://${host}`, received, close: () => new Promise((resolve) => server.close(resolve)) };
}

describe('web push and LINE', () => {
  let app: HttpApp;
  let listener: Listener;
  let notices: Notices;
  let channels: ChannelsService;
  let mailer: Mailer;
  let smtp: SMTPServer;
  const mails: string[] = [];
  /** As they came, undecoded. */
  const letters: string[] = [];
  const pushStatus = new Map<string, number>();
  let lineAnswer: { status: number; body?: string; headers?: Record<string, string> } = { status: 200 };
  const unsubscribes = createUnsubscribes({ linkSecret: 'test-link-secret-0000', publicUrl: 'https://shop.test' });
  const vapid = randomBytes(32).toString('base64url');
  const lineSecret = 'line-channel-secret';
  let pushService: Awaited<ReturnType<typeof fake>>;
  let lineApi: Awaited<ReturnType<typeof fake>>;
  let handlers: ReturnType<typeof messagesJobHandlers>;
  const logger = createLogger('silent', 'test');
  const context = (attempt = 1) => ({ jobId: 'x', attempt, logger, signal: new AbortController().signal });

  before(async () => {
    pushService = await fake(({ path }) => ({ status: pushStatus.get(path) ?? 201 }));
    lineApi = await fake(() => lineAnswer);
    const push = createPushSender({
      privateKey: vapid,
      subject: 'mailto:ops@example.test',
      moreHosts: [pushService.host],
    });
    const line = createLineSender({
      token: 'channel-token',
      secret: lineSecret,
      accountId: '@thepixstock',
      apiUrl: lineApi.url,
    });
    app = await startHttpApp(
      async ({ database }) => {
        listener = await createListener(database.url, ['notices'], logger);
        notices = createNoticesService({ listener, streams: createLiveStreams() });
        channels = createChannelsService({ db: database.db, push, line, unsubscribes });
        return noticesRoutes({ notices, channels, inbox: createInbox({ db: database.db }) });
      },
      {
        makeHandlers: () => [
          express.json({
            verify: (req, _res, body) => {
              (req as Request).rawBody = body;
            },
          }),
        ],
      },
    );
    smtp = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData(stream, session, done) {
        void stream.toArray().then((chunks) => {
          mails.push(...session.envelope.rcptTo.map((to) => to.address));
          letters.push(Buffer.concat(chunks).toString('latin1'));
          done();
        });
      },
    });
    await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', () => resolve()));
    mailer = createMailer({
      smtpUrl: `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`,
      from: 'a@example.test',
    });
    const { db, messages } = app;
    handlers = messagesJobHandlers({
      db,
      messages,
      mailer,
      mailDomain: 'example.test',
      push,
      line,
      publicUrl: 'https://shop.test',
      unsubscribes,
    });
  });
  after(async () => {
    mailer.close();
    notices.close();
    await listener.close();
    await Promise.all([
      pushService.close(),
      lineApi.close(),
      new Promise<void>((resolve) => smtp.close(() => resolve())),
    ]);
    await app.stop();
  });

  let made = 0;
  async function subscribed(token: string) {
    const path = `/send/${++made}`;
    const device = browser(`${pushService.url}${path}`);
    const answer = await app.call('POST', '/api/notices/push', { token, body: device.subscription });
    assert.equal(answer.status, 201);
    return { path, ...device };
  }
  const payload = {
    orderNumber: 'TPS-1',
    link: 'https://shop.test/orders/1?token=t',
    photoCount: 2,
    totalSatang: 12_000,
  };
  type Key = 'order.paid' | 'event.announcement' | 'photos.found';
  const queue = (person: { userId: string; email: string | null }, dedupeKey: string, template: Key = 'order.paid') =>
    app.db.transaction().execute((trx) =>
      app.messages.queue(trx, {
        template,
        dedupeKey,
        userId: person.userId,
        recipient: person.email,
        language: 'th',
        payload: template === 'order.paid' ? payload : { subject: 'ประตูเปิดแล้ว', body: 'เจอกันที่เส้นชัย' },
      }),
    );
  const rowsOf = (key: string) =>
    app.db.selectFrom('messages').selectAll().where('dedupe_key', 'like', `${key}%`).orderBy('channel').execute();
  const sendAll = async (key: string, attempt = 1) => {
    for (const { id } of await rowsOf(key))
      await handlers['send-message']!({ messageId: id }, context(attempt)).catch(() => {});
  };
  async function lineEvent(event: object, secret = lineSecret) {
    const body = JSON.stringify({ destination: 'U0', events: [event] });
    return fetch(`${app.url}/api/line/webhook`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-line-signature': createHmac('sha256', secret).update(body).digest('base64'),
      },
      body,
    });
  }
  async function linked(token: string) {
    const userId = `U${randomBytes(16).toString('hex')}`;
    const { body } = await app.call('POST', '/api/notices/line/code', { token, body: {} });
    assert.equal(
      (
        await lineEvent({
          type: 'message',
          source: { userId },
          message: { type: 'text', text: ` ${body.code.toLowerCase()} ` },
        })
      ).status,
      200,
    );
    return { userId, code: body.code as string, openUrl: body.openUrl as string };
  }

  it('reach every device encrypted for it, signed by our key, once', async () => {
    const me = await app.person();
    const { body } = await app.call('GET', '/api/notices/push', { token: me.token });
    assert.deepEqual(body, { publicKey: publicKeyOf(vapid), devices: [] });
    const devices = [await subscribed(me.token), await subscribed(me.token)];
    await queue(me, 'paid-1');
    await queue(me, 'paid-1');
    assert.deepEqual(
      (await rowsOf('paid-1')).map((row) => row.channel),
      ['email', 'push', 'push'],
    );
    await sendAll('paid-1');
    await sendAll('paid-1');
    for (const device of devices) {
      const got = pushService.received.filter((each) => each.path === device.path);
      assert.equal(got.length, 1);
      assert.deepEqual(device.read(got[0]!.body), {
        title: 'ภาพของคุณพร้อมแล้ว',
        body: '2 ภาพ · TPS-1',
        url: '/orders/1?token=t',
        tag: 'paid-1',
        kind: 'order',
        lang: 'th',
      });
      assert.deepEqual([got[0]!.headers['content-encoding'], got[0]!.headers.urgency], ['aes128gcm', 'high']);
      const [, jwt, key] = /^vapid t=([^,]+), *k=(.+)$/.exec(got[0]!.headers.authorization ?? '')!;
      assert.equal(key, publicKeyOf(vapid));
      const [head, claims, signature] = jwt!.split('.') as [string, string, string];
      assert.equal(JSON.parse(Buffer.from(claims, 'base64url').toString()).aud, pushService.url);
      const point = Buffer.from(key!, 'base64url');
      const jwk = {
        kty: 'EC',
        crv: 'P-256',
        x: point.subarray(1, 33).toString('base64url'),
        y: point.subarray(33).toString('base64url'),
      };
      const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
      assert.ok(
        verify(
          'sha256',
          Buffer.from(`${head}.${claims}`),
          { key: publicKey, dsaEncoding: 'ieee-p1363' },
          Buffer.from(signature, 'base64url'),
        ),
      );
    }
    assert.equal(mails.filter((address) => address === me.email).length, 1);
    assert.ok((await rowsOf('paid-1')).every((row) => row.status === 'sent'));
  });

  it('forget a device that is gone, try a busy service again, and never call a foreign host', async () => {
    const me = await app.person();
    const [gone, busy] = [await subscribed(me.token), await subscribed(me.token)];
    pushStatus.set(gone.path, 410);
    pushStatus.set(busy.path, 503);
    await queue(me, 'paid-2');
    await sendAll('paid-2');
    const rows = await rowsOf('paid-2');
    assert.deepEqual(
      rows
        .filter((row) => row.channel === 'push')
        .map((row) => row.status)
        .sort(),
      ['failed', 'queued'],
    );
    const { body } = await app.call('GET', '/api/notices/push', { token: me.token });
    assert.equal(body.devices.length, 1);
    pushStatus.delete(busy.path);
    await sendAll('paid-2', 2);
    assert.equal((await rowsOf('paid-2')).filter((row) => row.status === 'sent').length, 2);
    for (const endpoint of [
      'http://169.254.169.254/latest',
      'https://intranet.example/push',
      'http://fcm.googleapis.com/x',
      'https://fcm.googleapis.com:8443/x',
      'https://fcm.googleapis.com.evil.test/x',
    ]) {
      const answer = await app.call('POST', '/api/notices/push', {
        token: me.token,
        body: { ...browser(endpoint).subscription },
      });
      assert.equal(answer.body.code, 'push.endpoint', endpoint);
    }
    // Somebody else cannot end it; the person can.
    const other = await app.person();
    const end = (token: string) =>
      app.call('DELETE', '/api/notices/push', { token, body: { endpoint: busy.subscription.endpoint } });
    await end(other.token);
    assert.equal((await app.call('GET', '/api/notices/push', { token: me.token })).body.devices.length, 1);
    assert.equal((await end(me.token)).status, 204);
    assert.equal((await app.call('GET', '/api/notices/push', { token: me.token })).body.devices.length, 0);
  });

  it('go to LINE under a retry key, again when it is busy, and not after its quota is used up', async () => {
    const me = await app.person();
    const { userId, openUrl } = await linked(me.token);
    assert.match(openUrl, /^https:\/\/line\.me\/R\/oaMessage\/%40thepixstock\/\?TPS-/);
    assert.equal((await app.call('GET', '/api/notices/line', { token: me.token })).body.isLinked, true);
    lineAnswer = { status: 500 };
    await queue(me, 'line-1');
    await sendAll('line-1');
    const [row] = (await rowsOf('line-1')).filter((each) => each.channel === 'line');
    assert.equal(row!.status, 'queued');
    // It had arrived after all: the same key is refused as taken, which is as good as sent.
    lineAnswer = { status: 409, headers: { 'x-line-accepted-request-id': 'req-1' } };
    await sendAll('line-1', 2);
    assert.deepEqual(
      (await rowsOf('line-1')).filter((each) => each.channel === 'line').map((each) => [each.status, each.provider_id]),
      [['sent', 'req-1']],
    );
    const calls = lineApi.received.map((each) => ({
      key: each.headers['x-line-retry-key'],
      auth: each.headers.authorization,
      body: JSON.parse(each.body.toString()),
    }));
    assert.deepEqual(
      calls.map((call) => call.key),
      [row!.id, row!.id],
    );
    assert.equal(calls[0]!.auth, 'Bearer channel-token');
    assert.deepEqual(calls[0]!.body, {
      to: userId,
      messages: [{ type: 'text', text: 'ภาพของคุณพร้อมแล้ว\n2 ภาพ · TPS-1\nhttps://shop.test/orders/1?token=t' }],
    });
    lineAnswer = { status: 429, body: '{"message":"You have reached your monthly limit."}' };
    await queue(me, 'line-2');
    await sendAll('line-2');
    const states = (await rowsOf('line-2')).map((each) => [each.channel, each.status]);
    assert.deepEqual(
      states,
      [
        ['email', 'sent'],
        ['line', 'failed'],
      ],
      'the e-mail arrives all the same',
    );
    lineAnswer = { status: 200 };
  });

  it('link by a code that works once, for a while, with a signature only; a block ends it', async () => {
    const [me, other] = [await app.person(), await app.person()];
    const { userId, code } = await linked(me.token);
    const again = { type: 'message', source: { userId: `U${randomUUID()}` }, message: { type: 'text', text: code } };
    await lineEvent(again);
    const owner = await app.db.selectFrom('line_links').select('user_id').where('line_user_id', '=', userId).execute();
    assert.deepEqual(
      owner.map((each) => each.user_id),
      [me.userId],
    );
    const { body: forOther } = await app.call('POST', '/api/notices/line/code', { token: other.token, body: {} });
    const event = { type: 'message', source: { userId: 'Uother' }, message: { type: 'text', text: forOther.code } };
    assert.equal((await lineEvent(event, 'wrong-secret')).status, 401);
    await app.db
      .updateTable('line_link_codes')
      .set({ expires_at: new Date(Date.now() - 1_000) })
      .where('user_id', '=', other.userId)
      .execute();
    assert.equal((await lineEvent(event)).status, 200);
    assert.equal((await app.call('GET', '/api/notices/line', { token: other.token })).body.isLinked, false);
    await lineEvent({ type: 'unfollow', source: { userId } });
    await queue(me, 'blocked');
    assert.deepEqual(
      (await rowsOf('blocked')).map((row) => row.channel),
      ['email'],
    );
    await lineEvent({ type: 'follow', source: { userId } });
    await queue(me, 'back');
    assert.deepEqual(
      (await rowsOf('back')).map((row) => row.channel),
      ['email', 'line'],
    );
    const guest = await app.call('GET', '/api/notices/preferences');
    assert.equal(guest.status, 200);
    assert.equal((await app.call('POST', '/api/notices/line/code', { cookie: guest.cookie, body: {} })).status, 401);
  });

  it('answer on LINE what a code did, also when LINE delivers it twice', async () => {
    const me = await app.person();
    const { body } = await app.call('POST', '/api/notices/line/code', { token: me.token, body: {} });
    const source = { userId: `U${randomUUID()}` };
    const said = (text: string, replyToken: string) =>
      lineEvent({ type: 'message', source, replyToken, message: { type: 'text', text } });
    const replyTo = async (replyToken: string): Promise<string> => {
      for (;;) {
        const found = lineApi.received
          .filter((each) => each.path === '/v2/bot/message/reply')
          .map((each) => JSON.parse(each.body.toString()))
          .find((each) => each.replyToken === replyToken);
        if (found) return found.messages[0].text;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await said('TPS-AAAAAAAA', 'r0');
    assert.match(await replyTo('r0'), /not valid/);
    await said(body.code, 'r1');
    assert.match(await replyTo('r1'), /Linked with ThePixStock/);
    await said(body.code, 'r2');
    assert.match(await replyTo('r2'), /Linked with ThePixStock/);
    await said('สวัสดี', 'r3');
    assert.ok(!lineApi.received.some((each) => each.body.toString().includes('r3')), 'other words are not ours');
  });

  it('are kept to be read in the app, in both languages, whatever else is switched off, by their person alone', async () => {
    const [me, other] = [await app.person(), await app.person()];
    await app.call('PUT', '/api/notices/preferences', {
      token: me.token,
      body: { items: [{ kind: 'photos', channel: 'email', isOn: false }] },
    });
    const arrivals = (dedupeKey: string) =>
      app.db.transaction().execute((trx) =>
        app.messages.queue(trx, {
          template: 'photos.found',
          dedupeKey,
          userId: me.userId,
          recipient: me.email,
          language: 'th',
          payload: {
            photoCount: 3,
            eventNameTh: 'งานวิ่ง',
            eventNameEn: 'Run',
            link: 'https://shop.test/e/run/find?token=secret',
          },
        }),
      );
    await arrivals('kept-1');
    await arrivals('kept-1');
    await arrivals('kept-2');
    assert.deepEqual(await rowsOf('kept-1'), []);
    const list = async (token: string) => (await app.call('GET', '/api/notices', { token })).body;
    const mine = await list(me.token);
    assert.deepEqual([mine.items.length, mine.unread], [2, 2]);
    const { titleTh, titleEn, bodyEn, path } = mine.items[0];
    assert.deepEqual(
      [titleTh, titleEn, bodyEn, path],
      ['พบภาพใหม่ของคุณ 3 ภาพ', '3 new photos of you', 'Run', '/e/run/find'],
    );
    assert.deepEqual((await list(other.token)).items, []);
    const read = (token: string, body: object) => app.call('POST', '/api/notices/read', { token, body });
    await read(other.token, { ids: [mine.items[0].id] });
    assert.equal((await list(me.token)).unread, 2, 'somebody else marks nothing');
    assert.equal((await read(me.token, { ids: [mine.items[0].id] })).body.unread, 1);
    assert.equal((await read(me.token, {})).body.unread, 0);
    const first = (await app.call('GET', '/api/notices?limit=1', { token: me.token })).body;
    const next = (await app.call('GET', `/api/notices?limit=1&cursor=${first.nextCursor}`, { token: me.token })).body;
    assert.deepEqual(
      [first.items[0].id, next.items[0].id],
      mine.items.map((each: { id: string }) => each.id),
    );
  });

  it('come as the person wants them; what was bought comes by e-mail always', async () => {
    const me = await app.person();
    await subscribed(me.token);
    const off = (['order', 'announcement'] as const).flatMap((kind) =>
      (['email', 'push'] as const).map((channel) => ({ kind, channel, isOn: false })),
    );
    const { body } = await app.call('PUT', '/api/notices/preferences', { token: me.token, body: { items: off } });
    const isOn = (kind: string, channel: string) =>
      body.items.find((item: { kind: string; channel: string }) => item.kind === kind && item.channel === channel).isOn;
    assert.deepEqual(
      [isOn('order', 'email'), isOn('order', 'push'), isOn('announcement', 'email'), isOn('photos', 'push')],
      [true, false, false, true],
    );
    await queue(me, 'quiet-order');
    await queue(me, 'quiet-news', 'event.announcement');
    assert.deepEqual(
      (await rowsOf('quiet-order')).map((row) => row.channel),
      ['email'],
    );
    assert.deepEqual(await rowsOf('quiet-news'), []);
  });

  it('end by the link of an e-mail, by one tap of the mail program too; the receipt has no such link', async () => {
    const me = await app.person();
    await queue(me, 'letter-news', 'event.announcement');
    await sendAll('letter-news');
    const header = (name: string) => new RegExp(`^${name}: *([^]*?)\\r\\n(?! )`, 'm').exec(letters.at(-1)!)?.[1];
    const link = new URL(header('List-Unsubscribe')!.replace(/\s+/g, '').slice(1, -1));
    assert.equal(header('List-Unsubscribe-Post'), 'List-Unsubscribe=One-Click');
    assert.equal(link.origin + link.pathname, 'https://shop.test/api/notices/unsubscribe');
    const path = link.pathname + link.search;
    // Mail scanners open links: nothing ends by that.
    assert.deepEqual((await app.call('GET', path)).body, { kind: 'announcement', isOn: true });
    const tap = await fetch(app.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'List-Unsubscribe=One-Click',
    });
    assert.deepEqual([tap.status, await tap.json()], [200, { kind: 'announcement', isOn: false }]);
    assert.equal((await app.call('POST', path)).status, 200);
    await queue(me, 'letter-later', 'event.announcement');
    assert.deepEqual(await rowsOf('letter-later'), []);
    assert.equal((await app.call('POST', `${path}x`)).body.code, 'auth.token_invalid');
    await queue(me, 'letter-paid');
    await sendAll('letter-paid');
    assert.equal(header('List-Unsubscribe'), undefined);
  });

  it('tell of new photos of a search once, not of those that were found at once', async () => {
    const me = await app.person();
    const device = await subscribed(me.token);
    const { db } = app;
    const one = async (query: { executeTakeFirstOrThrow(): Promise<{ id: string }> }) =>
      (await query.executeTakeFirstOrThrow()).id;
    const at = (minutes: number) => new Date(Date.now() - minutes * 60_000);
    const event = await one(
      db
        .insertInto('events')
        .values({ slug: 'run', name: 'งานวิ่ง', name_en: 'Run', starts_at: at(60), ends_at: at(-60), status: 'live' })
        .returning('id'),
    );
    const photographer = await one(
      db
        .insertInto('photographers')
        .values({ user_id: (await app.person()).userId, display_name: 'P', slug: 'pp' })
        .returning('id'),
    );
    const consent = await one(
      db
        .insertInto('consents')
        .values({
          user_id: me.userId,
          purpose: 'face_search',
          event_id: event,
          text_version: '1',
          text_hash: 'x',
          language: 'th',
        })
        .returning('id'),
    );
    const search = await one(
      db
        .insertInto('face_searches')
        .values({
          user_id: me.userId,
          event_id: event,
          consent_id: consent,
          source: 'descriptor',
          status: 'done',
          finished_at: at(30),
          open_until: at(-600),
        })
        .returning('id'),
    );
    const found = async (minutes: number, band = 'sure') => {
      const photo = await one(
        db
          .insertInto('photos')
          .values({
            event_id: event,
            photographer_id: photographer,
            status: 'approved',
            sha256: randomBytes(32),
            file_name: 'a.jpg',
            content_type: 'image/jpeg',
            bytes: 1,
          })
          .returning('id'),
      );
      await db
        .insertInto('face_matches')
        .values({ search_id: search, photo_id: photo, band, confidence: 1, distance: 0, created_at: at(minutes) })
        .execute();
    };
    await found(30);
    await found(30);
    const sweep = () =>
      arrivalsJobHandlers({ db, messages: app.messages, publicUrl: 'https://shop.test' })['sweep-notices']!(
        {},
        context(),
      );
    await sweep();
    assert.deepEqual(await rowsOf('photos.found'), []);
    await found(5);
    await found(4);
    await found(4, 'maybe');
    await Promise.all([sweep(), sweep()]);
    await sweep();
    const rows = await rowsOf('photos.found');
    assert.deepEqual(
      rows.map((row) => [row.channel, (row.payload as { photoCount: number }).photoCount]),
      [
        ['email', 2],
        ['push', 2],
      ],
    );
    await sendAll('photos.found');
    const shown = device.read(pushService.received.find((each) => each.path === device.path)!.body);
    assert.deepEqual([shown.title, shown.body, shown.url], ['พบภาพใหม่ของคุณ 2 ภาพ', 'งานวิ่ง', '/e/run/find']);
    await found(0);
    await sweep();
    assert.equal((await rowsOf('photos.found')).length, 2, 'not more often than every quarter of an hour');
    await db
      .updateTable('search_tellings')
      .set({ told_at: at(20) })
      .where('search_id', '=', search)
      .execute();
    await sweep();
    assert.equal((await rowsOf('photos.found')).length, 4);
  });
});
