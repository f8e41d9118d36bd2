import type { Kysely } from 'kysely';
import { script } from './sql.ts';

/**
 * The blurred picture that stands until a photo is there (ThumbHash, about 25 bytes; empty: it cannot be made). The index finds photos that
 * were indexed before there was one. Bibs are looked up by event and number, and listed by photo.
 */
export const up = (db: Kysely<unknown>) =>
  script(
    db,
    `
alter table photos add column thumb_hash bytea check (length(thumb_hash) <= 40);
create index photos_without_thumb_hash on photos (created_at)
  where thumb_hash is null and pipeline_version > 0 and deleted_at is null and status <> 'failed';
create index photos_event_file_name on photos (event_id, lower(file_name)) where deleted_at is null;
`,
  );

export const down = (db: Kysely<unknown>) =>
  script(
    db,
    `drop index photos_event_file_name;
     alter table photos drop column thumb_hash`,
  );
