import type { OrdersService } from '#server/modules/orders/service.ts';
import { type Clock, systemClock } from '#server/platform/clock.ts';
import type { Db } from '#server/platform/db.ts';
import type { Logger } from '#server/platform/logger.ts';
import type { JobHandlers } from '#server/platform/queue.ts';
import type { ReconcileService } from './reconcile.ts';
import type { PaymentsService } from './service.ts';
import type { WebhooksService } from './webhooks.ts';

const batch = 200;

/**
 * The safety net under webhooks and polls, every 15 seconds: webhooks that were left, payments that are due for a look, orders
 * whose day is over. Each is done by itself; what fails is logged, left for the next sweep, and fails this job.
 */
export function paymentsJobHandlers(deps: {
  db: Db;
  payments: PaymentsService;
  webhooks: WebhooksService;
  orders: OrdersService;
  reconcile: ReconcileService;
  clock?: Clock;
}): JobHandlers {
  const { db, payments, webhooks, orders, reconcile } = deps;
  const clock = deps.clock ?? systemClock;

  async function each(ids: readonly string[], work: (id: string) => Promise<void>, logger: Logger): Promise<number> {
    let failed = 0;
    for (const id of ids) {
      await work(id).catch((error) => {
        failed++;
        logger.warn({ err: error, id }, 'left for the next sweep');
      });
    }
    return failed;
  }

  return {
    'check-payment': ({ paymentId }) => payments.check(paymentId),
    'apply-webhook': ({ webhookId }) => webhooks.apply(webhookId),
    'sweep-bank': async () => {
      await reconcile.run();
    },
    'sweep-payments': async (_payload, { logger }) => {
      const now = clock.now();
      let failed = await each(await webhooks.waiting(now, batch), webhooks.apply, logger);
      failed += await each(await payments.due(now, batch), payments.check, logger);
      const expired = await orders.pastExpiry(db, now, batch);
      failed += await each(
        expired.map((order) => order.id),
        payments.expireOrder,
        logger,
      );
      if (failed > 0) throw new Error(`${failed} of this sweep were left for the next`);
    },
  };
}
