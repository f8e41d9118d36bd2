import { type Expression, type SqlBool, sql } from 'kysely';
import type { DbOrTrx, Trx } from '#server/platform/db.ts';
import { leadingTo } from '#server/platform/machine.ts';
import type { Cursor } from '#server/platform/pages.ts';
import { type CaseKind, type CaseOutcome, type CaseStatus, caseMachine } from './case-machine.ts';

export interface CaseRow {
  id: string;
  kind: CaseKind;
  provider: string;
  reference: string;
  trans_id: string | null;
  payment_id: string | null;
  bank_row_id: string | null;
  order_id: string | null;
  amount_satang: number;
  difference_satang: number;
  status: CaseStatus;
  action: CaseOutcome | null;
  proposed_by: string | null;
  decided_by: string | null;
  note: string | null;
  payee_encrypted: Buffer | null;
  transfer_reference: string | null;
  opened_at: Date;
  decided_at: Date | null;
  resolved_at: Date | null;
}
export interface CaseDetail extends CaseRow {
  /** Its own, or that of its payment. */
  shown_order_id: string | null;
  order_number: string | null;
  arrived_at: Date | null;
  source: string | null;
  proposed_by_name: string | null;
}

export async function lockCase(trx: Trx, id: string): Promise<CaseRow | undefined> {
  const query = trx.selectFrom('money_cases').selectAll().where('id', '=', id).forUpdate();
  return (await query.executeTakeFirst()) as CaseRow | undefined;
}
/** Opens a case once for what it is about; the one there is stays as it is. */
export async function openCase(
  trx: Trx,
  input: Pick<CaseRow, 'kind' | 'provider' | 'reference' | 'amount_satang' | 'opened_at'> &
    Partial<Pick<CaseRow, 'trans_id' | 'payment_id' | 'bank_row_id' | 'order_id' | 'difference_satang'>>,
): Promise<void> {
  await trx
    .insertInto('money_cases')
    .values(input)
    .onConflict((c) => c.columns(['kind', 'provider', 'reference']).doNothing())
    .execute();
}
type Changes = Partial<
  Pick<
    CaseRow,
    | 'action'
    | 'proposed_by'
    | 'decided_by'
    | 'note'
    | 'payee_encrypted'
    | 'transfer_reference'
    | 'decided_at'
    | 'resolved_at'
    | 'payment_id'
    | 'order_id'
    | 'bank_row_id'
    | 'trans_id'
  >
>;
export async function moveCase(trx: Trx, id: string, to: CaseStatus, changes: Changes): Promise<boolean> {
  const result = await trx
    .updateTable('money_cases')
    .set({ ...changes, status: to })
    .where('id', '=', id)
    .where('status', 'in', leadingTo(caseMachine, to))
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
export const changeCase = (trx: Trx, id: string, changes: Changes) =>
  trx.updateTable('money_cases').set(changes).where('id', '=', id).execute();

/** With what is shown beside them; newest first. */
export async function listCases(
  db: DbOrTrx,
  filter: { ids?: string[]; status?: string | undefined },
  after?: Cursor,
  limit = 100,
): Promise<CaseDetail[]> {
  const rows = await db
    .selectFrom('money_cases as c')
    .leftJoin('payments as p', 'p.id', 'c.payment_id')
    .leftJoin('orders as o', (join) => join.on('o.id', '=', sql`coalesce(c.order_id, p.order_id)`))
    .leftJoin('bank_rows as b', 'b.id', 'c.bank_row_id')
    .leftJoin('users as u', 'u.id', 'c.proposed_by')
    .selectAll('c')
    .select([
      'o.id as shown_order_id',
      'o.number as order_number',
      'b.arrived_at',
      'b.source',
      'u.name as proposed_by_name',
    ])
    .where((eb) => {
      const all: Expression<SqlBool>[] = [];
      if (filter.ids) all.push(eb('c.id', 'in', filter.ids));
      if (filter.status) all.push(eb('c.status', '=', filter.status));
      if (after) all.push(sql<boolean>`(c.opened_at, c.id) < (${after.at}, ${after.id}::uuid)`);
      return eb.and(all);
    })
    .orderBy('c.opened_at', 'desc')
    .orderBy('c.id', 'desc')
    .limit(limit)
    .execute();
  return rows as unknown as CaseDetail[];
}
