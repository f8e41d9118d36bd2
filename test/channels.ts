import assert from 'node:assert/strict';
import { createDecipheriv, createECDH, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Request } from 'express';
import { SMTPServer } from 'smtp-server';
import { createLiveStreams } from '#server/http/live-streams.ts';
import { createLineSender } from '#server/modules/messages/line.ts';
import { createPushSender } from '#server/modules/messages/push.ts';
import { messagesJobHandlers } from '#server/modules/messages/service.ts';
import { createUnsubscribes } from '#server/modules/messages/unsubscribe.ts';
import { createChannelsService } from '#server/modules/notices/channels.ts';
import { createInbox } from '#server/modules/notices/inbox.ts';
import { noticesRoutes } from '#server/modules/notices/routes.ts';
import { createNoticesService, type Notices } from '#server/modules/notices/service.ts';
import { createListener, type Listener } from '#server/platform/listener.ts';
import { createLogger } from '#server/platform/logger.ts';
import { createMailer } from '#server/platform/mail.ts';
import { startHttpApp } from './http-app.ts';

/** A browser's side of web push: its keys, and reading what arrives (RFC 8291 and 8188, aes128gcm). */
export function browser(endpoint: string) {
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

const logger = createLogger('silent', 'test');
const lineSecret = 'line-channel-secret';
const payload = {
  orderNumber: 'TPS-1',
  link: 'https://shop.test/orders/1?token=t',
  photoCount: 2,
  totalSatang: 12_000,
};
type Key = 'order.paid' | 'event.announcement' | 'photos.found';

/** What tells people of things, over real HTTP and SMTP: push service and LINE are servers of ours that keep what they get. */
export async function startChannels() {
  const mails: string[] = [];
  /** As they came, undecoded. */
  const letters: string[] = [];
  const pushStatus = new Map<string, number>();
  const answers: { line: { status: number; body?: string; headers?: Record<string, string> } } = {
    line: { status: 200 },
  };
  const unsubscribes = createUnsubscribes({ linkSecret: 'test-link-secret-0000', publicUrl: 'https://shop.test' });
  const vapid = randomBytes(32).toString('base64url');
  const context = (attempt = 1) => ({ jobId: 'x', attempt, logger, signal: new AbortController().signal });
  let listener: Listener;
  let notices: Notices;
  const pushService = await fake(({ path }) => ({ status: pushStatus.get(path) ?? 201 }));
  const lineApi = await fake(() => answers.line);
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
  const app = await startHttpApp(
    async ({ database }) => {
      listener = await createListener(database.url, ['notices'], logger);
      notices = createNoticesService({ listener, streams: createLiveStreams() });
      const channels = createChannelsService({ db: database.db, push, line, unsubscribes });
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
  const smtp = new SMTPServer({
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
  const mailer = createMailer({
    smtpUrl: `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`,
    from: 'a@example.test',
  });
  const { db, messages } = app;
  const handlers = messagesJobHandlers({
    db,
    messages,
    mailer,
    mailDomain: 'example.test',
    push,
    line,
    publicUrl: 'https://shop.test',
    unsubscribes,
  });

  let made = 0;
  async function subscribed(token: string) {
    const path = `/send/${++made}`;
    const device = browser(`${pushService.url}${path}`);
    const answer = await app.call('POST', '/api/notices/push', { token, body: device.subscription });
    assert.equal(answer.status, 201);
    return { path, ...device };
  }
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

  return {
    app,
    answers,
    context,
    letters,
    lineApi,
    lineEvent,
    linked,
    mails,
    pushService,
    pushStatus,
    queue,
    rowsOf,
    sendAll,
    subscribed,
    vapid,
    async stop() {
      mailer.close();
      notices.close();
      await listener.close();
      await Promise.all([
        pushService.close(),
        lineApi.close(),
        new Promise<void>((resolve) => smtp.close(() => resolve())),
      ]);
      await app.stop();
    },
  };
}
export type Channels = Awaited<ReturnType<typeof startChannels>>;
