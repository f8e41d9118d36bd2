import { sql } from 'kysely';
import type { OrdersService, Settings } from '#server/modules/orders/service.ts';
import { balanceOf, post } from '#server/modules/revenue/ledger.ts';
import { type Clock, systemClock } from '#server/platform/clock.ts';
import type { Db, Trx } from '#server/platform/db.ts';
import type { Logger } from '#server/platform/logger.ts';
import { decodeCursor, toPage } from '#server/platform/pages.ts';
import * as bank from './bank-repository.ts';
import { type CaseRow, moveCase, openCase } from './case-repository.ts';
import { lockMoney } from './holding.ts';
import type { PaymentProvider } from './providers/port.ts';
import * as payments from './repository.ts';
import type { PaymentsService } from './service.ts';

export type ReconcileService = ReturnType<typeof createReconcileService>;
export interface ReconcileResult {
  provider: string;
  /** Rows not seen before. */
  rows: number;
  matched: number;
  held: number;
  missing: number;
  error: string | null;
}
type Outcome = 'matched' | 'held' | 'waits';
type Terms = { feeBp: number; feeSatang: number; overdueHours: number };
/** A row that fits nothing yet waits this long for its payment to be heard of, then it is held. */
const graceMs = 10 * 60_000;
const batch = 1_000;
/** Gateway and bank tell of the same money within a day. */
const sameMoneyMs = 24 * 3600_000;

/**
 * Brings together what the gateway said and what the bank shows. Every row of the feed ends at a payment or as a case, every
 * payment at a row or as a case; the money moves from the gateway's clearing account to the bank, once.
 */
