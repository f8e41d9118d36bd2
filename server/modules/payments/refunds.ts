import { AppError } from '#contracts/errors.ts';
import type { RefundView } from '#contracts/http/payment.ts';
import type { Viewer } from '#server/http/viewer.ts';
import type { InvoicesService } from '#server/modules/invoices/service.ts';
import {
  isPaid,
  type MessageQueue,
  type OrderRow,
  type OrdersService,
  type Settings,
  type Terms,
  unlimitedIn,
} from '#server/modules/orders/service.ts';
import { post, reversalOf } from '#server/modules/revenue/ledger.ts';
import { audit } from '#server/platform/audit.ts';
import { type Clock, systemClock } from '#server/platform/clock.ts';
import { createBox } from '#server/platform/crypto.ts';
import { type Db, isUniqueViolation, type Trx } from '#server/platform/db.ts';
import { notify } from '#server/platform/notify.ts';
import { decodeCursor, toPage } from '#server/platform/pages.ts';
import type { PaymentProvider } from './providers/port.ts';
import * as repository from './refund-repository.ts';
import * as payments from './repository.ts';
import { release } from './reviews.ts';

export type RefundsService = ReturnType<typeof createRefundsService>;
export interface Payee {
  bankCode: string;
  accountName: string;
  accountNumber: string;
}
type Seller = Terms['seller'];
export interface RefundsDeps {
  db: Db;
  orders: OrdersService;
  invoices: InvoicesService;
  messages: MessageQueue;
  settings: Settings;
  /** To send money back the way it came, where the gateway can. */
  providerOf?: (name: string) => PaymentProvider | undefined;
  /** BANK_ENCRYPTION_KEY */
  bankSecret: string;
  clock?: Clock;
}

const refundView = (row: repository.RefundOfOrder): RefundView => ({
  id: row.id,
  orderId: row.order_id,
  orderNumber: row.number,
  status: row.status,
  amountSatang: row.amount_satang,
  reason: row.reason,
  photoIds: row.photo_ids,
  needsSecondApproval: row.status === 'requested' && row.decided_by !== null,
  decisionNote: row.decision_note,
  transferReference: row.transfer_reference,
  createdAt: row.created_at.toISOString(),
  decidedAt: row.decided_at?.toISOString() ?? null,
  transferredAt: row.transferred_at?.toISOString() ?? null,
});

