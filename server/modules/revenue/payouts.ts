import { sql } from 'kysely';
import { AppError } from '#contracts/errors.ts';
import type { PayoutView } from '#contracts/http/revenue.ts';
import type { SettingValue } from '#contracts/settings.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { audit } from '#server/platform/audit.ts';
import { type Clock, systemClock } from '#server/platform/clock.ts';
import type { Db, Trx } from '#server/platform/db.ts';
import { canGo } from '#server/platform/machine.ts';
import { decodeCursor, toPage } from '#server/platform/pages.ts';
import { type LedgerEntry, type Posting, post } from './ledger.ts';
import { nextCertificate, payeeTax, type TaxSnapshot } from './payee-tax.ts';
import { defaultAccountOf, type PayeeKind } from './payees.ts';
import { createDrafts, type PayoutTerms } from './payout-drafts.ts';
import { createPayoutFiles } from './payout-files.ts';
import { batchRows, type PayoutRow, type PayoutStatus, payoutMachine, payoutRows, payoutView } from './payout-rows.ts';
import { bangkokDay } from './reports.ts';

export interface PayoutsDeps {
  db: Db;
  settings: { get<K extends 'payouts' | 'seller'>(key: K): Promise<SettingValue<K>> };
  messages: {
    queue(
      trx: Trx,
      message: {
        template: 'payout.paid' | 'payout.failed';
        dedupeKey: string;
        userId: string | null;
        recipient: string;
        language: 'th' | 'en';
        payload: Record<string, string | number>;
      },
    ): Promise<void>;
  };
  /** BANK_ENCRYPTION_KEY: opens accounts for the bank's file. */
  bankSecret: string;
  clock?: Clock;
}
export interface Transfer {
  transferReference: string;
  transferredOn?: string | undefined;
  note?: string | undefined;
}

/**
 * Payouts: draft (payout-drafts.ts: postings set aside) -> approved, above a limit by two persons -> in the bank's file
 * (payout-files.ts) -> paid with the bank's reference (booked), or failed (booked back). Less than the minimum, and less than
 * nothing, is carried on.
 */
