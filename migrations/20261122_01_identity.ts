import type { Kysely } from 'kysely';
import { script } from './sql.ts';

// users, sessions, accounts, verifications, jwks and two_factors are better-auth's tables under our names.
export const up = (db: Kysely<unknown>) =>
  script(
    db,
    `
create table users (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  email text not null unique check (email = lower(email)),
  email_verified boolean not null default false,
  image text,
  role text not null default 'customer' check (role in ('customer','photographer','organizer','admin')),
  is_anonymous boolean not null default false,
  two_factor_enabled boolean not null default false,
  banned boolean not null default false,
  ban_reason text,
  ban_expires timestamptz(3),
  locale text not null default 'th' check (locale in ('th','en')),
  phone text,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  deleted_at timestamptz(3)
);
create index users_role_created on users (role, created_at desc, id desc) where not is_anonymous;

create table sessions (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users on delete cascade,
  token text not null unique,
  expires_at timestamptz(3) not null,
  ip_address text,
  user_agent text,
  impersonated_by uuid references users on delete set null,
  refresh_token_hash text unique,
  refresh_expires_at timestamptz(3),
  replaced_refresh_hash text,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create index sessions_user on sessions (user_id);
create index sessions_expiry on sessions (expires_at);
create index sessions_replaced_refresh on sessions (replaced_refresh_hash) where replaced_refresh_hash is not null;

create table accounts (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users on delete cascade,
  account_id text not null,
  provider_id text not null,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz(3),
  refresh_token_expires_at timestamptz(3),
  scope text,
  password text,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (provider_id, account_id)
);
create index accounts_user on accounts (user_id);

create table verifications (
  id uuid primary key default gen_random_uuid(),
  identifier text not null,
  value text not null,
  expires_at timestamptz(3) not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create index verifications_identifier on verifications (identifier);

create table jwks (
  id uuid primary key default gen_random_uuid(),
  public_key text not null,
  private_key text not null,
  alg text,
  crv text,
  created_at timestamptz(3) not null default now(),
  expires_at timestamptz(3)
);

create table two_factors (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users on delete cascade,
  secret text not null,
  backup_codes text not null,
  verified boolean not null default true,
  failed_verification_count integer not null default 0,
  locked_until timestamptz(3),
  created_at timestamptz(3) not null default now()
);
create index two_factors_user on two_factors (user_id);
create index two_factors_secret on two_factors (secret);

create table login_attempts (
  id bigint primary key generated always as identity,
  email_hash text not null,
  ip_address text,
  succeeded boolean not null,
  created_at timestamptz(3) not null default now()
);
create index login_attempts_email on login_attempts (email_hash, created_at desc);

create table privacy_requests (
  id uuid primary key default gen_random_uuid(),
  user_id uuid references users on delete set null,
  email text,
  kind text not null check (kind in ('access','export','rectification','erasure','objection','hide')),
  status text not null default 'received' check (status in ('received','in_progress','completed','rejected')),
  details text,
  decision text,
  decided_by uuid references users on delete set null,
  due_at timestamptz(3) not null default now() + interval '30 days',
  completed_at timestamptz(3),
  created_at timestamptz(3) not null default now()
);
create index privacy_requests_status on privacy_requests (status, due_at);
create index privacy_requests_user on privacy_requests (user_id);
`,
  );

export const down = (db: Kysely<unknown>) =>
  script(
    db,
    'drop table privacy_requests, login_attempts, two_factors, jwks, verifications, accounts, sessions, users cascade',
  );
