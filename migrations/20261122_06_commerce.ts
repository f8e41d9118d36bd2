import type { Kysely } from 'kysely';
import { script } from './sql.ts';

export const up = (db: Kysely<unknown>) =>
  script(
    db,
    `
create table packages (
  id uuid primary key default gen_random_uuid(),
  kind text not null check (kind in ('single','bundle','unlimited')),
  name_th text not null,
  name_en text not null,
  photo_count integer check (photo_count >= 1),
  price_satang bigint not null check (price_satang >= 0),
  is_global boolean not null default true,
  is_active boolean not null default true,
  sort_order integer not null default 0,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  deleted_at timestamptz(3),
  check ((kind = 'unlimited') = (photo_count is null)),
  check (kind <> 'single' or photo_count = 1)
);
create index packages_list on packages (sort_order, id) where deleted_at is null;

create table event_packages (
  event_id uuid not null references events on delete cascade,
  package_id uuid not null references packages on delete cascade,
  price_satang bigint check (price_satang >= 0),
  is_active boolean not null default true,
  sort_order integer not null default 0,
  created_at timestamptz(3) not null default now(),
  primary key (event_id, package_id)
);
create index event_packages_package on event_packages (package_id);

create table carts (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null unique references users on delete cascade,
  package_id uuid references packages on delete set null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);

create table cart_items (
  id uuid primary key default gen_random_uuid(),
  cart_id uuid not null references carts on delete cascade,
  photo_id uuid not null references photos on delete cascade,
  event_id uuid not null references events on delete cascade,
  is_selected boolean not null default true,
  seen_price_satang bigint check (seen_price_satang >= 0),
  revision bigint not null default 0,
  added_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  deleted_at timestamptz(3),
  unique (cart_id, photo_id)
);
create index cart_items_revision on cart_items (cart_id, revision, photo_id);
create index cart_items_photo on cart_items (photo_id);

create sequence order_numbers;
create table orders (
  id uuid primary key default gen_random_uuid(),
  number text not null unique default 'TPS-' || to_char(now() at time zone 'Asia/Bangkok', 'YYMMDD') || '-' || lpad(nextval('order_numbers')::text, 6, '0'),
  user_id uuid not null references users on delete restrict,
  email text not null,
  locale text not null default 'th' check (locale in ('th','en')),
  status text not null default 'pending' check (status in ('pending','paid','partially_refunded','refunded','cancelled','expired')),
  subtotal_satang bigint not null check (subtotal_satang >= 0),
  discount_satang bigint not null default 0 check (discount_satang >= 0),
  total_satang bigint not null check (total_satang >= 0),
  quote jsonb not null,
  tax jsonb not null default '{}',
  buyer jsonb not null default '{}',
  placed_at timestamptz(3) not null default now(),
  paid_at timestamptz(3),
  closed_at timestamptz(3),
  expires_at timestamptz(3) not null default now() + interval '24 hours',
  updated_at timestamptz(3) not null default now(),
  check (total_satang = subtotal_satang - discount_satang),
  check (status not in ('paid','partially_refunded','refunded') or paid_at is not null)
);
create index orders_user on orders (user_id, placed_at desc, id desc);
create index orders_status on orders (status, placed_at desc, id desc);
create index orders_placed on orders (placed_at desc, id desc);
create index orders_expiry on orders (expires_at) where status = 'pending';

create table split_rules (
  id uuid primary key default gen_random_uuid(),
  scope text not null check (scope in ('default','revenue_type','event','event_photographer')),
  revenue_type text check (revenue_type in ('standard','premium','platform','charity','corporate')),
  event_id uuid references events on delete cascade,
  photographer_id uuid references photographers on delete cascade,
  platform_bp integer not null check (platform_bp between 0 and 10000),
  photographer_bp integer not null check (photographer_bp between 0 and 10000),
  organizer_bp integer not null check (organizer_bp between 0 and 10000),
  version integer not null default 1,
  effective_from timestamptz(3) not null default now(),
  effective_to timestamptz(3),
  created_by uuid references users on delete set null,
  created_at timestamptz(3) not null default now(),
  check (platform_bp + photographer_bp + organizer_bp = 10000),
  check ((scope = 'revenue_type') = (revenue_type is not null)),
  check ((scope in ('event','event_photographer')) = (event_id is not null)),
  check ((scope = 'event_photographer') = (photographer_id is not null)),
  check (effective_to is null or effective_to > effective_from)
);
create unique index split_rules_current on split_rules (scope, coalesce(revenue_type, ''), coalesce(event_id::text, ''), coalesce(photographer_id::text, '')) where effective_to is null;

create table order_items (
  id uuid primary key default gen_random_uuid(),
  order_id uuid not null references orders on delete cascade,
  photo_id uuid not null references photos on delete restrict,
  event_id uuid not null references events on delete restrict,
  photographer_id uuid not null references photographers on delete restrict,
  organizer_id uuid references organizers on delete restrict,
  package_id uuid references packages on delete set null,
  list_price_satang bigint not null check (list_price_satang >= 0),
  price_satang bigint not null check (price_satang >= 0),
  split_rule_id uuid references split_rules on delete set null,
  platform_bp integer not null,
  photographer_bp integer not null,
  organizer_bp integer not null,
  refunded_at timestamptz(3),
  unique (order_id, photo_id),
  check (platform_bp + photographer_bp + organizer_bp = 10000)
);
create index order_items_photo on order_items (photo_id);
create index order_items_event on order_items (event_id);
create index order_items_photographer on order_items (photographer_id);

create table payments (
  id uuid primary key default gen_random_uuid(),
  order_id uuid not null references orders on delete restrict,
  provider text not null,
  status text not null default 'creating' check (status in ('creating','unknown','pending','paid','expired','cancelled','failed')),
  ref1 text not null unique,
  trans_id text,
  requested_satang bigint not null check (requested_satang > 0),
  payable_satang bigint check (payable_satang > 0),
  paid_satang bigint check (paid_satang >= 0),
  qr_image_base64 text,
  review text check (review in ('late','underpaid','overpaid','duplicate','unmatched')),
  review_resolution text,
  expires_at timestamptz(3),
  last_checked_at timestamptz(3),
  paid_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (provider, trans_id),
  check (status not in ('pending','paid') or trans_id is not null)
);
create unique index payments_one_live on payments (order_id) where status in ('creating','unknown','pending');
create unique index payments_one_paid on payments (order_id) where status = 'paid' and review is null;
create index payments_order on payments (order_id, created_at desc);
create index payments_due on payments (status, expires_at) where status in ('creating','unknown','pending');
create index payments_review on payments (created_at desc) where review is not null and review_resolution is null;

create table payment_webhooks (
  id uuid primary key default gen_random_uuid(),
  provider text not null,
  body_sha256 bytea not null,
  body bytea not null,
  trans_id text,
  status text not null default 'received' check (status in ('received','applied','ignored','unmatched')),
  deliveries integer not null default 1,
  attempts integer not null default 0,
  error text,
  received_at timestamptz(3) not null default now(),
  processed_at timestamptz(3),
  unique (provider, body_sha256)
);
create index payment_webhooks_waiting on payment_webhooks (received_at) where status = 'received';
create index payment_webhooks_trans on payment_webhooks (provider, trans_id);

create table refunds (
  id uuid primary key default gen_random_uuid(),
  order_id uuid not null references orders on delete restrict,
  payment_id uuid references payments on delete restrict,
  requested_by uuid references users on delete set null,
  amount_satang bigint not null check (amount_satang > 0),
  reason text not null,
  status text not null default 'requested' check (status in ('requested','approved','rejected','transferred')),
  order_item_ids uuid[] not null default '{}',
  payee_encrypted bytea,
  decided_by uuid references users on delete set null,
  second_approver uuid references users on delete set null,
  decision_note text,
  transfer_reference text,
  decided_at timestamptz(3),
  transferred_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  check (second_approver is null or second_approver <> decided_by)
);
create unique index refunds_one_open on refunds (order_id) where status = 'requested';
create index refunds_status on refunds (status, created_at desc, id desc);

create table invoices (
  id uuid primary key default gen_random_uuid(),
  order_id uuid not null references orders on delete restrict,
  refund_id uuid references refunds on delete restrict,
  kind text not null check (kind in ('receipt','tax_invoice','credit_note')),
  series text not null,
  sequence integer not null check (sequence > 0),
  number text not null unique,
  seller jsonb not null,
  buyer jsonb not null,
  lines jsonb not null,
  total_satang bigint not null,
  vat_satang bigint not null default 0,
  vat_rate_bp integer not null default 0,
  issued_at timestamptz(3) not null default now(),
  unique (series, sequence)
);
create unique index invoices_one_sale on invoices (order_id) where kind in ('receipt','tax_invoice');
create unique index invoices_one_credit on invoices (refund_id) where kind = 'credit_note';

create table download_grants (
  id uuid primary key default gen_random_uuid(),
  order_id uuid not null references orders on delete cascade,
  order_item_id uuid not null references order_items on delete cascade,
  photo_id uuid not null references photos on delete restrict,
  user_id uuid not null references users on delete cascade,
  max_downloads integer not null default 20 check (max_downloads > 0),
  download_count integer not null default 0,
  last_downloaded_at timestamptz(3),
  revoked_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  unique (order_id, photo_id)
);
create index download_grants_user on download_grants (user_id, created_at desc, id desc);
create index download_grants_photo on download_grants (photo_id, user_id);
`,
  );

export const down = (db: Kysely<unknown>) =>
  script(
    db,
    `drop table download_grants, invoices, refunds, payment_webhooks, payments, order_items, split_rules, orders, cart_items, carts,
       event_packages, packages cascade;
     drop sequence order_numbers`,
  );
