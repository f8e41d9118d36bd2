import { type Kysely, sql } from 'kysely';

/** Runs a script of several statements in the migration's transaction. */
export async function script(db: Kysely<unknown>, text: string): Promise<void> {
  await sql.raw(text).execute(db);
}
