import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import nodemailer from 'nodemailer';
import type { CaughtMail } from './dev/mail.ts';
import { type DevServices, startDevServices } from './dev-services.ts';

describe('ops/laptop mail catcher', () => {
  let directory: string;
  let services: DevServices;

  const start = () =>
    startDevServices({
      port: 0,
      smtpPort: 0,
      directory,
      webhookUrl: 'http://127.0.0.1:9/nobody',
      apiKey: 'key',
      recordKey: 'record',
    });
  const mails = async (query = ''): Promise<CaughtMail[]> =>
    (await (await fetch(`${services.url}/dev/mail.json${query}`)).json()) as CaughtMail[];
  const send = (message: object) =>
    nodemailer
      .createTransport(services.smtpUrl)
      .sendMail({ from: 'ThePixStock <no-reply@thepixstock.test>', ...message });

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'px-mail-'));
    services = await start();
  });
  afterEach(async () => {
    await services.close();
    await rm(directory, { recursive: true });
  });

  it('lists mail newest first, by recipient, with its links, and keeps it over a restart', async () => {
    await send({ to: 'a@example.test', subject: 'รูปของคุณ', text: 'ดูที่ https://shop.test/orders/1?t=a&b=c' });
    const html = '<a href="https://shop.test/verify?a=1&amp;b=2">Verify</a>';
    await send({ to: 'B@example.test', bcc: 'hidden@example.test', subject: 'Verify', html });
    await services.close();
    services = await start();
    const all = await mails();
    assert.deepEqual(
      all.map((mail) => mail.subject),
      ['Verify', 'รูปของคุณ'],
    );
    assert.deepEqual(all[0]!.links, ['https://shop.test/verify?a=1&b=2']);
    assert.deepEqual(all[1]!.links, ['https://shop.test/orders/1?t=a&b=c']);
    assert.deepEqual((await mails('?to=b@EXAMPLE.test')).length, 1);
    assert.deepEqual((await mails('?to=hidden@example.test')).length, 1);
    assert.deepEqual(await mails('?to=nobody@example.test'), []);
  });

  it('shows a page for the list and for each mail, with foreign HTML locked in a sandbox', async () => {
    await send({ to: 'a@example.test', subject: '<b>bold</b>', html: '<script>alert(1)</script><p>Hello</p>' });
    const [mail] = await mails();
    const list = await (await fetch(`${services.url}/dev/mail`)).text();
    assert.match(list, /&#60;b&#62;bold/);
    const one = await (await fetch(`${services.url}/dev/mail/${mail!.id}`)).text();
    assert.match(one, /<iframe sandbox/);
    assert.doesNotMatch(one, /<script>alert/);
    const body = await fetch(`${services.url}/dev/mail/${mail!.id}/html`);
    assert.match(body.headers.get('content-security-policy') ?? '', /sandbox/);
    assert.match(await body.text(), /Hello/);
    assert.equal((await fetch(`${services.url}/dev/mail/nothing`)).status, 404);
    for (const asset of ['dev.css', 'dev.js', 'thai.woff2']) {
      assert.equal((await fetch(`${services.url}/dev/assets/${asset}`)).status, 200, asset);
    }
  });
});
