import type { Kysely } from 'kysely';
import { script } from './sql.ts';

// Downloads that can be taken up again, originals that land after the sale, payouts that a bank may refuse, and messages
// beside e-mail: web push and LINE.
export const up = (db: Kysely<unknown>) =>
  script(
    db,
    `
alter table photo_files add column crc32 bigint check (crc32 between 0 and 4294967295);
create index photo_files_without_crc on photo_files (photo_id) where kind = 'original' and crc32 is null;

create table downloads (
  id uuid primary key default gen_random_uuid(),
  order_id uuid not null references orders on delete cascade,
  kind text not null check (kind in ('original','archive')),
  etag text not null,
  grant_ids uuid[] not null,
  user_id uuid references users on delete set null,
  bytes bigint not null check (bytes >= 0),
  bytes_sent bigint not null default 0,
  requests integer not null default 0,
  started_at timestamptz(3) not null default now(),
  last_at timestamptz(3) not null default now()
);
create index downloads_order on downloads (order_id, etag, started_at desc);

alter table download_grants add column delivered_at timestamptz(3);
update download_grants g set delivered_at = g.created_at
  where exists (select 1 from photo_files f where f.photo_id = g.photo_id and f.kind = 'original');
create index download_grants_waiting on download_grants (photo_id) where delivered_at is null and revoked_at is null;

create function download_grants_delivered() returns trigger language plpgsql as $$
begin
  if new.delivered_at is null and exists (select 1 from photo_files f where f.photo_id = new.photo_id and f.kind = 'original') then
    new.delivered_at := now();
  end if;
  return new;
end $$;
create trigger download_grants_delivered before insert on download_grants
  for each row execute function download_grants_delivered();

-- Whoever stores an original, its buyers hear of it: one job per order and quarter of a minute.
create function photo_files_landed() returns trigger language plpgsql as $$
begin
  insert into outbox (topic, key, payload, available_at)
    select distinct 'deliver-originals', g.order_id || '-' || floor(extract(epoch from now()) / 15)::bigint,
      jsonb_build_object('orderId', g.order_id), now() + interval '15 seconds'
    from download_grants g
    where g.photo_id = new.photo_id and g.delivered_at is null and g.revoked_at is null
    on conflict (topic, key) do nothing;
  return null;
end $$;
create trigger photo_files_landed after insert on photo_files
  for each row when (new.kind = 'original') execute function photo_files_landed();

alter table photographers
  add column legal_name text,
  add column address text,
  add column withholding_income text not null default 'service' check (withholding_income in ('service','fee','copyright'));
alter table organizers
  add column withholding_applies boolean not null default true,
  add column withholding_income text not null default 'service' check (withholding_income in ('service','fee','copyright'));

create sequence payout_numbers;
alter table payouts
  add column number text not null unique default 'PAY-' || to_char(now() at time zone 'Asia/Bangkok', 'YYMMDD') || '-' || lpad(nextval('payout_numbers')::text, 6, '0'),
  add column second_approver uuid references users on delete set null,
  add column approved_at timestamptz(3),
  add column exported_at timestamptz(3),
  add column transferred_on date,
  add column note text,
  add column failed_at timestamptz(3),
  add column failure text,
  add column tax jsonb not null default '{}',
  add column certificate_series text,
  add column certificate_sequence integer check (certificate_sequence > 0),
  add column updated_at timestamptz(3) not null default now(),
  drop constraint payouts_status_check,
  add constraint payouts_status_check check (status in ('draft','approved','paid','cancelled','failed')),
  add constraint payouts_second_person check (second_approver is null or second_approver <> approved_by),
  add constraint payouts_certificate check (num_nonnulls(certificate_series, certificate_sequence) in (0, 2));
create unique index payouts_certificate_number on payouts (certificate_series, certificate_sequence);
create index payouts_batch on payouts (batch_id);

create table notification_preferences (
  user_id uuid not null references users on delete cascade,
  kind text not null check (kind in ('photos','order','announcement','earnings')),
  channel text not null check (channel in ('email','push','line')),
  is_on boolean not null,
  updated_at timestamptz(3) not null default now(),
  primary key (user_id, kind, channel)
);

alter table push_subscriptions
  add column user_agent text,
  add column last_sent_at timestamptz(3),
  add column expires_at timestamptz(3);

create table line_links (
  user_id uuid primary key references users on delete cascade,
  line_user_id text not null unique,
  linked_at timestamptz(3) not null default now(),
  blocked_at timestamptz(3)
);
create table line_link_codes (
  code text primary key,
  user_id uuid not null unique references users on delete cascade,
  expires_at timestamptz(3) not null
);

alter table messages add column push_subscription_id uuid references push_subscriptions on delete set null;
create index messages_subscription on messages (push_subscription_id) where push_subscription_id is not null;

-- How many of a search's photos its person was told of, so that each arrival is told once.
create table search_tellings (
  search_id uuid primary key references face_searches on delete cascade,
  told_photos integer not null default 0,
  told_at timestamptz(3) not null default now()
);
`,
  );

export const down = (db: Kysely<unknown>) =>
  script(
    db,
    `
drop table search_tellings, line_link_codes, line_links, notification_preferences;
alter table messages drop column push_subscription_id;
alter table push_subscriptions drop column user_agent, drop column last_sent_at, drop column expires_at;
update payouts set status = 'cancelled' where status = 'failed';
alter table payouts drop column number, drop column second_approver, drop column approved_at, drop column exported_at,
  drop column transferred_on, drop column note, drop column failed_at, drop column failure, drop column tax,
  drop column certificate_series, drop column certificate_sequence, drop column updated_at,
  drop constraint payouts_status_check,
  add constraint payouts_status_check check (status in ('draft','approved','paid','cancelled'));
drop index payouts_batch;
drop sequence payout_numbers;
alter table organizers drop column withholding_applies, drop column withholding_income;
alter table photographers drop column legal_name, drop column address, drop column withholding_income;
drop trigger photo_files_landed on photo_files;
drop function photo_files_landed;
drop trigger download_grants_delivered on download_grants;
drop function download_grants_delivered;
alter table download_grants drop column delivered_at;
drop table downloads;
alter table photo_files drop column crc32;
`,
  );
