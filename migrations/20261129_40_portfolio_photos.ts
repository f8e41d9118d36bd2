import type { Kysely } from 'kysely';
import { script } from './sql.ts';

/** What a photographer chose to show on the own page, in the order chosen. */
export const up = (db: Kysely<unknown>) =>
  script(
    db,
    `
create table portfolio_photos (
  photographer_id uuid not null references photographers on delete cascade,
  photo_id uuid not null references photos on delete cascade,
  position integer not null,
  primary key (photographer_id, photo_id)
);
create index portfolio_photos_photo on portfolio_photos (photo_id);
`,
  );

export const down = (db: Kysely<unknown>) => script(db, 'drop table portfolio_photos;');
