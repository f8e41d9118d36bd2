import * as account from '#contracts/http/account.ts';
import * as admin from '#contracts/http/admin.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import type { Users } from './service.ts';

export const usersRoutes = ({ users }: { users: Users }): BoundRoute[] => [
  bind(account.getAccount, async ({ viewer }) => ({ status: 200, body: await users.account(viewer.userId) })),
  bind(account.updateAccount, async ({ viewer, body }) => ({
    status: 200,
    body: await users.updateAccount(viewer.userId, body),
  })),
  bind(account.setLocale, async ({ viewer, body }) => ({
    status: 200,
    body: await users.setLocale(viewer.userId, body.locale),
  })),
  bind(account.getBankAccount, async ({ viewer }) => ({
    status: 200,
    body: { bankAccount: await users.bankAccount(viewer.userId) },
  })),
  bind(account.putBankAccount, async ({ viewer, body }) => ({
    status: 200,
    body: { bankAccount: await users.setBankAccount(viewer.userId, body) },
  })),
  bind(admin.listUsers, async ({ query }) => ({ status: 200, body: await users.list(query) })),
  bind(admin.setUserRole, async ({ viewer, params, body }) => ({
    status: 200,
    body: await users.setRole(viewer.userId, params.id, body.role),
  })),
  bind(admin.setUserBan, async ({ viewer, params, body }) => ({
    status: 200,
    body: await users.setBan(viewer.userId, params.id, body.banned, body.reason),
  })),
];
