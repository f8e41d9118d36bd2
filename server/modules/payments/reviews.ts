import { AppError } from '#contracts/errors.ts';
import type { Viewer } from '#server/http/viewer.ts';
import type { OrdersService, Settings } from '#server/modules/orders/service.ts';
import { post } from '#server/modules/revenue/ledger.ts';
import { audit } from '#server/platform/audit.ts';
import { type Clock, systemClock } from '#server/platform/clock.ts';
import type { Db, Trx } from '#server/platform/db.ts';
import { notify } from '#server/platform/notify.ts';
import { decodeCursor, toPage } from '#server/platform/pages.ts';
import type { ReviewKind } from './machine.ts';
import * as repository from './repository.ts';
import type { PaymentsService } from './service.ts';
import { listedView } from './view.ts';

export type ReviewsService = ReturnType<typeof createReviewsService>;
export type ReviewAction = 'fulfil' | 'keep' | 'return';

/** What can be done with money that waits. An overpaid order is delivered already, only the surplus waits. */
const actionsOf: Record<ReviewKind, readonly ReviewAction[]> = {
  late: ['fulfil', 'return'],
  underpaid: ['fulfil', 'return'],
  overpaid: ['keep', 'return'],
  duplicate: ['return', 'keep'],
  unmatched: ['return', 'keep'],
};

const view = (row: repository.PaymentOfOrder) => ({
  ...listedView(row),
  review: row.review,
  orderTotalSatang: row.total_satang,
  email: row.email,
  actions: row.review && row.review_resolution === null ? [...actionsOf[row.review]] : [],
  resolution: row.review_resolution,
});

/** The satang that are held in suspense for this payment. */
export const heldOf = (payment: repository.PaymentRow): number =>
  payment.review === 'overpaid' ? payment.paid_satang! - payment.payable_satang! : payment.paid_satang!;

/** Books what is held for a payment as ours, or as owed to the payer. Once. */
export async function release(trx: Trx, payment: repository.PaymentRow, to: 'satang_extra' | 'refunds_payable') {
  const held = heldOf(payment);
  await post(trx, {
    kind: 'review',
    reference: `${payment.id}-resolved`,
    orderId: payment.order_id,
    paymentId: payment.id,
    description: `${payment.review} ${to === 'satang_extra' ? 'kept' : 'to be returned'}`,
    postings: [
      { account: 'suspense', amountSatang: held },
      { account: to, amountSatang: -held },
    ],
  });
}

export function createReviewsService(deps: {
  db: Db;
  orders: OrdersService;
  payments: Pick<PaymentsService, 'endLive'>;
  settings: Settings;
  clock?: Clock;
}) {
  const { db, orders, payments, settings } = deps;
  const clock = deps.clock ?? systemClock;
  /** Owed to the payer from now on; an admin transfers it like a refund. Above the limit a second person approves it first. */
  async function owe(
    trx: Trx,
    payment: repository.PaymentRow,
    actor: Viewer,
    note: string | undefined,
    needsSecond: boolean,
  ): Promise<void> {
    if (!needsSecond) await release(trx, payment, 'refunds_payable');
    await trx
      .insertInto('refunds')
      .values({
        order_id: payment.order_id,
        payment_id: payment.id,
        requested_by: actor.userId,
        amount_satang: heldOf(payment),
        reason: note ?? `payment ${payment.review}`,
        status: needsSecond ? 'requested' : 'approved',
        decided_by: actor.userId,
        decided_at: needsSecond ? null : clock.now(),
        created_at: clock.now(),
      })
      .execute();
  }

  return {
    async list(query: { cursor?: string | undefined; limit: number; resolved?: string | undefined }) {
      const reviews = query.resolved === 'true' ? 'resolved' : 'open';
      const rows = await repository.list(db, { reviews }, decodeCursor(query.cursor), query.limit + 1);
      return toPage(rows, query.limit, (row) => ({ at: row.created_at, id: row.id }), view);
    },

    /**
     * One decision, one effect: the payment's row is locked and the resolution written with the bookings. Late money that is also
     * too much delivers the order with what was to be paid; the surplus waits for a decision of its own.
     */
    async resolve(paymentId: string, action: ReviewAction, actor: Viewer, note?: string) {
      const terms = await orders.loadTerms();
      const { twoPersonLimitSatang } = await settings.get('refunds');
      const orderId = (await repository.find(db, paymentId))?.order_id;
      if (!orderId) throw new AppError('payment.not_found');
      await db.transaction().execute(async (trx) => {
        const order = (await orders.lock(trx, orderId))!;
        const payment = (await repository.lock(trx, paymentId))!;
        if (!payment.review || payment.review_resolution) throw new AppError('payment.transition');
        if (!actionsOf[payment.review].includes(action)) throw new AppError('payment.transition', { action });
        const held = heldOf(payment);
        const due = Math.min(held, payment.payable_satang ?? held);
        if (action === 'fulfil') {
          await orders.fulfil(trx, order, { paymentId, paidSatang: due, from: 'suspense' }, terms);
        } else if (action === 'keep') await release(trx, payment, 'satang_extra');
        else await owe(trx, payment, actor, note, held > twoPersonLimitSatang);
        const isSurplusLeft = action === 'fulfil' && held > due;
        await repository.change(
          trx,
          paymentId,
          isSurplusLeft ? { review: 'overpaid' } : { review_resolution: note ? `${action}: ${note}` : action },
        );
        await audit(trx, {
          actorId: actor.userId,
          action: 'payment.review',
          subjectKind: 'payment',
          subjectId: paymentId,
          details: { action, review: payment.review, heldSatang: held, note },
        });
        const type = action === 'fulfil' ? 'payment.paid' : 'payment.changed';
        await notify(trx, order.user_id, { type, orderId, paymentId });
      });
      // Delivered with money of another attempt: a QR that lives is not to be paid any more.
      await payments.endLive(orderId);
      const [row] = await repository.list(db, { ids: [paymentId] }, undefined, 1);
      return view(row!);
    },
  };
}
