import { sql } from 'kysely';
import { audit } from '#server/platform/audit.ts';
import type { Trx } from '#server/platform/db.ts';
import { keepHidden } from '#server/platform/hiding.ts';
import { enqueue } from '#server/platform/outbox.ts';
import { requireAnotherAdmin } from '../users/service.ts';
import type { Consents } from './consents.ts';

/**
 * Takes the person out of everything that is kept. Gone: sign-in, sessions, searches with their descriptors and results,
 * feedback, favourites, cart, push addresses, bank accounts that no payout used, contents of messages. Kept without a
 * link to the person: orders, invoices and ledger (tax law), consents as evidence, photos a photographer sold.
 * Throws user.last_admin. Answers the e-mail the person had.
 */
export async function eraseUser(
  trx: Trx,
  deps: { consents: Consents },
  person: { userId: string; actorId: string | null },
): Promise<string | undefined> {
  const { userId } = person;
  const user = await trx
    .selectFrom('users')
    .select(['email', 'is_anonymous'])
    .where('id', '=', userId)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  if (!user) return undefined;
  await requireAnotherAdmin(trx, userId);

  // Somebody hidden must not turn up again because their account is gone.
  const hidden = await trx
    .selectFrom('face_opt_outs')
    .select('id')
    .where('user_id', '=', userId)
    .orderBy('id')
    .execute();
  for (const { id } of hidden) await keepHidden(trx, id);
  await deps.consents.withdrawEverything(trx, userId);
  const searches = await trx.deleteFrom('face_searches').where('user_id', '=', userId).returning('image_key').execute();
  const keys = searches.flatMap((search) => search.image_key ?? []);
  if (keys.length > 0) await enqueue(trx, 'delete-objects', `erased-${userId}`, { keys });
  for (const table of [
    'face_feedback',
    'favorites',
    'photo_shares',
    'carts',
    'push_subscriptions',
    'line_links',
    'line_link_codes',
    'notification_preferences',
    'notices',
    'sessions',
    'accounts',
  ] as const)
    await trx.deleteFrom(table).where('user_id', '=', userId).execute();
  await trx.deleteFrom('two_factors').where('user_id', '=', userId).execute();
  await trx.deleteFrom('verifications').where('value', 'like', `%${userId}%`).execute();
  await trx.deleteFrom('idempotency_keys').where('owner', '=', userId).execute();
  await trx
    .deleteFrom('bank_accounts')
    .where('user_id', '=', userId)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb.selectFrom('payouts').select('payouts.id').whereRef('payouts.bank_account_id', '=', 'bank_accounts.id'),
        ),
      ),
    )
    .execute();

  await trx.updateTable('consents').set({ ip_address: null, user_agent: null }).where('user_id', '=', userId).execute();
  await trx
    .updateTable('messages')
    .set({ recipient: 'erased@erased.invalid', payload: '{}' })
    .where('user_id', '=', userId)
    .execute();
  await trx.updateTable('orders').set({ email: 'erased@erased.invalid' }).where('user_id', '=', userId).execute();
  await trx.updateTable('privacy_requests').set({ email: null, details: null }).where('user_id', '=', userId).execute();
  await trx.updateTable('audit_logs').set({ ip_address: null }).where('actor_id', '=', userId).execute();
  await trx
    .updateTable('photographers')
    .set({
      display_name: 'Photographer',
      slug: `p-${userId}`,
      bio: null,
      portfolio_url: null,
      is_public: false,
      updated_at: sql<Date>`now()`,
    })
    .where('user_id', '=', userId)
    .execute();
  await trx
    .updateTable('users')
    .set({
      name: '-',
      email: `erased-${userId}@erased.invalid`,
      email_verified: false,
      image: null,
      phone: null,
      role: 'customer',
      two_factor_enabled: false,
      deleted_at: sql<Date>`now()`,
      updated_at: sql<Date>`now()`,
    })
    .where('id', '=', userId)
    .execute();
  await audit(trx, { actorId: person.actorId, action: 'user.erase', subjectKind: 'user', subjectId: userId });
  return user.is_anonymous ? undefined : user.email;
}
