import { sql } from 'kysely';
import { AppError } from '#contracts/errors.ts';
import { sha256Hex } from '#server/platform/crypto.ts';
import type { Db } from '#server/platform/db.ts';

export interface Answer {
  status: number;
  body: unknown;
}
interface Call {
  /** Whose key it is: a user id. One person's key never answers another person's result. */
  owner: string;
  key: string;
  route: string;
  /** Everything that makes the request what it is. */
  fingerprint: unknown;
}

/** A call that started longer ago than this was killed half-way: its repeat runs again (services guard their own effects). */
const abandonedAfter = "interval '60 seconds'";

/**
 * Runs `work` once per (owner, key) and answers its result to every repeat. A repeat while the first still runs gets
 * idempotency.in_progress, the same key for another request idempotency.mismatch. Failures are not remembered.
 */
export async function once(db: Db, call: Call, work: () => Promise<Answer>): Promise<Answer> {
  const requestHash = sha256Hex(JSON.stringify(call.fingerprint) ?? '');
  const claimed = await db
    .insertInto('idempotency_keys')
    .values({ owner: call.owner, key: call.key, route: call.route, request_hash: requestHash })
    .onConflict((c) =>
      c
        .columns(['owner', 'key'])
        .doUpdateSet({ created_at: sql<Date>`now()`, route: call.route, request_hash: requestHash })
        .where(
          sql<boolean>`idempotency_keys.completed_at is null and idempotency_keys.request_hash = ${requestHash} and idempotency_keys.created_at < now() - ${sql.raw(abandonedAfter)}`,
        ),
    )
    .returning('key')
    .executeTakeFirst();
  if (!claimed) return replay(db, call, requestHash);
  const mine = () => db.deleteFrom('idempotency_keys').where('owner', '=', call.owner).where('key', '=', call.key);
  try {
    const answer = await work();
    await db
      .updateTable('idempotency_keys')
      .set({
        response_status: answer.status,
        response_body: JSON.stringify(answer.body ?? null),
        completed_at: sql<Date>`now()`,
      })
      .where('owner', '=', call.owner)
      .where('key', '=', call.key)
      .execute();
    return answer;
  } catch (error) {
    await mine().execute();
    throw error;
  }
}

async function replay(db: Db, call: Call, requestHash: string): Promise<Answer> {
  const found = await db
    .selectFrom('idempotency_keys')
    .selectAll()
    .where('owner', '=', call.owner)
    .where('key', '=', call.key)
    .executeTakeFirst();
  if (found && (found.request_hash !== requestHash || found.route !== call.route))
    throw new AppError('idempotency.mismatch');
  if (!found?.completed_at || found.response_status === null) throw new AppError('idempotency.in_progress');
  return { status: found.response_status, body: found.response_body };
}
