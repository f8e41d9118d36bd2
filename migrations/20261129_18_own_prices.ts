import type { Kysely } from 'kysely';
import { script } from './sql.ts';

// Whether photographers set the prices of their own photos at an event, and between which bounds.
export const up = (db: Kysely<unknown>) =>
  script(
    db,
    `
alter table events
  add column own_prices boolean not null default false,
  add column own_price_min_satang bigint not null default 0 check (own_price_min_satang >= 0),
  add column own_price_max_satang bigint,
  add constraint events_own_price_bounds check (own_price_max_satang is null or own_price_max_satang >= own_price_min_satang);
-- Who set prices until now keeps doing so.
update events e set own_prices = true
  where exists (select 1 from price_rules r where r.event_id = e.id and r.photographer_id is not null);
`,
  );

export const down = (db: Kysely<unknown>) =>
  script(
    db,
    `
alter table events
  drop constraint events_own_price_bounds,
  drop column own_prices, drop column own_price_min_satang, drop column own_price_max_satang;
`,
  );
