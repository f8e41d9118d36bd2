import type { Kysely } from 'kysely';
import { script } from './sql.ts';

// Append-only double entry: debits are positive, credits negative; a transaction's postings add up to zero at commit.
export const up = (db: Kysely<unknown>) =>
  script(
    db,
    `
create table ledger_accounts (
  id uuid primary key default gen_random_uuid(),
  code text not null unique,
  kind text not null check (kind in ('asset','liability','revenue','expense')),
  photographer_id uuid unique references photographers on delete restrict,
  organizer_id uuid unique references organizers on delete restrict,
  created_at timestamptz(3) not null default now()
);

create table payouts (
  id uuid primary key default gen_random_uuid(),
  batch_id uuid not null,
  photographer_id uuid references photographers on delete restrict,
  organizer_id uuid references organizers on delete restrict,
  bank_account_id uuid references bank_accounts on delete restrict,
  status text not null default 'draft' check (status in ('draft','approved','paid','cancelled')),
  gross_satang bigint not null,
  withholding_satang bigint not null default 0 check (withholding_satang >= 0),
  net_satang bigint not null,
  period_end timestamptz(3) not null,
  approved_by uuid references users on delete set null,
  transfer_reference text,
  created_by uuid references users on delete set null,
  created_at timestamptz(3) not null default now(),
  paid_at timestamptz(3),
  check (num_nonnulls(photographer_id, organizer_id) = 1),
  check (net_satang = gross_satang - withholding_satang)
);
create index payouts_created on payouts (created_at desc, id desc);
create index payouts_photographer on payouts (photographer_id, created_at desc);
create index payouts_organizer on payouts (organizer_id, created_at desc);
create unique index payouts_one_open_photographer on payouts (photographer_id) where status in ('draft','approved');
create unique index payouts_one_open_organizer on payouts (organizer_id) where status in ('draft','approved');

create table ledger_transactions (
  id uuid primary key default gen_random_uuid(),
  kind text not null check (kind in ('sale','refund','refund_transfer','payout','settlement','adjustment','review')),
  reference text not null,
  order_id uuid references orders on delete restrict,
  payment_id uuid references payments on delete restrict,
  refund_id uuid references refunds on delete restrict,
  payout_id uuid references payouts on delete restrict,
  description text not null default '',
  occurred_at timestamptz(3) not null default now(),
  unique (kind, reference)
);
create index ledger_transactions_occurred on ledger_transactions (occurred_at desc, id desc);
create index ledger_transactions_order on ledger_transactions (order_id);

create table ledger_postings (
  id bigint primary key generated always as identity,
  transaction_id uuid not null references ledger_transactions on delete restrict,
  account_id uuid not null references ledger_accounts on delete restrict,
  amount_satang bigint not null check (amount_satang <> 0),
  event_id uuid references events on delete restrict,
  order_item_id uuid references order_items on delete restrict,
  created_at timestamptz(3) not null default now()
);
create index ledger_postings_transaction on ledger_postings (transaction_id);
create index ledger_postings_account on ledger_postings (account_id, id);
create index ledger_postings_event on ledger_postings (event_id) where event_id is not null;

create table payout_items (
  payout_id uuid not null references payouts on delete cascade,
  posting_id bigint not null references ledger_postings on delete restrict,
  primary key (payout_id, posting_id)
);
create index payout_items_posting on payout_items (posting_id);

create function ledger_refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the ledger is append-only: % on % refused', tg_op, tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger ledger_transactions_append_only before update or delete or truncate on ledger_transactions
  for each statement execute function ledger_refuse_change();
create trigger ledger_postings_append_only before update or delete or truncate on ledger_postings
  for each statement execute function ledger_refuse_change();

create function ledger_check_balance() returns trigger language plpgsql as $$
declare
  total numeric;
begin
  select sum(amount_satang) into total from ledger_postings where transaction_id = new.transaction_id;
  if total <> 0 then
    raise exception 'ledger transaction % does not balance: %', new.transaction_id, total using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger ledger_postings_balance after insert on ledger_postings
  deferrable initially deferred for each row execute function ledger_check_balance();

create function ledger_check_has_postings() returns trigger language plpgsql as $$
begin
  if not exists (select 1 from ledger_postings where transaction_id = new.id) then
    raise exception 'ledger transaction % has no postings', new.id using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger ledger_transactions_not_empty after insert on ledger_transactions
  deferrable initially deferred for each row execute function ledger_check_has_postings();

insert into ledger_accounts (code, kind) values
  ('gateway_clearing', 'asset'), ('bank', 'asset'), ('platform_revenue', 'revenue'), ('vat_output', 'liability'),
  ('withholding_tax', 'liability'), ('satang_extra', 'revenue'), ('suspense', 'liability'), ('refunds_payable', 'liability');

insert into split_rules (scope, revenue_type, platform_bp, photographer_bp, organizer_bp) values
  ('default', null, 3000, 5000, 2000), ('revenue_type', 'premium', 2500, 5500, 2000), ('revenue_type', 'platform', 10000, 0, 0);

insert into packages (kind, name_th, name_en, photo_count, price_satang, sort_order) values
  ('single', 'ภาพเดี่ยว', 'Single photo', 1, 6000, 1), ('bundle', '5 ภาพ', '5 photos', 5, 25000, 2),
  ('unlimited', 'ทุกภาพของคุณในงานนี้', 'All your photos of this event', null, 50000, 3);
`,
  );

export const down = (db: Kysely<unknown>) =>
  script(
    db,
    `delete from packages;
     drop table payout_items, ledger_postings, ledger_transactions, payouts, ledger_accounts cascade;
     drop function ledger_refuse_change, ledger_check_balance, ledger_check_has_postings;
     delete from split_rules`,
  );
