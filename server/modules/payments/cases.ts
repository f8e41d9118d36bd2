import { randomBytes } from 'node:crypto';
import { AppError } from '#contracts/errors.ts';
import type { MoneyCaseView } from '#contracts/http/payment.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { isPaid, type OrdersService, type Settings, type Terms } from '#server/modules/orders/service.ts';
import { type AccountRef, post } from '#server/modules/revenue/ledger.ts';
import { audit } from '#server/platform/audit.ts';
import { type Clock, systemClock } from '#server/platform/clock.ts';
import { createBox } from '#server/platform/crypto.ts';
import type { Db, Trx } from '#server/platform/db.ts';
import { checkMachine } from '#server/platform/machine.ts';
import { notify } from '#server/platform/notify.ts';
import { decodeCursor, toPage } from '#server/platform/pages.ts';
import { actionsFor, type CaseAction, type CaseOutcome, caseMachine, needsTwo } from './case-machine.ts';
import * as repository from './case-repository.ts';
import { lockMoney } from './holding.ts';
import type { Payee } from './refunds.ts';
import type { PaymentsService } from './service.ts';

export type CasesService = ReturnType<typeof createCasesService>;
export interface CaseDecision {
  action: CaseAction;
  note?: string | undefined;
  /** attach: number or id of the order. */
  order?: string | undefined;
  /** return: where the money goes. */
  payee?: Payee | undefined;
}

/** Read before a transaction is opened. */
interface Limits {
  terms: Terms;
  writeOffLimitSatang: number;
}

