import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { parse, validate } from 'promptparse';
import { type DevServices, startDevServices } from './dev-services.ts';

const apiKey = 'the-api-key';

/** What the gateway and its switches answer; each call has some of it. */
type Answer = Record<'trans_id' | 'amount' | 'expire_at' | 'qr_image_base64' | 'payment_status', string> &
  Record<'status' | 'amount_check' | 'duplicateWebhooks', number> & { ok: boolean };

/** A shop that keeps the raw webhooks and answers as told. */
async function startShop() {
  const received: string[] = [];
  const waiting: (() => void)[] = [];
  const shop = { answer: '{"status":1}', received, url: '', close: () => {} };
  const server = createServer(async (req, res) => {
    received.push(await text(req));
    res.end(shop.answer);
    for (const wake of waiting.splice(0)) wake();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  shop.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  shop.close = () => {
    server.close();
    server.closeAllConnections();
  };
  const until = async (count: number): Promise<void> => {
    while (received.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return Object.assign(shop, { until });
}

describe('ops/laptop PayNoi simulator', () => {
  let directory: string;
  let shop: Awaited<ReturnType<typeof startShop>>;
  let services: DevServices;
  let time: Date;

  const start = () =>
    startDevServices({
      port: 0,
      smtpPort: 0,
      directory,
      webhookUrl: shop.url,
      apiKey,
      recordKey: 'record',
      now: () => time,
    });
  const post = async (url: string, body: unknown = {}) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(services.url + url, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as Answer };
  };
  const call = async (method: string, fields: object) =>
    (await post('/dev/paynoi/api', { method, api_key: apiKey, key_id: '100568', account: '', type: '1', ...fields }))
      .body;
  const create = (amount: string | number = '250', ref1 = 'order-1') => call('create', { amount, ref1 });
  const stateOf = async (id: string) => (await call('check', { trans_id: id })).payment_status;
  const signedData = (body: string) => {
    const match = /^\{"data":(\{.*\}),"signature":"([0-9a-f]{64})"\}$/.exec(body)!;
    return { raw: match[1]!, signature: match[2]!, data: JSON.parse(match[1]!) };
  };

  beforeEach(async () => {
    time = new Date('2026-11-22T13:30:00Z');
    directory = await mkdtemp(path.join(tmpdir(), 'px-paynoi-'));
    shop = await startShop();
    services = await start();
  });
  afterEach(async () => {
    await services.close();
    shop.close();
    await rm(directory, { recursive: true });
  });

  it('answers create with a PromptPay QR of exactly the payable amount, in Thai time', async () => {
    const made = await create('250');
    assert.equal(made.status, 1);
    assert.equal(made.amount, '250.01');
    assert.equal(made.amount_check, 25001);
    assert.equal(made.expire_at, '2026-11-22 20:45:00');
    assert.equal(Buffer.from(made.qr_image_base64, 'base64').subarray(1, 4).toString(), 'PNG');
    const listed = (await (await fetch(`${services.url}/dev/paynoi.json`)).json()) as { qrPayload: string }[];
    const qr = parse(listed[0]!.qrPayload, true, true);
    assert.equal(qr?.getTagValue('54'), '250.01');
    assert.equal(qr?.getTagValue('01'), '12');
    assert.equal(validate.anyId(listed[0]!.qrPayload)?.amount, 250.01);
  });

  it('gives no two live payments one amount and refuses when the satang are used up', async () => {
    const made = await Promise.all(Array.from({ length: 99 }, (_, index) => create('60', `order-${index}`)));
    assert.equal(new Set(made.map((each) => each.amount)).size, 99);
    assert.equal((await create('60')).status, 0);
    time = new Date(time.getTime() + 15 * 60_000);
    assert.equal((await create('60')).status, 1);
  });

  it('refuses a wrong key, wrong amounts and unknown transactions with status 0', async () => {
    assert.equal((await call('create', { amount: '60', ref1: 'x', api_key: 'wrong' })).status, 0);
    for (const amount of ['0', '-5', '1.005', 'abc', '']) assert.equal((await create(amount)).status, 0);
    assert.equal((await call('check', { trans_id: 'nobody' })).status, 0);
    assert.equal((await call('destroy', {})).status, 0);
  });

  it('pays once, signs the raw bytes and says what arrived', async () => {
    const { trans_id: id } = await create();
    assert.equal(await stateOf(id), 'pending');
    assert.equal((await post(`/dev/paynoi/${id}/pay`)).body.ok, true);
    assert.equal((await post(`/dev/paynoi/${id}/pay`)).status, 200);
    await shop.until(1);
    const { raw, signature, data } = signedData(shop.received[0]!);
    assert.equal(signature, createHmac('sha256', apiKey).update(raw).digest('hex'));
    assert.notEqual(raw, JSON.stringify(data), 'the raw text differs from a re-serialisation');
    assert.deepEqual(
      [data.trans_id, data.ref1, data.amount, data.payment_status, data.status],
      [id, 'order-1', '250.01', 'completed', '1'],
    );
    assert.equal(await stateOf(id), 'completed');
    assert.equal(shop.received.length, 1);
    const feed = await fetch(`${services.url}/dev/paynoi/api_line?api_key=${apiKey}&record_key=record`);
    const { status, list } = (await feed.json()) as { status: string; list: Record<string, string>[] };
    assert.deepEqual(
      [status, list.length, list[0]!.amount, list[0]!.transactiontype],
      ['success', 1, '250.01', 'เงินเข้า'],
    );
  });

  it('pays short, over and late, fails, expires and cancels', async () => {
    const outcome = async (action: string) => {
      const { trans_id } = await create('250', action);
      await post(`/dev/paynoi/${trans_id}/${action}`);
      const { payment_status, amount } = await call('check', { trans_id });
      return [payment_status, Math.trunc(Number(amount))];
    };
    assert.deepEqual(await outcome('pay-short'), ['completed', 249]);
    assert.deepEqual(await outcome('pay-over'), ['completed', 251]);
    assert.deepEqual(await outcome('pay-late'), ['completed', 250]);
    assert.deepEqual(await outcome('fail'), ['failed', 250]);
    assert.deepEqual(await outcome('expire'), ['expired', 250]);
    const { trans_id } = await create();
    assert.equal((await call('cancel', { trans_id })).status, 1);
    assert.equal((await call('check', { trans_id })).payment_status, 'cancelled');
    assert.equal((await post(`/dev/paynoi/${trans_id}/explode`)).status, 400);
    assert.equal((await post('/dev/paynoi/nobody/pay')).status, 404);
  });

  it('expires by the clock, and takes money even then', async () => {
    const { trans_id: id } = await create();
    time = new Date(time.getTime() + 16 * 60_000);
    assert.equal(await stateOf(id), 'expired');
    await post(`/dev/paynoi/${id}/pay-late`);
    assert.equal(await stateOf(id), 'completed');
  });

  it('repeats, duplicates and loses webhooks', async () => {
    const { trans_id: first } = await create('60', 'lost');
    await post(`/dev/paynoi/${first}/lose-webhook`);
    assert.equal(await stateOf(first), 'completed');
    assert.equal(shop.received.length, 0);
    await post(`/dev/paynoi/${first}/repeat-webhook`, { count: 10 });
    await shop.until(10);
    assert.equal(new Set(shop.received).size, 1);
    assert.deepEqual((await post('/dev/paynoi/faults', { duplicateWebhooks: 2 })).body.duplicateWebhooks, 2);
    const { trans_id: second } = await create('60', 'tripled');
    await post(`/dev/paynoi/${second}/pay`);
    await shop.until(13);
    await post('/dev/paynoi/faults', { duplicateWebhooks: 0, dropWebhooks: true });
    const { trans_id: third } = await create('60', 'dropped');
    await post(`/dev/paynoi/${third}/pay`);
    assert.equal(await stateOf(third), 'completed');
    assert.equal(shop.received.length, 13);
  });

  it('fails creates and checks as often as told', async () => {
    await post('/dev/paynoi/faults', { createFails: 1, checkFails: true });
    assert.equal((await create()).status, 0);
    const made = await create();
    assert.equal(made.status, 1);
    assert.equal(await stateOf(made.trans_id), undefined);
    assert.equal((await post('/dev/paynoi/faults', { createDelayMs: -1 })).status, 400);
  });

  it('keeps payments and unacknowledged webhooks over a restart', async () => {
    shop.answer = '{"status":0}';
    const { trans_id: id } = await create();
    await post(`/dev/paynoi/${id}/delay-webhook`, { delayMs: 5000 });
    await services.close();
    assert.equal(shop.received.length, 0);
    time = new Date(time.getTime() + 5000);
    services = await start();
    await shop.until(1);
    assert.equal(await stateOf(id), 'completed');
    const find = async () =>
      ((await (await fetch(`${services.url}/dev/paynoi.json`)).json()) as { deliveries: { status: string }[] }[])[0]!;
    assert.equal((await find()).deliveries[0]!.status, 'waiting', 'not acknowledged: it will come again');
  });

  it('shows a page that can do all of it and escapes what others wrote', async () => {
    await create('60', '<script>alert(1)</script>');
    const html = await (await fetch(`${services.url}/dev/paynoi`)).text();
    for (const action of ['pay', 'pay-short', 'pay-over', 'pay-late', 'fail', 'delay-webhook', 'lose-webhook']) {
      assert.match(html, new RegExp(`/${action}"`));
    }
    assert.doesNotMatch(html, /<script>alert/);
  });
});
