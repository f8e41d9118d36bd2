import type { Kysely } from 'kysely';
import { script } from './sql.ts';

export const up = (db: Kysely<unknown>) =>
  script(
    db,
    `
create table organizers (
  id uuid primary key default gen_random_uuid(),
  user_id uuid unique references users on delete set null,
  name text not null,
  contact_email text,
  phone text,
  tax_id text,
  address text,
  is_juristic boolean not null default true,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);

create table photographers (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null unique references users on delete restrict,
  display_name text not null,
  slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{1,62}$'),
  bio text,
  portfolio_url text,
  is_public boolean not null default false,
  tax_id text,
  is_juristic boolean not null default false,
  withholding_applies boolean not null default true,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);

create table bank_accounts (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users on delete cascade,
  bank_code text not null,
  account_name_encrypted bytea not null,
  account_number_encrypted bytea not null,
  account_last4 text not null check (account_last4 ~ '^[0-9]{4}$'),
  is_default boolean not null default false,
  verified_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create unique index bank_accounts_default on bank_accounts (user_id) where is_default;
create index bank_accounts_user on bank_accounts (user_id);

create table events (
  id uuid primary key default gen_random_uuid(),
  slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{1,78}$'),
  name text not null check (length(name) between 1 and 200),
  name_en text,
  description text,
  category text not null default 'other' check (category in ('running','cycling','concert','festival','wedding','corporate','school','other')),
  revenue_type text not null default 'standard' check (revenue_type in ('standard','premium','platform','charity','corporate')),
  status text not null default 'planning' check (status in ('planning','published','live','ended','archived','cancelled')),
  access_mode text not null default 'open' check (access_mode in ('open','find_me','code')),
  access_code_hash text,
  face_search_enabled boolean not null default false,
  face_notice jsonb,
  has_minors boolean not null default false,
  auto_approve boolean not null default false,
  watermark_mode text not null default 'corner' check (watermark_mode in ('corner','tiled')),
  location text,
  venue text,
  time_zone text not null default 'Asia/Bangkok',
  starts_at timestamptz(3) not null,
  ends_at timestamptz(3) not null,
  sales_enabled boolean not null default true,
  sales_start_at timestamptz(3),
  sales_end_at timestamptz(3),
  retention_days integer not null default 90 check (retention_days between 1 and 3650),
  organizer_id uuid references organizers on delete restrict,
  cover_photo_id uuid,
  created_by uuid references users on delete set null,
  revision bigint not null default 0,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  deleted_at timestamptz(3),
  check (ends_at >= starts_at),
  check (access_mode <> 'code' or access_code_hash is not null)
);
create index events_public on events (starts_at desc, id desc) where deleted_at is null and status in ('published','live','ended');
create index events_created on events (created_at desc, id desc) where deleted_at is null;
create index events_organizer on events (organizer_id);
create unique index events_revision on events (revision, id);

create table event_staff (
  event_id uuid not null references events on delete cascade,
  user_id uuid not null references users on delete cascade,
  role text not null check (role in ('photographer','organizer')),
  assigned_by uuid references users on delete set null,
  created_at timestamptz(3) not null default now(),
  primary key (event_id, user_id, role)
);
create index event_staff_user on event_staff (user_id, role);

create table event_announcements (
  id uuid primary key default gen_random_uuid(),
  event_id uuid not null references events on delete cascade,
  author_id uuid references users on delete set null,
  subject_th text not null,
  subject_en text not null,
  body_th text not null,
  body_en text not null,
  audience text not null check (audience in ('buyers','searchers','staff')),
  recipient_count integer not null default 0,
  created_at timestamptz(3) not null default now()
);
create index event_announcements_event on event_announcements (event_id, created_at desc);

create table event_status_changes (
  id bigint primary key generated always as identity,
  event_id uuid not null references events on delete cascade,
  from_status text,
  to_status text not null,
  actor_id uuid references users on delete set null,
  reason text,
  created_at timestamptz(3) not null default now()
);
create index event_status_changes_event on event_status_changes (event_id, id desc);

create table consents (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users on delete cascade,
  purpose text not null check (purpose in ('face_search','selfie_upload','hide_me','pre_registration','marketing')),
  event_id uuid references events on delete cascade,
  action text not null default 'granted' check (action in ('granted','withdrawn')),
  withdraws_id uuid unique references consents on delete cascade,
  text_version text not null,
  text_hash text not null,
  language text not null check (language in ('th','en')),
  method text not null default 'switch',
  by_guardian boolean not null default false,
  ip_address text,
  user_agent text,
  expires_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  check ((action = 'withdrawn') = (withdraws_id is not null))
);
create index consents_user on consents (user_id, purpose, created_at desc);
create index consents_event on consents (event_id);
`,
  );

export const down = (db: Kysely<unknown>) =>
  script(
    db,
    'drop table consents, event_status_changes, event_announcements, event_staff, events, bank_accounts, photographers, organizers cascade',
  );