export function createReconcileService(deps: {
  db: Db;
  orders: OrdersService;
  payments: PaymentsService;
  settings: Settings;
  logger: Logger;
  clock?: Clock;
}) {
  const { db, orders, settings, logger } = deps;
  const clock = deps.clock ?? systemClock;

  /** The payment a row belongs to, looked at with the gateway first when we did not know that it was paid. */
  async function paymentOf(provider: PaymentProvider, row: bank.StoredRow): Promise<payments.PaymentRow | undefined> {
    let found = row.trans_id ? await payments.findByTransId(db, provider.name, row.trans_id) : undefined;
    if (!found && row.trans_id) {
      const answer = await provider.check(row.trans_id);
      const byRef =
        answer.kind === 'found' && answer.ref1 ? await payments.findByRef(db, provider.name, answer.ref1) : undefined;
      if (byRef?.trans_id === null) {
        await payments.adoptTransId(db, byRef.id, row.trans_id);
        found = await payments.find(db, byRef.id);
      }
    } else if (!found) {
      const ids = await bank.candidates(db, row);
      found = ids.length === 1 ? await payments.find(db, ids[0]!) : undefined;
    }
    if (!found || found.paid_satang !== null) return found;
    return (await deps.payments.settle(found, { isUrgent: true })).payment;
  }

  /** What the bank got, what the gateway kept, and what neither explains. */
  const partsOf = (row: bank.StoredRow, paidSatang: number, terms: Terms) => {
    const expected = Math.round((paidSatang * terms.feeBp) / 10_000) + terms.feeSatang;
    const unexplained = paidSatang - row.amount_satang - row.fee_satang;
    const feeSatang = row.fee_satang === 0 && expected > 0 && unexplained === expected ? expected : row.fee_satang;
    return { feeSatang, differenceSatang: paidSatang - row.amount_satang - feeSatang };
  };

  /** The case a payment's missing row has, and what was decided about it meanwhile. */
  async function missingCase(trx: Trx, paymentId: string): Promise<CaseRow | undefined> {
    const query = trx.selectFrom('money_cases').selectAll().where('kind', '=', 'bank_missing');
    return (await query.where('payment_id', '=', paymentId).forUpdate().executeTakeFirst()) as CaseRow | undefined;
  }
  async function heldCase(trx: Trx, rowId: string) {
    const query = trx.selectFrom('money_cases').select(['id', 'status']).where('bank_row_id', '=', rowId);
    return query.where('kind', '=', 'bank_unmatched').forUpdate().executeTakeFirst();
  }
  /** Books a row to its payment; false when the payment has another row already. */
  async function match(rowId: string, payment: payments.PaymentRow, terms: Terms): Promise<boolean> {
    return db.transaction().execute(async (trx) => {
      await orders.lock(trx, payment.order_id);
      const paid = (await payments.lock(trx, payment.id))!;
      const held = await heldCase(trx, rowId);
      const row = await bank.lockRow(trx, rowId);
      if (row.status === 'matched') return true;
      // A person was faster: what they decided about the money stands.
      if (row.status === 'held' && held?.status !== 'open' && held?.status !== 'parked') return false;
      if (paid.paid_satang === null || (await bank.rowOfPayment(trx, paid.id))) return false;
      const missing = await missingCase(trx, paid.id);
      const { feeSatang, differenceSatang } = partsOf(row, paid.paid_satang, terms);
      // Where the money stands so far: at the gateway, or where a person has put it when it seemed lost.
      const credit =
        missing?.action === 'confirm'
          ? 'bank'
          : missing?.action === 'write_off' && missing.status === 'resolved'
            ? 'losses'
            : 'gateway_clearing';
      const debit = row.status === 'held' ? 'suspense' : 'bank';
      await post(trx, {
        kind: 'settlement',
        reference: paid.id,
        paymentId: paid.id,
        orderId: paid.order_id,
        description: row.source,
        postings: [
          { account: debit, amountSatang: row.amount_satang },
          { account: 'gateway_fees', amountSatang: feeSatang },
          { account: 'suspense', amountSatang: differenceSatang },
          { account: credit, amountSatang: -paid.paid_satang },
        ],
      });
      const at = clock.now();
      await bank.changeRow(trx, row.id, { status: 'matched', payment_id: paid.id });
      const end = { resolved_at: at, decided_at: at };
      if (missing && missing.status !== 'resolved')
        await moveCase(trx, missing.id, 'resolved', { ...end, action: 'arrived' });
      if (held) await moveCase(trx, held.id, 'resolved', { ...end, action: 'same_money', payment_id: paid.id });
      const about = { reference: paid.id, payment_id: paid.id, trans_id: paid.trans_id };
      if (differenceSatang !== 0) await openDifference(trx, row, about, differenceSatang);
      return true;
    });
  }
  /** What the bank shows differs from what the gateway said, by more than a known fee: a person looks at it. */
  const openDifference = (
    trx: Trx,
    row: bank.StoredRow,
    about: Pick<CaseRow, 'reference' | 'payment_id' | 'trans_id'>,
    differenceSatang: number,
  ) =>
    openCase(trx, {
      ...about,
      kind: 'bank_differs',
      provider: row.provider,
      bank_row_id: row.id,
      amount_satang: Math.abs(differenceSatang),
      difference_satang: differenceSatang,
      opened_at: clock.now(),
    });

  /**
   * The case of the same money, told of by the gateway and not yet seen at the bank: by the gateway's id; of a row without one by
   * its satang, if exactly one fits.
   */
  async function toldCase(trx: Trx, row: bank.StoredRow): Promise<Pick<CaseRow, 'id' | 'amount_satang'> | undefined> {
    const query = trx
      .selectFrom('money_cases')
      .select(['id', 'amount_satang'])
      .where('provider', '=', row.provider)
      .where('kind', '=', 'gateway_unmatched')
      .where('bank_row_id', 'is', null)
      // Attached to an order, it is a payment's by now, and so is its row.
      .where('payment_id', 'is', null);
    const isSame = row.trans_id
      ? query.where('trans_id', '=', row.trans_id)
      : query
          .where('amount_satang', '=', row.amount_satang)
          .where('opened_at', '>', new Date(row.arrived_at.getTime() - sameMoneyMs))
          .where('opened_at', '<', new Date(row.arrived_at.getTime() + sameMoneyMs));
    const found = await isSame.limit(2).forUpdate().execute();
    return found.length === 1 ? found[0] : undefined;
  }

  /**
   * Money on the account that no payment explains: held, and a case. Where a webhook told of the same money, before or after, it
   * has its case: the row moves it to the bank, whatever the gateway has kept of it, and a case that the row had ends.
   */
  async function hold(rowId: string, payment: payments.PaymentRow | undefined, terms: Terms): Promise<Outcome> {
    return db.transaction().execute(async (trx): Promise<Outcome> => {
      const { trans_id: transId, provider } = await trx
        .selectFrom('bank_rows')
        .select(['trans_id', 'provider'])
        .where('id', '=', rowId)
        .executeTakeFirstOrThrow();
      if (transId) await lockMoney(trx, provider, transId);
      const held = await heldCase(trx, rowId);
      const row = await bank.lockRow(trx, rowId);
      const isHeld = row.status === 'held';
      if (row.status === 'matched' || (isHeld && held?.status !== 'open' && held?.status !== 'parked')) return 'waits';
      const told = await toldCase(trx, row);
      if (isHeld && !told) return 'waits';
      const { feeSatang, differenceSatang } = told
        ? partsOf(row, told.amount_satang, terms)
        : { feeSatang: 0, differenceSatang: 0 };
      await post(trx, {
        kind: 'settlement',
        reference: `row-${row.id}${isHeld ? '-told' : ''}`,
        description: row.source,
        postings: [
          { account: isHeld ? 'suspense' : 'bank', amountSatang: row.amount_satang },
          { account: 'gateway_fees', amountSatang: feeSatang },
          { account: 'suspense', amountSatang: differenceSatang },
          told
            ? { account: 'gateway_clearing', amountSatang: -told.amount_satang }
            : { account: 'suspense', amountSatang: -row.amount_satang },
        ],
      });
      await bank.changeRow(trx, row.id, { status: told ? 'matched' : 'held' });
      if (told) {
        await trx.updateTable('money_cases').set({ bank_row_id: row.id }).where('id', '=', told.id).execute();
        const at = clock.now();
        if (held) await moveCase(trx, held.id, 'resolved', { action: 'same_money', resolved_at: at, decided_at: at });
        const about = { reference: `case-${told.id}`, payment_id: null, trans_id: transId };
        if (differenceSatang !== 0) await openDifference(trx, row, about, differenceSatang);
        return 'matched';
      }
      await openCase(trx, {
        kind: 'bank_unmatched',
        provider: row.provider,
        reference: row.id,
        trans_id: transId,
        payment_id: payment?.id ?? null,
        bank_row_id: row.id,
        amount_satang: row.amount_satang,
        opened_at: clock.now(),
      });
      return 'held';
    });
  }

  async function matchRow(provider: PaymentProvider, row: bank.StoredRow, terms: Terms): Promise<Outcome> {
    const payment = await paymentOf(provider, row);
    const isFree = payment?.paid_satang != null && !(await bank.rowOfPayment(db, payment.id));
    if (isFree && (await match(row.id, payment, terms))) return 'matched';
    const isSecond = payment?.paid_satang != null;
    if (!isSecond && clock.now().getTime() - row.first_seen_at.getTime() < graceMs) return 'waits';
    return hold(row.id, payment, terms);
  }

  async function findMissing(provider: string, overdueHours: number): Promise<number> {
    const now = clock.now();
    const rows = await bank.overdue(db, provider, new Date(now.getTime() - overdueHours * 3600_000), batch);
    for (const row of rows) {
      await db.transaction().execute(async (trx) => {
        await payments.lock(trx, row.id);
        if (await bank.rowOfPayment(trx, row.id)) return;
        await openCase(trx, {
          kind: 'bank_missing',
          provider,
          reference: row.id,
          trans_id: row.trans_id,
          payment_id: row.id,
          order_id: row.order_id,
          amount_satang: row.paid_satang!,
          opened_at: now,
        });
      });
    }
    return rows.length;
  }

  async function reconcile(provider: PaymentProvider): Promise<ReconcileResult> {
    const result: ReconcileResult = { provider: provider.name, rows: 0, matched: 0, held: 0, missing: 0, error: null };
    const answer = await provider.bankFeed!();
    const now = clock.now();
    if (answer.kind === 'unknown') {
      await bank.noteFailure(db, provider.name, now, answer.reason);
      logger.warn({ provider: provider.name, reason: answer.reason }, 'the bank feed did not answer');
      return { ...result, error: answer.reason };
    }
    const terms = await settings.get('reconciliation');
    result.rows = await bank.storeRows(db, provider.name, answer.rows, now);
    await bank.noteRead(db, provider.name, now);
    for (const row of await bank.openRows(db, provider.name, batch)) {
      const outcome = await matchRow(provider, row, terms);
      if (outcome !== 'waits') result[outcome]++;
    }
    result.missing = await findMissing(provider.name, terms.overdueHours);
    logger.info(result, 'bank feed reconciled');
    return result;
  }

  return {
    /** Reads every feed there is and does what follows; as often and as parallel as one likes. */
    async run(): Promise<ReconcileResult[]> {
      const results: ReconcileResult[] = [];
      for (const provider of deps.payments.providers) if (provider.bankFeed) results.push(await reconcile(provider));
      return results;
    },
    /** What an admin sees: the accounts between gateway and bank, the feeds, and what waits for a person. */
    async overview() {
      const accounts = ['gateway_clearing', 'bank', 'suspense', 'refunds_payable', 'gateway_fees', 'losses'] as const;
      const balances = await Promise.all(accounts.map((account) => balanceOf(db, account)));
      const feeds = await db.selectFrom('bank_feeds').selectAll().execute();
      const { rows } = await sql<{
        cases: number;
        reviews: number;
        returning: number;
        rows: number;
        webhooks: number;
      }>`select
        (select count(*)::int from money_cases where status = 'open') as cases,
        (select count(*)::int from money_cases where status = 'returning') as returning,
        (select count(*)::int from payments where review is not null and review_resolution is null) as reviews,
        (select count(*)::int from bank_rows where status = 'new') as rows,
        (select count(*)::int from payment_webhooks where status = 'received') as webhooks`.execute(db);
      return {
        feeds: deps.payments.providers.map((provider) => {
          const feed = feeds.find((each) => each.provider === provider.name);
          return {
            provider: provider.name,
            hasFeed: provider.bankFeed !== undefined,
            firstReadAt: feed?.first_read_at.toISOString() ?? null,
            lastReadAt: feed?.last_read_at.toISOString() ?? null,
            lastError: feed?.last_error ?? null,
          };
        }),
        balances: accounts.map((account, index) => ({ account, balanceSatang: balances[index]! })),
        waiting: rows[0]!,
      };
    },
    async rows(query: { cursor?: string | undefined; limit: number; status?: string | undefined }) {
      const rows = await bank.listRows(db, query, decodeCursor(query.cursor), query.limit + 1);
      return toPage(
        rows,
        query.limit,
        (row) => ({ at: row.arrived_at, id: row.id }),
        (row) => ({
          id: row.id,
          provider: row.provider,
          transId: row.trans_id,
          amountSatang: row.amount_satang,
          feeSatang: row.fee_satang,
          source: row.source,
          status: row.status as bank.StoredRow['status'],
          orderId: row.order_id,
          orderNumber: row.order_number,
          arrivedAt: row.arrived_at.toISOString(),
        }),
      );
    },
  };
}
