import type { Kysely } from 'kysely';
import { script } from './sql.ts';

/** Events behind a code are no longer replicated to everybody: phones that hold one are told that it is gone. */
export const up = (db: Kysely<unknown>) =>
  script(
    db,
    `
do $$
declare next bigint;
begin
  if not exists (select 1 from events where access_mode = 'code' and revision > 0) then return; end if;
  update sync_scopes set revision = revision + 1, updated_at = now() where scope = 'events' returning revision into next;
  update events set revision = next where access_mode = 'code' and revision > 0;
end $$;
`,
  );

/** Phones hear of an event again with its next change. */
export const down = async (): Promise<void> => undefined;
