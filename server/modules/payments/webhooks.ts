import type { IncomingHttpHeaders } from 'node:http';
import { sql } from 'kysely';
import { AppError } from '#contracts/errors.ts';
import { audit } from '#server/platform/audit.ts';
import { type Clock, systemClock } from '#server/platform/clock.ts';
import { sha256 } from '#server/platform/crypto.ts';
import type { Db } from '#server/platform/db.ts';
import type { Logger } from '#server/platform/logger.ts';
import { enqueue } from '#server/platform/outbox.ts';
import { holdUnmatched } from './holding.ts';
import type { PaymentProvider, WebhookClaim } from './providers/port.ts';
import * as repository from './repository.ts';
import type { PaymentsService } from './service.ts';

export type WebhooksService = ReturnType<typeof createWebhooksService>;
type Outcome = 'applied' | 'ignored' | 'unmatched';
export interface WebhookDelivery {
  /** As it came, byte for byte; missing when it was not JSON by its content type. */
  body: Buffer | undefined;
  headers?: IncomingHttpHeaders;
  /** The first gateway when the address names none. */
  provider?: string;
  requestId: string;
  ipAddress?: string | undefined;
}

const maxBytes = 64 * 1024;
/** Of one address so often; the log has every one. */
const auditEveryMs = 60_000;

