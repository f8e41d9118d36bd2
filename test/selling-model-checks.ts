import assert from 'node:assert/strict';
import { sql } from 'kysely';
import type { Db } from '#server/platform/db.ts';

const none = async (db: Db, what: string, query: ReturnType<typeof sql>) => {
  const { rows } = await query.execute(db);
  assert.deepEqual(rows.slice(0, 3), [], what);
};
const numbers = async (db: Db, query: ReturnType<typeof sql>) => {
  const { rows } = await query.execute(db);
  return rows[0] as Record<string, number>;
};

/** What holds at every moment, whatever happened. `since`: the newest posting that was looked at before. */
export async function checkAlways(db: Db, since: number): Promise<number> {
  await none(
    db,
    'a transaction does not add up',
    sql`select transaction_id, sum(amount_satang) from ledger_postings where transaction_id in
      (select transaction_id from ledger_postings where id > ${since}) group by 1 having sum(amount_satang) <> 0`,
  );
  await none(
    db,
    'who paid has the photos, and nobody else',
    sql`select o.number, o.status, i.id, i.refunded_at, g.id as granted from orders o join order_items i on i.order_id = o.id
      left join download_grants g on g.order_item_id = i.id and g.revoked_at is null
      where (o.status in ('paid','partially_refunded') and i.refunded_at is null) <> (g.id is not null)`,
  );
  await none(
    db,
    'a paid order has one sale, an unpaid one none',
    sql`select o.number, o.status, count(t.id) from orders o
      left join ledger_transactions t on t.order_id = o.id and t.kind = 'sale'
      group by o.id having count(t.id) <> (case when o.paid_at is not null and o.total_satang > 0 then 1 else 0 end)`,
  );
  await none(
    db,
    'a sale gives its photos exactly their prices',
    sql`select i.id, i.price_satang, -sum(p.amount_satang) from order_items i
      join ledger_transactions t on t.order_id = i.order_id and t.kind = 'sale'
      left join ledger_postings p on p.transaction_id = t.id and p.order_item_id = i.id
      group by i.id having coalesce(-sum(p.amount_satang), 0) <> i.price_satang`,
  );
  await none(
    db,
    'money applied to an order that is not paid',
    sql`select p.id from payments p join orders o on o.id = p.order_id
      where p.status = 'paid' and (p.review is null or p.review = 'overpaid') and o.paid_at is null`,
  );
  await none(
    db,
    'an order was delivered for less than was asked',
    sql`select p.id, p.paid_satang, p.payable_satang from payments p join orders o on o.id = p.order_id
      where p.status = 'paid' and p.review is null and p.paid_satang < p.payable_satang`,
  );
  await none(
    db,
    'a surplus counts as paid for',
    sql`select p.id from payments p join ledger_transactions t on t.payment_id = p.id and t.kind = 'sale'
      join ledger_postings l on l.transaction_id = t.id join ledger_accounts a on a.id = l.account_id
      where a.code in ('gateway_clearing', 'suspense') group by p.id having sum(l.amount_satang) > p.payable_satang`,
  );
  const held = await numbers(
    db,
    sql`select
      (select coalesce(sum(p.amount_satang), 0)::bigint from ledger_postings p join ledger_accounts a on a.id = p.account_id
        where a.code = 'suspense') as suspense,
      (select coalesce(sum(case when review = 'overpaid' then paid_satang - payable_satang else paid_satang end), 0)::bigint
        from payments p where review is not null and (review_resolution is null or exists
          (select 1 from refunds r where r.payment_id = p.id and r.status = 'requested'))) as reviews,
      (select coalesce(sum(amount_satang), 0)::bigint from money_cases
        where status in ('open','parked') and kind in ('gateway_unmatched','bank_unmatched')) as cases,
      (select coalesce(sum(difference_satang), 0)::bigint from money_cases
        where status in ('open','parked') and kind = 'bank_differs') as differences,
      (select coalesce(sum(p.amount_satang), 0)::bigint from ledger_postings p join ledger_accounts a on a.id = p.account_id
        where a.code = 'refunds_payable') as owed,
      (select coalesce(sum(amount_satang), 0)::bigint from refunds where status = 'approved') as refunds,
      (select coalesce(sum(amount_satang), 0)::bigint from money_cases where status = 'returning') as returning`,
  );
  assert.equal(
    held.suspense,
    held.differences! - held.reviews! - held.cases!,
    'every satang in suspense is in the queue',
  );
  assert.equal(held.owed! + held.refunds! + held.returning!, 0, 'what is owed back is listed to be transferred');
  const money = await numbers(
    db,
    sql`select
      (select coalesce(sum(p.amount_satang), 0)::bigint from ledger_postings p join ledger_accounts a on a.id = p.account_id
        join ledger_transactions t on t.id = p.transaction_id
        where a.code = 'gateway_clearing' and t.kind in ('sale','review') and p.amount_satang > 0) as booked,
      (select coalesce(sum(paid_satang), 0)::bigint from payments p where not exists
        (select 1 from money_cases c where c.payment_id = p.id and c.action = 'attach')) as payments,
      (select coalesce(sum(amount_satang), 0)::bigint from money_cases where kind = 'gateway_unmatched') as unmatched,
      (select coalesce(sum(amount_satang), 0)::bigint from ledger_postings) as total,
      (select coalesce(max(id), 0)::bigint from ledger_postings) as newest`,
  );
  assert.equal(money.total, 0, 'the ledger adds up to zero');
  assert.equal(money.booked, money.payments! + money.unmatched!, 'what the gateway told us is what the ledger has');
  return money.newest!;
}

