import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'promptparse';
import { type DevServices, startDevServices } from '#ops/laptop/dev-services.ts';
import { signOmise } from '#ops/laptop/omise/gateway.ts';
import { readEmv, readQr } from '#test/qr.ts';
import { createOmise } from './omise.ts';
import { createPaynoi } from './paynoi.ts';
import type { PaymentProvider } from './port.ts';

const apiKey = 'the-api-key';
const omise = { secretKey: 'skey_test_1', webhookSecret: Buffer.from('webhook secret of ours').toString('base64') };

/** What the suite needs of a gateway beside the port. */
interface Bench {
  provider: PaymentProvider;
  act(transId: string, action: string): Promise<void>;
  faults(faults: object): Promise<void>;
  /** A webhook about this payment as the gateway sends it at `at`. */
  webhook(transId: string, at: Date): { rawBody: Buffer; headers: Record<string, string> };
  /** An address nobody listens on. */
  away: PaymentProvider;
}

describe('payment gateways', () => {
  let dev: DevServices;
  let directory: string;
  const aheadMs = 0;
  const now = () => new Date(Date.now() + aheadMs);
  const post = async (target: string, body: unknown = {}) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${dev.url}${target}`, { method: 'POST', headers, body: JSON.stringify(body) });
    assert.ok(response.ok, `${target}: ${response.status}`);
  };
  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'tps-gateways-'));
    const webhookUrl = 'http://127.0.0.1:9/nobody';
    dev = await startDevServices({
      port: 0,
      smtpPort: 0,
      directory,
      webhookUrl,
      apiKey,
      recordKey: 'record',
      omise,
      now,
    });
  });
  after(async () => {
    await dev?.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function freePort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    return port;
  }
  const benches: Record<string, () => Promise<Bench>> = {
    paynoi: async () => {
      const settings = {
        apiKey,
        keyId: '100568',
        account: '0800000000',
        type: '1',
        recordKey: 'record',
        createTimeoutMs: 400,
        checkTimeoutMs: 400,
      };
      return {
        provider: createPaynoi({ ...settings, baseUrl: `${dev.url}/dev/paynoi/api` }),
        away: createPaynoi({ ...settings, baseUrl: `http://127.0.0.1:${await freePort()}/` }),
        act: (transId, action) => post(`/dev/paynoi/${transId}/${action}`),
        faults: (faults) => post('/dev/paynoi/faults', faults),
        webhook: (transId) => {
          const data = `{"trans_id":"${transId}","msg":"\\u0e0a\\/x"}`;
          const signature = createHmac('sha256', apiKey).update(data).digest('hex');
          return { rawBody: Buffer.from(`{"data":${data}, "signature":"${signature}"}`), headers: {} };
        },
      };
    },
    omise: async () => {
      const settings = { ...omise, sourceType: 'alipay', createTimeoutMs: 400, checkTimeoutMs: 400 };
      return {
        provider: createOmise({ ...settings, baseUrl: `${dev.url}/dev/omise/api` }),
        away: createOmise({ ...settings, baseUrl: `http://127.0.0.1:${await freePort()}` }),
        act: (transId, action) => post(`/dev/omise/${transId}/${action}`),
        faults: (faults) => post('/dev/omise/faults', faults),
        webhook: (transId, at) => {
          const charge = { object: 'charge', id: transId, amount: 6000, currency: 'THB', status: 'successful' };
          const body = JSON.stringify({ object: 'event', key: 'charge.complete', data: charge });
          return { rawBody: Buffer.from(body), headers: signOmise(body, omise.webhookSecret, at) };
        },
      };
    },
  };

  for (const [name, makeBench] of Object.entries(benches)) {
    describe(name, () => {
      let bench: Bench;
      let provider: PaymentProvider;
      before(async () => {
        bench = await makeBench();
        provider = bench.provider;
      });
      const ref = () => randomBytes(10).toString('hex').toUpperCase();
      const create = async (amountSatang = 6000, ref1 = ref()) => {
        const answer = await provider.create({ ref1, amountSatang, returnUrl: 'http://shop.test/orders/1' });
        assert.equal(answer.kind, 'created', JSON.stringify(answer));
        return { ref1, ...(answer as typeof answer & { kind: 'created' }) };
      };
      const statusOf = async (transId: string) => {
        const answer = await provider.check(transId);
        return answer.kind === 'found' ? answer.status : answer.kind;
      };

      it('is a name and a step', () => {
        assert.equal(provider.name, name);
        assert.ok(Number.isSafeInteger(provider.stepSatang) && provider.stepSatang >= 1);
      });
      it('makes something to pay with: a QR or a page, its amount and its end', async () => {
        const made = await create();
        assert.ok(made.transId);
        assert.ok(made.payableSatang >= 6000 && made.payableSatang < 6100);
        assert.equal(Number(made.qrImageBase64 !== null) + Number(made.redirectUrl !== null), 1);
        const leftMs = made.expiresAt.getTime() - now().getTime();
        assert.ok(leftMs > 10 * 60_000 && leftMs < 24 * 3600_000);
        if (made.redirectUrl) assert.equal((await fetch(made.redirectUrl)).status, 200);
      });
      it('tells of its payment under our reference: pending, then completed with what arrived', async () => {
        const { transId, ref1, payableSatang } = await create();
        const pending = await provider.check(transId);
        assert.deepEqual([pending.kind, pending.kind === 'found' && pending.status], ['found', 'pending']);
        await bench.act(transId, 'lose-webhook');
        assert.deepEqual(await provider.check(transId), {
          kind: 'found',
          status: 'completed',
          amountSatang: payableSatang,
          ref1,
        });
      });
      it('cancels what is unpaid, and never what is paid', async () => {
        const first = await create();
        assert.equal(await provider.cancel(first.transId), true);
        assert.notEqual(await statusOf(first.transId), 'pending');
        const second = await create();
        await bench.act(second.transId, 'lose-webhook');
        assert.equal(await provider.cancel(second.transId), false);
        assert.equal(await statusOf(second.transId), 'completed');
      });
      it('knows what has expired or failed, and what never was', async () => {
        const [expired, failed] = [await create(), await create()];
        await bench.act(expired.transId, 'expire');
        await bench.act(failed.transId, 'fail');
        assert.deepEqual([await statusOf(expired.transId), await statusOf(failed.transId)], ['expired', 'failed']);
        assert.equal(await statusOf('nothing-like-that'), 'not_found');
      });
      it('says refused when nothing was made, unknown when something may have been', async () => {
        await bench.faults({ createDelayMs: 800 });
        const request = { ref1: ref(), amountSatang: 6000, returnUrl: 'http://shop.test/' };
        const lost = await provider.create(request);
        await bench.faults({ createDelayMs: 0 });
        assert.equal(lost.kind, 'unknown');
        if (provider.isCreateRepeatable) {
          const first = await provider.create(request);
          const second = await provider.create(request);
          assert.deepEqual(first, second, 'one payment for one reference');
          assert.equal(first.kind, 'created');
        }
        assert.equal((await bench.away.create(request)).kind, 'refused');
        assert.equal((await bench.away.check('x')).kind, 'unknown');
        assert.equal(await bench.away.cancel('x'), false);
        assert.equal((await bench.away.bankFeed?.())?.kind, 'unknown');
      });
      it('does not take a check that fails for an answer', async () => {
        const { transId } = await create();
        await bench.faults({ checkFails: 1 });
        assert.equal((await provider.check(transId)).kind, 'unknown');
        assert.equal(await statusOf(transId), 'pending');
      });
      it('believes its own webhooks only: no byte may differ', () => {
        const receivedAt = now();
        const { rawBody, headers } = bench.webhook('T-1', receivedAt);
        assert.equal(provider.verifyWebhook({ rawBody, headers, receivedAt })?.transId, 'T-1');
        for (let i = 0; i < rawBody.length; i++) {
          const forged = Buffer.from(rawBody);
          forged[i] = forged[i]! ^ 1;
          let claim: unknown;
          try {
            claim = provider.verifyWebhook({ rawBody: forged, headers, receivedAt });
          } catch (error) {
            assert.equal((error as { code?: string }).code, 'request.malformed');
          }
          // Beside what is signed a byte may change without meaning anything else.
          if (claim) assert.equal((claim as { transId: string }).transId, 'T-1', `byte ${i}`);
        }
      });
      it('takes a signed webhook of long ago only where nothing is signed that says when', () => {
        const receivedAt = now();
        const old = bench.webhook('T-2', new Date(receivedAt.getTime() - 6 * 60_000));
        const isTaken = provider.verifyWebhook({ ...old, receivedAt }) !== undefined;
        assert.equal(isTaken, Object.keys(old.headers).length === 0);
        const fresh = bench.webhook('T-2', new Date(receivedAt.getTime() - 4 * 60_000));
        assert.equal(provider.verifyWebhook({ ...fresh, receivedAt })?.transId, 'T-2');
        const stamp = fresh.headers['omise-signature-timestamp'];
        if (!stamp) return;
        const moved = { ...fresh.headers, 'omise-signature-timestamp': String(Number(stamp) + 60) };
        assert.equal(provider.verifyWebhook({ ...fresh, headers: moved, receivedAt }), undefined, 'the time is signed');
        const rotating = {
          ...fresh.headers,
          'omise-signature': `${'0'.repeat(64)},${fresh.headers['omise-signature']}`,
        };
        assert.equal(provider.verifyWebhook({ ...fresh, headers: rotating, receivedAt })?.transId, 'T-2');
      });
      it('lists a payment on the bank account once, with what the account got', async () => {
        const { transId, payableSatang } = await create();
        await bench.act(transId, 'lose-webhook');
        const read = async () => {
          const feed = await provider.bankFeed!();
          assert.equal(feed.kind, 'rows');
          return feed.kind === 'rows' ? feed.rows : [];
        };
        const [first, again] = [await read(), await read()];
        const mine = first.filter((row) => row.transId === transId);
        assert.equal(mine.length, 1);
        assert.equal(mine[0]!.amountSatang + mine[0]!.feeSatang, payableSatang);
        assert.ok(Math.abs(mine[0]!.arrivedAt.getTime() - now().getTime()) < 60_000);
        assert.deepEqual(again.map((row) => row.key).sort(), first.map((row) => row.key).sort());
      });
      it('sends money back once for a key, never more than came, where it can', async () => {
        if (!provider.refund) return;
        const { transId } = await create();
        await bench.act(transId, 'lose-webhook');
        const first = await provider.refund({ transId, amountSatang: 2500, key: 'refund-1' });
        assert.equal(first.kind, 'refunded');
        assert.deepEqual(await provider.refund({ transId, amountSatang: 2500, key: 'refund-1' }), first);
        assert.equal((await provider.refund({ transId, amountSatang: 4000, key: 'refund-2' })).kind, 'refused');
        assert.equal((await provider.refund({ transId, amountSatang: 3500, key: 'refund-3' })).kind, 'refunded');
        assert.equal((await bench.away.refund!({ transId, amountSatang: 1, key: 'refund-4' })).kind, 'refused');
      });
    });
  }

  it('PayNoi’s QR is read back from its pixels by an independent parser: the amount to the satang, and its CRC', async () => {
    const bench = await benches.paynoi!();
    for (const amountSatang of [6000, 25000, 123400]) {
      const made = await bench.provider.create({ ref1: randomBytes(8).toString('hex'), amountSatang, returnUrl: '' });
      assert.ok(made.kind === 'created' && made.qrImageBase64);
      const payload = await readQr(Buffer.from(made.qrImageBase64, 'base64'));
      const tags = readEmv(payload);
      assert.equal(tags.get('54'), (made.payableSatang / 100).toFixed(2));
      assert.deepEqual([tags.get('00'), tags.get('01'), tags.get('53'), tags.get('58')], ['01', '12', '764', 'TH']);
      const account = tags.get('29')!;
      assert.ok(account.startsWith('0016A000000677010111'), account);
      assert.ok(parse(payload, true, true), 'by the library that banks’ apps are written with, strictly');
      const dearer = payload.replace(/(54\d\d)(\d)/, (_, tag, digit) => `${tag}${(Number(digit) + 1) % 10}`);
      assert.notEqual(dearer, payload);
      assert.throws(() => readEmv(dearer), RangeError, 'a changed amount does not pass');
    }
  });
});
