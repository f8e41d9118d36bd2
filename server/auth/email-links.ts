import { sql } from 'kysely';
import { randomToken, sha256Hex } from '#server/platform/crypto.ts';
import type { Db, DbOrTrx } from '#server/platform/db.ts';

interface Pending {
  userId: string;
  /** Set by a registration: the password and name that this link confirms, whoever else tried with the same address. */
  passwordHash?: string;
  name?: string;
  isUsed?: boolean;
}
const linkHours = 24;
const keyOf = (token: string) => `verify-email:${sha256Hex(token)}`;

/**
 * Links that confirm an address. Each belongs to one registration attempt: confirming takes that attempt's password, so
 * nobody can register a stranger's address first and wait for them to confirm it. Tokens are stored as hashes.
 */
export function createEmailLinks(db: Db) {
  return {
    async issue(trx: DbOrTrx, pending: Pending): Promise<string> {
      const token = randomToken();
      await trx
        .insertInto('verifications')
        .values({
          identifier: keyOf(token),
          value: JSON.stringify(pending),
          expires_at: new Date(Date.now() + linkHours * 3600_000),
        })
        .execute();
      return token;
    },
    /**
     * 'verified' the first time; 'already' when the address was confirmed before (mail scanners open links too); 'invalid'
     * when unknown or expired.
     */
    async confirm(token: string): Promise<{ kind: 'verified' | 'already'; userId: string } | { kind: 'invalid' }> {
      return db.transaction().execute(async (trx) => {
        const row = await trx
          .selectFrom('verifications')
          .select(['id', 'value'])
          .where('identifier', '=', keyOf(token))
          .where('expires_at', '>', sql<Date>`now()`)
          .forUpdate()
          .executeTakeFirst();
        if (!row) return { kind: 'invalid' };
        const pending = JSON.parse(row.value) as Pending;
        const { userId } = pending;
        const user = await trx
          .selectFrom('users')
          .select('email_verified')
          .where('id', '=', userId)
          .where('deleted_at', 'is', null)
          .forUpdate()
          .executeTakeFirst();
        if (!user) return { kind: 'invalid' };
        if (user.email_verified) return { kind: 'already', userId };
        await trx
          .updateTable('users')
          .set({ email_verified: true, updated_at: sql<Date>`now()`, ...(pending.name && { name: pending.name }) })
          .where('id', '=', userId)
          .execute();
        if (pending.passwordHash) {
          await trx
            .updateTable('accounts')
            .set({ password: pending.passwordHash, updated_at: sql<Date>`now()` })
            .where('user_id', '=', userId)
            .where('provider_id', '=', 'credential')
            .execute();
        }
        // The password stays behind in accounts only.
        await trx
          .updateTable('verifications')
          .set({ value: JSON.stringify({ userId, isUsed: true }) })
          .where('id', '=', row.id)
          .execute();
        return { kind: 'verified', userId };
      });
    },
  };
}
