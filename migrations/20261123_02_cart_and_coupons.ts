import type { Kysely } from 'kysely';
import { script } from './sql.ts';

/** Coupons, rules for photos' own prices, carts that friends fill together. */
export const up = (db: Kysely<unknown>) =>
  script(
    db,
    `
create table coupons (
  id uuid primary key default gen_random_uuid(),
  code text not null unique check (code ~ '^[A-Z0-9]{3,32}$'),
  batch_id uuid,
  label text not null default '',
  kind text not null check (kind in ('percent','amount')),
  percent_bp integer check (percent_bp between 1 and 10000),
  amount_satang bigint check (amount_satang > 0),
  max_discount_satang bigint check (max_discount_satang > 0),
  event_id uuid references events on delete cascade,
  min_spend_satang bigint not null default 0 check (min_spend_satang >= 0),
  starts_at timestamptz(3),
  ends_at timestamptz(3),
  max_redemptions integer check (max_redemptions > 0),
  max_per_person integer check (max_per_person > 0),
  first_order_only boolean not null default false,
  is_active boolean not null default true,
  created_by uuid references users on delete set null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  check ((kind = 'percent') = (percent_bp is not null)),
  check ((kind = 'amount') = (amount_satang is not null)),
  check (kind = 'percent' or max_discount_satang is null),
  check (ends_at is null or starts_at is null or ends_at > starts_at)
);
create index coupons_list on coupons (created_at desc, id desc);
create index coupons_batch on coupons (batch_id) where batch_id is not null;
create index coupons_event on coupons (event_id) where event_id is not null;

alter table carts add column coupon_id uuid references coupons on delete set null;

create table shared_carts (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references users on delete cascade,
  name text not null default '',
  token_hash bytea not null unique,
  expires_at timestamptz(3) not null,
  revoked_at timestamptz(3),
  order_id uuid references orders on delete set null,
  is_order_shared boolean not null default false,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create index shared_carts_owner on shared_carts (owner_id, created_at desc);
create index shared_carts_order on shared_carts (order_id) where order_id is not null;

create table shared_cart_members (
  shared_cart_id uuid not null references shared_carts on delete cascade,
  user_id uuid not null references users on delete cascade,
  name text not null default '',
  joined_at timestamptz(3) not null default now(),
  primary key (shared_cart_id, user_id)
);
create index shared_cart_members_user on shared_cart_members (user_id);

create table shared_cart_items (
  id uuid primary key default gen_random_uuid(),
  shared_cart_id uuid not null references shared_carts on delete cascade,
  photo_id uuid not null references photos on delete cascade,
  event_id uuid not null references events on delete cascade,
  added_by uuid references users on delete set null,
  seen_price_satang bigint check (seen_price_satang >= 0),
  added_at timestamptz(3) not null default now(),
  removed_at timestamptz(3),
  removed_by uuid references users on delete set null
);
create unique index shared_cart_items_live on shared_cart_items (shared_cart_id, photo_id) where removed_at is null;
create index shared_cart_items_photo on shared_cart_items (photo_id);
create index shared_cart_items_event on shared_cart_items (event_id);

alter table orders
  add column coupon_id uuid references coupons on delete set null,
  add column shared_cart_id uuid references shared_carts on delete set null;
alter table order_items add column coupon_satang bigint not null default 0 check (coupon_satang >= 0);
create index order_items_package on order_items (package_id);
create index orders_email on orders (lower(email));

create table coupon_redemptions (
  id uuid primary key default gen_random_uuid(),
  coupon_id uuid not null references coupons on delete restrict,
  order_id uuid not null unique references orders on delete cascade,
  user_id uuid references users on delete set null,
  email_hash bytea not null,
  discount_satang bigint not null check (discount_satang >= 0),
  status text not null default 'held' check (status in ('held','used','released')),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create index coupon_redemptions_live on coupon_redemptions (coupon_id) where status <> 'released';
create index coupon_redemptions_user on coupon_redemptions (user_id);
create index coupon_redemptions_email on coupon_redemptions (email_hash);

create table price_rules (
  id uuid primary key default gen_random_uuid(),
  event_id uuid not null references events on delete cascade,
  photographer_id uuid references photographers on delete cascade,
  kind text not null check (kind in ('free','percent','price')),
  percent_bp integer check (percent_bp between 1 and 10000),
  price_satang bigint check (price_satang >= 0),
  created_by uuid references users on delete set null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  check ((kind = 'percent') = (percent_bp is not null)),
  check ((kind = 'price') = (price_satang is not null))
);
create unique index price_rules_one on price_rules (event_id, coalesce(photographer_id::text, ''));
create index price_rules_photographer on price_rules (photographer_id) where photographer_id is not null;

alter table photos
  add column discount_bp integer check (discount_bp between 1 and 10000),
  add column price_from text check (price_from in ('photo','rule'));
create index photos_discounted on photos (event_id) where discount_bp is not null;

-- What a single photo costs at an event; null when none is offered there.
create function event_single_price(event uuid) returns bigint language sql stable as $$
  select min(coalesce(o.price_satang, p.price_satang))
  from packages p left join event_packages o on o.package_id = p.id and o.event_id = event
  where p.kind = 'single' and p.deleted_at is null and p.is_active and coalesce(o.is_active, true)
    and (p.is_global or o.event_id is not null)
$$;
-- A price less so many basis points, half a satang rounded up.
create function discounted(price bigint, bp integer) returns bigint language sql immutable as $$
  select (price * (10000 - bp) + 5000) / 10000
$$;
-- A new photo takes the price that its photographer, or the event, set for photos like it.
create function photo_takes_price_rule() returns trigger language plpgsql as $$
declare rule price_rules;
begin
  if new.price_satang is not null or new.price_from is not null then return new; end if;
  select * into rule from price_rules r
  where r.event_id = new.event_id and (r.photographer_id = new.photographer_id or r.photographer_id is null)
  order by r.photographer_id is null limit 1;
  if not found then return new; end if;
  new.price_from := 'rule';
  new.discount_bp := case when rule.kind = 'percent' then rule.percent_bp end;
  new.price_satang := case rule.kind when 'free' then 0 when 'price' then rule.price_satang
    else discounted(event_single_price(new.event_id), rule.percent_bp) end;
  return new;
end $$;
create trigger photos_price_rule before insert on photos for each row execute function photo_takes_price_rule();
`,
  );

export const down = (db: Kysely<unknown>) =>
  script(
    db,
    `
drop trigger photos_price_rule on photos;
drop function photo_takes_price_rule();
drop function discounted(bigint, integer);
drop function event_single_price(uuid);
alter table photos drop column price_from, drop column discount_bp;
drop table price_rules, coupon_redemptions;
drop index orders_email;
drop index order_items_package;
alter table order_items drop column coupon_satang;
alter table orders drop column coupon_id, drop column shared_cart_id;
alter table carts drop column coupon_id;
drop table shared_cart_items, shared_cart_members, shared_carts, coupons;
`,
  );
