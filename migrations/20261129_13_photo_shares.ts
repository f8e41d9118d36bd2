import type { Kysely } from 'kysely';
import { script } from './sql.ts';

/** Public pages of bought photos. The secret of a link is made from LINK_SECRET and the id; its hash finds it. */
export const up = (db: Kysely<unknown>) =>
  script(
    db,
    `
create table photo_shares (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users on delete cascade,
  photo_id uuid not null references photos on delete cascade,
  token_hash bytea not null unique,
  revoked_at timestamptz(3),
  created_at timestamptz(3) not null default now()
);
create unique index photo_shares_live on photo_shares (user_id, photo_id) where revoked_at is null;
create index photo_shares_photo on photo_shares (photo_id);
`,
  );

export const down = (db: Kysely<unknown>) => script(db, 'drop table photo_shares;');