/** What holds when everything had its time: nothing is stuck without being in the queue, and gateway, bank and ledger agree. */
export async function checkSettled(
  db: Db,
  gateway: { transId: string; ref1: string; paidSatang: number | null }[],
  bankSatang: number,
): Promise<void> {
  await none(
    db,
    'an order or a payment that is stuck',
    sql`select o.number, o.status, p.status as payment from orders o left join payments p on p.order_id = o.id
      where (o.status = 'pending' and not exists (select 1 from payments r where r.order_id = o.id
        and r.review is not null and (r.review_resolution is null or exists
          (select 1 from refunds f where f.payment_id = r.id and f.status = 'requested'))))
      or p.status in ('creating','unknown','pending')`,
  );
  const paid = gateway.filter((each) => each.paidSatang !== null);
  const { rows } = await sql<{
    trans_id: string;
    paid_satang: number | null;
  }>`select trans_id, paid_satang from payments
    where trans_id is not null`.execute(db);
  const known = new Map(rows.map((row) => [row.trans_id, row.paid_satang]));
  for (const each of paid)
    assert.equal(known.get(each.transId), each.paidSatang, `money of ${each.transId} (${each.ref1}) is known`);
  const books = await numbers(
    db,
    sql`select
      (select coalesce(sum(p.amount_satang), 0)::bigint from ledger_postings p join ledger_accounts a on a.id = p.account_id where a.code = 'bank') as bank,
      (select coalesce(sum(p.amount_satang), 0)::bigint from ledger_postings p join ledger_accounts a on a.id = p.account_id where a.code = 'gateway_clearing') as clearing,
      (select coalesce(sum(amount_satang), 0)::bigint from refunds where status = 'transferred') as refunds,
      (select coalesce(sum(amount_satang), 0)::bigint from money_cases where transfer_reference is not null) as returned,
      (select coalesce(sum(net_satang), 0)::bigint from payouts where status = 'paid') as payouts,
      (select coalesce(sum(amount_satang), 0)::bigint from money_cases c where kind = 'bank_missing' and action = 'confirm'
        and not exists (select 1 from bank_rows b where b.payment_id = c.payment_id)) as confirmed,
      (select coalesce(sum(p.paid_satang), 0)::bigint from payments p where p.paid_satang is not null
        and not exists (select 1 from bank_rows b where b.payment_id = p.id)
        and not exists (select 1 from money_cases c where c.kind = 'bank_missing' and c.payment_id = p.id and c.status = 'resolved')
        and not exists (select 1 from money_cases c where c.payment_id = p.id and c.action = 'attach')) as waiting`,
  );
  const left = bankSatang - books.refunds! - books.returned! - books.payouts! + books.confirmed!;
  assert.equal(books.bank, left, 'the bank account in the ledger is what the bank shows');
  assert.equal(books.clearing, books.waiting, 'what is still at the gateway is what has no bank row');
  await none(
    db,
    'a payment without bank row and without a case',
    sql`select p.id from payments p where p.paid_satang is not null
      and not exists (select 1 from bank_rows b where b.payment_id = p.id)
      and not exists (select 1 from money_cases c where c.payment_id = p.id)`,
  );
  await none(db, 'a bank row nobody has looked at', sql`select id from bank_rows where status = 'new'`);
  await none(
    db,
    'documents with gaps in their numbers',
    sql`select series from invoices group by series having max(sequence) <> count(*) or min(sequence) <> 1`,
  );
}
