import type { OrderRow, OrdersService, Terms } from '#server/modules/orders/service.ts';
import { post } from '#server/modules/revenue/ledger.ts';
import type { Clock } from '#server/platform/clock.ts';
import type { Db, Trx } from '#server/platform/db.ts';
import type { Logger } from '#server/platform/logger.ts';
import { notify } from '#server/platform/notify.ts';
import { moveCase } from './case-repository.ts';
import { type Decision, decide, graceMs } from './decide.ts';
import { heldFor } from './holding.ts';
import { isLive } from './machine.ts';
import type { CheckAnswer, PaymentProvider } from './providers/port.ts';
import * as repository from './repository.ts';

/** SPEC: the gateway is asked at most every 5 seconds for one payment, however many pages poll. */
const throttleMs = 5_000;
/** QRs live 15 minutes; an attempt that was never answered is over then, too. */
const unansweredMs = 16 * 60_000;

export interface SettleDeps {
  db: Db;
  orders: OrdersService;
  providerOf: (name: string) => PaymentProvider | undefined;
  clock: Clock;
  logger: Logger;
}
export type Settle = ReturnType<typeof createSettle>;

/**
 * settle: the one way by which a payment changes after it was created. Webhook, poll, sweep and expiry all call it, as often
 * and as parallel as they like: the gateway is asked outside any transaction, then one transaction under the order's lock
 * decides from what is stored and books everything, or nothing.
 */
