import { type Expression, type SqlBool, sql } from 'kysely';
import { AppError } from '#contracts/errors.ts';
import type { PayoutView } from '#contracts/http/revenue.ts';
import type { DbOrTrx } from '#server/platform/db.ts';
import type { Machine } from '#server/platform/machine.ts';
import type { Cursor } from '#server/platform/pages.ts';
import type { PayeeKind } from './payees.ts';

export type PayoutStatus = PayoutView['status'];
/** A draft sets postings aside; a failed transfer, also one the bank sent back later, makes them payable again. */
export const payoutMachine: Machine<PayoutStatus> = {
  table: 'payouts',
  start: 'draft',
  next: {
    draft: ['approved', 'cancelled'],
    approved: ['paid', 'cancelled', 'failed'],
    paid: ['failed'],
    cancelled: [],
    failed: [],
  },
};

export interface PayoutFilter {
  ids?: readonly string[];
  status?: string | undefined;
  batchId?: string | undefined;
  payee?: { kind: PayeeKind; id: string };
  after?: Cursor | undefined;
}
export async function payoutRows(db: DbOrTrx, filter: PayoutFilter, limit: number) {
  return db
    .selectFrom('payouts as o')
    .leftJoin('photographers as p', 'p.id', 'o.photographer_id')
    .leftJoin('organizers as g', 'g.id', 'o.organizer_id')
    .leftJoin('bank_accounts as b', 'b.id', 'o.bank_account_id')
    .leftJoin('users as a', 'a.id', 'o.approved_by')
    .selectAll('o')
    .select(['p.display_name', 'g.name as organizer_name', 'b.bank_code', 'b.account_last4', 'a.name as approver'])
    .select(sql<string | null>`o.transferred_on::text`.as('transferred_on_text'))
    .select(sql<number>`(select count(*)::int from payout_items i where i.payout_id = o.id)`.as('item_count'))
    .where((eb) => {
      const all: Expression<SqlBool>[] = [];
      if (filter.ids) all.push(eb('o.id', 'in', [...filter.ids]));
      if (filter.status) all.push(eb('o.status', '=', filter.status));
      if (filter.batchId) all.push(eb('o.batch_id', '=', filter.batchId));
      if (filter.payee) {
        const column = filter.payee.kind === 'photographer' ? 'o.photographer_id' : 'o.organizer_id';
        all.push(eb(column, '=', filter.payee.id));
      }
      if (filter.after) all.push(sql<boolean>`(o.created_at, o.id) < (${filter.after.at}, ${filter.after.id}::uuid)`);
      return eb.and(all);
    })
    .orderBy('o.created_at', 'desc')
    .orderBy('o.id', 'desc')
    .limit(limit)
    .execute();
}
export type PayoutRow = Awaited<ReturnType<typeof payoutRows>>[number];

export const certificateNumber = (row: { certificate_series: string | null; certificate_sequence: number | null }) =>
  row.certificate_series ? `${row.certificate_series}-${String(row.certificate_sequence).padStart(6, '0')}` : null;

export const payeeOfRow = (row: PayoutRow): PayoutView['payee'] =>
  row.photographer_id
    ? { kind: 'photographer', id: row.photographer_id, displayName: row.display_name ?? '' }
    : { kind: 'organizer', id: row.organizer_id!, displayName: row.organizer_name ?? '' };

export const payoutView = (row: PayoutRow): PayoutView => ({
  id: row.id,
  number: row.number,
  batchId: row.batch_id,
  payee: payeeOfRow(row),
  status: row.status as PayoutStatus,
  grossSatang: row.gross_satang,
  withholdingSatang: row.withholding_satang,
  netSatang: row.net_satang,
  itemCount: row.item_count,
  bankAccount: row.bank_code && row.account_last4 ? { bankCode: row.bank_code, last4: row.account_last4 } : null,
  periodEnd: row.period_end.toISOString(),
  needsSecondApproval: row.status === 'draft' && row.approved_by !== null,
  approvedBy: row.approver,
  exportedAt: row.exported_at?.toISOString() ?? null,
  transferReference: row.transfer_reference,
  transferredOn: row.transferred_on_text,
  note: row.note,
  failure: row.failure,
  certificateNumber: certificateNumber(row),
  createdAt: row.created_at.toISOString(),
  paidAt: row.paid_at?.toISOString() ?? null,
});

/** A batch by number: the order of the bank's file and of the statement runs. Throws resource.not_found. */
export async function batchRows(db: DbOrTrx, batchId: string): Promise<PayoutRow[]> {
  const rows = await payoutRows(db, { batchId }, 10_000);
  if (rows.length === 0) throw new AppError('resource.not_found');
  return rows.sort((a, b) => (a.number < b.number ? -1 : 1));
}
