import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { PaymentRow } from '#server/modules/payments/service.ts';
import { ensurePhotographer } from '#server/modules/photographers/service.ts';
import { startTestApi, type TestApi } from '../api.ts';

// The whole chain with nobody polling: gateway -> signed webhook -> outbox -> queue -> settled -> e-mail handed over.
describe('a payment nobody asks about', () => {
  let api: TestApi;
  before(async function () {
    this.timeout(60_000);
    api = await startTestApi();
  });
  after(() => api?.stop());

  async function approvedPhoto(): Promise<string> {
    const { db } = api;
    await api.signIn('photographer');
    const user = await db.selectFrom('users').select('id').where('role', '=', 'photographer').executeTakeFirstOrThrow();
    const day = new Date('2026-11-22T00:00:00Z');
    const event = await db
      .insertInto('events')
      .values({ name: 'Run', slug: 'run', status: 'live', starts_at: day, ends_at: day })
      .returning('id')
      .executeTakeFirstOrThrow();
    const photo = await db
      .insertInto('photos')
      .values({
        event_id: event.id,
        photographer_id: await ensurePhotographer(db, user.id),
        status: 'approved',
        sha256: randomBytes(32),
        file_name: 'IMG_1.JPG',
        content_type: 'image/jpeg',
        bytes: 1,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    return photo.id;
  }
  async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
    for (let i = 0; i < 400; i++) {
      const found = await look();
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error('it never happened');
  }

  it('is settled by the webhook alone, once, though that comes three times', async () => {
    const token = await api.signIn('customer');
    const call = async (target: string, body: unknown) => {
      const response = await fetch(`${api.url}${target}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
      });
      assert.ok(response.ok, `${target}: ${response.status}`);
      return response.json() as Promise<{ id: string; transId: string }>;
    };
    await call('/api/cart/items', { photoId: await approvedPhoto() });
    const order = await call('/api/orders', {});
    const payment = await call('/api/payment/create', { orderId: order.id });
    const { devServicesUrl } = api.platform.config;
    for (const action of ['pay', 'repeat-webhook', 'repeat-webhook'])
      await fetch(`${devServicesUrl}/dev/paynoi/${payment.transId}/${action}`, { method: 'POST' });
    const paid = await until(async () => {
      const query = api.db.selectFrom('payments').selectAll().where('id', '=', payment.id).where('status', '=', 'paid');
      return (await query.executeTakeFirst()) as PaymentRow | undefined;
    });
    assert.equal(paid.review, null);
    const sales = await api.db.selectFrom('ledger_transactions').selectAll().where('order_id', '=', order.id).execute();
    assert.deepEqual(
      sales.map((row) => row.kind),
      ['sale'],
    );
    const message = await until(() =>
      api.db
        .selectFrom('messages')
        .selectAll()
        .where('template', '=', 'order.paid')
        .where('status', '=', 'sent')
        .executeTakeFirst(),
    );
    assert.equal(message.recipient, 'customer@example.test');
  });
});
