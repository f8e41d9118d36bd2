import { AppError } from '#contracts/errors.ts';
import { type AccountView, type BankCode, bankCodes } from '#contracts/http/account.ts';
import type { Role } from '#contracts/http/route.ts';
import { revokeSessions } from '#server/auth/sessions.ts';
import { audit } from '#server/platform/audit.ts';
import { createBox } from '#server/platform/crypto.ts';
import type { Db, DbOrTrx, Trx } from '#server/platform/db.ts';
import { decodeCursor, toPage } from '#server/platform/pages.ts';
import * as repository from './repository.ts';

export type Users = ReturnType<typeof createUsersService>;

const baseView = (row: repository.UserRow) => ({
  id: row.id,
  name: row.name,
  email: row.is_anonymous ? null : row.email,
  role: row.role as Role,
  locale: row.locale as 'th' | 'en',
  isGuest: row.is_anonymous,
  emailVerified: row.email_verified,
  twoFactorEnabled: row.two_factor_enabled,
});
const adminView = (row: repository.UserRow) => ({
  ...baseView(row),
  banned: row.banned,
  createdAt: row.created_at.toISOString(),
  lastSeenAt: row.last_seen_at?.toISOString() ?? null,
  paidOrders: row.paid_orders ?? 0,
});
const accountView = (row: repository.UserRow): AccountView => ({
  ...baseView(row),
  phone: row.phone,
  createdAt: row.created_at.toISOString(),
  photographerId: row.photographer_id,
  organizerId: row.organizer_id,
});

/** Throws user.last_admin when this person is the only admin who can sign in. */
export async function requireAnotherAdmin(trx: Trx, userId: string): Promise<void> {
  if ((await repository.isAdmin(trx, userId)) && (await repository.countOtherAdmins(trx, userId)) === 0)
    throw new AppError('user.last_admin');
}

export function createUsersService(deps: {
  db: Db;
  config: { secrets: { bank: string } };
  photographers: { ensure: (trx: Trx, userId: string) => Promise<unknown> };
}) {
  const { db } = deps;
  const box = createBox(deps.config.secrets.bank, 'bank');

  async function require(executor: DbOrTrx, id: string) {
    const row = await repository.findUser(executor, id);
    if (!row) throw new AppError('resource.not_found');
    return row;
  }
  async function requireAccount(executor: DbOrTrx, id: string) {
    const row = await require(executor, id);
    if (row.is_anonymous) throw new AppError('resource.not_found');
    return row;
  }
  async function bankAccount(userId: string) {
    const row = await repository.findBankAccount(db, userId);
    return row
      ? {
          id: row.id,
          bankCode: row.bank_code,
          bankName: bankCodes[row.bank_code as BankCode] ?? row.bank_code,
          last4: row.account_last4,
          verifiedAt: row.verified_at?.toISOString() ?? null,
          updatedAt: row.updated_at.toISOString(),
        }
      : null;
  }

  return {
    account: async (userId: string) => accountView(await require(db, userId)),
    async updateAccount(
      userId: string,
      change: { name?: string | undefined; locale?: 'th' | 'en' | undefined; phone?: string | null | undefined },
    ) {
      await repository.updateUser(db, userId, change);
      return accountView(await require(db, userId));
    },
    async setLocale(userId: string, locale: 'th' | 'en') {
      await repository.updateUser(db, userId, { locale });
      return baseView(await require(db, userId));
    },
    async list(query: { role?: Role | undefined; q?: string | undefined; cursor?: string | undefined; limit: number }) {
      const rows = await repository.listUsers(db, { ...query, after: decodeCursor(query.cursor) });
      return toPage(rows, query.limit, (row) => ({ at: row.created_at, id: row.id }), adminView);
    },
    /** Ends the person's sessions, so that the new role holds at once. Throws user.last_admin. */
    async setRole(actorId: string, userId: string, role: Role) {
      return db.transaction().execute(async (trx) => {
        const before = await requireAccount(trx, userId);
        if (before.role === role) return adminView(before);
        if (before.role === 'admin') await requireAnotherAdmin(trx, userId);
        await repository.updateUser(trx, userId, { role });
        if (role === 'photographer') await deps.photographers.ensure(trx, userId);
        if (role === 'organizer') await repository.ensureOrganizer(trx, userId);
        await revokeSessions(trx, userId);
        await audit(trx, {
          actorId,
          action: 'user.role',
          subjectKind: 'user',
          subjectId: userId,
          details: { from: before.role, to: role },
        });
        return adminView(await require(trx, userId));
      });
    },
    async setBan(actorId: string, userId: string, banned: boolean, reason: string | undefined) {
      return db.transaction().execute(async (trx) => {
        await requireAccount(trx, userId);
        if (banned) {
          await requireAnotherAdmin(trx, userId);
          await revokeSessions(trx, userId);
        }
        await repository.updateUser(trx, userId, { banned, ban_reason: banned ? (reason ?? null) : null });
        await audit(trx, {
          actorId,
          action: banned ? 'user.ban' : 'user.unban',
          subjectKind: 'user',
          subjectId: userId,
          details: { reason },
        });
        return adminView(await require(trx, userId));
      });
    },
    bankAccount,
    async setBankAccount(userId: string, input: { bankCode: BankCode; accountName: string; accountNumber: string }) {
      await db.transaction().execute(async (trx) => {
        await repository.replaceBankAccount(trx, userId, {
          bankCode: input.bankCode,
          name: box.seal(input.accountName),
          number: box.seal(input.accountNumber),
          last4: input.accountNumber.slice(-4),
        });
        await audit(trx, { actorId: userId, action: 'bank_account.change', subjectKind: 'user', subjectId: userId });
      });
      return (await bankAccount(userId))!;
    },
    /** The account in the clear, for a bank transfer; the caller records why it was opened. */
    async openBankAccount(executor: DbOrTrx, userId: string) {
      const row = await repository.findSealedBankAccount(executor, userId);
      return row
        ? {
            id: row.id,
            bankCode: row.bank_code,
            accountName: box.open(row.account_name_encrypted),
            accountNumber: box.open(row.account_number_encrypted),
          }
        : undefined;
    },
  };
}
