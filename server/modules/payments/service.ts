import { randomBytes } from 'node:crypto';
import { AppError } from '#contracts/errors.ts';
import type { PaymentView } from '#contracts/http/payment.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { type OrderRow, type OrdersService, orderMachine } from '#server/modules/orders/service.ts';
import { type Clock, systemClock } from '#server/platform/clock.ts';
import type { Db, Trx } from '#server/platform/db.ts';
import type { Logger } from '#server/platform/logger.ts';
import { checkMachine } from '#server/platform/machine.ts';
import { notify } from '#server/platform/notify.ts';
import { enqueue } from '#server/platform/outbox.ts';
import { decodeCursor, toPage } from '#server/platform/pages.ts';
import { paymentMachine } from './machine.ts';
import type { CreateAnswer, PaymentProvider } from './providers/port.ts';
import * as repository from './repository.ts';
import { createSettle } from './settle.ts';
import { listedView, paymentView, replaceAfterMs } from './view.ts';

export { createOmise, type OmiseSettings } from './providers/omise.ts';
export { createPaynoi, type PaynoiSettings } from './providers/paynoi.ts';
export type { PaymentProvider } from './providers/port.ts';
export type { PaymentRow } from './repository.ts';
export type PaymentsService = ReturnType<typeof createPaymentsService>;
export interface PaymentsDeps {
  db: Db;
  orders: OrdersService;
  /** New payments go to the first; the others answer for the payments they made. */
  providers: readonly [PaymentProvider, ...PaymentProvider[]];
  logger: Logger;
  clock?: Clock;
  /** A buyer waits so long for the gateway's QR; its answer is awaited on in the background. */
  patienceMs?: number;
}
/** So many attempts without an answer in 16 minutes, then the gateway is left alone. */
const maxUnanswered = 3;

