import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import express, { type Request } from 'express';
import { sql } from 'kysely';
import { type DevServices, startDevServices } from '#ops/laptop/dev-services.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { couponsRoutes } from '#server/modules/cart/coupon-routes.ts';
import { createCouponsService } from '#server/modules/cart/coupons.ts';
import { cartRoutes } from '#server/modules/cart/routes.ts';
import { createCartService } from '#server/modules/cart/service.ts';
import { createSharedCartsService } from '#server/modules/cart/shared.ts';
import { sharedCartsRoutes } from '#server/modules/cart/shared-routes.ts';
import { downloadsRoutes } from '#server/modules/downloads/routes.ts';
import { createDownloadsService } from '#server/modules/downloads/service.ts';
import { createEventsService } from '#server/modules/events/service.ts';
import { createInvoicesService } from '#server/modules/invoices/service.ts';
import type { Messages } from '#server/modules/messages/service.ts';
import { ordersRoutes } from '#server/modules/orders/routes.ts';
import { createOrdersService } from '#server/modules/orders/service.ts';
import { createPriceRulesService } from '#server/modules/packages/price-rules.ts';
import { packagesRoutes } from '#server/modules/packages/routes.ts';
import { createPackagesService } from '#server/modules/packages/service.ts';
import { createCasesService } from '#server/modules/payments/cases.ts';
import { paymentsJobHandlers } from '#server/modules/payments/jobs.ts';
import { createReconcileService } from '#server/modules/payments/reconcile.ts';
import { createRefundsService } from '#server/modules/payments/refunds.ts';
import { createReviewsService } from '#server/modules/payments/reviews.ts';
import { paymentsRoutes } from '#server/modules/payments/routes.ts';
import {
  createOmise,
  createPaymentsService,
  createPaynoi,
  type OmiseSettings,
  type PaymentProvider,
  type PaynoiSettings,
} from '#server/modules/payments/service.ts';
import { createWebhooksService } from '#server/modules/payments/webhooks.ts';
import { ensurePhotographer } from '#server/modules/photographers/service.ts';
import { createPhotosService } from '#server/modules/photos/service.ts';
import { revenueRoutes } from '#server/modules/revenue/routes.ts';
import { createRevenueService } from '#server/modules/revenue/service.ts';
import { createSettingsService } from '#server/modules/settings/service.ts';
import { createMemoryCache } from '#server/platform/cache.ts';
import type { Clock } from '#server/platform/clock.ts';
import type { Db } from '#server/platform/db.ts';
import { createLogger, type Logger } from '#server/platform/logger.ts';
import { objectKeys, type Storage } from '#server/platform/storage.ts';
import { startHttpApp, testSecrets } from './http-app.ts';
import { startTestStorage } from './s3.ts';

export type ShopServices = ReturnType<typeof compose>;
export type ShopApp = Awaited<ReturnType<typeof startShopApp>>;
const apiKey = 'test-api-key';

const keepRawBody = (req: IncomingMessage, _res: unknown, body: Buffer): void => {
  (req as Request).rawBody = body;
};

export interface ComposeDeps {
  db: Db;
  storage: Storage;
  messages: Messages;
  /** `patienceMs`: how long a buyer waits for a QR; read at each start. */
  gateway: PaynoiSettings & { patienceMs: number };
  hosted: OmiseSettings;
  clock: Clock;
  logger: Logger;
  /** Stands between the services and the gateways. */
  wrap?: (provider: PaymentProvider) => PaymentProvider;
}
/** The services of selling, as one process has them. */
export function compose(deps: ComposeDeps) {
  const { db, storage, messages, gateway, hosted, clock, logger, wrap = (provider) => provider } = deps;
  const linkSecret = testSecrets.link;
  const settings = createSettingsService({ db });
  const events = createEventsService({ db, cache: createMemoryCache(), linkSecret, messages });
  const photos = createPhotosService({ db, events, logger });
  const packages = createPackagesService({ db, events });
  const priceRules = createPriceRulesService({ db, events });
  const coupons = createCouponsService({ db, cache: createMemoryCache(), clock });
  const cart = createCartService({ db, photos, packages, coupons });
  const sharedCarts = createSharedCartsService({ db, photos, packages, coupons, cart, linkSecret, clock });
  const invoices = createInvoicesService({ db });
  const publicUrl = 'http://shop.test';
  const orders = createOrdersService({
    db,
    cart,
    coupons,
    sharedCarts,
    invoices,
    messages,
    settings,
    linkSecret,
    publicUrl,
    clock,
  });
  const providers: [PaymentProvider, PaymentProvider] = [wrap(createPaynoi(gateway)), wrap(createOmise(hosted))];
  const payments = createPaymentsService({
    db,
    orders,
    providers,
    logger,
    clock,
    get patienceMs() {
      return gateway.patienceMs;
    },
  });
  const webhooks = createWebhooksService({ db, payments, logger, clock });
  const reviews = createReviewsService({ db, orders, payments, settings, clock });
  const bankSecret = testSecrets.bank;
  const { providerOf } = payments;
  const cases = createCasesService({ db, orders, payments, settings, bankSecret, clock });
  const reconcile = createReconcileService({ db, orders, payments, settings, logger, clock });
  const refunds = createRefundsService({ db, orders, invoices, messages, settings, providerOf, bankSecret, clock });
  const downloads = createDownloadsService({ db, orders, storage, settings, messages, linkSecret, clock });
  const revenue = createRevenueService({ db, settings, messages, events, bankSecret, clock });
  return {
    db,
    settings,
    events,
    photos,
    packages,
    priceRules,
    coupons,
    cart,
    sharedCarts,
    invoices,
    orders,
    payments,
    webhooks,
    reviews,
    refunds,
    cases,
    reconcile,
    downloads,
    revenue,
  };
}

