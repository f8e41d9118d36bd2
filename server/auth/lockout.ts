import { sql } from 'kysely';
import { AppError } from '#contracts/errors.ts';
import { sha256Hex } from '#server/platform/crypto.ts';
import type { Db } from '#server/platform/db.ts';

export const maxFailures = 5;
export const lockMinutes = 15;

/**
 * Five wrong passwords within 15 minutes lock an address for 15 minutes from the last of them, whether it has an account or
 * not, so that the lock tells nothing. Addresses are kept as hashes. A success or a password reset starts the count anew.
 */
export function createLockout(db: Db) {
  const keyOf = (email: string) => sha256Hex(`login ${email.toLowerCase()}`);
  const turns = new Map<string, Promise<unknown>>();

  async function refuseLocked(key: string): Promise<void> {
    const { rows } = await sql<{ failures: number; last: Date | null }>`
      select count(*) as failures, max(created_at) as last from login_attempts
      where email_hash = ${key} and not succeeded and created_at > now() - make_interval(mins => ${lockMinutes})
        and id > coalesce((select max(id) from login_attempts where email_hash = ${key} and succeeded), 0)`.execute(db);
    const { failures, last } = rows[0]!;
    if (failures < maxFailures || !last) return;
    const retryAfter = Math.max(1, Math.ceil((last.getTime() + lockMinutes * 60_000 - Date.now()) / 1000));
    throw new AppError('auth.locked', { retryAfter });
  }
  const record = (key: string, succeeded: boolean, ipAddress: string | null) =>
    db.insertInto('login_attempts').values({ email_hash: key, succeeded, ip_address: ipAddress }).execute();

  return {
    /**
     * Runs one try; it must throw `auth.invalid_credentials` for a wrong password and nothing of the kind otherwise. Tries
     * for one address take turns, so that a burst cannot slip in more guesses than the limit.
     */
    async attempt<T>(email: string, ipAddress: string | null, work: () => Promise<T>): Promise<T> {
      const key = keyOf(email);
      const before = turns.get(key) ?? Promise.resolve();
      const mine = before.then(async () => {
        await refuseLocked(key);
        try {
          const result = await work();
          await record(key, true, ipAddress);
          return result;
        } catch (error) {
          if (error instanceof AppError && error.code === 'auth.invalid_credentials')
            await record(key, false, ipAddress);
          throw error;
        }
      });
      const settled = mine.catch(() => {});
      turns.set(key, settled);
      try {
        return await mine;
      } finally {
        if (turns.get(key) === settled) turns.delete(key);
      }
    },
    /** Forgets the failures of an address. */
    unlock: (email: string) => record(keyOf(email), true, null),
    /** Removes every trace of an address, for erasure. */
    forget: (email: string) => db.deleteFrom('login_attempts').where('email_hash', '=', keyOf(email)).execute(),
  };
}