export function createCasesService(deps: {
  db: Db;
  orders: OrdersService;
  payments: Pick<PaymentsService, 'endLive'>;
  settings: Settings;
  /** BANK_ENCRYPTION_KEY */
  bankSecret: string;
  clock?: Clock;
}) {
  const { db, orders, payments, settings } = deps;
  const clock = deps.clock ?? systemClock;
  const box = createBox(deps.bankSecret, 'refund-payee');

  const view = (row: repository.CaseDetail): MoneyCaseView => ({
    id: row.id,
    kind: row.kind,
    provider: row.provider,
    transId: row.trans_id,
    paymentId: row.payment_id,
    orderId: row.shown_order_id,
    orderNumber: row.order_number,
    amountSatang: row.amount_satang,
    differenceSatang: row.difference_satang,
    status: row.status,
    outcome: row.action,
    needsSecondApproval: row.proposed_by !== null && (row.status === 'open' || row.status === 'parked'),
    proposedBy: row.proposed_by_name,
    actions: actionsFor(row.kind, row.status),
    note: row.note,
    payee: row.payee_encrypted ? (JSON.parse(box.open(row.payee_encrypted)) as Payee) : null,
    transferReference: row.transfer_reference,
    source: row.source,
    arrivedAt: row.arrived_at?.toISOString() ?? null,
    openedAt: row.opened_at.toISOString(),
    resolvedAt: row.resolved_at?.toISOString() ?? null,
  });
  const oneView = async (id: string) => view((await repository.listCases(db, { ids: [id] }))[0]!);

  const book = (
    trx: Trx,
    row: repository.CaseRow,
    from: AccountRef,
    to: AccountRef,
    amountSatang: number,
    what: string,
  ) =>
    post(trx, {
      kind: what === 'transfer' ? 'refund_transfer' : 'review',
      reference: `case-${row.id}-${what}`,
      paymentId: row.payment_id,
      description: `${row.kind} ${what}`,
      postings: [
        { account: from, amountSatang: -amountSatang },
        { account: to, amountSatang },
      ],
    });

  /** Makes the held money the payment of an order. What is left of it stays held, as a surplus to decide about. */
  async function attach(
    trx: Trx,
    row: repository.CaseRow,
    orderId: string,
    { terms, writeOffLimitSatang }: Limits,
  ): Promise<string> {
    const order = (await orders.lock(trx, orderId))!;
    if (order.paid_at || isPaid(order.status)) throw new AppError('order.already_paid');
    const missing = order.total_satang - row.amount_satang;
    if (missing > writeOffLimitSatang) throw new AppError('case.too_little', { missingSatang: missing });
    const isOver = row.amount_satang - order.total_satang > 99;
    const applied = isOver ? order.total_satang : row.amount_satang;
    const taken =
      row.trans_id === null ||
      (await trx
        .selectFrom('payments')
        .select('id')
        .where('provider', '=', row.provider)
        .where('trans_id', '=', row.trans_id)
        .executeTakeFirst());
    const payment = await trx
      .insertInto('payments')
      .values({
        order_id: order.id,
        provider: row.provider,
        status: 'paid',
        ref1: randomBytes(10).toString('hex').toUpperCase(),
        trans_id: taken ? `case-${row.id}` : row.trans_id,
        requested_satang: Math.max(1, order.total_satang),
        payable_satang: Math.max(1, applied),
        paid_satang: row.amount_satang,
        review: isOver ? 'overpaid' : null,
        paid_at: clock.now(),
        created_at: clock.now(),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await orders.fulfil(trx, order, { paymentId: payment.id, paidSatang: applied, from: 'suspense' }, terms);
    if (row.bank_row_id)
      await trx
        .updateTable('bank_rows')
        .set({ payment_id: payment.id, status: 'matched' })
        .where('id', '=', row.bank_row_id)
        .execute();
    await notify(trx, order.user_id, { type: 'payment.paid', orderId: order.id, paymentId: payment.id });
    return payment.id;
  }

  async function orderIdOf(text: string | undefined): Promise<string> {
    const isId = /^[0-9a-f-]{36}$/i.test(text ?? '');
    const query = db.selectFrom('orders').select('id');
    const row = await (isId
      ? query.where('id', '=', text!)
      : query.where('number', '=', (text ?? '').toUpperCase())
    ).executeTakeFirst();
    if (!row) throw new AppError('order.not_found');
    return row.id;
  }

  /** What an action books. */
  async function carryOut(
    trx: Trx,
    row: repository.CaseRow,
    decision: CaseDecision,
    orderId: string | undefined,
    limits: Limits,
  ) {
    const amount = row.amount_satang;
    switch (decision.action) {
      case 'attach':
        return { payment_id: await attach(trx, row, orderId!, limits), order_id: orderId! };
      case 'return':
        await book(trx, row, 'refunds_payable', 'suspense', amount, 'return');
        return {};
      case 'income':
        await book(trx, row, 'satang_extra', 'suspense', amount, 'income');
        return {};
      case 'confirm':
        await book(trx, row, 'gateway_clearing', 'bank', amount, 'confirm');
        return {};
      case 'write_off':
        if (row.kind === 'bank_missing') await book(trx, row, 'gateway_clearing', 'losses', amount, 'write_off');
        else if (row.difference_satang > 0) await book(trx, row, 'suspense', 'gateway_fees', amount, 'write_off');
        else await book(trx, row, 'satang_extra', 'suspense', amount, 'write_off');
        return {};
      case 'park':
        return {};
    }
  }

  return {
    checkMachines: () => checkMachine(db, caseMachine),

    async list(query: { cursor?: string | undefined; limit: number; status?: string | undefined }) {
      const after = decodeCursor(query.cursor);
      const rows = await repository.listCases(db, { status: query.status }, after, query.limit + 1);
      return toPage(rows, query.limit, (row) => ({ at: row.opened_at, id: row.id }), view);
    },

    /**
     * One decision, one effect, with its audit line in the same transaction. Money that leaves or is given up above the limit
     * needs the same decision by a second person. Throws resource.not_found, case.transition, case.too_little,
     * refund.second_person, order.not_found, order.already_paid.
     */
    async resolve(id: string, decision: CaseDecision, actor: Viewer): Promise<MoneyCaseView> {
      const terms = await orders.loadTerms();
      const { twoPersonLimitSatang } = await settings.get('refunds');
      const { writeOffLimitSatang } = await settings.get('reconciliation');
      const orderId = decision.action === 'attach' ? await orderIdOf(decision.order) : undefined;
      const before = await db
        .selectFrom('money_cases')
        .select(['provider', 'trans_id'])
        .where('id', '=', id)
        .executeTakeFirst();
      if (!before) throw new AppError('resource.not_found');
      await db.transaction().execute(async (trx) => {
        // In the order in which a settlement locks them: order, then the money's id, then the case.
        if (orderId) await orders.lock(trx, orderId);
        if (before.trans_id) await lockMoney(trx, before.provider, before.trans_id);
        const row = (await repository.lockCase(trx, id))!;
        const { action } = decision;
        if (!actionsFor(row.kind, row.status).includes(action))
          throw new AppError('case.transition', { status: row.status, action });
        const note = decision.note ? { note: decision.note } : {};
        const payee = decision.payee ? { payee_encrypted: box.seal(JSON.stringify(decision.payee)) } : {};
        const details = {
          action,
          kind: row.kind,
          amountSatang: row.amount_satang,
          ...(orderId && { orderId }),
          ...note,
        };
        const log = (step: string) =>
          audit(trx, { actorId: actor.userId, action: step, subjectKind: 'money_case', subjectId: id, details });
        const isSeconded = row.proposed_by !== null && row.action === action && row.proposed_by !== actor.userId;
        if (needsTwo(action, row.amount_satang, { twoPersonLimitSatang, writeOffLimitSatang }) && !isSeconded) {
          if (row.proposed_by === actor.userId && row.action === action) throw new AppError('refund.second_person');
          await repository.changeCase(trx, id, {
            action: action as CaseOutcome,
            proposed_by: actor.userId,
            ...note,
            ...payee,
          });
          return log('money_case.propose');
        }
        const more = await carryOut(trx, row, decision, orderId, { terms, writeOffLimitSatang });
        const at = clock.now();
        const who = { decided_by: actor.userId, decided_at: at, ...note, ...payee };
        const moved =
          action === 'park'
            ? await repository.moveCase(trx, id, 'parked', { ...who, action: null, proposed_by: null })
            : action === 'return'
              ? await repository.moveCase(trx, id, 'returning', { ...who, action })
              : await repository.moveCase(trx, id, 'resolved', { ...who, ...more, action, resolved_at: at });
        if (!moved) throw new AppError('case.transition', { status: row.status, action });
        return log('money_case.resolve');
      });
      // The buyer may still have a QR on the screen: not to be paid any more. What comes all the same is a duplicate in the queue.
      if (orderId) await payments.endLive(orderId);
      return oneView(id);
    },

    /** The money was sent back; the bank's reference is the evidence. The same reference again changes nothing. */
    async transfer(id: string, transferReference: string, actor: Viewer): Promise<MoneyCaseView> {
      await db.transaction().execute(async (trx) => {
        const row = await repository.lockCase(trx, id);
        if (!row) throw new AppError('resource.not_found');
        if (row.status === 'resolved' && row.action === 'return' && row.transfer_reference === transferReference)
          return;
        if (row.status !== 'returning') throw new AppError('case.transition', { status: row.status });
        await book(trx, row, 'bank', 'refunds_payable', row.amount_satang, 'transfer');
        const changes = { transfer_reference: transferReference, resolved_at: clock.now() };
        await repository.moveCase(trx, id, 'resolved', changes);
        const details = { transferReference, amountSatang: row.amount_satang };
        await audit(trx, {
          actorId: actor.userId,
          action: 'money_case.transfer',
          subjectKind: 'money_case',
          subjectId: id,
          details,
        });
      });
      return oneView(id);
    },
  };
}
