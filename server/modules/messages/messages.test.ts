import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { createLogger } from '#server/platform/logger.ts';
import { createMailer, type Mailer } from '#server/platform/mail.ts';
import { type HttpApp, startHttpApp } from '#test/http-app.ts';
import { render } from './render.ts';
import { messagesRoutes } from './routes.ts';
import { messagesJobHandlers } from './service.ts';
import { templateKeys, templateOf } from './templates.ts';

describe('e-mail texts', () => {
  it('fill every variable in both languages, escape values, show satang as baht', () => {
    for (const key of templateKeys) {
      for (const language of ['th', 'en'] as const) {
        const { subject, html, text } = render(templateOf(key)[language], templateOf(key).example, language);
        assert.ok(subject.length > 0 && !/\{\{|undefined/.test(subject + html + text), key);
      }
    }
    const hostile = render(
      { subject: '{{a}}', body: '{{a}}\n\n[go]({{a}})' },
      { a: '<script>"x"</script>\r\nBcc: all@example.test {{b}}', b: 'never' },
      'en',
    );
    assert.ok(!hostile.html.includes('<script>'));
    assert.ok(!/[\r\n]/.test(hostile.subject));
    assert.ok(hostile.text.includes('{{b}}'));
    assert.ok(!hostile.html.includes('href="&lt;'));
    assert.match(render(templateOf('order.paid').en, { totalSatang: 123_456 }, 'en').text, /฿1,234\.56/);
    const found = (photoCount: number) => render(templateOf('photos.found').en, { photoCount }, 'en').subject;
    assert.match(found(1), /^1 new photo of you/);
    assert.match(found(3), /^3 new photos of you/);
  });
});

describe('messages', () => {
  let app: HttpApp;
  let smtp: SMTPServer;
  let mailer: Mailer;
  const received: ParsedMail[] = [];
  let answer: (() => Error | null) | undefined;
  before(async () => {
    app = await startHttpApp(({ messages }) => messagesRoutes({ messages }));
    smtp = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData(stream, _session, done) {
        simpleParser(stream).then((mail) => {
          const error = answer?.() ?? null;
          if (!error) received.push(mail);
          done(error);
        }, done);
      },
    });
    await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', () => resolve()));
    const { port } = smtp.server.address() as AddressInfo;
    mailer = createMailer({ smtpUrl: `smtp://127.0.0.1:${port}`, from: 'ThePixStock <no-reply@example.test>' });
  });
  after(async () => {
    mailer.close();
    await new Promise<void>((resolve) => smtp.close(() => resolve()));
    await app.stop();
  });
  const queue = (dedupeKey: string, template: 'auth.reset' | 'payout.paid' = 'payout.paid') =>
    app.db.transaction().execute((trx) =>
      app.messages.queue(trx, {
        template,
        dedupeKey,
        userId: null,
        recipient: 'someone@example.test',
        language: 'th',
        payload: { amountSatang: 9_900, link: 'https://example.test/r?token=secret' },
      }),
    );
  const rowOf = (key: string) =>
    app.db.selectFrom('messages').selectAll().where('dedupe_key', '=', key).executeTakeFirstOrThrow();
  const send = async (key: string, attempt = 1) => {
    const { id } = await rowOf(key);
    const handlers = messagesJobHandlers({ db: app.db, messages: app.messages, mailer, mailDomain: 'example.test' });
    await handlers['send-message']!(
      { messageId: id },
      { jobId: 'x', attempt, logger: createLogger('silent', 'test'), signal: new AbortController().signal },
    );
  };

  it('are queued once, sent once, and forget their secrets', async () => {
    await queue('reset-1', 'auth.reset');
    await queue('reset-1', 'auth.reset');
    const { id } = await rowOf('reset-1');
    const jobs = await app.db
      .selectFrom('outbox')
      .selectAll()
      .where('topic', '=', 'send-message')
      .where('key', '=', id)
      .execute();
    assert.equal(jobs.length, 1);
    await send('reset-1');
    await send('reset-1');
    const mails = received.filter((mail) => mail.messageId === `<${id}@example.test>`);
    assert.equal(mails.length, 1);
    assert.equal(mails[0]!.subject, 'ตั้งรหัสผ่านใหม่');
    assert.match(String(mails[0]!.html), /token=secret/);
    const row = await rowOf('reset-1');
    assert.deepEqual([row.status, row.payload], ['sent', {}]);
  });

  it('are tried again when the server is busy, given up when it refuses for good', async () => {
    await queue('busy');
    answer = () => Object.assign(new Error('busy'), { responseCode: 451 });
    await assert.rejects(send('busy'));
    assert.equal((await rowOf('busy')).status, 'queued');
    answer = undefined;
    await send('busy', 2);
    assert.deepEqual([(await rowOf('busy')).status, (await rowOf('busy')).attempts], ['sent', 2]);
    await queue('refused');
    answer = () => Object.assign(new Error('no such person'), { responseCode: 550 });
    await assert.rejects(send('refused'), { name: 'UnrecoverableError' });
    assert.equal((await rowOf('refused')).status, 'failed');
    answer = undefined;
  });

  it('take texts that an admin wrote, with versions and known variables only', async () => {
    const admin = await app.person('admin');
    const path = '/api/admin/email-templates/payout.paid/th';
    const put = (body: object) => app.call('PUT', path, { token: admin.token, body });
    assert.equal((await put({ subject: 'x', body: '{{password}}' })).body.code, 'settings.invalid');
    const withoutLink = await app.call('PUT', '/api/admin/email-templates/auth.verify/en', {
      token: admin.token,
      body: { subject: 'Confirm {{link}}', body: 'Please confirm.', version: 0 },
    });
    assert.deepEqual([withoutLink.status, withoutLink.body.code], [422, 'settings.invalid']);
    const made = await put({ subject: 'เงินเข้า {{amountSatang}}', body: 'ขอบคุณ', version: 0 });
    assert.deepEqual([made.status, made.body.version, made.body.isCustom], [200, 1, true]);
    assert.equal((await put({ subject: 'y', body: 'z', version: 0 })).body.code, 'resource.conflict');
    await queue('custom');
    await send('custom');
    assert.equal(received.at(-1)!.subject, 'เงินเข้า ฿99.00');
    const preview = await app.call('POST', `${path}/preview`, {
      token: admin.token,
      body: { subject: 'S', body: '<b>' },
    });
    assert.match(preview.body.html, /&lt;b&gt;/);
    assert.equal((await app.call('DELETE', path, { token: admin.token })).body.isCustom, false);
    assert.equal(
      (
        await app.call('PUT', '/api/admin/email-templates/none/th', {
          token: admin.token,
          body: { subject: 'x', body: 'y' },
        })
      ).status,
      404,
    );
    const list = await app.call('GET', '/api/admin/messages?status=failed', { token: admin.token });
    assert.deepEqual(
      list.body.items.map((item: { error: string }) => /no such person/.test(item.error)),
      [true],
    );
    const me = await app.person();
    assert.equal((await app.call('GET', '/api/admin/messages', { token: me.token })).status, 403);
  });
});
