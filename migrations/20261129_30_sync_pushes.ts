import type { Kysely } from 'kysely';
import { script } from './sql.ts';

/** Changes that devices pushed and that took effect, so that one that arrives again, however late, does nothing. */
export const up = (db: Kysely<unknown>) =>
  script(
    db,
    `
create table sync_pushes (
  scope text not null,
  key bytea not null check (length(key) = 32),
  applied_at timestamptz not null default now(),
  primary key (scope, key)
);
create index sync_pushes_applied on sync_pushes (applied_at);
`,
  );

export const down = (db: Kysely<unknown>) => script(db, 'drop table sync_pushes;');
