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

export interface Limits {
  refundSatang: number;
  payoutSatang: number;
  writeOffSatang: number;
}

/** What was seen so far in a life: the newest posting, and what was once written down as evidence. */
export interface Seen {
  posting: number;
  evidence: Map<string, string>;
}

/** What holds at every moment, whatever happened. */
export async function checkAlways(db: Db, seen: Seen, limits: Limits): Promise<void> {
  await checkPeople(db, limits);
  await checkPayouts(db);
  await checkEvidence(db, seen.evidence);
  await none(
    db,
    'a transaction does not add up',
    sql`select transaction_id, sum(amount_satang) from ledger_postings where transaction_id in
      (select transaction_id from ledger_postings where id > ${seen.posting}) group by 1 having sum(amount_satang) <> 0`,
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
    'a sale gives its photos exactly their prices, or what was paid of them where less was',
    sql`select i.id, i.price_satang, -sum(p.amount_satang) from order_items i
      join orders o on o.id = i.order_id
      join ledger_transactions t on t.order_id = i.order_id and t.kind = 'sale'
      join lateral (select sum(m.amount_satang) as satang from ledger_postings m join ledger_accounts a on a.id = m.account_id
        where m.transaction_id = t.id and a.code in ('gateway_clearing', 'suspense')) paid on true
      left join ledger_postings p on p.transaction_id = t.id and p.order_item_id = i.id
      group by i.id, o.total_satang, paid.satang
      having case when paid.satang >= o.total_satang then coalesce(-sum(p.amount_satang), 0) <> i.price_satang
        else coalesce(-sum(p.amount_satang), 0) not between 0 and i.price_satang end`,
  );
  await none(
    db,
    'of a sale the platform takes more extra satang than came above the price, or its photos pay the tax of them',
    sql`select o.number from orders o join ledger_transactions t on t.order_id = o.id and t.kind = 'sale'
      join ledger_postings p on p.transaction_id = t.id join ledger_accounts a on a.id = p.account_id
      join lateral (select sum(m.amount_satang) - o.total_satang as satang from ledger_postings m join ledger_accounts c on c.id = m.account_id
        where m.transaction_id = t.id and c.code in ('gateway_clearing', 'suspense')) above on true
      group by o.id, above.satang having coalesce(-sum(p.amount_satang) filter (where a.code = 'satang_extra'), 0)
        not between least(above.satang, 0) and greatest(above.satang, 0)`,
  );
  await none(
    db,
    'of a sale for less than its price, the photos together are not worth what was paid',
    sql`select o.number, paid.satang, -sum(p.amount_satang) as worth from orders o
      join ledger_transactions t on t.order_id = o.id and t.kind = 'sale'
      join lateral (select sum(m.amount_satang) as satang from ledger_postings m join ledger_accounts c on c.id = m.account_id
        where m.transaction_id = t.id and c.code in ('gateway_clearing', 'suspense')) paid on true
      join ledger_postings p on p.transaction_id = t.id and p.order_item_id is not null
      where paid.satang < o.total_satang group by o.id, paid.satang having -sum(p.amount_satang) <> paid.satang`,
  );
  await none(
    db,
    'more went back of an order than came for it',
    sql`select o.number from orders o
      join ledger_transactions t on t.order_id = o.id and t.kind in ('sale', 'refund')
      join ledger_postings p on p.transaction_id = t.id join ledger_accounts a on a.id = p.account_id
      where a.code in ('gateway_clearing', 'suspense', 'refunds_payable')
      group by o.id having sum(p.amount_satang) < 0
        or (o.status = 'refunded' and sum(p.amount_satang) <> 0 and o.total_satang > 0)`,
  );
  await none(
    db,
    'what was taken under an unlimited package stays though that was given back',
    sql`select o.number, i.id from orders o join order_items i on i.order_id = o.id
      where o.status in ('paid','partially_refunded') and i.refunded_at is null and i.package_id is null
        and i.price_satang = 0 and i.coupon_satang = 0 and i.list_price_satang > 0
        and not exists (select 1 from orders b join order_items u on u.order_id = b.id join packages k on k.id = u.package_id
          where b.user_id = o.user_id and b.status in ('paid','partially_refunded') and u.refunded_at is null
            and u.event_id = i.event_id and k.kind = 'unlimited')`,
  );
  await none(
    db,
    'a part of an unlimited package was given back',
    sql`select i.order_id, count(i.refunded_at) as back, count(*) as of from order_items i join packages k on k.id = i.package_id
      where k.kind = 'unlimited' group by i.order_id, i.event_id, i.package_id having count(i.refunded_at) not in (0, count(*))`,
  );
  await none(
    db,
    'money that waits is called what it is not',
    sql`select p.id, p.review, p.paid_satang, p.payable_satang from payments p join orders o on o.id = p.order_id
      where (p.review = 'underpaid' and p.paid_satang >= p.payable_satang)
        or (p.review = 'overpaid' and p.paid_satang <= p.payable_satang)
        or (p.review = 'duplicate' and o.paid_at is null)`,
  );
  await none(
    db,
    'a coupon is not where its order is',
    sql`select o.number, o.status, r.status as coupon from coupon_redemptions r join orders o on o.id = r.order_id
      where r.status <> case o.status when 'pending' then 'held' when 'expired' then 'released' when 'cancelled' then 'released'
        else 'used' end`,
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
      (select coalesce(sum(amount_satang), 0)::bigint from money_cases
        where kind = 'gateway_unmatched' and action is distinct from 'same_money') as unmatched,
      (select coalesce(sum(amount_satang), 0)::bigint from ledger_postings) as total,
      (select coalesce(max(id), 0)::bigint from ledger_postings) as newest`,
  );
  assert.equal(money.total, 0, 'the ledger adds up to zero');
  assert.equal(money.booked, money.payments! + money.unmatched!, 'what the gateway told us is what the ledger has');
  seen.posting = money.newest!;
}

/** What was paid, to whom and by which transfer stays written down as it was, whatever is repeated. */
async function checkEvidence(db: Db, evidence: Map<string, string>): Promise<void> {
  const { rows } = await sql<{ id: string; told: string }>`
    select 'refund ' || id as id, concat_ws(' ', amount_satang, transfer_reference) as told from refunds where transfer_reference is not null
    union all select 'case ' || id, concat_ws(' ', amount_satang, transfer_reference) from money_cases where transfer_reference is not null
    union all select 'payout ' || id, concat_ws(' ', net_satang, transfer_reference, certificate_series, certificate_sequence)
      from payouts where transfer_reference is not null
    union all select 'payment ' || id, concat_ws(' ', trans_id, paid_satang, paid_at) from payments where paid_satang is not null
    union all select 'document ' || id, concat_ws(' ', series, sequence, total_satang, vat_satang) from invoices`.execute(
    db,
  );
  for (const { id, told } of rows) {
    assert.equal(told, evidence.get(id) ?? told, `what was written down of ${id} was changed`);
    evidence.set(id, told);
  }
}

/** Two persons above the limits, documents of every sale and refund. */
async function checkPeople(db: Db, { refundSatang, payoutSatang, writeOffSatang }: Limits): Promise<void> {
  await none(
    db,
    'one person alone gave back, paid out or gave up more than one person may',
    sql`select 'refund' as what, id, amount_satang from refunds where status in ('approved','transferred')
        and amount_satang > ${refundSatang} and (decided_by is null or second_approver is null or decided_by = second_approver)
      union all select 'payout', id, gross_satang from payouts where status in ('approved','paid')
        and gross_satang > ${payoutSatang} and (approved_by is null or second_approver is null or approved_by = second_approver)
      union all select 'case', id, amount_satang from money_cases where action in ('return','write_off') and status in ('returning','resolved')
        and amount_satang > case action when 'return' then ${refundSatang}::bigint else ${writeOffSatang}::bigint end
        and (proposed_by is null or proposed_by = decided_by)`,
  );
  await none(
    db,
    'a refund of a sale has one credit note of its amount, others none',
    sql`select r.id, r.status, count(i.id) from refunds r left join invoices i on i.refund_id = r.id and i.kind = 'credit_note'
      group by r.id having count(i.id) <> (case when r.status in ('approved','transferred') and r.payment_id is null then 1 else 0 end)
        or coalesce(sum(i.total_satang), r.amount_satang) <> r.amount_satang`,
  );
  await none(
    db,
    'a paid order has one receipt or tax invoice, an unpaid one none',
    sql`select o.number, o.status, count(i.id) from orders o left join invoices i on i.order_id = o.id and i.kind <> 'credit_note'
      group by o.id having count(i.id) <> (case when o.paid_at is null then 0 else 1 end)`,
  );
  await none(
    db,
    'the VAT in the ledger is that of the documents',
    sql`select books.vat, documents.vat as documents from
      (select coalesce(-sum(p.amount_satang), 0)::bigint as vat from ledger_postings p join ledger_accounts a on a.id = p.account_id
        where a.code = 'vat_output') books,
      (select coalesce(sum(case when kind = 'credit_note' then -vat_satang else vat_satang end), 0)::bigint as vat from invoices) documents
      where books.vat <> documents.vat`,
  );
}

/** Payouts pay what they set aside, once. */
async function checkPayouts(db: Db): Promise<void> {
  await none(
    db,
    'a payout is not the sum of what it set aside',
    sql`select o.id, o.gross_satang, -sum(p.amount_satang) from payouts o left join payout_items i on i.payout_id = o.id
      left join ledger_postings p on p.id = i.posting_id
      group by o.id having o.gross_satang <> coalesce(-sum(p.amount_satang), 0)`,
  );
  await none(
    db,
    'a share is in two payouts',
    sql`select i.posting_id from payout_items i join payouts o on o.id = i.payout_id
      where o.status not in ('cancelled','failed') group by 1 having count(*) > 1`,
  );
  await none(
    db,
    'a payout is booked when it is paid, and only then',
    sql`select o.id, o.status, sum(p.amount_satang) from payouts o
      left join ledger_transactions t on t.payout_id = o.id left join ledger_postings p on p.transaction_id = t.id
      left join ledger_accounts a on a.id = p.account_id
      group by o.id having
        coalesce(-sum(p.amount_satang) filter (where a.code = 'bank'), 0) <> (case o.status when 'paid' then o.net_satang else 0 end)
        or coalesce(-sum(p.amount_satang) filter (where a.code = 'withholding_tax'), 0)
          <> (case o.status when 'paid' then o.withholding_satang else 0 end)
        or coalesce(sum(p.amount_satang) filter (where a.photographer_id = o.photographer_id or a.organizer_id = o.organizer_id), 0)
          <> (case o.status when 'paid' then o.gross_satang else 0 end)`,
  );
}

/** How often the things that matter were reached: a model that never pays out proves nothing about payouts. */
export async function reachedIn(db: Db): Promise<Record<string, number>> {
  const { rows } = await sql<{ name: string; times: number }>`
    select 'order ' || status as name, count(*)::int as times from orders group by 1
    union all select 'order of nothing', count(*)::int from orders where total_satang = 0
    union all select 'unlimited', count(*)::int from order_items i join packages k on k.id = i.package_id where k.kind = 'unlimited'
    union all select 'taken under unlimited', count(*)::int from order_items where package_id is null and list_price_satang > 0
      and price_satang = 0 and coupon_satang = 0
    union all select 'refund ' || status || case when payment_id is null then '' else ' of money that waited' end, count(*)::int
      from refunds group by 1
    union all select 'second person for a refund', count(*)::int from refunds where second_approver is not null
    union all select 'payout ' || status, count(*)::int from payouts group by 1
    union all select 'second person for a payout', count(*)::int from payouts where second_approver is not null
    union all select 'tax withheld', count(*)::int from payouts where status = 'paid' and withholding_satang > 0
    union all select 'review ' || review || ' ' || coalesce(split_part(review_resolution, ':', 1), 'open'), count(*)::int
      from payments where review is not null and coalesce(review_resolution, '') not like 'case %' group by 1
    union all select 'case ' || kind || ' ' || coalesce(action, status), count(*)::int from money_cases group by 1`.execute(
    db,
  );
  return Object.fromEntries(rows.map((row) => [row.name, row.times]));
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
  }>`select trans_id, paid_satang from payments where trans_id is not null
    union all select trans_id, amount_satang from money_cases where kind = 'gateway_unmatched'
    union all select trans_id, amount_satang from money_cases c where kind = 'bank_unmatched' and trans_id is not null
      and not exists (select 1 from payments p where p.trans_id = c.trans_id)`.execute(db);
  // A second transfer to the same QR is a case under the same id.
  const known = new Set(rows.map((row) => `${row.trans_id} ${row.paid_satang}`));
  for (const each of paid)
    assert.ok(known.has(`${each.transId} ${each.paidSatang}`), `money of ${each.transId} (${each.ref1}) is known`);
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
        and not exists (select 1 from money_cases c where c.payment_id = p.id and c.action = 'attach')) as waiting,
      (select coalesce(sum(c.amount_satang), 0)::bigint from money_cases c where c.kind = 'gateway_unmatched' and c.bank_row_id is null
        and c.action is distinct from 'same_money'
        and not exists (select 1 from bank_rows b where b.payment_id = c.payment_id)) as unmatched`,
  );
  const left = bankSatang - books.refunds! - books.returned! - books.payouts! + books.confirmed!;
  assert.equal(books.bank, left, 'the bank account in the ledger is what the bank shows');
  assert.equal(
    books.clearing,
    books.waiting! + books.unmatched!,
    'what is still at the gateway is what has no bank row',
  );
  await none(
    db,
    'a payment without bank row and without a case',
    sql`select p.id from payments p where p.paid_satang is not null
      and not exists (select 1 from bank_rows b where b.payment_id = p.id)
      and not exists (select 1 from money_cases c where c.payment_id = p.id)`,
  );
  await none(
    db,
    'money of one row of the bank waits as two cases',
    sql`select c.id, c.trans_id from money_cases c join bank_rows b on b.provider = c.provider and b.trans_id = c.trans_id
      where c.kind = 'gateway_unmatched' and c.bank_row_id is null and c.payment_id is null`,
  );
  await none(
    db,
    'the bank shows another amount than the gateway told, and nobody was told',
    sql`select b.id, b.amount_satang, coalesce(p.paid_satang, t.amount_satang) as told from bank_rows b
      left join payments p on p.id = b.payment_id
      left join money_cases t on t.bank_row_id = b.id and t.kind = 'gateway_unmatched'
      where b.status = 'matched' and b.amount_satang + b.fee_satang <> coalesce(t.amount_satang, p.paid_satang)
        and not exists (select 1 from money_cases c where c.kind = 'bank_differs' and c.bank_row_id = b.id)`,
  );
  await none(db, 'a bank row nobody has looked at', sql`select id from bank_rows where status = 'new'`);
  await none(
    db,
    'documents with gaps in their numbers',
    sql`select series from invoices group by series having max(sequence) <> count(*) or min(sequence) <> 1`,
  );
}