/** requested -> (second approval above the limit) -> approved: booked, access withdrawn -> transferred with evidence. Or rejected. */
export function createRefundsService(deps: RefundsDeps) {
  const { db, orders, invoices, messages, settings } = deps;
  const clock = deps.clock ?? systemClock;
  const box = createBox(deps.bankSecret, 'refund-payee');

  const adminView = (row: repository.RefundOfOrder) => ({
    ...refundView(row),
    canSend: row.status === 'approved' && row.provider !== null && !!deps.providerOf?.(row.provider)?.refund,
    transferVia: row.transfer_via,
    email: row.email,
    orderTotalSatang: row.total_satang,
    decidedBy: row.decided_by,
    decidedByName: row.decided_by_name,
    secondApprover: row.second_approver,
    payee: row.payee_encrypted ? (JSON.parse(box.open(row.payee_encrypted)) as Payee) : null,
  });
  const oneView = async (id: string) => adminView((await repository.list(db, { ids: [id] }))[0]!);

  /** What refunding these items gives back, from the postings of the sale itself. Throws refund.not_allowed, refund.whole_package. */
  async function scopeOf(trx: Trx, order: OrderRow, itemIds: readonly string[] | undefined) {
    const left = (await orders.itemsOf(trx, order.id)).filter((item) => item.refunded_at === null);
    const chosen = itemIds ? left.filter((item) => itemIds.includes(item.id)) : left;
    if (chosen.length === 0 || (itemIds && chosen.length < new Set(itemIds).size))
      throw new AppError('refund.not_allowed');
    const unlimited = unlimitedIn(order, left, chosen);
    if (!unlimited.isWhole) throw new AppError('refund.whole_package');
    const isRest = chosen.length === left.length;
    const ids = chosen.map((item) => item.id);
    const postings = await reversalOf(trx, order.id, ids, isRest);
    const sumOf = (some: typeof postings) => some.reduce((sum, posting) => sum + posting.amountSatang, 0);
    const vatSatang = sumOf(postings.filter((posting) => posting.account === 'vat_output'));
    return { items: chosen, ids, isRest, postings, amountSatang: sumOf(postings), vatSatang, unlimited };
  }

  /** A surplus or second payment goes back: nothing that was sold is touched. */
  async function carryOutReturn(trx: Trx, paymentId: string): Promise<void> {
    await release(trx, (await payments.lock(trx, paymentId))!, 'refunds_payable');
  }
  /** Rejected by the second person: the money waits for another decision. */
  const reopen = (trx: Trx, paymentId: string) => payments.change(trx, paymentId, { review_resolution: null });

  /** Books the refund, takes the grants back and writes the credit note; under the locks of order and refund. */
  async function carryOut(trx: Trx, refund: repository.RefundRow, order: OrderRow, seller: Seller): Promise<void> {
    const scope = await scopeOf(trx, order, refund.order_item_ids);
    const { items, ids, isRest, postings, amountSatang, vatSatang } = scope;
    if (amountSatang !== refund.amount_satang) throw new AppError('resource.conflict', { amountSatang });
    await post(trx, {
      kind: 'refund',
      reference: refund.id,
      orderId: order.id,
      refundId: refund.id,
      description: order.number,
      postings: [...postings, { account: 'refunds_payable', amountSatang: -amountSatang }],
    });
    const at = clock.now();
    await orders.refundItems(trx, ids, at);
    await orders.withdrawTaken(trx, order.user_id, scope.unlimited.eventIds, at);
    const to = isRest ? 'refunded' : 'partially_refunded';
    if (order.status !== to && !(await orders.move(trx, order.id, to, at))) throw new AppError('order.transition');
    await notify(trx, order.user_id, { type: 'order.changed', orderId: order.id });
    await invoices.issueCreditNote(trx, { order, refundId: refund.id, items, amountSatang, vatSatang, seller, at });
  }

  async function tell(trx: Trx, order: OrderRow, refund: repository.RefundRow, status: 'approved' | 'rejected') {
    await messages.queue(trx, {
      template: 'refund.decided',
      dedupeKey: `refund.decided-${refund.id}`,
      userId: order.user_id,
      recipient: order.email,
      language: order.locale,
      payload: { orderNumber: order.number, status, amountSatang: refund.amount_satang },
    });
  }

  /** The payment that brought the money: of a return its own, else the one that paid the order. */
  async function paymentFor(refund: repository.RefundRow): Promise<payments.PaymentRow | undefined> {
    if (refund.payment_id) return payments.find(db, refund.payment_id);
    const sale = await db
      .selectFrom('ledger_transactions')
      .select('payment_id')
      .where('kind', '=', 'sale')
      .where('order_id', '=', refund.order_id)
      .executeTakeFirst();
    return sale?.payment_id ? payments.find(db, sale.payment_id) : undefined;
  }
  async function bookTransfer(
    trx: Trx,
    refund: repository.RefundRow,
    order: OrderRow,
    transferReference: string,
    via: 'bank' | 'gateway',
    actor: Viewer,
  ): Promise<void> {
    const { id, amount_satang: amountSatang } = refund;
    if (refund.status === 'transferred' && refund.transfer_reference === transferReference) return;
    if (refund.status !== 'approved') throw new AppError('refund.transition', { status: refund.status });
    const changes = { status: 'transferred' as const, transfer_reference: transferReference, transfer_via: via };
    await repository.change(trx, id, { ...changes, transferred_at: clock.now() });
    await post(trx, {
      kind: 'refund_transfer',
      reference: id,
      orderId: order.id,
      refundId: id,
      description: transferReference,
      postings: [
        { account: 'refunds_payable', amountSatang },
        { account: via === 'bank' ? 'bank' : 'gateway_clearing', amountSatang: -amountSatang },
      ],
    });
    const details = { transferReference, amountSatang, via };
    await audit(trx, {
      actorId: actor.userId,
      action: 'refund.transfer',
      subjectKind: 'refund',
      subjectId: id,
      details,
    });
  }

  /** Runs a step with order and refund locked; throws resource.not_found. */
  async function step(id: string, work: (trx: Trx, refund: repository.RefundRow, order: OrderRow) => Promise<void>) {
    const orderId = await repository.orderIdOf(db, id);
    if (!orderId) throw new AppError('resource.not_found');
    await db.transaction().execute(async (trx) => {
      const order = (await orders.lock(trx, orderId))!;
      await work(trx, await repository.lock(trx, id), order);
    });
    return oneView(id);
  }

  return {
    async request(
      viewer: Viewer,
      input: { orderId: string; reason: string; itemIds?: string[] | undefined; payee?: Payee | undefined },
    ): Promise<RefundView> {
      const { id: orderId } = await orders.requireOrder(db, input.orderId, viewer);
      const { requestWithinDays } = await settings.get('refunds');
      const id = await db.transaction().execute(async (trx) => {
        const order = (await orders.lock(trx, orderId))!;
        const age = clock.now().getTime() - (order.paid_at?.getTime() ?? 0);
        const isTooLate = age > requestWithinDays * 86_400_000 && viewer.role !== 'admin';
        if (!isPaid(order.status) || isTooLate) throw new AppError('refund.not_allowed');
        const scope = await scopeOf(trx, order, input.itemIds);
        if (scope.amountSatang <= 0) throw new AppError('refund.not_allowed');
        const refundId = await repository
          .insert(trx, {
            order_id: order.id,
            requested_by: viewer.userId,
            amount_satang: scope.amountSatang,
            reason: input.reason,
            order_item_ids: scope.ids,
            payee_encrypted: input.payee ? box.seal(JSON.stringify(input.payee)) : null,
          })
          .catch((error) => {
            if (isUniqueViolation(error, 'refunds_one_open')) throw new AppError('refund.exists');
            throw error;
          });
        await messages.queue(trx, {
          template: 'refund.requested',
          dedupeKey: `refund.requested-${refundId}`,
          userId: order.user_id,
          recipient: order.email,
          language: order.locale,
          payload: { orderNumber: order.number, amountSatang: scope.amountSatang },
        });
        return refundId;
      });
      return refundView((await repository.list(db, { ids: [id] }))[0]!);
    },

    async decide(id: string, decision: 'approve' | 'reject', actor: Viewer, note?: string) {
      const { twoPersonLimitSatang } = await settings.get('refunds');
      const { seller } = await orders.loadTerms();
      return step(id, async (trx, refund, order) => {
        if (refund.status !== 'requested') throw new AppError('refund.transition', { status: refund.status });
        const at = clock.now();
        const noted = note === undefined ? {} : { decision_note: note };
        const isSecond = refund.decided_by !== null;
        const details = { decision, amountSatang: refund.amount_satang, orderId: order.id };
        await audit(trx, {
          actorId: actor.userId,
          action: 'refund.decide',
          subjectKind: 'refund',
          subjectId: id,
          details,
        });
        if (decision === 'reject') {
          const by = isSecond ? {} : { decided_by: actor.userId };
          await repository.change(trx, id, { status: 'rejected', ...by, ...noted, decided_at: at });
          if (refund.payment_id) return reopen(trx, refund.payment_id);
          return tell(trx, order, refund, 'rejected');
        }
        const needsTwo = refund.amount_satang > twoPersonLimitSatang;
        if (needsTwo && isSecond && refund.decided_by === actor.userId) throw new AppError('refund.second_person');
        if (needsTwo && !isSecond) return repository.change(trx, id, { decided_by: actor.userId, ...noted });
        const by = isSecond ? { second_approver: actor.userId } : { decided_by: actor.userId };
        await repository.change(trx, id, { status: 'approved', ...by, ...noted, decided_at: at });
        if (refund.payment_id) return carryOutReturn(trx, refund.payment_id);
        await carryOut(trx, refund, order, seller);
        await tell(trx, order, refund, 'approved');
      });
    },

    /** The money was sent; the bank's reference is the evidence. */
    transfer: (id: string, transferReference: string, actor: Viewer) =>
      step(id, (trx, refund, order) => bookTransfer(trx, refund, order, transferReference, 'bank', actor)),

    /**
     * Sends the money back through the gateway it came by. The refund's id is the key, so that asking again after a lost
     * answer sends nothing twice. Throws refund.gateway (it cannot, or said no), payment.gateway_unavailable (try again).
     */
    async send(id: string, actor: Viewer) {
      const orderId = await repository.orderIdOf(db, id);
      const refund = orderId && (await repository.list(db, { ids: [id] }))[0];
      if (!refund) throw new AppError('resource.not_found');
      if (refund.status === 'transferred' && refund.transfer_via === 'gateway') return oneView(id);
      if (refund.status !== 'approved') throw new AppError('refund.transition', { status: refund.status });
      const payment = await paymentFor(refund);
      const provider = payment && deps.providerOf?.(payment.provider);
      if (!payment?.trans_id || !provider?.refund) throw new AppError('refund.gateway');
      const request = { transId: payment.trans_id, amountSatang: refund.amount_satang, key: refund.id };
      const answer = await provider.refund(request);
      if (answer.kind === 'unknown') throw new AppError('payment.gateway_unavailable');
      if (answer.kind === 'refused') throw new AppError('refund.gateway', { reason: answer.reason });
      return step(id, (trx, locked, order) => bookTransfer(trx, locked, order, answer.reference, 'gateway', actor));
    },

    async list(query: { cursor?: string | undefined; limit: number; status?: string | undefined }) {
      const after = decodeCursor(query.cursor);
      const rows = await repository.list(db, { status: query.status }, after, query.limit + 1);
      return toPage(rows, query.limit, (row) => ({ at: row.created_at, id: row.id }), adminView);
    },
    async ofOrder(orderId: string): Promise<RefundView[]> {
      return (await repository.list(db, { orderId })).map(refundView);
    },
  };
}
