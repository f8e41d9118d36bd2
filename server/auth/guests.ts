import type { Db, Trx } from '#server/platform/db.ts';
import type { Logger } from '#server/platform/logger.ts';

/** Moves what a guest owns in one module to the account; same transaction for all. */
export type GuestJoinHook = (trx: Trx, guestUserId: string, userId: string) => Promise<void>;

/** Tables without rules of their own: rows simply change their owner. */
const plainTables = ['consents', 'privacy_requests', 'face_opt_outs', 'push_subscriptions', 'messages'] as const;

/**
 * A guest becomes part of an account: everything moves in one transaction, then the guest is gone. Twice is once. Someone
 * whose things cannot be moved just now still gets in: the guest then stays as it is, and the fault is logged.
 */
export function createGuestJoin(deps: { db: Db; logger: Logger; hooks: readonly GuestJoinHook[] }) {
  async function move(guestId: string, userId: string): Promise<void> {
    await deps.db.transaction().execute(async (trx) => {
      const guest = await trx
        .selectFrom('users')
        .select('id')
        .where('id', '=', guestId)
        .where('is_anonymous', '=', true)
        .forUpdate()
        .executeTakeFirst();
      if (!guest) return;
      for (const table of plainTables) {
        await trx.updateTable(table).set({ user_id: userId }).where('user_id', '=', guestId).execute();
      }
      // A request whose answer was lost before the sign-in is repeated after it: it must find its first result. One that still runs
      // fails when it finds its guest gone, and must not stand in the way of its repeat.
      await trx
        .updateTable('idempotency_keys')
        .set({ owner: userId })
        .where('owner', '=', guestId)
        .where('completed_at', 'is not', null)
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('idempotency_keys as other')
                .select('other.key')
                .where('other.owner', '=', userId)
                .whereRef('other.key', '=', 'idempotency_keys.key'),
            ),
          ),
        )
        .execute();
      for (const hook of deps.hooks) await hook(trx, guestId, userId);
      await trx.deleteFrom('users').where('id', '=', guestId).execute();
    });
  }
  return async (guestId: string, userId: string): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await move(guestId, userId);
      } catch (error) {
        if (attempt < 2) continue;
        deps.logger.error({ err: error, guestId, userId }, 'guest could not join the account');
        return;
      }
    }
  };
}
