import { type Expression, type SqlBool, sql } from 'kysely';
import type { DbOrTrx, Trx } from '#server/platform/db.ts';
import type { Cursor } from '#server/platform/pages.ts';

export type RefundStatus = 'requested' | 'approved' | 'rejected' | 'transferred';
export interface RefundRow {
  id: string;
  order_id: string;
  payment_id: string | null;
  requested_by: string | null;
  amount_satang: number;
  reason: string;
  status: RefundStatus;
  order_item_ids: string[];
  payee_encrypted: Buffer | null;
  decided_by: string | null;
  second_approver: string | null;
  decision_note: string | null;
  transfer_reference: string | null;
  transfer_via: 'bank' | 'gateway' | null;
  decided_at: Date | null;
  transferred_at: Date | null;
  created_at: Date;
}
export interface RefundOfOrder extends RefundRow {
  number: string;
  email: string;
  total_satang: number;
  photo_ids: string[];
  /** The gateway that its money came by. */
  provider: string | null;
  decided_by_name: string | null;
}

export async function list(
  db: DbOrTrx,
  filter: { orderId?: string; ids?: string[]; status?: string | undefined },
  after?: Cursor,
  limit = 100,
): Promise<RefundOfOrder[]> {
  const rows = await db
    .selectFrom('refunds as r')
    .innerJoin('orders as o', 'o.id', 'r.order_id')
    .leftJoin('users as u', 'u.id', 'r.decided_by')
    .selectAll('r')
    .select(['o.number', 'o.email', 'o.total_satang', 'u.name as decided_by_name'])
    .select(
      sql<string | null>`(select p.provider from payments p where p.id = coalesce(r.payment_id,
        (select t.payment_id from ledger_transactions t where t.kind = 'sale' and t.order_id = r.order_id)))`.as(
        'provider',
      ),
    )
    .select(
      sql<
        string[]
      >`array(select i.photo_id::text from order_items i where i.id = any(r.order_item_ids) order by i.id)`.as(
        'photo_ids',
      ),
    )
    .where((eb) => {
      const all: Expression<SqlBool>[] = [];
      if (filter.orderId) all.push(eb('r.order_id', '=', filter.orderId));
      if (filter.ids) all.push(eb('r.id', 'in', filter.ids));
      if (filter.status) all.push(eb('r.status', '=', filter.status));
      if (after) all.push(sql<boolean>`(r.created_at, r.id) < (${after.at}, ${after.id}::uuid)`);
      return eb.and(all);
    })
    .orderBy('r.created_at', 'desc')
    .orderBy('r.id', 'desc')
    .limit(limit)
    .execute();
  return rows as unknown as RefundOfOrder[];
}

export async function orderIdOf(db: DbOrTrx, id: string): Promise<string | undefined> {
  const row = await db.selectFrom('refunds').select('order_id').where('id', '=', id).executeTakeFirst();
  return row?.order_id;
}
export async function lock(trx: Trx, id: string): Promise<RefundRow> {
  const query = trx.selectFrom('refunds').selectAll().where('id', '=', id).forUpdate();
  return (await query.executeTakeFirstOrThrow()) as unknown as RefundRow;
}
export async function insert(
  trx: Trx,
  refund: Pick<
    RefundRow,
    'order_id' | 'requested_by' | 'amount_satang' | 'reason' | 'order_item_ids' | 'payee_encrypted'
  >,
): Promise<string> {
  return (await trx.insertInto('refunds').values(refund).returning('id').executeTakeFirstOrThrow()).id;
}
export async function change(trx: Trx, id: string, changes: Partial<Omit<RefundRow, 'id'>>): Promise<void> {
  await trx.updateTable('refunds').set(changes).where('id', '=', id).execute();
}
