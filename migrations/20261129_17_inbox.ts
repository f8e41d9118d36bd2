import type { Kysely } from 'kysely';
import { script } from './sql.ts';

// What happened, kept for the person to read in the app, in both languages; announcements that stand on their event's page.
export const up = (db: Kysely<unknown>) =>
  script(
    db,
    `
create table notices (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users on delete cascade,
  kind text not null check (kind in ('photos','order','announcement','earnings')),
  dedupe_key text not null,
  title_th text not null,
  title_en text not null,
  body_th text not null,
  body_en text not null,
  path text not null check (path like '/%'),
  created_at timestamptz(3) not null default now(),
  read_at timestamptz(3),
  unique (user_id, dedupe_key)
);
create index notices_person on notices (user_id, created_at desc, id desc);
create index notices_unread on notices (user_id) where read_at is null;

alter table event_announcements
  add column on_page boolean not null default false,
  drop constraint event_announcements_audience_check,
  add constraint event_announcements_audience_check check (audience in ('buyers','searchers','staff','page'));
create index event_announcements_page on event_announcements (event_id, created_at desc) where on_page;
`,
  );

export const down = (db: Kysely<unknown>) =>
  script(
    db,
    `
drop index event_announcements_page;
delete from event_announcements where audience = 'page';
alter table event_announcements
  drop column on_page,
  drop constraint event_announcements_audience_check,
  add constraint event_announcements_audience_check check (audience in ('buyers','searchers','staff'));
drop table notices;
`,
  );
