import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { audit } from '#server/platform/audit.ts';
import { createLogger } from '#server/platform/logger.ts';
import { enqueue } from '#server/platform/outbox.ts';
import { createQueues, type Queues } from '#server/platform/queue.ts';
import { type HttpApp, startHttpApp } from '#test/http-app.ts';
import { context, insertEvent } from '#test/worker.ts';
import { createSettingsService } from '../settings/service.ts';
import { housekeepingJobHandlers } from './housekeeping.ts';
import { adminRoutes } from './routes.ts';
import { createAdminService } from './service.ts';

const logger = createLogger('silent', 'test');

describe('admin', () => {
  let app: HttpApp;
  let queues: Queues;
  let token: string;
  let adminId: string;
  before(async () => {
    app = await startHttpApp(({ database }) => {
      queues = createQueues({ databaseUrl: database.url }, { logger });
      return adminRoutes({ admin: createAdminService({ db: database.db, queues }) });
    });
    const admin = await app.person('admin');
    token = admin.token;
    adminId = admin.userId;
  });
  after(async () => {
    await queues.close();
    await app.stop();
  });
  const get = (path: string) => app.call('GET', `/api/admin${path}`, { token });

  it('counts today and the days by Bangkok’s calendar', async () => {
    const buyer = await app.person();
    const { id: eventId } = await app.db
      .insertInto('events')
      .values({ slug: 'race', name: 'Race', starts_at: new Date(), ends_at: new Date() })
      .returning('id')
      .executeTakeFirstOrThrow();
    const { id: consentId } = await app.db
      .insertInto('consents')
      .values({ user_id: buyer.userId, purpose: 'face_search', text_version: '1', text_hash: 'x', language: 'th' })
      .returning('id')
      .executeTakeFirstOrThrow();
    for (const userId of [buyer.userId, adminId]) {
      await app.db
        .insertInto('face_searches')
        .values({ user_id: userId, event_id: eventId, consent_id: consentId, source: 'descriptor' })
        .execute();
    }
    // Half past midnight in Bangkok is still yesterday in UTC; one order a second before midnight belongs to yesterday.
    const midnight = sql<Date>`date_trunc('day', now() at time zone 'Asia/Bangkok') at time zone 'Asia/Bangkok'`;
    const order = (paidAt: ReturnType<typeof sql<Date>>, total: number) =>
      app.db
        .insertInto('orders')
        .values({
          user_id: buyer.userId,
          email: buyer.email,
          status: 'paid',
          subtotal_satang: total,
          total_satang: total,
          quote: '{}',
          paid_at: paidAt,
        })
        .execute();
    await order(sql<Date>`${midnight} + interval '1 second'`, 6_000);
    await order(sql<Date>`${midnight} - interval '1 second'`, 25_000);

    const { body } = await get('/dashboard');
    assert.deepEqual(body.today, { salesSatang: 6_000, orders: 1, photosUploaded: 0, photosPending: 0, searches: 2 });
    assert.equal(body.salesByHour.length, 24);
    assert.deepEqual(body.salesByHour[0], { hour: 0, salesSatang: 6_000, orders: 1 });
    assert.equal(body.waiting.deadLetters, 0);

    const statistics = (await get('/statistics')).body;
    assert.equal(statistics.days.length, 30);
    assert.equal(statistics.to, body.date);
    assert.deepEqual(
      statistics.days.slice(-2).map((day: { salesSatang: number }) => day.salesSatang),
      [25_000, 6_000],
    );
    const { searchers, buyers, conversion, orders } = statistics.totals;
    assert.deepEqual([searchers, buyers, conversion, orders], [2, 1, 0.5, 2]);
    assert.equal((await get('/statistics?from=2026-02-02&to=2026-01-01')).body.code, 'request.invalid');
    assert.equal((await get('/statistics?from=1999-01-01')).body.code, 'request.invalid');
    const empty = (await get('/statistics?from=2020-01-01&to=2020-01-02')).body;
    assert.deepEqual([empty.days.length, empty.totals.conversion], [2, null]);
  });

  it('pages through the audit trail with filters', async () => {
    for (let i = 0; i < 5; i++)
      await audit(app.db, {
        actorId: adminId,
        action: `thing.${i % 2 ? 'odd' : 'even'}`,
        subjectKind: 'thing',
        subjectId: String(i),
      });
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await get(`/logs?action=thing.&limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...body.items.map((item: { subjectId: string }) => item.subjectId));
      if (!body.nextCursor) break;
      cursor = body.nextCursor;
    }
    assert.deepEqual(seen, ['4', '3', '2', '1', '0']);
    assert.equal((await get('/logs?action=thing.odd')).body.items.length, 2);
    assert.equal((await get('/logs?subjectKind=thing&subjectId=3')).body.items[0].actorId, adminId);
    assert.equal((await get('/logs?actorId=nonsense')).body.code, 'request.invalid');
  });

  it('gives a photo that was given up a fresh start, once', async () => {
    const owner = await insertEvent(app.db);
    const { id } = await app.db
      .insertInto('photos')
      .values({
        event_id: owner.eventId,
        photographer_id: owner.photographerId,
        sha256: Buffer.alloc(32, 7),
        file_name: 'POISON.JPG',
        content_type: 'image/jpeg',
        bytes: 1,
        status: 'failed',
        failure_code: 'gave_up',
        index_attempts: 5,
        pipeline_version: 1,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    assert.deepEqual(
      (await get('/queues')).body.photosGivenUp.map((photo: { fileName: string }) => photo.fileName),
      ['POISON.JPG'],
    );
    const retry = () => app.call('POST', `/api/admin/photos/${id}/retry`, { token });
    assert.equal((await retry()).status, 202);
    assert.equal((await retry()).body.code, 'resource.conflict');
    const photo = await app.db.selectFrom('photos').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    assert.deepEqual([photo.status, photo.failure_code, photo.index_attempts], ['uploaded', null, 0]);
    const jobs = await app.db.selectFrom('outbox').select('payload').where('topic', '=', 'index-photo').execute();
    assert.deepEqual(
      jobs.map(({ payload }) => (payload as { photoId: string }).photoId),
      [id],
    );
    await app.db.deleteFrom('outbox').where('topic', '=', 'index-photo').execute();
  });

  it('shows dead letters and gives them another try', async () => {
    await queues.addMany([{ name: 'sweep-payments', key: 'once', payload: {} }]);
    // Nobody here knows this job: it fails for good at once.
    queues.consume('server', {}, 1);
    let dead: { id: string; name: string }[] = [];
    for (let tries = 0; dead.length === 0 && tries < 200; tries++) {
      const { body } = await get('/queues');
      dead = body.queues.find((queue: { name: string }) => queue.name === 'server').deadLetters;
    }
    assert.equal(dead[0]?.name, 'sweep-payments');
    assert.equal((await get('/dashboard')).body.waiting.deadLetters, 1);
    const path = `/api/admin/queues/server/jobs/${dead[0]!.id}/retry`;
    assert.equal((await app.call('POST', path, { token })).status, 202);
    assert.equal((await app.call('POST', '/api/admin/queues/server/jobs/none/retry', { token })).status, 404);
    assert.equal((await app.call('POST', '/api/admin/queues/nowhere/jobs/none/retry', { token })).status, 404);
  });

  it('is closed to others', async () => {
    const me = await app.person('organizer');
    for (const path of ['dashboard', 'statistics', 'logs', 'queues'])
      assert.equal(
        (await app.call('GET', `/api/admin/${path}`, { token: me.token })).body.code,
        'auth.forbidden',
        path,
      );
  });

  it('housekeeping removes what has had its time, and nothing else', async () => {
    const { db } = app;
    const old = new Date(Date.now() - 100 * 86_400_000);
    const guests = await db
      .insertInto('users')
      .values(
        ['empty', 'owner', 'young'].map((name) => ({
          name,
          email: `${name}@guest.invalid`,
          is_anonymous: true,
          ...(name !== 'young' && { updated_at: old }),
        })),
      )
      .returning(['id', 'name'])
      .execute();
    const owner = guests.find((guest) => guest.name === 'owner')!.id;
    await db.insertInto('privacy_requests').values({ user_id: owner, kind: 'access' }).execute();
    await db.insertInto('sessions').values({ user_id: owner, token: 'expired', expires_at: old }).execute();
    await db.insertInto('verifications').values({ identifier: 'x', value: 'y', expires_at: old }).execute();
    await db
      .insertInto('idempotency_keys')
      .values({ owner: 'o', key: 'k', route: 'r', request_hash: 'h', expires_at: old })
      .execute();
    const { id: messageId } = await db
      .insertInto('messages')
      .values({
        channel: 'email',
        template: 'auth.reset',
        dedupe_key: 'lost',
        recipient: 'a@example.test',
        language: 'th',
        created_at: new Date(Date.now() - 3600_000),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await db.transaction().execute(async (trx) => {
      await enqueue(trx, 'sweep-photos', 'relayed-long-ago', {});
      await enqueue(trx, 'sweep-photos', 'still-waiting', {});
    });
    await db.updateTable('outbox').set({ relayed_at: old }).where('key', '=', 'relayed-long-ago').execute();

    const handlers = housekeepingJobHandlers({ db, settings: createSettingsService({ db }) });
    for (let i = 0; i < 2; i++) await handlers['sweep-housekeeping']!({}, { ...context, jobId: randomUUID() });

    const left = await db
      .selectFrom('users')
      .select('name')
      .where('email', 'like', '%@guest.invalid')
      .orderBy('name')
      .execute();
    assert.deepEqual(
      left.map((user) => user.name),
      ['owner', 'young'],
    );
    assert.equal((await db.selectFrom('sessions').select('id').where('token', '=', 'expired').execute()).length, 0);
    assert.equal((await db.selectFrom('verifications').select('id').execute()).length, 0);
    assert.equal((await db.selectFrom('idempotency_keys').select('key').where('owner', '=', 'o').execute()).length, 0);
    const jobs = await db.selectFrom('outbox').select(['topic', 'key', 'payload']).orderBy('id').execute();
    assert.deepEqual(
      jobs.map((job) => job.topic),
      ['sweep-photos', 'send-message'],
    );
    assert.deepEqual(jobs[1]!.payload, { messageId });
    assert.equal((await get('/dashboard')).status, 200);
  });
});
