import type { Kysely } from 'kysely';
import { script } from './sql.ts';

// Several gateways, the bank feed and what it is reconciled with, and a ledger whose transactions close with the database
// transaction that wrote them.
export const up = (db: Kysely<unknown>) =>
  script(
    db,
    `
alter table payments
  add column redirect_url text,
  add column superseded_at timestamptz(3);
create index payments_paid on payments (provider, paid_at) where paid_satang is not null;

alter table payment_webhooks add column ref1 text;

alter table refunds add column transfer_via text check (transfer_via in ('bank','gateway'));
drop index refunds_one_open;
create unique index refunds_one_open on refunds (order_id) where status = 'requested' and payment_id is null;
create unique index refunds_one_return on refunds (payment_id) where status <> 'rejected' and payment_id is not null;

create table bank_feeds (
  provider text primary key,
  first_read_at timestamptz(3) not null,
  last_read_at timestamptz(3) not null,
  last_failed_at timestamptz(3),
  last_error text
);

create table bank_rows (
  id uuid primary key default gen_random_uuid(),
  provider text not null,
  row_key text not null,
  trans_id text,
  amount_satang bigint not null check (amount_satang > 0),
  fee_satang bigint not null default 0 check (fee_satang >= 0),
  source text not null default '',
  status text not null default 'new' check (status in ('new','matched','held')),
  payment_id uuid unique references payments on delete restrict,
  arrived_at timestamptz(3) not null,
  first_seen_at timestamptz(3) not null default now(),
  unique (provider, row_key)
);
create index bank_rows_open on bank_rows (arrived_at) where status <> 'matched';
create index bank_rows_trans on bank_rows (provider, trans_id);
create index bank_rows_list on bank_rows (arrived_at desc, id desc);

create table money_cases (
  id uuid primary key default gen_random_uuid(),
  kind text not null check (kind in ('gateway_unmatched','bank_unmatched','bank_differs','bank_missing')),
  provider text not null,
  reference text not null,
  trans_id text,
  payment_id uuid references payments on delete restrict,
  bank_row_id uuid references bank_rows on delete restrict,
  order_id uuid references orders on delete restrict,
  amount_satang bigint not null check (amount_satang > 0),
  difference_satang bigint not null default 0,
  status text not null default 'open' check (status in ('open','parked','returning','resolved')),
  action text check (action in ('attach','return','income','write_off','confirm','arrived','same_money')),
  proposed_by uuid references users on delete set null,
  decided_by uuid references users on delete set null,
  note text,
  payee_encrypted bytea,
  transfer_reference text,
  opened_at timestamptz(3) not null default now(),
  decided_at timestamptz(3),
  resolved_at timestamptz(3),
  unique (kind, provider, reference),
  check (status <> 'resolved' or action is not null)
);
create index money_cases_list on money_cases (status, opened_at desc, id desc);
create index money_cases_trans on money_cases (provider, trans_id);
create index money_cases_payment on money_cases (payment_id);

insert into ledger_accounts (code, kind) values ('gateway_fees', 'expense'), ('losses', 'expense');

alter table ledger_transactions add column xact xid8 default pg_current_xact_id();
create function ledger_check_open() returns trigger language plpgsql as $$
begin
  if (select xact from ledger_transactions where id = new.transaction_id) is distinct from pg_current_xact_id() then
    raise exception 'ledger transaction % is closed', new.transaction_id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger ledger_postings_open before insert on ledger_postings
  for each row execute function ledger_check_open();
alter table ledger_postings enable always trigger ledger_postings_open;
alter table ledger_transactions enable always trigger ledger_transactions_append_only;
alter table ledger_postings enable always trigger ledger_postings_append_only;
alter table ledger_postings enable always trigger ledger_postings_balance;
alter table ledger_transactions enable always trigger ledger_transactions_not_empty;
`,
  );

export const down = (db: Kysely<unknown>) =>
  script(
    db,
    `
alter table ledger_transactions enable trigger ledger_transactions_append_only;
alter table ledger_postings enable trigger ledger_postings_append_only;
alter table ledger_postings enable trigger ledger_postings_balance;
alter table ledger_transactions enable trigger ledger_transactions_not_empty;
drop trigger ledger_postings_open on ledger_postings;
drop function ledger_check_open;
alter table ledger_transactions drop column xact;
delete from ledger_accounts where code in ('gateway_fees', 'losses');
drop table money_cases, bank_rows, bank_feeds;
drop index refunds_one_return, refunds_one_open;
create unique index refunds_one_open on refunds (order_id) where status = 'requested';
alter table refunds drop column transfer_via;
alter table payment_webhooks drop column ref1;
drop index payments_paid;
alter table payments drop column redirect_url, drop column superseded_at;
`,
  );
