import type { Kysely } from 'kysely';
import { script } from './sql.ts';

/**
 * Which photos' searchable faces changed since when, so that an index in memory is brought up to date by reading only
 * those. `xid` is the transaction that changed them: who remembers the snapshot of their last reading asks for what was not
 * visible in it, and misses nothing, whatever order transactions commit in. Written by triggers, so that no way of changing
 * a face (approval, hiding, deletion by cascade, a statement by hand) goes round it.
 */
export const up = (db: Kysely<unknown>) =>
  script(
    db,
    `
create table face_changes (
  event_id uuid not null,
  photo_id uuid not null,
  xid xid8 not null default pg_current_xact_id(),
  primary key (event_id, photo_id)
);
create index face_changes_xid on face_changes (event_id, xid);

create function note_changed_faces() returns trigger language plpgsql as $$
begin
  if tg_table_name = 'face_descriptors' then
    insert into face_changes (event_id, photo_id)
      select distinct f.event_id, f.photo_id from changed c join faces f on f.id = c.face_id
      order by 1, 2
      on conflict (event_id, photo_id) do update set xid = excluded.xid where face_changes.xid <> excluded.xid;
  else
    insert into face_changes (event_id, photo_id)
      select distinct event_id, photo_id from changed
      order by 1, 2
      on conflict (event_id, photo_id) do update set xid = excluded.xid where face_changes.xid <> excluded.xid;
  end if;
  return null;
end $$;
create function note_changed_photos() returns trigger language plpgsql as $$
begin
  insert into face_changes (event_id, photo_id)
    select e.event_id, n.id
    from new_photos n join old_photos o on o.id = n.id
      cross join lateral (select n.event_id union select o.event_id) e
    where (o.status, o.deleted_at, o.face_spaces, o.event_id)
      is distinct from (n.status, n.deleted_at, n.face_spaces, n.event_id)
    order by 1, 2
    on conflict (event_id, photo_id) do update set xid = excluded.xid where face_changes.xid <> excluded.xid;
  return null;
end $$;

create trigger faces_inserted after insert on faces referencing new table as changed
  for each statement execute function note_changed_faces();
create trigger faces_updated after update on faces referencing new table as changed
  for each statement execute function note_changed_faces();
create trigger faces_deleted after delete on faces referencing old table as changed
  for each statement execute function note_changed_faces();
create trigger face_descriptors_inserted after insert on face_descriptors referencing new table as changed
  for each statement execute function note_changed_faces();
create trigger face_descriptors_updated after update on face_descriptors referencing new table as changed
  for each statement execute function note_changed_faces();
create trigger face_descriptors_deleted after delete on face_descriptors referencing old table as changed
  for each statement execute function note_changed_faces();
create trigger photos_faces_changed after update on photos referencing old table as old_photos new table as new_photos
  for each statement execute function note_changed_photos();
`,
  );

export const down = (db: Kysely<unknown>) =>
  script(
    db,
    `
drop trigger photos_faces_changed on photos;
drop trigger face_descriptors_deleted on face_descriptors;
drop trigger face_descriptors_updated on face_descriptors;
drop trigger face_descriptors_inserted on face_descriptors;
drop trigger faces_deleted on faces;
drop trigger faces_updated on faces;
drop trigger faces_inserted on faces;
drop function note_changed_photos();
drop function note_changed_faces();
drop table face_changes;
`,
  );
