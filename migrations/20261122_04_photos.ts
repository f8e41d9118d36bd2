import type { Kysely } from 'kysely';
import { script } from './sql.ts';

export const up = (db: Kysely<unknown>) =>
  script(
    db,
    `
create table photos (
  id uuid primary key default gen_random_uuid(),
  event_id uuid not null references events on delete restrict,
  photographer_id uuid not null references photographers on delete restrict,
  uploaded_by uuid references users on delete set null,
  status text not null default 'uploaded' check (status in ('uploaded','pending','approved','rejected','failed')),
  failure_code text,
  sha256 bytea not null check (length(sha256) = 32),
  file_name text not null,
  content_type text not null,
  bytes bigint not null check (bytes > 0),
  width integer check (width > 0),
  height integer check (height > 0),
  taken_at timestamptz(3),
  placeholder_color text check (placeholder_color ~ '^#[0-9a-f]{6}$'),
  focus_x real check (focus_x between 0 and 1),
  focus_y real check (focus_y between 0 and 1),
  face_count integer not null default 0,
  faces_engine text,
  pipeline_version integer not null default 0,
  price_satang bigint check (price_satang >= 0),
  revision bigint not null default 0,
  approved_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  deleted_at timestamptz(3)
);
create unique index photos_identity on photos (event_id, sha256) where deleted_at is null;
create index photos_event_status on photos (event_id, status, created_at desc, id desc) where deleted_at is null;
create index photos_event_taken on photos (event_id, (coalesce(taken_at, created_at)), id) where deleted_at is null and status = 'approved';
create index photos_photographer on photos (photographer_id, created_at desc, id desc);
create index photos_pipeline on photos (pipeline_version, created_at) where deleted_at is null and status <> 'failed';
create index photos_without_faces on photos (event_id) where faces_engine is null and failure_code is null and deleted_at is null;
create index photos_revision on photos (event_id, revision, id);
alter table events add constraint events_cover_photo foreign key (cover_photo_id) references photos on delete set null;

create table photo_files (
  photo_id uuid not null references photos on delete cascade,
  kind text not null check (kind in ('original','small','medium','large','preview','clean')),
  object_key text not null unique,
  content_type text not null,
  bytes bigint not null,
  width integer,
  height integer,
  created_at timestamptz(3) not null default now(),
  primary key (photo_id, kind)
);

create table photo_metadata (
  photo_id uuid primary key references photos on delete cascade,
  camera_make text,
  camera_model text,
  lens_model text,
  iso integer,
  exposure_seconds double precision,
  f_number double precision,
  focal_length_mm double precision,
  orientation smallint,
  taken_at_local text,
  had_gps boolean not null default false,
  extracted_at timestamptz(3) not null default now()
);

create table photo_reviews (
  id bigint primary key generated always as identity,
  photo_id uuid not null references photos on delete cascade,
  reviewer_id uuid references users on delete set null,
  from_status text not null,
  to_status text not null,
  reason text,
  created_at timestamptz(3) not null default now()
);
create index photo_reviews_photo on photo_reviews (photo_id, id desc);

create table photo_views (
  photo_id uuid not null references photos on delete cascade,
  day date not null,
  views integer not null default 0,
  primary key (photo_id, day)
);

create table photo_bibs (
  id uuid primary key default gen_random_uuid(),
  photo_id uuid not null references photos on delete cascade,
  event_id uuid not null references events on delete cascade,
  bib text not null check (bib ~ '^[A-Z0-9-]{1,12}$'),
  confidence real not null check (confidence between 0 and 1),
  source text not null check (source in ('detected','typed')),
  created_at timestamptz(3) not null default now(),
  unique (photo_id, bib)
);
create index photo_bibs_event on photo_bibs (event_id, bib);

create table uploads (
  id text primary key,
  event_id uuid not null references events on delete cascade,
  user_id uuid not null references users on delete cascade,
  file_name text not null,
  bytes bigint not null check (bytes > 0),
  status text not null default 'receiving' check (status in ('receiving','received','completed','duplicate','failed','cancelled')),
  error_code text,
  photo_id uuid references photos on delete set null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  expires_at timestamptz(3) not null default now() + interval '7 days'
);
create index uploads_user on uploads (user_id, created_at desc, id desc);
create index uploads_unfinished on uploads (status, updated_at) where status in ('receiving','received');

create table favorites (
  user_id uuid not null references users on delete cascade,
  photo_id uuid not null references photos on delete cascade,
  event_id uuid not null references events on delete cascade,
  revision bigint not null default 0,
  created_at timestamptz(3) not null default now(),
  deleted_at timestamptz(3),
  primary key (user_id, photo_id)
);
create index favorites_revision on favorites (user_id, revision, photo_id);
`,
  );

export const down = (db: Kysely<unknown>) =>
  script(
    db,
    `alter table events drop constraint events_cover_photo;
     drop table favorites, uploads, photo_bibs, photo_views, photo_reviews, photo_metadata, photo_files, photos cascade`,
  );
