import type { Kysely } from 'kysely';
import { script } from './sql.ts';

const tables = ['orders', 'face_searches', 'consents', 'privacy_requests'] as const;

/**
 * The Idempotency-Key of the request that made a row stays with the row. What is remembered in `idempotency_keys` is written
 * after the work and kept for a day; a process that is killed in between, or a phone that repeats its request two days later,
 * finds the row by its own key.
 */
export const up = (db: Kysely<unknown>) =>
  script(
    db,
    tables
      .map(
        (table) => `
alter table ${table} add column request_key text;
create unique index ${table}_request_key on ${table} (user_id, request_key) where request_key is not null;`,
      )
      .join(''),
  );

export const down = (db: Kysely<unknown>) =>
  script(db, tables.map((table) => `alter table ${table} drop column request_key;`).join('\n'));
