import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { type Client, until } from './client.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Descriptor of the face in a picture, by the phone's pipeline: `npm run face:describe -- --side phone FILE`. */
export function describeSelfie(file: string): { engine: string; descriptor: number[] } {
  const run = spawnSync('npm', ['run', '-s', 'face:describe', '--', '--side', 'phone', file], {
    cwd: root,
    encoding: 'utf8',
  });
  const line = run.stdout.split('\n').find((text) => text.startsWith('{'));
  const result = JSON.parse(line ?? '{}');
  assert.equal(result.faces?.length, 1, run.stdout + run.stderr);
  return { engine: result.engine, descriptor: result.faces[0].descriptor };
}

/** Consent, search by descriptor, wait, results. */
export async function findPhotos(buyer: Client, eventId: string, selfie: { engine: string; descriptor: number[] }) {
  const consent = await buyer.call('POST', '/api/consents', { purpose: 'face_search', eventId });
  const search = await buyer.call('POST', '/api/face/search', { eventId, ...selfie, consentId: consent.id });
  await until('the search', async () => {
    const { status, errorCode } = await buyer.call('GET', `/api/face/search/${search.id}/status`);
    assert.notEqual(status, 'failed', errorCode);
    return status === 'done';
  });
  const { items } = await buyer.call('GET', `/api/face/search/${search.id}/results`);
  return items as {
    photoId: string;
    band: string;
    confidence: number;
    distance: number;
    box: number[];
    previewUrl: string;
  }[];
}

/** Puts the photos in the cart and orders them. */
export async function order(buyer: Client, photoIds: string[], email?: string) {
  await buyer.call('POST', '/api/cart/items', { photoIds });
  return buyer.call('POST', '/api/orders', email ? { email } : {}, {
    'idempotency-key': `order-${crypto.randomUUID()}`,
  });
}

/** Starts the payment, pays it in the gateway simulator and waits until the order is paid. */
export async function pay(buyer: Client, orderId: string) {
  const payment = await buyer.call('POST', '/api/payment/create', { orderId });
  await buyer.call('POST', `/dev/paynoi/${payment.transId}/pay`);
  await until(
    'the payment',
    async () => (await buyer.call('GET', `/api/payment/${payment.id}/status`)).status === 'paid',
  );
  return payment;
}
