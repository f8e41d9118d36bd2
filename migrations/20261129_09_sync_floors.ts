import type { Kysely } from 'kysely';
import { script } from './sql.ts';

/**
 * Up to which revision deletions of a scope are forgotten: a phone whose checkpoint is below starts over. Kept by triggers, so that no way of
 * removing a row (housekeeping, a cascade, a statement by hand) goes round it. Removing a tombstone raises the floor to its revision; removing
 * a row that phones still hold raises it above all of them.
 */
export const up = (db: Kysely<unknown>) =>
  script(
    db,
    `
alter table sync_scopes add column floor_revision bigint not null default 0;
create index cart_items_deleted on cart_items (deleted_at) where deleted_at is not null;
create index favorites_deleted on favorites (deleted_at) where deleted_at is not null;

create function raise_sync_floors(removed_scopes text[], revisions bigint[], were_tombstones boolean[]) returns void language plpgsql as $$
declare each record;
begin
  for each in
    select r.scope, max(r.revision) as revision, bool_and(r.was_tombstone) as only_tombstones
    from unnest(removed_scopes, revisions, were_tombstones) as r(scope, revision, was_tombstone)
    where r.revision > 0
    group by r.scope order by r.scope
  loop
    if each.only_tombstones then
      update sync_scopes set floor_revision = greatest(floor_revision, each.revision) where scope = each.scope;
    else
      update sync_scopes set revision = revision + 1, floor_revision = revision + 1, updated_at = now() where scope = each.scope;
      perform pg_notify('sync', each.scope);
    end if;
  end loop;
end $$;

create function note_removed_cart_items() returns trigger language plpgsql as $$
begin
  perform raise_sync_floors(array_agg('cart.' || c.user_id), array_agg(i.revision), array_agg(i.deleted_at is not null))
    from removed i join carts c on c.id = i.cart_id;
  return null;
end $$;
create trigger cart_items_removed after delete on cart_items referencing old table as removed
  for each statement execute function note_removed_cart_items();

create function note_removed_favorites() returns trigger language plpgsql as $$
begin
  perform raise_sync_floors(array_agg('favorites.' || user_id), array_agg(revision), array_agg(deleted_at is not null)) from removed;
  return null;
end $$;
create trigger favorites_removed after delete on favorites referencing old table as removed
  for each statement execute function note_removed_favorites();

create function note_removed_photos() returns trigger language plpgsql as $$
begin
  perform raise_sync_floors(array_agg('photos.' || event_id), array_agg(revision), array_agg(deleted_at is not null)) from removed;
  return null;
end $$;
create trigger photos_removed after delete on photos referencing old table as removed
  for each statement execute function note_removed_photos();

create function note_removed_events() returns trigger language plpgsql as $$
begin
  perform raise_sync_floors(array_agg('events'::text), array_agg(revision), array_agg(deleted_at is not null)) from removed;
  return null;
end $$;
create trigger events_removed after delete on events referencing old table as removed
  for each statement execute function note_removed_events();
`,
  );

export const down = (db: Kysely<unknown>) =>
  script(
    db,
    `
drop trigger events_removed on events;
drop trigger photos_removed on photos;
drop trigger favorites_removed on favorites;
drop trigger cart_items_removed on cart_items;
drop function note_removed_events, note_removed_photos, note_removed_favorites, note_removed_cart_items, raise_sync_floors;
drop index favorites_deleted, cart_items_deleted;
alter table sync_scopes drop column floor_revision;
`,
  );
