import { sql } from 'kysely';
import type { Db } from '#server/platform/db.ts';

const keptDays = 30;
const scopesAtOnce = 500;
const longestRuns = 100;

/**
 * Forgets deletions of carts and favourites that are older than 30 days; phones that were away longer start over (`floor_revision` of
 * sync_scopes, raised by triggers). The scope is locked first, as everybody does who writes in it. Answers how many went.
 */
export async function forgetDeletions(db: Db): Promise<number> {
  const old = sql`now() - make_interval(days => ${keptDays})`;
  let forgotten = 0;
  for (let run = 0; run < longestRuns; run += 1) {
    const inRun = await db.transaction().execute(async (trx) => {
      const { rows } = await sql<{ scope: string }>`
        select scope from sync_scopes where scope in (
          select 'cart.' || c.user_id from cart_items i join carts c on c.id = i.cart_id where i.deleted_at < ${old}
          union select 'favorites.' || user_id from favorites where deleted_at < ${old}
          limit ${scopesAtOnce})
        order by scope for update skip locked`.execute(trx);
      const scopes = rows.map((row) => row.scope);
      if (scopes.length === 0) return 0;
      const lines = await sql`delete from cart_items i using carts c
        where c.id = i.cart_id and i.deleted_at < ${old} and 'cart.' || c.user_id = any(${scopes})`.execute(trx);
      const favorites = await sql`delete from favorites
        where deleted_at < ${old} and 'favorites.' || user_id = any(${scopes})`.execute(trx);
      return Number(lines.numAffectedRows ?? 0) + Number(favorites.numAffectedRows ?? 0);
    });
    forgotten += inRun;
    if (inRun === 0) break;
  }
  return forgotten;
}

/** Revision counters of people who are gone. */
export async function forgetScopesOfGone(db: Db): Promise<number> {
  const result = await sql`delete from sync_scopes s
    where (s.scope like 'cart.%' or s.scope like 'favorites.%')
      and s.updated_at < now() - make_interval(days => ${keptDays})
      and not exists (select 1 from users u where u.id::text = split_part(s.scope, '.', 2))`.execute(db);
  return Number(result.numAffectedRows ?? 0);
}
