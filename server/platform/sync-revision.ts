import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Trx } from './db.ts';

/** The scopes that clients and caches follow. */
export const scopes = {
  events: () => 'events',
  eventPhotos: (eventId: string) => `photos.${eventId}`,
  cart: (userId: string) => `cart.${userId}`,
  favorites: (userId: string) => `favorites.${userId}`,
  /** Raised by every change of an event's faces: a search remembers which it has seen. What changed is in `face_changes`. */
  eventFaces: (eventId: string) => `faces.${eventId}`,
};

/**
 * Takes the next revision of a scope and holds the scope's row lock until the transaction ends: whoever reads revision n
 * can never later see a smaller one commit. Take it as late in the transaction as possible.
 */
export async function nextRevision(trx: Trx, scope: string): Promise<number> {
  const row = await trx
    .insertInto('sync_scopes')
    .values({ scope, revision: 1 })
    .onConflict((c) =>
      c.column('scope').doUpdateSet({ revision: sql<number>`sync_scopes.revision + 1`, updated_at: sql<Date>`now()` }),
    )
    .returning('revision')
    .executeTakeFirstOrThrow();
  await sql`select pg_notify('sync', ${scope})`.execute(trx);
  return row.revision;
}

/** What devices pushed as a guest counts as pushed by the account that the guest joins. */
export async function movePushes(trx: Trx, from: string, to: string): Promise<void> {
  await sql`
    with moved as (delete from sync_pushes where scope = ${from} returning key, applied_at)
    insert into sync_pushes (scope, key, applied_at) select ${to}, key, applied_at from moved on conflict do nothing`.execute(
    trx,
  );
}

/** `(table.revision, table.<id>) > checkpoint`: what a follower has not seen. An empty id is the start of its revision. */
export function afterCheckpoint(
  table: string,
  after: { revision: number; id: string },
  idColumn = 'id',
): RawBuilder<SqlBool> {
  const revision = sql.ref(`${table}.revision`);
  if (!isUuid(after.id)) return sql<SqlBool>`${revision} > ${after.revision}`;
  return sql<SqlBool>`(${revision}, ${sql.ref(`${table}.${idColumn}`)}) > (${after.revision}, ${after.id}::uuid)`;
}
const isUuid = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
