import type { Kysely } from 'kysely';
import { script } from './sql.ts';

export const up = (db: Kysely<unknown>) =>
  script(
    db,
    `
create table settings (
  key text primary key,
  value jsonb not null,
  version integer not null default 1,
  updated_by uuid references users on delete set null,
  updated_at timestamptz(3) not null default now()
);

create table email_templates (
  key text not null,
  language text not null check (language in ('th','en')),
  subject text not null,
  body text not null,
  version integer not null default 1,
  updated_by uuid references users on delete set null,
  updated_at timestamptz(3) not null default now(),
  primary key (key, language)
);

create table messages (
  id uuid primary key default gen_random_uuid(),
  channel text not null check (channel in ('email','push','line')),
  template text not null,
  dedupe_key text not null unique,
  user_id uuid references users on delete set null,
  recipient text not null,
  language text not null check (language in ('th','en')),
  payload jsonb not null default '{}',
  status text not null default 'queued' check (status in ('queued','sent','failed')),
  attempts integer not null default 0,
  provider_id text,
  error text,
  sent_at timestamptz(3),
  created_at timestamptz(3) not null default now()
);
create index messages_created on messages (created_at desc, id desc);
create index messages_user on messages (user_id, created_at desc);
create index messages_queued on messages (created_at) where status = 'queued';

create table push_subscriptions (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users on delete cascade,
  endpoint text not null unique,
  p256dh text not null,
  auth text not null,
  kinds text[] not null default '{}',
  created_at timestamptz(3) not null default now(),
  failed_at timestamptz(3)
);
create index push_subscriptions_user on push_subscriptions (user_id);

create table audit_logs (
  id bigint primary key generated always as identity,
  actor_id uuid references users on delete set null,
  action text not null,
  subject_kind text,
  subject_id text,
  details jsonb not null default '{}',
  request_id text,
  ip_address text,
  created_at timestamptz(3) not null default now()
);
create index audit_logs_created on audit_logs (created_at desc, id desc);
create index audit_logs_subject on audit_logs (subject_kind, subject_id, id desc);
create index audit_logs_actor on audit_logs (actor_id, id desc);

create table idempotency_keys (
  owner text not null,
  key text not null,
  route text not null,
  request_hash text not null,
  response_status integer,
  response_body jsonb,
  created_at timestamptz(3) not null default now(),
  completed_at timestamptz(3),
  expires_at timestamptz(3) not null default now() + interval '24 hours',
  primary key (owner, key)
);
create index idempotency_keys_expiry on idempotency_keys (expires_at);

create table outbox (
  id bigint primary key generated always as identity,
  topic text not null,
  key text not null,
  payload jsonb not null,
  available_at timestamptz not null default now(),
  attempts integer not null default 0,
  relayed_at timestamptz(3),
  error text,
  created_at timestamptz(3) not null default now(),
  unique (topic, key)
);
create index outbox_waiting on outbox (available_at, id) where relayed_at is null;

create table sync_scopes (
  scope text primary key,
  revision bigint not null default 0,
  updated_at timestamptz(3) not null default now()
);
`,
  );

export const down = (db: Kysely<unknown>) =>
  script(
    db,
    'drop table sync_scopes, outbox, idempotency_keys, audit_logs, push_subscriptions, messages, email_templates, settings cascade',
  );
