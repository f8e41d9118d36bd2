import assert from 'node:assert/strict';
import { type HttpApp, startHttpApp, testSecrets } from '#test/http-app.ts';
import { ensurePhotographer } from '../photographers/service.ts';
import { usersRoutes } from './routes.ts';
import { createUsersService, type Users } from './service.ts';

describe('users', () => {
  let app: HttpApp;
  let users: Users;
  before(async () => {
    app = await startHttpApp(({ database }) => {
      users = createUsersService({
        db: database.db,
        config: { secrets: testSecrets },
        photographers: { ensure: ensurePhotographer },
      });
      return usersRoutes({ users });
    });
  });
  after(() => app.stop());

  it('shows and changes my profile', async () => {
    const me = await app.person();
    const changed = await app.call('PUT', '/api/account', {
      token: me.token,
      body: { name: 'สมชาย', locale: 'en', phone: '081-234-5678' },
    });
    assert.equal(changed.status, 200);
    const read = await app.call('GET', '/api/account', { token: me.token });
    assert.deepEqual(
      [read.body.name, read.body.locale, read.body.phone, read.body.email],
      ['สมชาย', 'en', '081-234-5678', me.email],
    );
    const kept = await app.call('PUT', '/api/account', { token: me.token, body: { phone: null } });
    assert.deepEqual([kept.body.name, kept.body.phone], ['สมชาย', null]);
    assert.equal((await app.call('PUT', '/api/account', { token: me.token, body: { name: '' } })).status, 400);
    assert.equal((await app.call('GET', '/api/account')).status, 401);
  });

  it('gives roles, ends sessions, keeps an audit line, protects the last admin', async () => {
    const admin = await app.person('admin');
    const me = await app.person();
    const path = `/api/admin/users/${me.userId}/role`;
    assert.equal(
      (await app.call('PUT', path, { token: me.token, body: { role: 'admin' } })).body.code,
      'auth.forbidden',
    );
    const given = await app.call('PUT', path, { token: admin.token, body: { role: 'photographer' } });
    assert.equal(given.body.role, 'photographer');
    assert.equal((await app.call('GET', '/api/account', { token: me.token })).status, 401);
    const again = await app.call('POST', '/api/auth/login', { body: { email: me.email, password: 'Good-Pass-1' } });
    const account = await app.call('GET', '/api/account', { token: again.body.token });
    assert.ok(account.body.photographerId);
    const log = await app.db
      .selectFrom('audit_logs')
      .selectAll()
      .where('action', '=', 'user.role')
      .executeTakeFirstOrThrow();
    assert.deepEqual(log.details, { from: 'customer', to: 'photographer' });
    assert.equal(log.actor_id, admin.userId);

    const own = `/api/admin/users/${admin.userId}`;
    assert.equal(
      (await app.call('PUT', `${own}/role`, { token: admin.token, body: { role: 'customer' } })).body.code,
      'user.last_admin',
    );
    assert.equal(
      (await app.call('PUT', `${own}/ban`, { token: admin.token, body: { banned: true } })).body.code,
      'user.last_admin',
    );
    // Two admins who demote each other at once: one of them stays.
    const second = await app.person('admin');
    const results = await Promise.all([
      app.call('PUT', `${own}/role`, { token: second.token, body: { role: 'customer' } }),
      app.call('PUT', `/api/admin/users/${second.userId}/role`, { token: admin.token, body: { role: 'customer' } }),
    ]);
    const left = await app.db.selectFrom('users').select('id').where('role', '=', 'admin').execute();
    assert.equal(left.length, 1, JSON.stringify(results.map((reply) => reply.body)));
    await app.db.updateTable('users').set({ role: 'admin' }).where('id', '=', admin.userId).execute();
  });

  it('lists accounts for admins, by role and words, page by page, without guests', async () => {
    const admin = await app.person('admin');
    for (let i = 0; i < 3; i++) await app.person('organizer');
    await app.call('POST', '/api/auth/guest');
    const first = await app.call('GET', '/api/admin/users?role=organizer&limit=2', { token: admin.token });
    assert.equal(first.body.items.length, 2);
    const second = await app.call('GET', `/api/admin/users?role=organizer&limit=2&cursor=${first.body.nextCursor}`, {
      token: admin.token,
    });
    assert.deepEqual([second.body.items.length, second.body.nextCursor], [1, null]);
    const all = await app.call('GET', '/api/admin/users?limit=100', { token: admin.token });
    assert.ok(all.body.items.every((user: { isGuest: boolean }) => !user.isGuest));
    assert.equal((await app.call('GET', '/api/admin/users?q=%25', { token: admin.token })).body.items.length, 0);
    assert.equal(
      (await app.call('GET', `/api/admin/users?q=${admin.email.toUpperCase()}`, { token: admin.token })).body.items
        .length,
      1,
    );
    assert.equal(
      (await app.call('GET', '/api/admin/users?cursor=zzz', { token: admin.token })).body.code,
      'request.invalid',
    );
  });

  it('keeps bank accounts sealed and to their owner', async () => {
    const me = await app.person('photographer');
    const other = await app.person('photographer');
    const customer = await app.person();
    const body = { bankCode: '004', accountName: 'นาย ช่างภาพ', accountNumber: '123-4-56789-0' };
    assert.equal(
      (await app.call('PUT', '/api/account/bank-account', { token: customer.token, body })).body.code,
      'auth.forbidden',
    );
    const put = await app.call('PUT', '/api/account/bank-account', { token: me.token, body });
    assert.equal(put.status, 200);
    assert.deepEqual([put.body.bankAccount.last4, put.body.bankAccount.bankName], ['7890', 'Kasikornbank']);
    assert.ok(!JSON.stringify(put.body).includes('123456'));
    await app.call('PUT', '/api/account/bank-account', {
      token: me.token,
      body: { ...body, accountNumber: '9876543210' },
    });
    const rows = await app.db.selectFrom('bank_accounts').selectAll().where('user_id', '=', me.userId).execute();
    assert.equal(rows.length, 1);
    assert.ok(!rows[0]!.account_number_encrypted.includes('9876543210'));
    assert.equal((await users.openBankAccount(app.db, me.userId))?.accountNumber, '9876543210');
    assert.equal((await app.call('GET', '/api/account/bank-account', { token: other.token })).body.bankAccount, null);
    const bad = await app.call('PUT', '/api/account/bank-account', {
      token: me.token,
      body: { ...body, accountNumber: '12' },
    });
    assert.equal(bad.body.code, 'request.invalid');
  });
});