export function createSettle({ db, orders, providerOf, clock, logger }: SettleDeps) {
  async function expireUnanswered(payment: repository.PaymentRow): Promise<repository.PaymentRow> {
    const age = clock.now().getTime() - payment.created_at.getTime();
    if (!isLive(payment.status)) return payment;
    if (age > unansweredMs) return (await repository.move(db, payment.id, 'expired', {})) ?? payment;
    if (payment.status === 'creating' && age > graceMs)
      return (await repository.move(db, payment.id, 'unknown', {})) ?? payment;
    return payment;
  }

  /** Writes down money that arrived, and delivers with it what can be. */
  async function takeMoney(
    trx: Trx,
    payment: repository.PaymentRow,
    order: OrderRow,
    decision: Extract<Decision, { kind: 'money' }>,
    terms: Terms,
  ): Promise<void> {
    const { paidSatang, appliedSatang, review } = decision;
    const now = clock.now();
    // A gateway without references may have told of this money before we knew whose it was.
    const told = payment.trans_id ? await heldFor(trx, payment.provider, payment.trans_id) : undefined;
    if (told && told.status !== 'open' && told.status !== 'parked') {
      const review_resolution = `case ${told.id}`;
      const closed = { paid_satang: paidSatang, paid_at: now, review: 'unmatched' as const, review_resolution };
      return void (await repository.move(trx, payment.id, 'paid', closed));
    }
    const from = told?.amount_satang === paidSatang ? ('suspense' as const) : ('gateway_clearing' as const);
    if (told && from === 'suspense')
      await moveCase(trx, told.id, 'resolved', {
        action: 'same_money',
        payment_id: payment.id,
        resolved_at: now,
        decided_at: now,
      });
    const moved = await repository.move(trx, payment.id, 'paid', {
      paid_satang: paidSatang,
      payable_satang: decision.payableSatang,
      paid_at: now,
      review,
    });
    if (!moved) throw new Error(`payment ${payment.id} cannot be paid from ${payment.status}`);
    if (appliedSatang > 0) {
      const received = { paymentId: payment.id, paidSatang: appliedSatang, from };
      await orders.fulfil(trx, order, received, terms);
    }
    const held = paidSatang - appliedSatang;
    await post(trx, {
      kind: 'review',
      reference: payment.id,
      orderId: order.id,
      paymentId: payment.id,
      description: `${order.number} ${review ?? ''}`.trim(),
      postings: [
        { account: from, amountSatang: held },
        { account: 'suspense', amountSatang: -held },
      ],
    });
    await notify(trx, order.user_id, {
      type: appliedSatang > 0 ? 'payment.paid' : 'payment.changed',
      orderId: order.id,
      paymentId: payment.id,
    });
  }

  async function apply(paymentId: string, answer: CheckAnswer & { kind: 'found' }): Promise<repository.PaymentRow> {
    const terms = await orders.loadTerms();
    const { order_id: orderId } = (await repository.find(db, paymentId))!;
    return db.transaction().execute(async (trx) => {
      const order = (await orders.lock(trx, orderId))!;
      const payment = (await repository.lock(trx, paymentId))!;
      const decision = decide({
        payment: {
          status: payment.status,
          ref1: payment.ref1,
          requestedSatang: payment.requested_satang,
          payableSatang: payment.payable_satang,
          paidSatang: payment.paid_satang,
          expiresAt: payment.expires_at,
        },
        orderStatus: order.status,
        isPaidOtherwise: await repository.isPaidByAnother(trx, orderId, paymentId),
        isDeliverable: order.status !== 'expired' || (await orders.isDeliverable(trx, order)),
        answer,
        now: clock.now(),
      });
      if (decision.kind === 'nothing') return payment;
      if (decision.kind === 'money') {
        await takeMoney(trx, payment, order, decision, terms);
        logger.info({ orderId, paymentId, review: decision.review }, 'payment received');
      } else {
        await repository.move(trx, paymentId, decision.status, {});
        await notify(trx, order.user_id, { type: 'payment.changed', orderId, paymentId });
      }
      return (await repository.find(trx, paymentId))!;
    });
  }

  /** An order that is paid or over must not be paid any more: its QR ends at the gateway. Where that fails, a sweep tries again, or time ends it. */
  async function endNeedless(payment: repository.PaymentRow): Promise<repository.PaymentRow> {
    if (payment.status !== 'pending' || payment.trans_id === null) return payment;
    const order = (await orders.find(db, payment.order_id))!;
    if (order.status === 'pending' || !(await providerOf(payment.provider)?.cancel(payment.trans_id))) return payment;
    return (await repository.move(db, payment.id, 'cancelled', {})) ?? (await repository.find(db, payment.id))!;
  }

  /** After an order was paid or ended by another way than its live attempt. */
  async function endLive(orderId: string): Promise<void> {
    const live = await repository.liveOf(db, orderId);
    if (live) await endNeedless(live);
  }

  return {
    /**
     * Looks at the payment with the gateway and does what follows. `isUrgent` skips the throttle (webhooks, jobs).
     * `isAnswered` is false when the gateway could not be asked or did not say.
     */
    async settle(
      payment: repository.PaymentRow,
      options: { isUrgent?: boolean } = {},
    ): Promise<{ payment: repository.PaymentRow; isAnswered: boolean }> {
      if (payment.paid_satang !== null) return { payment, isAnswered: true };
      if (payment.trans_id === null) return { payment: await expireUnanswered(payment), isAnswered: true };
      const provider = providerOf(payment.provider);
      if (!provider) {
        logger.error({ paymentId: payment.id, provider: payment.provider }, 'this gateway is not set up');
        return { payment, isAnswered: false };
      }
      const everyMs = options.isUrgent ? 0 : throttleMs;
      if (!(await repository.claimCheck(db, payment.id, clock.now(), everyMs))) {
        return { payment: (await repository.find(db, payment.id))!, isAnswered: true };
      }
      const answer = await provider.check(payment.trans_id);
      if (answer.kind === 'unknown') {
        logger.warn({ paymentId: payment.id, reason: answer.reason }, 'the gateway did not answer a check');
        return { payment, isAnswered: false };
      }
      // Unknown to the gateway: as good as pending, it ends by time.
      const found =
        answer.kind === 'found'
          ? answer
          : { kind: 'found' as const, status: 'pending' as const, amountSatang: null, ref1: null };
      const after = await apply(payment.id, found);
      if (after.paid_satang !== null) await endLive(after.order_id);
      return { payment: await endNeedless(after), isAnswered: true };
    },

    endNeedless,
    endLive,
  };
}