export function createPaymentsService(deps: PaymentsDeps) {
  const { db, orders, providers, logger } = deps;
  const clock = deps.clock ?? systemClock;
  const provider = providers[0];
  const providerOf = (name: string): PaymentProvider | undefined => providers.find((each) => each.name === name);
  const { settle, endNeedless, endLive } = createSettle({ db, orders, providerOf, clock, logger });
  const late = new Set<Promise<void>>();

  const viewOf = async (payment: repository.PaymentRow): Promise<PaymentView> =>
    paymentView(payment, (await orders.find(db, payment.order_id))!);

  /** A gateway of whole baht: a total with satang is rounded down, what is missing is the platform's. */
  const askedFor = (totalSatang: number) =>
    Math.max(provider.stepSatang, totalSatang - (totalSatang % provider.stepSatang));

  /**
   * True when an attempt that was never answered may make room. Its QR was never shown to anybody, so that hardly
   * anybody can pay it; it stays watched all the same: by reference, by webhook and by the bank feed.
   */
  async function mayReplace(trx: Trx, payment: repository.PaymentRow): Promise<boolean> {
    const { status, trans_id: transId, created_at: createdAt } = payment;
    if (transId !== null || !['creating', 'unknown'].includes(status)) return false;
    if (providerOf(payment.provider)?.isCreateRepeatable) return false;
    const now = clock.now().getTime();
    if (now - createdAt.getTime() < replaceAfterMs) return false;
    const unanswered = await repository.countUnanswered(trx, payment.order_id, new Date(now - 16 * 60_000));
    return unanswered < maxUnanswered;
  }

  /** Claims the order's one live attempt; the one that is there already when somebody was faster. */
  async function open(order: OrderRow): Promise<{ payment: repository.PaymentRow; isNew: boolean }> {
    return db.transaction().execute(async (trx) => {
      const locked = (await orders.lock(trx, order.id))!;
      const there = (await repository.openReviewOf(trx, order.id)) ?? (await repository.liveOf(trx, order.id));
      if (there && !(await mayReplace(trx, there))) return { payment: there, isNew: false };
      requirePayable(locked);
      if (there) await repository.move(trx, there.id, 'expired', { superseded_at: clock.now() });
      const payment = await repository.insert(trx, {
        order_id: order.id,
        provider: provider.name,
        ref1: randomBytes(10).toString('hex').toUpperCase(),
        requested_satang: askedFor(locked.total_satang),
        created_at: clock.now(),
      });
      await scheduleChecks(trx, payment);
      return { payment, isNew: true };
    });
  }
  /** Looked at once more after the QR's end and after a day, even if every sweep were lost. */
  async function scheduleChecks(trx: Trx, payment: repository.PaymentRow): Promise<void> {
    for (const minutes of [16, 24 * 60]) {
      const availableAt = new Date(payment.created_at.getTime() + minutes * 60_000 + 5_000);
      await enqueue(trx, 'check-payment', `${payment.id}-${minutes}m`, { paymentId: payment.id }, { availableAt });
    }
  }
  function requirePayable(order: OrderRow): void {
    if (order.status === 'pending') return;
    if (order.paid_at) throw new AppError('order.already_paid');
    throw new AppError('order.transition', { status: order.status });
  }

  /** Writes down what the gateway made. Where the order was paid or ended meanwhile, it ends there at once. */
  async function keepCreated(payment: repository.PaymentRow, answer: CreateAnswer & { kind: 'created' }) {
    const moved = await repository.move(db, payment.id, 'pending', {
      trans_id: answer.transId,
      payable_satang: answer.payableSatang,
      qr_image_base64: answer.qrImageBase64,
      redirect_url: answer.redirectUrl,
      expires_at: answer.expiresAt,
    });
    if (moved) return endNeedless(moved);
    await repository.adoptTransId(db, payment.id, answer.transId, answer.payableSatang);
    return (await repository.find(db, payment.id))!;
  }
  async function keepLate(payment: repository.PaymentRow, answer: CreateAnswer): Promise<void> {
    logger.info({ paymentId: payment.id, outcome: answer.kind }, 'the gateway answered a create late');
    if (answer.kind === 'unknown') return;
    if (answer.kind === 'refused') return void (await repository.move(db, payment.id, 'failed', {}));
    const kept = await keepCreated(payment, answer);
    const order = (await orders.find(db, payment.order_id))!;
    if (kept.status === 'pending' && order.status === 'pending')
      return db
        .transaction()
        .execute((trx) =>
          notify(trx, order.user_id, { type: 'payment.changed', orderId: order.id, paymentId: payment.id }),
        );
    // Nobody waits for it any more.
    if (kept.paid_satang === null && kept.status !== 'cancelled')
      await providerOf(payment.provider)?.cancel(answer.transId);
  }

  /** Asks the gateway for an attempt's QR and keeps what it said; unknown when it takes longer than a buyer waits. */
  async function ask(payment: repository.PaymentRow, order: OrderRow): Promise<repository.PaymentRow> {
    const request = {
      ref1: payment.ref1,
      amountSatang: payment.requested_satang,
      returnUrl: orders.pageLink(order.id, orders.tokenOf(order.id)),
    };
    const asked = (providerOf(payment.provider) ?? provider).create(request);
    const answer = await within(asked, deps.patienceMs ?? 10_000);
    if (answer?.kind === 'created') return keepCreated(payment, answer);
    logger.warn({ paymentId: payment.id, outcome: answer?.kind ?? 'slow' }, 'the gateway made no QR');
    if (answer?.kind === 'refused') {
      await repository.move(db, payment.id, 'failed', {});
      throw new AppError('payment.gateway_unavailable');
    }
    const expiresAt = new Date(payment.created_at.getTime() + 16 * 60_000);
    const moved = await repository.move(db, payment.id, 'unknown', { expires_at: expiresAt });
    if (!answer) {
      const work = asked
        .then((given) => keepLate(payment, given))
        .catch((error) => logger.error({ err: error, paymentId: payment.id }, 'a late answer was not kept'))
        .finally(() => late.delete(work));
      late.add(work);
    }
    return moved ?? (await repository.find(db, payment.id))!;
  }

  const mayRepeat = (payment: repository.PaymentRow): boolean =>
    payment.status === 'unknown' && payment.trans_id === null && !!providerOf(payment.provider)?.isCreateRepeatable;

  /** Lets what time has ended end; true when the order is free for a new attempt. */
  async function isOver(payment: repository.PaymentRow): Promise<boolean> {
    const now = clock.now().getTime();
    const isPast = payment.expires_at !== null && payment.expires_at.getTime() <= now;
    const isStuck = payment.status !== 'pending' && now - payment.created_at.getTime() > 60_000;
    if (payment.paid_satang !== null || !(isPast || isStuck)) return false;
    let { payment: after, isAnswered } = await settle(payment, { isUrgent: true });
    // Past its end and the gateway still waits for it: it must not be paid any more.
    if (isAnswered && isPast && after.status === 'pending' && after.trans_id) {
      await providerOf(after.provider)?.cancel(after.trans_id);
      after = (await settle(after, { isUrgent: true })).payment;
    }
    return after.paid_satang === null && !['creating', 'unknown', 'pending'].includes(after.status);
  }

  return {
    settle,
    endLive,
    viewOf,
    provider,
    providers,
    providerOf,
    /** Resolves when no gateway's late answer is awaited any more. */
    async idle(): Promise<void> {
      while (late.size > 0) await Promise.all(late);
    },

    /**
     * The QR of an order: the live attempt when there is one, a new one else. Never a second live one. An attempt that the
     * gateway did not answer is asked for again only where that is the same one; elsewhere a new one may take its place after
     * 30 seconds (`retryAt`). Throws payment.gateway_unavailable when none could be made (retry is safe).
     */
    async start(orderId: string, viewer: Viewer): Promise<PaymentView> {
      const order = await orders.requireOrder(db, orderId, viewer);
      requirePayable(order);
      for (let round = 0; round < 2; round++) {
        const { payment, isNew } = await open(order);
        if (isNew || mayRepeat(payment)) return viewOf(await ask(payment, order));
        if (round > 0 || !(await isOver(payment))) return viewOf((await repository.find(db, payment.id))!);
        requirePayable((await orders.find(db, orderId))!);
      }
      throw new AppError('payment.unknown');
    },

    /** For its buyer, who bears the order's link, or an admin; everybody else: payment.not_found. */
    async status(paymentId: string, viewer: Viewer | null, token?: string): Promise<PaymentView> {
      const payment = await repository.find(db, paymentId);
      if (!payment) throw new AppError('payment.not_found');
      await orders.requireOrder(db, payment.order_id, viewer, token).catch(() => {
        throw new AppError('payment.not_found');
      });
      return viewOf((await settle(payment)).payment);
    },
    async history(viewer: Viewer, query: { cursor?: string | undefined; limit: number }) {
      const rows = await repository.list(db, { userId: viewer.userId }, decodeCursor(query.cursor), query.limit + 1);
      return toPage(rows, query.limit, (row) => ({ at: row.created_at, id: row.id }), listedView);
    },
    /** The attempt an order's page shows. */
    async currentOf(order: OrderRow): Promise<PaymentView | null> {
      const payment = await repository.currentOf(db, order.id);
      return payment ? paymentView(payment, order) : null;
    },

    /**
     * Gives an unpaid order up. The gateway is asked first and told to cancel; money that came meanwhile wins
     * (order.already_paid), money that comes later goes to the review queue.
     */
    async cancelOrder(orderId: string, viewer: Viewer): Promise<OrderRow> {
      const order = await orders.requireOrder(db, orderId, viewer);
      if (order.status === 'cancelled') return order;
      requirePayable(order);
      const payment = await repository.liveOf(db, orderId);
      if (payment?.trans_id) {
        const looked = await settle(payment, { isUrgent: true });
        if (looked.payment.paid_satang === null && (await providerOf(payment.provider)?.cancel(payment.trans_id)))
          await settle(looked.payment, { isUrgent: true });
      }
      await db.transaction().execute(async (trx) => {
        const locked = (await orders.lock(trx, orderId))!;
        requirePayable(locked);
        await orders.close(trx, locked, 'cancelled');
      });
      return (await orders.find(db, orderId))!;
    },

    /** Looks at one payment for a job; throws when the gateway did not answer, so that the job comes again. */
    async check(paymentId: string): Promise<void> {
      const payment = await repository.find(db, paymentId);
      if (!payment) return;
      const { isAnswered } = await settle(payment, { isUrgent: true });
      if (!isAnswered) throw new AppError('payment.gateway_unavailable');
    },
    due: (now: Date, limit: number): Promise<string[]> => repository.due(db, now, limit),

    /** Ends an order whose time is over, after a last look at its payment. */
    async expireOrder(orderId: string): Promise<void> {
      const payment = await repository.liveOf(db, orderId);
      if (payment) {
        const { isAnswered } = await settle(payment, { isUrgent: true });
        if (!isAnswered) return;
      }
      await db.transaction().execute(async (trx) => {
        const order = await orders.lock(trx, orderId);
        if (!order || (await repository.openReviewOf(trx, orderId))) return;
        await orders.close(trx, order, 'expired');
      });
    },

    /** At boot: the state tables hold together and the database knows the same statuses. */
    async checkMachines(): Promise<void> {
      await checkMachine(db, orderMachine);
      await checkMachine(db, paymentMachine);
    },
  };
}

/** undefined when it takes longer. */
async function within<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
