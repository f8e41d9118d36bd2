import type { Kysely } from 'kysely';
import { script } from './sql.ts';

/**
 * A face is one row with its place and quality; what describes it lies beside it, once for each descriptor space. An event
 * is searched in one space; a change to another one is prepared beside it and takes effect at once.
 */
export const up = (db: Kysely<unknown>) =>
  script(
    db,
    `
create table face_descriptors (
  face_id uuid not null references faces on delete cascade,
  event_id uuid not null references events on delete cascade,
  engine text not null,
  descriptor bytea not null check (length(descriptor) > 0 and length(descriptor) % 4 = 0),
  created_at timestamptz(3) not null default now(),
  primary key (face_id, engine)
);
create index face_descriptors_event on face_descriptors (event_id, engine, face_id);
insert into face_descriptors (face_id, event_id, engine, descriptor, created_at)
  select id, event_id, engine, descriptor, created_at from faces;

drop index faces_event;
alter table faces drop constraint faces_photo_id_engine_ordinal_key;
-- Two engines never lived side by side, but a row more must not stop the upgrade.
update faces f set ordinal = n.place from (
  select id, row_number() over (partition by photo_id order by engine, ordinal) - 1 as place from faces
) n where n.id = f.id and n.place <> f.ordinal;
alter table faces drop column engine, drop column descriptor,
  add column landmarks bytea check (length(landmarks) % 8 = 0);
alter table faces add constraint faces_photo_id_ordinal_key unique (photo_id, ordinal);
create index faces_event on faces (event_id, id);

alter table photos add column face_spaces text[] not null default '{}';
update photos set face_spaces = array[faces_engine] where faces_engine is not null;
drop index photos_without_faces;
alter table photos drop column faces_engine,
  add column index_attempts integer not null default 0;
create index photos_without_faces on photos (event_id)
  where face_spaces = '{}' and failure_code is null and deleted_at is null;
create index photos_given_up on photos (updated_at) where failure_code = 'gave_up' and deleted_at is null;

alter table events add column face_engine text not null default 'faceapi-128-r1';

create table face_engines (
  engine text primary key,
  manifest jsonb,
  is_installed boolean not null default false,
  seen_at timestamptz(3),
  notice_hash text,
  accepted_by uuid references users on delete set null,
  accepted_at timestamptz(3),
  is_default boolean not null default false,
  updated_at timestamptz(3) not null default now()
);
create unique index face_engines_default on face_engines (is_default) where is_default;

create table face_engine_changes (
  id uuid primary key default gen_random_uuid(),
  event_id uuid not null references events on delete cascade,
  from_engine text not null,
  to_engine text not null check (to_engine <> from_engine),
  status text not null default 'running' check (status in ('running','switched','cancelled')),
  photos integer not null default 0,
  requested_by uuid references users on delete set null,
  created_at timestamptz(3) not null default now(),
  finished_at timestamptz(3),
  cleaned_at timestamptz(3)
);
create unique index face_engine_changes_running on face_engine_changes (event_id) where status = 'running';
create index face_engine_changes_event on face_engine_changes (event_id, created_at desc);
create index face_engine_changes_left on face_engine_changes (finished_at) where status <> 'running' and cleaned_at is null;

create table face_engine_failures (
  change_id uuid not null references face_engine_changes on delete cascade,
  photo_id uuid not null references photos on delete cascade,
  reason text not null,
  attempts integer not null default 1,
  created_at timestamptz(3) not null default now(),
  primary key (change_id, photo_id)
);
create index face_engine_failures_photo on face_engine_failures (photo_id);

drop index face_groups_event;
alter table face_groups drop column engine;
create index face_groups_event on face_groups (event_id) where merged_into is null;
create table face_group_actions (
  id uuid primary key default gen_random_uuid(),
  event_id uuid not null references events on delete cascade,
  kind text not null check (kind in ('merge','split','label')),
  group_ids uuid[] not null,
  before jsonb not null,
  actor_id uuid references users on delete set null,
  created_at timestamptz(3) not null default clock_timestamp(),
  undone_at timestamptz(3)
);
create index face_group_actions_event on face_group_actions (event_id, created_at desc);

alter table face_opt_outs
  add column request_id uuid references privacy_requests on delete set null,
  add column searched_revision bigint;
create index face_opt_outs_user on face_opt_outs (user_id, created_at desc);
create index face_opt_outs_request on face_opt_outs (request_id);
create table face_opt_out_faces (
  opt_out_id uuid not null references face_opt_outs on delete cascade,
  face_id uuid not null references faces on delete cascade,
  state text not null check (state in ('hidden','proposed','dismissed')),
  confidence real not null check (confidence between 0 and 1),
  created_at timestamptz(3) not null default now(),
  primary key (opt_out_id, face_id)
);
create index face_opt_out_faces_face on face_opt_out_faces (face_id);
`,
  );

/** Faces that the current space of their event does not describe cannot be kept in the older shape. */
export const down = (db: Kysely<unknown>) =>
  script(
    db,
    `
drop table face_opt_out_faces, face_group_actions, face_engine_failures, face_engine_changes;
drop index face_opt_outs_user;
alter table face_opt_outs drop column request_id, drop column searched_revision;

drop index face_groups_event;
alter table face_groups add column engine text;
update face_groups g set engine = e.face_engine from events e where e.id = g.event_id;
alter table face_groups alter column engine set not null;
create index face_groups_event on face_groups (event_id) where merged_into is null;

drop index faces_event;
alter table faces drop constraint faces_photo_id_ordinal_key;
alter table faces add column engine text, add column descriptor bytea check (length(descriptor) % 4 = 0), drop column landmarks;
update faces f set engine = d.engine, descriptor = d.descriptor
  from face_descriptors d join events e on e.id = d.event_id where d.face_id = f.id and d.engine = e.face_engine;
delete from faces where descriptor is null;
alter table faces alter column engine set not null, alter column descriptor set not null;
alter table faces add constraint faces_photo_id_engine_ordinal_key unique (photo_id, engine, ordinal);
create index faces_event on faces (event_id, engine);
drop table face_descriptors;

drop index photos_given_up;
drop index photos_without_faces;
alter table photos add column faces_engine text, drop column index_attempts;
update photos p set faces_engine = e.face_engine from events e where e.id = p.event_id and e.face_engine = any (p.face_spaces);
alter table photos drop column face_spaces;
create index photos_without_faces on photos (event_id)
  where faces_engine is null and failure_code is null and deleted_at is null;
alter table events drop column face_engine;
drop table face_engines;
`,
  );
