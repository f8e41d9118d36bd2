import type { Kysely } from 'kysely';
import { script } from './sql.ts';

/** The two trigger functions of 20261123_05, with what a second change of the same photo sets. */
const functions = (set: string) => `
create or replace function note_changed_faces() returns trigger language plpgsql as $$
begin
  if tg_table_name = 'face_descriptors' then
    insert into face_changes (event_id, photo_id)
      select distinct f.event_id, f.photo_id from changed c join faces f on f.id = c.face_id
      order by 1, 2
      on conflict (event_id, photo_id) do update set ${set} where face_changes.xid <> excluded.xid;
  else
    insert into face_changes (event_id, photo_id)
      select distinct event_id, photo_id from changed
      order by 1, 2
      on conflict (event_id, photo_id) do update set ${set} where face_changes.xid <> excluded.xid;
  end if;
  return null;
end $$;
create or replace function note_changed_photos() returns trigger language plpgsql as $$
begin
  insert into face_changes (event_id, photo_id)
    select e.event_id, n.id
    from new_photos n join old_photos o on o.id = n.id
      cross join lateral (select n.event_id union select o.event_id) e
    where (o.status, o.deleted_at, o.face_spaces, o.event_id)
      is distinct from (n.status, n.deleted_at, n.face_spaces, n.event_id)
    order by 1, 2
    on conflict (event_id, photo_id) do update set ${set} where face_changes.xid <> excluded.xid;
  return null;
end $$;
`;

/** When a change was noted: what no index in memory can still have missed need not be kept. */
export const up = (db: Kysely<unknown>) =>
  script(
    db,
    `
alter table face_changes add column changed_at timestamptz not null default now();
create index face_changes_age on face_changes (changed_at);
${functions('xid = excluded.xid, changed_at = excluded.changed_at')}`,
  );

export const down = (db: Kysely<unknown>) =>
  script(
    db,
    `${functions('xid = excluded.xid')}
alter table face_changes drop column changed_at;
`,
  );