export function createWebhooksService(deps: { db: Db; payments: PaymentsService; logger: Logger; clock?: Clock }) {
  const { db, payments, logger } = deps;
  const clock = deps.clock ?? systemClock;
  const audited = new Map<string, number>();

  /** The payment a webhook speaks of: by the gateway's id, or by our reference when we never learned that id. */
  async function paymentOf(provider: string, claim: WebhookClaim): Promise<repository.PaymentRow | undefined> {
    const known = claim.transId ? await repository.findByTransId(db, provider, claim.transId) : undefined;
    if (known || !claim.ref1) return known;
    const byRef = await repository.findByRef(db, provider, claim.ref1);
    if (!byRef || byRef.trans_id !== null || !claim.transId) return undefined;
    await repository.adoptTransId(db, byRef.id, claim.transId);
    return repository.find(db, byRef.id);
  }

  /** Money that belongs to no payment of ours is booked as held, once, and becomes a case for a person. */
  async function takeUnmatched(provider: PaymentProvider, transId: string): Promise<Outcome> {
    const answer = await provider.check(transId);
    if (answer.kind === 'unknown') throw new AppError('payment.gateway_unavailable');
    if (answer.kind === 'not_found' || answer.status !== 'completed' || !answer.amountSatang) return 'ignored';
    if (answer.ref1) {
      const payment = await paymentOf(provider.name, { transId, ref1: answer.ref1 });
      if (payment) return settled(payment);
    }
    const money = { provider: provider.name, transId, amountSatang: answer.amountSatang, openedAt: clock.now() };
    await db.transaction().execute((trx) => holdUnmatched(trx, money));
    return 'unmatched';
  }
  async function settled(payment: repository.PaymentRow): Promise<Outcome> {
    const { isAnswered } = await payments.settle(payment, { isUrgent: true });
    if (!isAnswered) throw new AppError('payment.gateway_unavailable');
    return 'applied';
  }

  async function process(webhook: {
    provider: string;
    trans_id: string | null;
    ref1: string | null;
  }): Promise<Outcome> {
    const provider = payments.providerOf(webhook.provider);
    if (!provider) throw new AppError('payment.gateway_unavailable');
    const payment = await paymentOf(provider.name, { transId: webhook.trans_id, ref1: webhook.ref1 });
    if (payment) return settled(payment);
    return webhook.trans_id ? takeUnmatched(provider, webhook.trans_id) : 'ignored';
  }

  /** Refused webhooks are logged each, and audited now and then, so that nobody fills the audit trail from outside. */
  async function refuse(
    delivery: WebhookDelivery,
    code: 'webhook.signature' | 'request.malformed' | 'request.too_large',
  ) {
    const { requestId, ipAddress = '', body } = delivery;
    logger.warn({ requestId, reason: code, bytes: body?.length ?? 0 }, 'webhook refused');
    const now = clock.now().getTime();
    if (now - (audited.get(ipAddress) ?? 0) >= auditEveryMs) {
      if (audited.size > 1000) audited.clear();
      audited.set(ipAddress, now);
      const details = { reason: code };
      await audit(db, {
        actorId: null,
        action: 'webhook.refused',
        details,
        requestId,
        ...(ipAddress && { ipAddress }),
      });
    }
    return new AppError(code);
  }
  function verify(
    provider: PaymentProvider,
    delivery: WebhookDelivery,
    body: Buffer,
  ): WebhookClaim | undefined | 'malformed' {
    try {
      return provider.verifyWebhook({ rawBody: body, headers: delivery.headers ?? {}, receivedAt: clock.now() });
    } catch (error) {
      if (error instanceof AppError) return 'malformed';
      throw error;
    }
  }

  return {
    /**
     * Takes a webhook in: signature over the raw bytes, stored once however often it comes, a job applies it after the
     * answer. Throws webhook.signature, request.malformed, request.too_large, resource.not_found for a gateway we have not.
     */
    async receive(delivery: WebhookDelivery): Promise<void> {
      const { body } = delivery;
      const provider = delivery.provider ? payments.providerOf(delivery.provider) : payments.providers[0];
      if (!provider) throw new AppError('resource.not_found');
      if (!body?.length) throw await refuse(delivery, 'request.malformed');
      if (body.length > maxBytes) throw await refuse(delivery, 'request.too_large');
      const claim = verify(provider, delivery, body);
      if (claim === 'malformed') throw await refuse(delivery, 'request.malformed');
      if (!claim) throw await refuse(delivery, 'webhook.signature');
      const deliveries = await db.transaction().execute(async (trx) => {
        const row = await trx
          .insertInto('payment_webhooks')
          .values({
            provider: provider.name,
            body_sha256: sha256(body),
            body,
            trans_id: claim.transId,
            ref1: claim.ref1,
            received_at: clock.now(),
          })
          .onConflict((c) =>
            c
              .columns(['provider', 'body_sha256'])
              .doUpdateSet({ deliveries: sql<number>`payment_webhooks.deliveries + 1` }),
          )
          .returning(['id', 'deliveries'])
          .executeTakeFirstOrThrow();
        if (row.deliveries === 1) await enqueue(trx, 'apply-webhook', row.id, { webhookId: row.id });
        return row.deliveries;
      });
      if (deliveries > 1) logger.info({ requestId: delivery.requestId, deliveries }, 'webhook seen before');
    },

    /** Applies a stored webhook once; throws when the gateway did not answer, it then stays for the next try. */
    async apply(webhookId: string): Promise<void> {
      const webhook = await db
        .selectFrom('payment_webhooks')
        .select(['id', 'provider', 'trans_id', 'ref1', 'status'])
        .where('id', '=', webhookId)
        .executeTakeFirst();
      if (webhook?.status !== 'received') return;
      const mine = () =>
        db.updateTable('payment_webhooks').where('id', '=', webhookId).where('status', '=', 'received');
      try {
        const outcome = await process(webhook);
        await mine()
          .set({ status: outcome, processed_at: clock.now(), attempts: sql<number>`attempts + 1`, error: null })
          .execute();
        logger.info({ webhookId, outcome }, 'webhook applied');
      } catch (error) {
        const text = error instanceof AppError ? error.code : 'failed';
        await mine().set({ attempts: sql<number>`attempts + 1`, error: text }).execute();
        throw error;
      }
    },

    /** Webhooks that wait longer than a job should take. */
    async waiting(now: Date, limit: number): Promise<string[]> {
      const rows = await db
        .selectFrom('payment_webhooks')
        .select('id')
        .where('status', '=', 'received')
        .where('received_at', '<', new Date(now.getTime() - 30_000))
        .orderBy('received_at')
        .limit(limit)
        .execute();
      return rows.map((row) => row.id);
    },
  };
}
