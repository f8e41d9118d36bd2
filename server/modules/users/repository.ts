import { type Expression, type SqlBool, sql } from 'kysely';
import type { Role } from '#contracts/http/route.ts';
import type { DbOrTrx, Trx } from '#server/platform/db.ts';
import type { Cursor } from '#server/platform/pages.ts';

const columns = [
  'users.id',
  'users.name',
  'users.email',
  'users.role',
  'users.locale',
  'users.phone',
  'users.is_anonymous',
  'users.email_verified',
  'users.two_factor_enabled',
  'users.banned',
  'users.created_at',
] as const;

export type UserRow = NonNullable<Awaited<ReturnType<typeof findUser>>>;

export const findUser = (db: DbOrTrx, id: string) =>
  db
    .selectFrom('users')
    .leftJoin('photographers', 'photographers.user_id', 'users.id')
    .leftJoin('organizers', 'organizers.user_id', 'users.id')
    .select([...columns, 'photographers.id as photographer_id', 'organizers.id as organizer_id'])
    .select((eb) => [
      eb
        .selectFrom('sessions')
        .select((s) => s.fn.max('sessions.updated_at').as('at'))
        .whereRef('sessions.user_id', '=', 'users.id')
        .as('last_seen_at'),
      eb
        .selectFrom('orders')
        .select((o) => o.fn.countAll<number>().as('count'))
        .whereRef('orders.user_id', '=', 'users.id')
        .where('orders.paid_at', 'is not', null)
        .as('paid_orders'),
    ])
    .where('users.id', '=', id)
    .where('users.deleted_at', 'is', null)
    .executeTakeFirst();

/** Accounts (no guests), newest first; `q` is looked for in name and e-mail. One row more than `limit`. */
export async function listUsers(
  db: DbOrTrx,
  query: { role?: Role | undefined; q?: string | undefined; after?: Cursor | undefined; limit: number },
): Promise<UserRow[]> {
  const like = query.q && `%${query.q.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
  const ids = await db
    .selectFrom('users')
    .select('id')
    .where((eb) => {
      const all: Expression<SqlBool>[] = [eb('is_anonymous', '=', false), eb('deleted_at', 'is', null)];
      if (query.role) all.push(eb('role', '=', query.role));
      if (like) all.push(eb.or([eb('email', 'like', like), eb(sql`lower(name)`, 'like', like)]));
      if (query.after) all.push(sql<boolean>`(created_at, id) < (${query.after.at}, ${query.after.id}::uuid)`);
      return eb.and(all);
    })
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(query.limit + 1)
    .execute();
  const rows = await Promise.all(ids.map(({ id }) => findUser(db, id)));
  return rows.filter((row) => row !== undefined);
}

/** Locks the admins, so that two changes cannot remove the last two at once; answers how many others can sign in. */
export async function countOtherAdmins(trx: Trx, userId: string): Promise<number> {
  const admins = await trx
    .selectFrom('users')
    .select(['id', 'banned'])
    .where('role', '=', 'admin')
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .forUpdate()
    .execute();
  return admins.filter((admin) => admin.id !== userId && !admin.banned).length;
}
export const isAdmin = async (trx: Trx, userId: string): Promise<boolean> =>
  (await trx
    .selectFrom('users')
    .select('id')
    .where('id', '=', userId)
    .where('role', '=', 'admin')
    .executeTakeFirst()) !== undefined;

export const updateUser = (
  db: DbOrTrx,
  id: string,
  change: {
    name?: string | undefined;
    locale?: string | undefined;
    phone?: string | null | undefined;
    role?: Role;
    banned?: boolean;
    ban_reason?: string | null;
  },
) =>
  db
    .updateTable('users')
    .set({ ...change, updated_at: sql<Date>`now()` })
    .where('id', '=', id)
    .execute();

export async function ensureOrganizer(trx: Trx, userId: string): Promise<void> {
  await trx
    .insertInto('organizers')
    .columns(['user_id', 'name', 'contact_email', 'is_juristic'])
    .expression((eb) =>
      eb
        .selectFrom('users')
        .select((u) => ['id', 'name', 'email', u.val(false).as('is_juristic')])
        .where('id', '=', userId),
    )
    .onConflict((c) => c.column('user_id').doNothing())
    .execute();
}

export const findBankAccount = (db: DbOrTrx, userId: string) =>
  db
    .selectFrom('bank_accounts')
    .select(['id', 'bank_code', 'account_last4', 'verified_at', 'updated_at'])
    .where('user_id', '=', userId)
    .where('is_default', '=', true)
    .executeTakeFirst();

/** The default account is replaced by a new row: payouts keep pointing at the one they went to. */
export async function replaceBankAccount(
  trx: Trx,
  userId: string,
  account: { bankCode: string; name: Buffer; number: Buffer; last4: string },
): Promise<void> {
  await trx.selectFrom('users').select('id').where('id', '=', userId).forUpdate().execute();
  await trx.updateTable('bank_accounts').set({ is_default: false }).where('user_id', '=', userId).execute();
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
  await trx
    .insertInto('bank_accounts')
    .values({
      user_id: userId,
      bank_code: account.bankCode,
      account_name_encrypted: account.name,
      account_number_encrypted: account.number,
      account_last4: account.last4,
      is_default: true,
    })
    .execute();
}

/** What goes to the bank: only for the payout file. */
export const findSealedBankAccount = (db: DbOrTrx, userId: string) =>
  db
    .selectFrom('bank_accounts')
    .select(['id', 'bank_code', 'account_name_encrypted', 'account_number_encrypted'])
    .where('user_id', '=', userId)
    .where('is_default', '=', true)
    .executeTakeFirst();
