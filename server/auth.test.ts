import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { getMigrations } from 'better-auth/db/migration';
import { z } from 'zod';
import { AppError } from '#contracts/errors.ts';
import { route } from '#contracts/http/route.ts';
import { bind } from '#server/http/bind.ts';
import { createCache } from '#server/platform/cache.ts';
import { type HttpApp, startHttpApp } from '#test/http-app.ts';

const whoAmI = route({
  method: 'get',
  path: '/api/test/me',
  summary: 'session',
  tag: 'test',
  access: 'session',
  responses: { 200: z.object({ userId: z.string(), isGuest: z.boolean() }) },
});
const adminOnly = route({ ...whoAmI, path: '/api/test/admin', access: ['admin'] as const });
const accountOnly = route({ ...whoAmI, path: '/api/test/account', access: 'user' });
/** What happens while a call runs that is refused in the end. */
let joins: () => Promise<unknown> = async () => undefined;
const routes = () => [
  bind(route({ ...whoAmI, path: '/api/test/refused' }), async () => {
    await joins();
    throw new AppError('consent.required', {});
  }),
  ...[whoAmI, adminOnly, accountOnly].map((definition) =>
    bind(definition as typeof whoAmI, async ({ viewer }) => ({
      status: 200,
      body: { userId: viewer.userId, isGuest: viewer.isGuest },
    })),
  ),
];
const password = 'Good-Pass-1';