/** Everything of selling over HTTP, on a real database, S3 store and gateway simulator. Jobs run when a test says so. */
export async function startShopApp() {
  const store = await startTestStorage();
  const directory = await mkdtemp(path.join(tmpdir(), 'tps-shop-'));
  const logger = createLogger(process.env.TEST_LOG ?? 'silent', 'test');
  let aheadMs = 0;
  const clock = { now: () => new Date(Date.now() + aheadMs) };
  // The gateway starts after the API it tells of payments.
  const gateway = {
    baseUrl: '',
    apiKey,
    keyId: '100568',
    account: '0800000000',
    type: '1',
    recordKey: 'test-record-key',
    patienceMs: 20_000,
    createTimeoutMs: 20_000,
    checkTimeoutMs: 5_000,
  };
  const hosted = {
    baseUrl: '',
    secretKey: 'skey_test_1',
    webhookSecret: Buffer.from('a secret for webhooks').toString('base64'),
    sourceType: 'alipay',
    createTimeoutMs: 20_000,
    checkTimeoutMs: 5_000,
  };
  let services!: ReturnType<typeof compose>;

  const app = await startHttpApp(
    ({ database: { db }, messages }) => {
      services = compose({ db, storage: store.storage, messages, gateway, hosted, clock, logger });
      return [
        ...packagesRoutes(services),
        ...cartRoutes(services),
        ...couponsRoutes(services),
        ...sharedCartsRoutes(services),
        ...ordersRoutes(services),
        ...paymentsRoutes(services),
        ...downloadsRoutes(services),
        ...revenueRoutes(services),
      ];
    },
    {
      makeHandlers: () => [express.json({ verify: keepRawBody })],
    },
  );
  const dev: DevServices = await startDevServices({
    port: 0,
    smtpPort: 0,
    directory,
    webhookUrl: `${app.url}/api/payment/webhook`,
    apiKey,
    recordKey: 'test-record-key',
    omise: hosted,
    now: clock.now,
  });
  gateway.baseUrl = `${dev.url}/dev/paynoi/api`;
  hosted.baseUrl = `${dev.url}/dev/omise/api`;
  const { db } = app;
  const handlers = paymentsJobHandlers({ ...services, clock });
  const { signal } = new AbortController();
  let made = 0;

  async function post(target: string, body: unknown = {}): Promise<void> {
    const response = await fetch(`${dev.url}${target}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${target}: ${response.status} ${await response.text()}`);
  }

  return {
    ...app,
    ...services,
    store: store.storage,
    gateway,
    hosted,
    devUrl: dev.url,
    apiKey,
    clock,
    /** The same services as another process has them: on `db`, with what `wrap` makes of the gateways. */
    composeAgain: (again: { db: Db; wrap?: ComposeDeps['wrap'] }) => {
      const { messages } = app;
      const other = compose({ ...again, storage: store.storage, messages, gateway, hosted, clock, logger });
      return { ...other, handlers: paymentsJobHandlers({ ...other, clock }) };
    },
    /** A switch of a simulator: /dev/paynoi/stray, /dev/omise/:id/pay ... */
    dev: post,
    logger,
    wait: (ms: number) => {
      aheadMs += ms;
    },
    /** What a person does at the simulator: pay, pay-short, expire, lose-webhook ... */
    act: (transId: string, action: string, options?: object) => post(`/dev/paynoi/${transId}/${action}`, options),
    faults: (faults: object) => post('/dev/paynoi/faults', faults),
    sweep: () => handlers['sweep-payments']!({}, { jobId: 'sweep', attempt: 1, logger, signal }),
    /** Runs the jobs that were written down, webhooks included, until none is left; answers how many. */
    async runJobs(by: typeof handlers = handlers): Promise<number> {
      let count = 0;
      for (;;) {
        const row = await db
          .selectFrom('outbox')
          .select(['id', 'topic', 'payload'])
          .where('topic', 'in', ['apply-webhook', 'check-payment'])
          .where('relayed_at', 'is', null)
          .where('available_at', '<=', clock.now())
          .orderBy('id')
          .executeTakeFirst();
        if (!row) return count;
        await db.updateTable('outbox').set({ relayed_at: clock.now() }).where('id', '=', row.id).execute();
        await by[row.topic as 'apply-webhook']!(row.payload as never, {
          jobId: 'job',
          attempt: 1,
          logger,
          signal,
        });
        count++;
      }
    },
    /** Waits until the simulator's webhooks arrived: it sends them by itself, at once. */
    async webhooksReceived(deliveries: number): Promise<void> {
      for (let i = 0; i < 200; i++) {
        const row = await db
          .selectFrom('payment_webhooks')
          .select(sql<number>`coalesce(sum(deliveries), 0)::int`.as('sum'))
          .executeTakeFirstOrThrow();
        if (row.sum >= deliveries) return;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      throw new Error('the webhook did not arrive');
    },
    async organizer(): Promise<string> {
      const query = db
        .insertInto('organizers')
        .values({ name: `Organizer ${++made}` })
        .returning('id');
      return (await query.executeTakeFirstOrThrow()).id;
    },
    async event(
      values: { organizer_id?: string; revenue_type?: string; sales_end_at?: Date; own_prices?: boolean } = {},
    ): Promise<string> {
      const row = await db
        .insertInto('events')
        .values({
          name: `งานวิ่ง ${++made}`,
          slug: `event-${made}-${randomBytes(3).toString('hex')}`,
          status: 'live',
          starts_at: new Date('2026-11-22T00:00:00Z'),
          ends_at: new Date('2026-11-22T16:59:59Z'),
          ...values,
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      return row.id;
    },
    /** Approved photos with an original and a clean picture in the store. */
    async photosOf(eventId: string, photographerUserId: string, count: number, body?: Buffer): Promise<string[]> {
      const photographerId = await ensurePhotographer(db, photographerUserId);
      const ids: string[] = [];
      for (let i = 0; i < count; i++) {
        const picture = body ?? randomBytes(2_000);
        const { id } = await db
          .insertInto('photos')
          .values({
            event_id: eventId,
            photographer_id: photographerId,
            status: 'approved',
            approved_at: new Date(),
            sha256: randomBytes(32),
            file_name: 'IMG_1.JPG',
            content_type: 'image/jpeg',
            bytes: picture.length,
            width: 600,
            height: 400,
          })
          .returning('id')
          .executeTakeFirstOrThrow();
        const files = [
          { kind: 'original', key: objectKeys.original(eventId, id, 'jpg'), data: picture },
          { kind: 'clean', key: objectKeys.clean(eventId, id), data: randomBytes(500) },
        ];
        for (const { kind, key, data } of files) {
          await store.storage.putBuffer(key, data, 'image/jpeg');
          await db
            .insertInto('photo_files')
            .values({ photo_id: id, kind, object_key: key, content_type: 'image/jpeg', bytes: data.length })
            .execute();
        }
        ids.push(id);
      }
      return ids;
    },
    /** For calling services directly. */
    async viewer(role: Viewer['role'] = 'customer'): Promise<Viewer> {
      const email = `viewer-${++made}@example.test`;
      const row = await db
        .insertInto('users')
        .values({ name: email, email, role, email_verified: true })
        .returning('id')
        .executeTakeFirstOrThrow();
      return { userId: row.id, role, isGuest: false, sessionId: 'test', email, locale: 'th' };
    },
    /** Sum of an account's postings by code, people's accounts by their id; debit positive. */
    async ledger(): Promise<Record<string, number>> {
      const { rows } = await sql<{ code: string; balance: number }>`
        select coalesce(a.photographer_id::text, a.organizer_id::text, a.code) as code, sum(p.amount_satang)::bigint as balance
        from ledger_accounts a join ledger_postings p on p.account_id = a.id group by 1`.execute(db);
      return Object.fromEntries(rows.map((row) => [row.code, row.balance]));
    },
    async stop() {
      await dev.close();
      await app.stop();
      await store.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
