import { sql } from 'kysely';
import type { DbOrTrx, Trx } from '#server/platform/db.ts';
import type { Cursor } from '#server/platform/pages.ts';
import type { BankRow } from './providers/port.ts';

export interface StoredRow {
  id: string;
  provider: string;
  row_key: string;
  trans_id: string | null;
  amount_satang: number;
  fee_satang: number;
  source: string;
  status: 'new' | 'matched' | 'held';
  payment_id: string | null;
  arrived_at: Date;
  first_seen_at: Date;
}

/** Rows not seen before are written down; one that has learned its payment's id since keeps it. Answers how many are new. */
export async function storeRows(db: DbOrTrx, provider: string, rows: readonly BankRow[], now: Date): Promise<number> {
  let fresh = 0;
  for (let start = 0; start < rows.length; start += 500) {
    const part = rows.slice(start, start + 500);
    const result = await db
      .insertInto('bank_rows')
      .values(
        part.map((row) => ({
          provider,
          row_key: row.key,
          trans_id: row.transId,
          amount_satang: row.amountSatang,
          fee_satang: row.feeSatang,
          source: row.source,
          arrived_at: row.arrivedAt,
          first_seen_at: now,
        })),
      )
      .onConflict((c) =>
        c
          .columns(['provider', 'row_key'])
          .doUpdateSet({ trans_id: sql<string>`excluded.trans_id` })
          .where(
            sql<boolean>`bank_rows.trans_id is null and excluded.trans_id is not null and bank_rows.status <> 'matched'`,
          ),
      )
      .returning(sql<boolean>`(xmax = 0)`.as('is_new'))
      .execute();
    fresh += result.filter((row) => row.is_new).length;
  }
  return fresh;
}
export async function noteRead(db: DbOrTrx, provider: string, now: Date): Promise<void> {
  await db
    .insertInto('bank_feeds')
    .values({ provider, first_read_at: now, last_read_at: now })
    .onConflict((c) => c.column('provider').doUpdateSet({ last_read_at: now, last_error: null }))
    .execute();
}
export async function noteFailure(db: DbOrTrx, provider: string, now: Date, error: string): Promise<void> {
  const values = { last_failed_at: now, last_error: error.slice(0, 200) };
  await db.updateTable('bank_feeds').set(values).where('provider', '=', provider).execute();
}
/** Rows without a payment about which nobody has decided; those that name theirs first, then oldest first. */
export const openRows = (db: DbOrTrx, provider: string, limit: number): Promise<StoredRow[]> =>
  db
    .selectFrom('bank_rows as b')
    .selectAll('b')
    .where('b.provider', '=', provider)
    .where((eb) =>
      eb.or([
        eb('b.status', '=', 'new'),
        eb.and([
          eb('b.status', '=', 'held'),
          eb.exists(
            eb
              .selectFrom('money_cases as c')
              .select('c.id')
              .whereRef('c.bank_row_id', '=', 'b.id')
              .where('c.status', 'in', ['open', 'parked']),
          ),
        ]),
      ]),
    )
    .orderBy(sql`b.trans_id is null`)
    .orderBy('b.arrived_at')
    .orderBy('b.id')
    .limit(limit)
    .execute() as Promise<StoredRow[]>;
export const lockRow = (trx: Trx, id: string): Promise<StoredRow> =>
  trx
    .selectFrom('bank_rows')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirstOrThrow() as Promise<StoredRow>;
export const changeRow = (trx: Trx, id: string, changes: Partial<Pick<StoredRow, 'status' | 'payment_id'>>) =>
  trx.updateTable('bank_rows').set(changes).where('id', '=', id).execute();

/** The row that a payment has; another one with its id is a second transfer. */
export async function rowOfPayment(db: DbOrTrx, paymentId: string): Promise<{ id: string } | undefined> {
  return db.selectFrom('bank_rows').select('id').where('payment_id', '=', paymentId).executeTakeFirst();
}
/**
 * Payments a row without an id may belong to: the exact amount, made before it and not long ago, without a row yet. The
 * gateway gives each live QR other satang, so that there is hardly ever more than one.
 */
export async function candidates(db: DbOrTrx, row: StoredRow): Promise<string[]> {
  const dayMs = 24 * 3600_000;
  const found = await db
    .selectFrom('payments as p')
    .select('p.id')
    .where('p.provider', '=', row.provider)
    .where((eb) =>
      eb.or([
        eb('p.paid_satang', '=', row.amount_satang),
        eb.and([eb('p.paid_satang', 'is', null), eb('p.payable_satang', '=', row.amount_satang)]),
      ]),
    )
    .where('p.created_at', '<=', new Date(row.arrived_at.getTime() + 60_000))
    .where('p.created_at', '>', new Date(row.arrived_at.getTime() - dayMs))
    .where((eb) =>
      eb.not(eb.exists(eb.selectFrom('bank_rows as b').select('b.id').whereRef('b.payment_id', '=', 'p.id'))),
    )
    .orderBy('p.created_at')
    .limit(3)
    .execute();
  return found.map((each) => each.id);
}
/** Paid payments that the bank should have shown by now, and nobody looks at yet. */
export async function overdue(db: DbOrTrx, provider: string, before: Date, limit: number) {
  return db
    .selectFrom('payments as p')
    .innerJoin('bank_feeds as f', 'f.provider', 'p.provider')
    .select(['p.id', 'p.order_id', 'p.trans_id', 'p.paid_satang'])
    .where('p.provider', '=', provider)
    .where('p.paid_satang', '>', 0)
    .where('p.paid_at', '<', before)
    .whereRef('p.paid_at', '>=', 'f.first_read_at')
    .where((eb) =>
      eb.not(eb.exists(eb.selectFrom('bank_rows as b').select('b.id').whereRef('b.payment_id', '=', 'p.id'))),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('money_cases as c')
            .select('c.id')
            .where('c.kind', '=', 'bank_missing')
            .where('c.provider', '=', provider)
            .where(sql<boolean>`c.reference = p.id::text`),
        ),
      ),
    )
    .orderBy('p.paid_at')
    .limit(limit)
    .execute();
}
export async function listRows(
  db: DbOrTrx,
  filter: { status?: string | undefined },
  after: Cursor | undefined,
  limit: number,
) {
  let query = db
    .selectFrom('bank_rows as b')
    .leftJoin('payments as p', 'p.id', 'b.payment_id')
    .leftJoin('orders as o', 'o.id', 'p.order_id')
    .selectAll('b')
    .select(['o.number as order_number', 'o.id as order_id'])
    .orderBy('b.arrived_at', 'desc')
    .orderBy('b.id', 'desc')
    .limit(limit);
  if (filter.status) query = query.where('b.status', '=', filter.status);
  if (after) query = query.where(sql<boolean>`(b.arrived_at, b.id) < (${after.at}, ${after.id}::uuid)`);
  return query.execute();
}
