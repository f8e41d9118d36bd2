import type { Kysely } from 'kysely';
import { script } from './sql.ts';

export const up = (db: Kysely<unknown>) =>
  script(
    db,
    `
create table faces (
  id uuid primary key default gen_random_uuid(),
  photo_id uuid not null references photos on delete cascade,
  event_id uuid not null references events on delete cascade,
  engine text not null,
  ordinal integer not null,
  box_x real not null,
  box_y real not null,
  box_width real not null check (box_width > 0),
  box_height real not null check (box_height > 0),
  score real not null,
  quality real not null,
  quality_parts jsonb not null default '{}',
  descriptor bytea not null check (length(descriptor) % 4 = 0),
  hidden_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  unique (photo_id, engine, ordinal)
);
create index faces_event on faces (event_id, engine);

create table face_groups (
  id uuid primary key default gen_random_uuid(),
  event_id uuid not null references events on delete cascade,
  engine text not null,
  label text,
  merged_into uuid references face_groups on delete set null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create index face_groups_event on face_groups (event_id) where merged_into is null;

create table face_group_members (
  face_id uuid primary key references faces on delete cascade,
  group_id uuid not null references face_groups on delete cascade,
  source text not null default 'automatic' check (source in ('automatic','admin')),
  created_at timestamptz(3) not null default now()
);
create index face_group_members_group on face_group_members (group_id);

create table face_searches (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users on delete cascade,
  event_id uuid not null references events on delete cascade,
  consent_id uuid not null references consents on delete cascade,
  source text not null check (source in ('descriptor','image')),
  engine text,
  descriptor bytea,
  image_key text,
  status text not null default 'queued' check (status in ('queued','done','failed','withdrawn')),
  error_code text,
  photos_searched integer not null default 0,
  faces_searched integer not null default 0,
  index_revision bigint,
  calibration jsonb,
  open_until timestamptz(3) not null default now() + interval '24 hours',
  created_at timestamptz(3) not null default now(),
  finished_at timestamptz(3)
);
create index face_searches_user on face_searches (user_id, created_at desc, id desc);
create index face_searches_open on face_searches (event_id, open_until) where status = 'done' and descriptor is not null;
create index face_searches_expiry on face_searches (open_until) where descriptor is not null;
create index face_searches_consent on face_searches (consent_id);

create table face_matches (
  search_id uuid not null references face_searches on delete cascade,
  photo_id uuid not null references photos on delete cascade,
  face_id uuid references faces on delete cascade,
  band text not null check (band in ('sure','maybe')),
  confidence real not null check (confidence between 0 and 1),
  distance real not null,
  created_at timestamptz(3) not null default now(),
  primary key (search_id, photo_id)
);
create index face_matches_photo on face_matches (photo_id);
create index face_matches_face on face_matches (face_id);

create table face_feedback (
  user_id uuid not null references users on delete cascade,
  photo_id uuid not null references photos on delete cascade,
  event_id uuid not null references events on delete cascade,
  face_id uuid references faces on delete set null,
  verdict text not null check (verdict in ('me','not_me')),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  primary key (user_id, photo_id)
);
create index face_feedback_event on face_feedback (event_id, user_id);

create table face_opt_outs (
  id uuid primary key default gen_random_uuid(),
  user_id uuid references users on delete set null,
  event_id uuid not null references events on delete cascade,
  consent_id uuid references consents on delete set null,
  engine text,
  descriptor bytea,
  status text not null default 'requested' check (status in ('requested','confirmed','rejected','withdrawn')),
  hidden_faces integer not null default 0,
  expires_at timestamptz(3),
  decided_by uuid references users on delete set null,
  created_at timestamptz(3) not null default now()
);
create index face_opt_outs_event on face_opt_outs (event_id, status);
`,
  );

export const down = (db: Kysely<unknown>) =>
  script(
    db,
    'drop table face_opt_outs, face_feedback, face_matches, face_searches, face_group_members, face_groups, faces cascade',
  );
