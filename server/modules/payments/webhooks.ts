import { sql } from 'kysely';
import { AppError } from '#contracts/errors.ts';
import { isBooked, post } from '#server/modules/revenue/ledger.ts';
import { audit } from '#server/platform/audit.ts';
import { type Clock, systemClock } from '#server/platform/clock.ts';
import { sha256 } from '#server/platform/crypto.ts';
import type { Db } from '#server/platform/db.ts';
import type { Logger } from '#server/platform/logger.ts';
import { enqueue } from '#server/platform/outbox.ts';
import type { WebhookClaim } from './providers/port.ts';
import * as repository from './repository.ts';
import type { PaymentsService } from './service.ts';

export type WebhooksService = ReturnType<typeof createWebhooksService>;
type Outcome = 'applied' | 'ignored' | 'unmatched';

export function createWebhooksService(deps: { db: Db; payments: PaymentsService; logger: Logger; clock?: Clock }) {
  const { db, payments, logger } = deps;
  const clock = deps.clock ?? systemClock;
  const { provider } = payments;

  /** The payment a webhook speaks of: by the gateway's id, or by our reference when we never learned that id. */
  async function paymentOf(claim: WebhookClaim): Promise<repository.PaymentRow | undefined> {
    const known = claim.transId ? await repository.findByTransId(db, provider.name, claim.transId) : undefined;
    if (known || !claim.ref1) return known;
    const byRef = await repository.findByRef(db, provider.name, claim.ref1);
    if (!byRef || byRef.trans_id !== null || !claim.transId) return undefined;
    await repository.adoptTransId(db, byRef.id, claim.transId);
    return repository.find(db, byRef.id);
  }

  /** Money that belongs to no payment of ours is booked as held, once, and shown to an admin. */
  async function takeUnmatched(claim: WebhookClaim): Promise<Outcome> {
    if (!claim.transId) return 'ignored';
    const answer = await provider.check(claim.transId);
    if (answer.kind === 'unknown') throw new AppError('payment.gateway_unavailable');
    if (answer.kind === 'not_found' || answer.status !== 'completed' || !answer.amountSatang) return 'ignored';
    const amount = answer.amountSatang;
    const reference = `${provider.name}-${claim.transId}`;
    await db.transaction().execute(async (trx) => {
      await sql`select pg_advisory_xact_lock(hashtext(${reference}))`.execute(trx);
      if (await isBooked(trx, 'review', reference)) return;
      await post(trx, {
        kind: 'review',
        reference,
        description: 'money that fits no payment',
        postings: [
          { account: 'gateway_clearing', amountSatang: amount },
          { account: 'suspense', amountSatang: -amount },
        ],
      });
    });
    return 'unmatched';
  }

  async function process(body: Buffer): Promise<Outcome> {
    const claim = provider.verifyWebhook(body);
    if (!claim) return 'ignored';
    const payment = await paymentOf(claim);
    if (!payment) return takeUnmatched(claim);
    const { isAnswered } = await payments.settle(payment, { isUrgent: true });
    if (!isAnswered) throw new AppError('payment.gateway_unavailable');
    return 'applied';
  }

  return {
    /**
     * Takes a webhook in: signature over the raw bytes, stored once however often it comes, a job applies it after the
     * answer. Throws webhook.signature, request.malformed.
     */
    async receive(
      body: Buffer | undefined,
      from: { requestId: string; ipAddress?: string | undefined },
    ): Promise<void> {
      const claim = body && body.length > 0 ? provider.verifyWebhook(body) : undefined;
      if (!body?.length) throw new AppError('request.malformed');
      if (!claim) {
        const { requestId, ipAddress } = from;
        await audit(db, { actorId: null, action: 'webhook.refused', requestId, ...(ipAddress && { ipAddress }) });
        throw new AppError('webhook.signature');
      }
      await db.transaction().execute(async (trx) => {
        const row = await trx
          .insertInto('payment_webhooks')
          .values({ provider: provider.name, body_sha256: sha256(body), body, trans_id: claim.transId })
          .onConflict((c) =>
            c
              .columns(['provider', 'body_sha256'])
              .doUpdateSet({ deliveries: sql<number>`payment_webhooks.deliveries + 1` }),
          )
          .returning('id')
          .executeTakeFirstOrThrow();
        await enqueue(trx, 'apply-webhook', row.id, { webhookId: row.id });
      });
    },

    /** Applies a stored webhook once; throws when the gateway did not answer, it then stays for the next try. */
    async apply(webhookId: string): Promise<void> {
      const webhook = await db
        .selectFrom('payment_webhooks')
        .select(['id', 'body', 'status'])
        .where('id', '=', webhookId)
        .executeTakeFirst();
      if (webhook?.status !== 'received') return;
      const mine = () =>
        db.updateTable('payment_webhooks').where('id', '=', webhookId).where('status', '=', 'received');
      try {
        const outcome = await process(webhook.body);
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
    /** Webhooks whose money fits nothing. */
    async unmatched() {
      const rows = await db
        .selectFrom('payment_webhooks')
        .select(['id', 'trans_id', 'received_at', 'error'])
        .where('status', '=', 'unmatched')
        .orderBy('received_at', 'desc')
        .limit(100)
        .execute();
      return rows.map((row) => ({
        id: row.id,
        transId: row.trans_id,
        receivedAt: row.received_at.toISOString(),
        error: row.error,
      }));
    },
  };
}
