import { sql } from 'kysely';
import type { Satang } from '#contracts/money.ts';
import type { DbOrTrx, Trx } from '#server/platform/db.ts';

/**
 * The append-only double-entry ledger: debits positive, credits negative, every transaction adds up to zero (the database
 * checks it again at commit and refuses changes). Balances are sums of postings, never stored.
 */
export const houseAccounts = [
  'gateway_clearing',
  'bank',
  'platform_revenue',
  'vat_output',
  'withholding_tax',
  'satang_extra',
  'suspense',
  'refunds_payable',
  'gateway_fees',
  'losses',
] as const;
export type HouseAccount = (typeof houseAccounts)[number];
export type AccountRef = HouseAccount | { photographerId: string } | { organizerId: string };

export interface Posting {
  account: AccountRef;
  /** Debit positive, credit negative, never zero in the ledger (zeros are left out). */
  amountSatang: Satang;
  eventId?: string | null;
  orderItemId?: string | null;
}
export interface LedgerEntry {
  kind: 'sale' | 'refund' | 'refund_transfer' | 'payout' | 'settlement' | 'adjustment' | 'review';
  /** Unique within the kind: names the effect, so that a second booking of it cannot exist. */
  reference: string;
  orderId?: string | null;
  paymentId?: string | null;
  refundId?: string | null;
  payoutId?: string | null;
  description?: string;
  postings: readonly Posting[];
}

const codeOf = (account: AccountRef): string =>
  typeof account === 'string'
    ? account
    : 'photographerId' in account
      ? `payable_photographer-${account.photographerId}`
      : `payable_organizer-${account.organizerId}`;

/** Ids by code; accounts of people are made on first use. */
async function accountIds(trx: Trx, accounts: readonly AccountRef[]): Promise<Map<string, string>> {
  const wanted = new Map(accounts.map((account) => [codeOf(account), account]));
  const people = [...wanted].filter(([, account]) => typeof account !== 'string').sort(([a], [b]) => (a < b ? -1 : 1));
  if (people.length > 0) {
    await trx
      .insertInto('ledger_accounts')
      .values(people.map(([code, account]) => ({ code, kind: 'liability', ...personOf(account) })))
      .onConflict((c) => c.doNothing())
      .execute();
  }
  const rows = await trx
    .selectFrom('ledger_accounts')
    .select(['id', 'code'])
    .where('code', 'in', [...wanted.keys()])
    .execute();
  return new Map(rows.map((row) => [row.code, row.id]));
}
function personOf(account: AccountRef): { photographer_id: string | null; organizer_id: string | null } {
  if (typeof account === 'string') return { photographer_id: null, organizer_id: null };
  return 'photographerId' in account
    ? { photographer_id: account.photographerId, organizer_id: null }
    : { photographer_id: null, organizer_id: account.organizerId };
}

/**
 * Books one transaction. Throws RangeError when it does not balance; a unique violation when (kind, reference) is there
 * already, which ends the caller's transaction. Nothing to book (all zero) books nothing.
 */
export async function post(trx: Trx, entry: LedgerEntry): Promise<void> {
  const postings = entry.postings.filter((posting) => posting.amountSatang !== 0);
  const sum = postings.reduce((total, posting) => total + posting.amountSatang, 0);
  if (sum !== 0) throw new RangeError(`${entry.kind} ${entry.reference} does not balance: ${sum}`);
  if (postings.length === 0) return;
  const ids = await accountIds(
    trx,
    postings.map((posting) => posting.account),
  );
  const { id } = await trx
    .insertInto('ledger_transactions')
    .values({
      kind: entry.kind,
      reference: entry.reference,
      order_id: entry.orderId ?? null,
      payment_id: entry.paymentId ?? null,
      refund_id: entry.refundId ?? null,
      payout_id: entry.payoutId ?? null,
      description: entry.description ?? '',
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await trx
    .insertInto('ledger_postings')
    .values(
      postings.map((posting) => ({
        transaction_id: id,
        account_id: ids.get(codeOf(posting.account))!,
        amount_satang: posting.amountSatang,
        event_id: posting.eventId ?? null,
        order_item_id: posting.orderItemId ?? null,
      })),
    )
    .execute();
}

/** True when this effect is booked. */
export async function isBooked(db: DbOrTrx, kind: LedgerEntry['kind'], reference: string): Promise<boolean> {
  const query = db.selectFrom('ledger_transactions').select('id').where('kind', '=', kind);
  return (await query.where('reference', '=', reference).executeTakeFirst()) !== undefined;
}

/**
 * The postings of an order's sale, turned round: what a refund of these items takes back. `all` adds what belongs to no
 * item (the satang on top). Their sum is the amount to give back.
 */
export async function reversalOf(
  trx: Trx,
  orderId: string,
  itemIds: readonly string[],
  all: boolean,
): Promise<Posting[]> {
  const rows = await trx
    .selectFrom('ledger_postings as p')
    .innerJoin('ledger_transactions as t', 't.id', 'p.transaction_id')
    .innerJoin('ledger_accounts as a', 'a.id', 'p.account_id')
    .select(['a.code', 'a.photographer_id', 'a.organizer_id', 'p.amount_satang', 'p.event_id', 'p.order_item_id'])
    .where('t.kind', '=', 'sale')
    .where('t.order_id', '=', orderId)
    .where('a.code', 'not in', ['gateway_clearing', 'suspense'])
    .orderBy('p.id')
    .execute();
  return rows
    .filter((row) => (row.order_item_id === null ? all : itemIds.includes(row.order_item_id)))
    .map((row) => ({
      account: row.photographer_id
        ? { photographerId: row.photographer_id }
        : row.organizer_id
          ? { organizerId: row.organizer_id }
          : (row.code as HouseAccount),
      amountSatang: -row.amount_satang,
      eventId: row.event_id,
      orderItemId: row.order_item_id,
    }));
}

/** Sum of an account's postings, debit positive. */
export async function balanceOf(db: DbOrTrx, account: AccountRef): Promise<Satang> {
  const row = await db
    .selectFrom('ledger_accounts as a')
    .leftJoin('ledger_postings as p', 'p.account_id', 'a.id')
    .select(sql<number>`coalesce(sum(p.amount_satang), 0)::bigint`.as('balance'))
    .where('a.code', '=', codeOf(account))
    .executeTakeFirstOrThrow();
  return row.balance;
}