export function createPayouts(deps: PayoutsDeps) {
  const { db, settings, messages } = deps;
  const clock = deps.clock ?? systemClock;
  const { createBatch } = createDrafts({ db, settings, clock });
  const { bankFile } = createPayoutFiles({ db, settings, bankSecret: deps.bankSecret, clock });
  const one = async (trx: Trx, id: string) => payoutView((await payoutRows(trx, { ids: [id] }, 1))[0]!);

  /** Runs a step with the payout's row locked; `work` answers the status it moves to. Throws resource.not_found. */
  const step = (id: string, actor: Viewer, work: (trx: Trx, row: PayoutRow) => Promise<PayoutStatus | undefined>) =>
    db.transaction().execute(async (trx) => {
      await trx.selectFrom('payouts').select('id').where('id', '=', id).forUpdate().execute();
      const [row] = await payoutRows(trx, { ids: [id] }, 1);
      if (!row) throw new AppError('resource.not_found');
      const to = await work(trx, row);
      if (!to) return one(trx, id);
      await trx
        .updateTable('payouts')
        .set({ status: to, updated_at: clock.now() })
        .where('id', '=', id)
        .where('status', '=', row.status)
        .execute();
      await audit(trx, {
        actorId: actor.userId,
        action: `payout.${to}`,
        subjectKind: 'payout',
        subjectId: id,
        details: { netSatang: row.net_satang, number: row.number },
      });
      return one(trx, id);
    });
  function requireWay(row: PayoutRow, to: PayoutStatus): void {
    if (!canGo(payoutMachine, row.status as PayoutStatus, to))
      throw new AppError('payout.transition', { status: row.status });
  }

  function book(trx: Trx, row: PayoutRow, description: string, isReturn: boolean): Promise<void> {
    const account = row.photographer_id ? { photographerId: row.photographer_id } : { organizerId: row.organizer_id! };
    const sign = isReturn ? -1 : 1;
    const postings: Posting[] = [
      { account, amountSatang: sign * row.gross_satang },
      { account: 'withholding_tax', amountSatang: -sign * row.withholding_satang },
      { account: 'bank', amountSatang: -sign * row.net_satang },
    ];
    const reference = isReturn ? `${row.id}-returned` : row.id;
    const entry: LedgerEntry = { kind: 'payout', reference, payoutId: row.id, description, postings };
    return post(trx, entry);
  }
  async function tell(trx: Trx, row: PayoutRow, template: 'payout.paid' | 'payout.failed', reason = ''): Promise<void> {
    const table = row.photographer_id ? 'photographers' : 'organizers';
    const user = await trx
      .selectFrom(table)
      .innerJoin('users', 'users.id', `${table}.user_id`)
      .select(['users.id', 'users.email', 'users.locale'])
      .where(`${table}.id`, '=', (row.photographer_id ?? row.organizer_id)!)
      .executeTakeFirst();
    if (!user) return;
    const payload = { amountSatang: row.net_satang, number: row.number, reason };
    await messages.queue(trx, {
      template,
      dedupeKey: `${template}-${row.id}`,
      userId: user.id,
      recipient: user.email,
      language: user.locale as 'th' | 'en',
      payload,
    });
  }

  const approve = (id: string, actor: Viewer, terms: PayoutTerms) =>
    step(id, actor, async (trx, row) => {
      requireWay(row, 'approved');
      const at = clock.now();
      const isFirst = row.approved_by === null;
      if (row.gross_satang > terms.twoPersonLimitSatang && isFirst) {
        await trx.updateTable('payouts').set({ approved_by: actor.userId }).where('id', '=', id).execute();
        const details = { netSatang: row.net_satang, number: row.number };
        await audit(trx, {
          actorId: actor.userId,
          action: 'payout.first_approval',
          subjectKind: 'payout',
          subjectId: id,
          details,
        });
        return undefined;
      }
      if (!isFirst && row.approved_by === actor.userId) throw new AppError('payout.second_person');
      // Somebody who told the account only after the draft is paid all the same.
      const payeeUser = await trx
        .selectFrom(row.photographer_id ? 'photographers' : 'organizers')
        .select('user_id')
        .where('id', '=', (row.photographer_id ?? row.organizer_id)!)
        .executeTakeFirst();
      const bankId = row.bank_account_id ?? (await defaultAccountOf(trx, payeeUser?.user_id ?? null))?.id ?? null;
      const by = isFirst ? { approved_by: actor.userId } : { second_approver: actor.userId };
      await trx
        .updateTable('payouts')
        .set({ ...by, approved_at: at, bank_account_id: bankId })
        .where('id', '=', id)
        .execute();
      return 'approved';
    });

  async function pay(id: string, transfer: Transfer, actor: Viewer): Promise<PayoutView> {
    const seller = await settings.get('seller');
    const terms = await settings.get('payouts');
    return step(id, actor, async (trx, row) => {
      if (row.status === 'paid' && row.transfer_reference === transfer.transferReference) return undefined;
      requireWay(row, 'paid');
      const now = clock.now();
      const paidOn = transfer.transferredOn ?? bangkokDay(now);
      const kind = row.photographer_id ? 'photographer' : 'organizer';
      const tax = await payeeTax(trx, kind, (row.photographer_id ?? row.organizer_id)!);
      const snapshot: TaxSnapshot = {
        legalName: tax.legalName ?? tax.displayName,
        taxId: tax.taxId,
        address: tax.address,
        isJuristic: tax.isJuristic,
        income: tax.withholdingIncome,
        rateBp: (row.tax as Partial<TaxSnapshot>).rateBp ?? terms.withholdingBp,
        payer: { name: seller.name, address: seller.address, taxId: seller.taxId, branch: seller.branch },
      };
      const certificate = row.withholding_satang > 0 ? await nextCertificate(trx, paidOn.slice(0, 4)) : undefined;
      await trx
        .updateTable('payouts')
        .set({
          transfer_reference: transfer.transferReference,
          transferred_on: sql<Date>`${paidOn}::date`,
          note: transfer.note ?? null,
          paid_at: now,
          tax: JSON.stringify(snapshot),
          certificate_series: certificate?.series ?? null,
          certificate_sequence: certificate?.sequence ?? null,
        })
        .where('id', '=', id)
        .execute();
      await book(trx, row, transfer.transferReference, false);
      await tell(trx, row, 'payout.paid');
      return 'paid';
    });
  }

  /** Each in a transaction of its own, so that a repeat after a crash goes on with the rest. */
  async function each(batchId: string, isDue: (row: PayoutRow) => boolean, work: (id: string) => Promise<PayoutView>) {
    let done = 0;
    for (const row of (await batchRows(db, batchId)).filter(isDue)) {
      try {
        await work(row.id);
        done++;
      } catch (error) {
        // Another admin was faster, or has to approve too: those stay as they are.
        if (!(error instanceof AppError && /^payout\./.test(error.code))) throw error;
      }
    }
    return { done, items: (await batchRows(db, batchId)).map(payoutView) };
  }

  return {
    createBatch,
    bankFile,
    approve: async (id: string, actor: Viewer) => approve(id, actor, await settings.get('payouts')),
    async approveBatch(batchId: string, actor: Viewer) {
      const terms = await settings.get('payouts');
      const isMine = (row: PayoutRow) => row.status === 'draft' && row.approved_by !== actor.userId;
      return each(batchId, isMine, (id) => approve(id, actor, terms));
    },
    /** Books the transfer; the same reference again answers the paid payout. */
    pay,
    payBatch: (batchId: string, transfer: Transfer, actor: Viewer) =>
      each(
        batchId,
        (row) => row.status === 'approved' && row.exported_at !== null,
        (id) => pay(id, transfer, actor),
      ),
    /** Not once it was in a file for the bank: who cancels and drafts anew would pay it twice. Throws payout.in_bank_file. */
    cancel: (id: string, actor: Viewer) =>
      step(id, actor, async (_trx, row) => {
        requireWay(row, 'cancelled');
        if (row.exported_at) throw new AppError('payout.in_bank_file');
        return 'cancelled';
      }),
    /** The transfer did not go through, or came back: what it held is payable again, a booking of it is booked back. */
    fail: (id: string, reason: string, actor: Viewer) =>
      step(id, actor, async (trx, row) => {
        if (row.status === 'failed' && row.failure === reason) return undefined;
        requireWay(row, 'failed');
        await trx
          .updateTable('payouts')
          .set({ failure: reason, failed_at: clock.now() })
          .where('id', '=', id)
          .execute();
        if (row.status === 'paid') await book(trx, row, reason, true);
        await tell(trx, row, 'payout.failed', reason);
        return 'failed';
      }),
    async list(query: {
      cursor?: string | undefined;
      limit: number;
      status?: string | undefined;
      batchId?: string | undefined;
    }) {
      const { status, batchId } = query;
      const rows = await payoutRows(db, { status, batchId, after: decodeCursor(query.cursor) }, query.limit + 1);
      return toPage(rows, query.limit, (row) => ({ at: row.created_at, id: row.id }), payoutView);
    },
    async ofPayee(kind: PayeeKind, id: string): Promise<PayoutView[]> {
      const rows = await payoutRows(db, { payee: { kind, id } }, 100);
      return rows.filter((row) => row.status !== 'cancelled').map(payoutView);
    },
    async find(id: string): Promise<PayoutRow | undefined> {
      return (await payoutRows(db, { ids: [id] }, 1))[0];
    },
  };
}