/** RFC 6238 for the tests: 6 digits, 30 s, SHA-1. */
function totp(uri: string): string {
  const secret = new URL(uri).searchParams.get('secret')!;
  let bits = '';
  for (const char of secret) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char).toString(2).padStart(5, '0');
  const key = Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac('sha1', key).update(counter).digest();
  return String((mac.readUInt32BE(mac[19]! & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

const suite = (title: string, cacheSessions: boolean, redisUrl?: string) =>
  describe(`auth (${title})`, () => {
    let app: HttpApp;
    before(async () => {
      app = await startHttpApp(routes, { cacheSessions, cache: createCache(redisUrl) });
    });
    after(() => app.stop());
    const post = (path: string, body: unknown, options: object = {}) =>
      app.call('POST', `/api/auth${path}`, { body, ...options });
    const lastLink = async (email: string, template: string) => {
      const row = await app.db
        .selectFrom('messages')
        .select('payload')
        .where('recipient', '=', email)
        .where('template', '=', template)
        .orderBy('created_at', 'desc')
        .executeTakeFirstOrThrow();
      return new URL((row.payload as { link: string }).link);
    };
    const mailCount = async (email: string) =>
      (await app.db.selectFrom('messages').select('id').where('recipient', '=', email).execute()).length;

    it('registers, confirms by mail, signs in, refreshes, signs out', async () => {
      const email = 'runner@example.test';
      const registered = await post('/register', {
        email: 'Runner@Example.test',
        password,
        name: 'Runner',
        locale: 'en',
      });
      assert.equal(registered.status, 201);
      assert.deepEqual(registered.body, { status: 'verification_sent', email });
      assert.equal((await post('/login', { email, password })).body.code, 'auth.email_not_verified');

      const link = await lastLink(email, 'auth.verify');
      const page = await app.call('GET', link.pathname + link.search, { headers: { accept: 'text/html,*/*;q=0.8' } });
      assert.equal(page.status, 303);
      assert.equal(page.headers.get('location'), '/verify?status=verified');
      const byCookie = await app.call('GET', '/api/auth/session', { cookie: page.cookie });
      assert.equal(byCookie.body.user.email, email);
      assert.equal(byCookie.body.user.locale, 'en');
      const again = await app.call('GET', link.pathname + link.search);
      assert.deepEqual(again.body, { status: 'verified', session: null });
      const wrong = await app.call('GET', '/api/auth/verify-email?token=nonsense');
      assert.equal(wrong.body.code, 'auth.token_invalid');

      const login = await post('/login', { email, password });
      assert.equal(login.status, 200);
      assert.deepEqual(Object.keys(login.body).sort(), ['expiresAt', 'refreshToken', 'token', 'user']);
      const attributes = login.headers.getSetCookie()[0]!;
      assert.match(attributes, /^tps\.session_token=.*Path=\/.*HttpOnly.*SameSite=Lax/i);
      const { token, refreshToken } = login.body;
      assert.equal((await app.call('GET', '/api/test/account', { token })).status, 200);
      assert.equal((await app.call('GET', '/api/test/account', { cookie: login.cookie })).status, 200);

      const refreshed = await post('/refresh', { refreshToken });
      assert.equal(refreshed.status, 200);
      assert.notEqual(refreshed.body.token, token);
      assert.equal((await app.call('GET', '/api/test/account', { token })).status, 401);
      assert.equal((await app.call('GET', '/api/test/account', { token: refreshed.body.token })).status, 200);
      // The replaced one again: somebody copied it.
      assert.equal((await post('/refresh', { refreshToken })).body.code, 'auth.refresh_invalid');
      assert.equal((await app.call('GET', '/api/test/account', { token: refreshed.body.token })).status, 401);
      assert.equal((await post('/refresh', { refreshToken: refreshed.body.refreshToken })).status, 401);

      const other = await post('/login', { email, password });
      assert.equal((await app.call('POST', '/api/auth/logout', { cookie: other.cookie })).status, 204);
      assert.equal((await app.call('GET', '/api/test/account', { token: other.body.token })).status, 401);
    });

    it('answers a taken address like a new one and tells its owner', async () => {
      const owner = await app.person();
      const reply = await post('/register', { email: owner.email, password, name: 'X' });
      assert.equal(reply.status, 201);
      assert.deepEqual(reply.body, { status: 'verification_sent', email: owner.email });
      await lastLink(owner.email, 'auth.exists');
    });

    it('gives the account to whoever confirms, with the password of that registration', async () => {
      const email = 'wanted@example.test';
      await post('/register', { email, password: 'Thief-Pass-1', name: 'Thief' });
      await post('/register', { email, password, name: 'Owner' });
      const link = await lastLink(email, 'auth.verify');
      const confirmed = await app.call('GET', link.pathname + link.search);
      assert.equal(confirmed.body.session.user.name, 'Owner');
      assert.equal((await post('/login', { email, password: 'Thief-Pass-1' })).status, 401);
      assert.equal((await post('/login', { email, password })).status, 200);
    });

    it('refuses weak passwords and bad input with codes', async () => {
      for (const weak of ['short1A', 'alllower1', 'ALLUPPER1', 'NoDigitsHere']) {
        const reply = await post('/register', { email: 'weak@example.test', password: weak, name: 'W' });
        assert.equal(reply.body.code, 'auth.weak_password', weak);
      }
      for (const body of [{}, { email: 'no', password, name: 'x' }, { email: 5, password: 1, name: {} }]) {
        assert.equal((await post('/register', body)).body.code, 'request.invalid');
      }
      assert.equal((await post('/refresh', { refreshToken: 'x'.repeat(40) })).body.code, 'auth.refresh_invalid');
      assert.equal((await app.call('GET', '/api/test/account', { token: 'garbage' })).body.code, 'auth.required');
      assert.equal((await app.call('GET', '/api/test/account', { cookie: 'tps.session_token=a.b' })).status, 401);
    });

    it('locks after five failures, even for bursts, and a reset unlocks', async () => {
      const { email, userId } = await app.person();
      const tries = await Promise.all(
        Array.from({ length: 8 }, () => post('/login', { email, password: 'Wrong-Pass-1' })),
      );
      assert.equal(tries.filter((reply) => reply.body.code === 'auth.invalid_credentials').length, 5);
      assert.equal(tries.filter((reply) => reply.body.code === 'auth.locked').length, 3);
      const locked = await post('/login', { email, password });
      assert.equal(locked.status, 423);
      assert.ok(locked.body.retryAfter > 0 && locked.body.retryAfter <= 900);

      assert.equal((await post('/forgot-password', { email })).status, 202);
      assert.equal((await post('/forgot-password', { email: 'nobody@example.test' })).status, 202);
      assert.equal(await mailCount('nobody@example.test'), 0);
      const resetToken = (await lastLink(email, 'auth.reset')).searchParams.get('token');
      assert.equal(
        (await post('/reset-password', { token: resetToken, password: 'weak' })).body.code,
        'auth.weak_password',
      );
      assert.equal((await post('/reset-password', { token: resetToken, password: 'New-Pass-22' })).status, 200);
      assert.equal(
        (await post('/reset-password', { token: resetToken, password: 'New-Pass-33' })).body.code,
        'auth.token_invalid',
      );
      const sessions = await app.db.selectFrom('sessions').select('id').where('user_id', '=', userId).execute();
      assert.equal(sessions.length, 0);
      assert.equal((await post('/login', { email, password: 'New-Pass-22' })).status, 200);
    });

    it('changes the password and ends every other session', async () => {
      const me = await app.person();
      const elsewhere = await post('/login', { email: me.email, password });
      const wrong = await post(
        '/change-password',
        { currentPassword: 'Wrong-1-x', newPassword: 'New-Pass-22' },
        { token: me.token },
      );
      assert.equal(wrong.body.code, 'auth.invalid_credentials');
      const changed = await post(
        '/change-password',
        { currentPassword: password, newPassword: 'New-Pass-22' },
        { token: me.token },
      );
      assert.equal(changed.status, 200);
      assert.equal((await app.call('GET', '/api/test/account', { token: elsewhere.body.token })).status, 401);
      assert.equal((await app.call('GET', '/api/test/account', { token: changed.body.token })).status, 200);
      assert.equal((await post('/login', { email: me.email, password: 'New-Pass-22' })).status, 200);
    });

    it('makes guests on first need and lets them join the account at sign-in, once', async () => {
      const moved: string[][] = [];
      app.auth.onGuestJoined(async (_trx, guestId, userId) => void moved.push([guestId, userId]));
      const first = await app.call('GET', '/api/test/me', { headers: { 'accept-language': 'en' } });
      assert.equal(first.body.isGuest, true);
      assert.ok(first.headers.get('set-auth-token'));
      const guestId = first.body.userId;
      assert.equal((await app.call('GET', '/api/test/me', { cookie: first.cookie })).body.userId, guestId);
      assert.equal((await app.call('GET', '/api/test/account', { cookie: first.cookie })).body.code, 'auth.required');
      const { user } = (await app.call('GET', '/api/auth/session', { cookie: first.cookie })).body;
      assert.deepEqual([user.email, user.isGuest, user.locale], [null, true, 'en']);
      await app.db
        .insertInto('consents')
        .values({ user_id: guestId, purpose: 'marketing', text_version: '1', text_hash: 'x', language: 'th' })
        .execute();
      const me = await app.person();
      const logins = await Promise.all(
        [1, 2].map(() => post('/login', { email: me.email, password }, { cookie: first.cookie })),
      );
      assert.deepEqual(
        logins.map((reply) => reply.status),
        [200, 200],
      );
      assert.deepEqual(moved, [[guestId, me.userId]]);
      const consents = await app.db.selectFrom('consents').select('user_id').where('user_id', '=', me.userId).execute();
      assert.equal(consents.length, 1);
      assert.equal(
        await app.db.selectFrom('users').select('id').where('id', '=', guestId).executeTakeFirst(),
        undefined,
      );
      const late = await app.call('GET', '/api/test/me', { cookie: first.cookie });
      assert.deepEqual([late.status, late.body.code], [401, 'auth.session_ended'], 'nobody new is made of who is gone');
      // As an account's page sends it that does not know yet that its session is gone, with its cookie.
      const headers = { 'x-session-user': me.userId };
      assert.equal((await app.call('GET', '/api/test/me', { headers })).body.code, 'auth.session_ended');
      assert.equal((await app.call('GET', '/api/test/me', { headers, token: me.token })).body.userId, me.userId);

      const made = await app.call('POST', '/api/auth/guest');
      assert.equal(made.status, 201);
      assert.equal((await app.call('GET', '/api/test/me', { token: made.body.token })).body.userId, made.body.user.id);
    });

    it('refuses nothing to a guest who joins the account while their call runs: it is sent again', async () => {
      const guest = await app.call('GET', '/api/test/me');
      const me = await app.person();
      joins = () => post('/login', { email: me.email, password }, { cookie: guest.cookie });
      const call = () => app.call('GET', '/api/test/refused', { cookie: guest.cookie });
      assert.deepEqual([(await call()).body.code, (await call()).body.code], Array(2).fill('auth.session_ended'));
      joins = async () => undefined;
      const other = await app.call('GET', '/api/test/me');
      const refused = await app.call('GET', '/api/test/refused', { cookie: other.cookie });
      assert.equal(refused.body.code, 'consent.required');
    });

    it('checks roles, and a ban or deletion shuts out at once', async () => {
      const customer = await app.person();
      const admin = await app.person('admin');
      assert.equal((await app.call('GET', '/api/test/admin', { token: customer.token })).body.code, 'auth.forbidden');
      assert.equal((await app.call('GET', '/api/test/admin', { token: admin.token })).status, 200);
      await app.db.updateTable('users').set({ banned: true }).where('id', '=', customer.userId).execute();
      assert.equal((await app.call('GET', '/api/test/account', { token: customer.token })).status, 401);
      assert.equal((await post('/login', { email: customer.email, password })).status, 403);
    });

    it('lists and ends my sessions only', async () => {
      const me = await app.person();
      const other = await app.person();
      const mine = (await app.call('GET', '/api/auth/sessions', { token: me.token })).body.items;
      assert.equal(mine.length, 1);
      assert.equal(mine[0].isCurrent, true);
      assert.equal((await app.call('DELETE', `/api/auth/sessions/${mine[0].id}`, { token: other.token })).status, 404);
      assert.equal((await app.call('DELETE', `/api/auth/sessions/${mine[0].id}`, { token: me.token })).status, 204);
      assert.equal((await app.call('GET', '/api/auth/sessions', { token: me.token })).status, 401);
    });

    it('asks for the second factor once it is on', async () => {
      const me = await app.person();
      const renew = (token: string, secret = password) =>
        post('/two-factor/backup-codes', { password: secret }, { token });
      assert.equal((await renew(me.token)).body.code, 'resource.conflict');
      const started = await post('/two-factor/enable', { password }, { token: me.token });
      assert.equal(started.status, 200);
      assert.match(started.body.qr, /^<svg/);
      assert.ok(started.body.totpUri.includes(`secret=${started.body.secret}`));
      assert.equal(
        (await post('/two-factor/verify', { code: '000000' }, { token: me.token })).body.code,
        'auth.code_invalid',
      );
      const confirmed = await post('/two-factor/verify', { code: totp(started.body.totpUri) }, { token: me.token });
      assert.equal(confirmed.status, 200);
      assert.equal(confirmed.body.user.twoFactorEnabled, true);
      assert.equal((await post('/login', { email: me.email, password })).body.code, 'auth.two_factor_required');
      assert.equal(
        (await post('/login', { email: me.email, password, code: '000000' })).body.code,
        'auth.code_invalid',
      );
      const login = await post('/login', { email: me.email, password, code: totp(started.body.totpUri) });
      assert.equal(login.status, 200);
      const backup = await post('/login', { email: me.email, password, code: started.body.backupCodes[0] });
      assert.equal(backup.status, 200);
      assert.equal(
        (await post('/login', { email: me.email, password, code: started.body.backupCodes[0] })).body.code,
        'auth.code_invalid',
      );
      assert.equal((await renew(login.body.token, 'Wrong-Pass-1')).body.code, 'auth.invalid_credentials');
      const renewed = (await renew(login.body.token)).body.backupCodes as string[];
      const withCode = (code: string) => post('/login', { email: me.email, password, code });
      assert.equal((await withCode(started.body.backupCodes[1])).body.code, 'auth.code_invalid');
      assert.equal((await withCode(renewed[0]!)).status, 200);
      const off = await post('/two-factor/disable', { password }, { token: login.body.token });
      assert.equal(off.body.user.twoFactorEnabled, false);
      assert.equal((await post('/login', { email: me.email, password })).status, 200);
    });

    it('opens only reading paths of better-auth itself', async () => {
      const me = await app.person();
      const { token } = (await app.call('GET', '/api/auth/token', { token: me.token })).body;
      const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
      assert.deepEqual([claims.sub, claims.role], [me.userId, 'customer']);
      assert.equal((await app.call('GET', '/api/auth/jwks')).body.keys.length, 1);
      assert.equal((await app.call('GET', '/api/auth/token')).status, 404);
      for (const path of ['/sign-in/email', '/sign-up/email', '/admin/set-role', '/update-user', '/delete-user'])
        assert.equal((await post(path, {}, { token: me.token })).status, 404, path);
    });

    it('finds every table and column it wants in our migrations', async () => {
      const wanted = await getMigrations(app.auth.options);
      assert.deepEqual(
        wanted.toBeCreated.map((table) => table.table),
        [],
      );
      assert.deepEqual(
        wanted.toBeAdded.map((table) => [table.table, Object.keys(table.fields)]),
        [],
      );
    });
  });

suite('database only', false);
suite('sessions in the cache too', true);
const redisUrl = process.env.TEST_REDIS_URL;
if (redisUrl) suite('sessions in Redis too', true, redisUrl);
