import { type RawBuilder, sql } from 'kysely';
import type { DbOrTrx } from '#server/platform/db.ts';

export type PayeeKind = 'photographer' | 'organizer';
export interface PayeeBalance {
  id: string;
  displayName: string;
  userId: string | null;
  withholdingApplies: boolean;
  createdAt: Date;
  earnedSatang: number;
  paidOutSatang: number;
  balanceSatang: number;
  availableSatang: number;
  heldSatang: number;
  inPayoutSatang: number;
  photosSold: number;
}
interface Row {
  id: string;
  name: string;
  user_id: string | null;
  withholding_applies: boolean;
  created_at: Date;
  earned: number;
  paid_out: number;
  balance: number;
  available: number;
  in_payout: number;
  photos: number;
}

/**
 * Postings that a payout may settle: earnings past the hold period and every correction at once (so that a refund is taken
 * off before more is paid), not in another payout that still counts.
 */
export const payable = (heldUntil: Date): RawBuilder<boolean> => sql<boolean>`
  t.kind in ('sale', 'refund', 'adjustment') and (t.kind <> 'sale' or t.occurred_at <= ${heldUntil})
  and not exists (select 1 from payout_items i join payouts o on o.id = i.payout_id
                  where i.posting_id = p.id and o.status not in ('cancelled', 'failed'))`;

/** People with their sums of postings; what is owed to them is positive. */
export async function payeeBalances(
  db: DbOrTrx,
  kind: PayeeKind,
  heldUntil: Date,
  filter: { id?: string | undefined; after?: { at: Date; id: string } | undefined; limit?: number } = {},
): Promise<PayeeBalance[]> {
  const isPhotographer = kind === 'photographer';
  const table = sql.table(isPhotographer ? 'photographers' : 'organizers');
  const name = sql.ref(isPhotographer ? 'x.display_name' : 'x.name');
  const open = sql.ref(isPhotographer ? 'o.photographer_id' : 'o.organizer_id');
  const link = sql.ref(isPhotographer ? 'a.photographer_id' : 'a.organizer_id');
  const { rows } = await sql<Row>`
    select x.id, ${name} as name, x.user_id, x.withholding_applies, x.created_at,
      coalesce(-sum(p.amount_satang) filter (where t.kind in ('sale', 'refund', 'adjustment')), 0)::bigint as earned,
      coalesce(sum(p.amount_satang) filter (where t.kind = 'payout'), 0)::bigint as paid_out,
      coalesce(-sum(p.amount_satang), 0)::bigint as balance,
      coalesce(-sum(p.amount_satang) filter (where ${payable(heldUntil)}), 0)::bigint as available,
      coalesce((select sum(o.gross_satang) from payouts o where ${open} = x.id and o.status in ('draft', 'approved')), 0)::bigint as in_payout,
      count(distinct p.order_item_id) filter (where t.kind = 'sale')::int as photos
    from ${table} x
    left join ledger_accounts a on ${link} = x.id
    left join ledger_postings p on p.account_id = a.id
    left join ledger_transactions t on t.id = p.transaction_id
    where true
      ${filter.id ? sql`and x.id = ${filter.id}` : sql``}
      ${filter.after ? sql`and (x.created_at, x.id) < (${filter.after.at}, ${filter.after.id}::uuid)` : sql``}
    group by x.id order by x.created_at desc, x.id desc
    ${filter.limit ? sql`limit ${filter.limit}` : sql``}`.execute(db);
  return rows.map((row) => ({
    id: row.id,
    displayName: row.name,
    userId: row.user_id,
    withholdingApplies: row.withholding_applies,
    createdAt: row.created_at,
    earnedSatang: row.earned,
    paidOutSatang: row.paid_out,
    balanceSatang: row.balance,
    availableSatang: row.available,
    heldSatang: row.balance - row.available - row.in_payout,
    inPayoutSatang: row.in_payout,
    photosSold: row.photos,
  }));
}

/** Who of the payees this user is. */
export async function payeeOf(db: DbOrTrx, userId: string, kind: PayeeKind): Promise<string | undefined> {
  const table = kind === 'photographer' ? 'photographers' : 'organizers';
  const row = await db.selectFrom(table).select('id').where('user_id', '=', userId).executeTakeFirst();
  return row?.id;
}

/** Where a payout goes: the account that the person has chosen, else the oldest. */
export const defaultAccountOf = async (db: DbOrTrx, userId: string | null): Promise<{ id: string } | undefined> =>
  userId === null
    ? undefined
    : db
        .selectFrom('bank_accounts')
        .select('id')
        .where('user_id', '=', userId)
        .orderBy('is_default', 'desc')
        .orderBy('created_at')
        .executeTakeFirst();
