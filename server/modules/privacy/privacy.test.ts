import assert from 'node:assert/strict';
import { strFromU8, unzipSync } from 'fflate';
import { sha256Hex } from '#server/platform/crypto.ts';
import { type HttpApp, startHttpApp, testSecrets } from '#test/http-app.ts';
import { createSettingsService } from '../settings/service.ts';
import { usersRoutes } from '../users/routes.ts';
import { createUsersService } from '../users/service.ts';
import { privacyRoutes } from './routes.ts';
import { createPrivacyService, type Privacy } from './service.ts';

describe('privacy', () => {
  let app: HttpApp;
  let privacy: Privacy;
  let eventId: string;
  let otherEventId: string;
  before(async () => {
    app = await startHttpApp(({ database: { db }, auth, messages }) => {
      privacy = createPrivacyService({
        db,
        settings: createSettingsService({ db }),
        messages,
        checkPassword: auth.checkPassword,
        forgetAttempts: auth.forgetAttempts,
      });
      const users = createUsersService({
        db,
        config: { secrets: testSecrets },
        photographers: { ensure: async () => {} },
      });
      return [...privacyRoutes({ privacy }), ...usersRoutes({ users })];
    });
    const events = await app.db
      .insertInto('events')
      .values(
        ['a', 'b'].map((slug) => ({ slug: `race-${slug}`, name: 'Race', starts_at: new Date(), ends_at: new Date() })),
      )
      .returning('id')
      .execute();
    [eventId, otherEventId] = events.map((event) => event.id) as [string, string];
  });
  after(() => app.stop());

  const search = async (userId: string, consentId: string) => {
    const { id } = await app.db
      .insertInto('face_searches')
      .values({
        user_id: userId,
        event_id: eventId,
        consent_id: consentId,
        source: 'image',
        image_key: `faces/searches/${consentId}`,
        descriptor: Buffer.alloc(512),
        status: 'done',
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  };

  it('takes a consent from the little that a program knows, and refuses it for anything else', async () => {
    const made = await app.call('POST', '/api/consents', { body: { purpose: 'face_search', eventId } });
    assert.equal(made.status, 201);
    const { cookie } = made;
    const me = (await app.call('GET', '/api/auth/session', { cookie })).body.user.id;
    const text = await app.call('GET', '/api/consents/text?purpose=face_search&language=th');
    assert.equal(text.body.sentences.length, 3);
    const row = await app.db
      .selectFrom('consents')
      .selectAll()
      .where('id', '=', made.body.id)
      .executeTakeFirstOrThrow();
    assert.deepEqual([row.text_hash, row.user_id, row.text_version], [text.body.hash, me, '1']);
    assert.match(text.body.hash, /^[0-9a-f]{64}$/);
    assert.notEqual(text.body.hash, sha256Hex(''));

    const stranger = (await app.call('POST', '/api/auth/guest')).body.user.id;
    const need = (userId: string, id: string, purpose: 'face_search' | 'selfie_upload', event: string) =>
      privacy.requireLiveConsent(app.db, userId, id, purpose, event);
    await need(me, made.body.id, 'face_search', eventId);
    const refused = { code: 'consent.required' };
    await assert.rejects(need(stranger, made.body.id, 'face_search', eventId), refused);
    await assert.rejects(need(me, made.body.id, 'selfie_upload', eventId), refused);
    await assert.rejects(need(me, made.body.id, 'face_search', otherEventId), refused);
    await assert.rejects(need(me, eventId, 'face_search', eventId), refused);
    await app.db
      .updateTable('consents')
      .set({ expires_at: new Date(Date.now() - 1) })
      .where('id', '=', made.body.id)
      .execute();
    await assert.rejects(need(me, made.body.id, 'face_search', eventId), refused);
    const forAll = await app.call('POST', '/api/consents', { cookie, body: {} });
    await need(me, forAll.body.id, 'face_search', otherEventId);

    assert.equal(
      (await app.call('POST', '/api/consents', { cookie, body: { eventId: stranger } })).body.code,
      'event.not_found',
    );
    assert.equal(
      (await app.call('POST', '/api/consents', { cookie, body: { textVersion: '0' } })).body.code,
      'resource.conflict',
    );
    assert.equal(
      (await app.call('POST', '/api/consents', { cookie, body: { granted: false } })).body.code,
      'request.invalid',
    );
  });

  it('withdraws once and for all: descriptors, results and pictures go; strangers cannot', async () => {
    const me = await app.person();
    const other = await app.person();
    const { id } = (
      await app.call('POST', '/api/consents', { token: me.token, body: { purpose: 'selfie_upload', eventId } })
    ).body;
    const searchId = await search(me.userId, id);
    const path = `/api/consents/${id}/withdraw`;
    assert.equal((await app.call('POST', path, { token: other.token })).body.code, 'consent.not_found');
    const results = await Promise.all([1, 2].map(() => app.call('POST', path, { token: me.token })));
    assert.deepEqual(
      results.map((reply) => [reply.status, reply.body.isLive]),
      [
        [200, false],
        [200, false],
      ],
    );
    const row = await app.db
      .selectFrom('face_searches')
      .selectAll()
      .where('id', '=', searchId)
      .executeTakeFirstOrThrow();
    assert.deepEqual([row.status, row.descriptor, row.image_key], ['withdrawn', null, null]);
    const job = await app.db
      .selectFrom('outbox')
      .selectAll()
      .where('topic', '=', 'delete-objects')
      .executeTakeFirstOrThrow();
    assert.deepEqual(job.payload, { keys: [`faces/searches/${id}`] });
    await assert.rejects(privacy.requireLiveConsent(app.db, me.userId, id, 'selfie_upload', eventId), {
      code: 'consent.required',
    });
    const rows = await app.db
      .selectFrom('consents')
      .select('action')
      .where('user_id', '=', me.userId)
      .orderBy('created_at')
      .execute();
    assert.deepEqual(
      rows.map((entry) => entry.action),
      ['granted', 'withdrawn'],
    );
    const mine = (await app.call('GET', '/api/consents', { token: me.token })).body.items;
    assert.deepEqual([mine.length, mine[0].isLive], [1, false]);
    assert.equal((await app.call('GET', '/api/consents', { token: other.token })).body.items.length, 0);
  });

  it('receives requests, notes who wants to be hidden, lets admins decide once', async () => {
    const admin = await app.person('admin');
    const me = await app.person();
    const ask = (body: object) => app.call('POST', '/api/privacy/requests', { token: me.token, body });
    assert.equal((await ask({ kind: 'hide' })).body.code, 'request.invalid');
    const hide = await ask({ kind: 'hide', eventId });
    assert.equal(hide.status, 201);
    const optOut = await app.db
      .selectFrom('face_opt_outs')
      .selectAll()
      .where('user_id', '=', me.userId)
      .executeTakeFirstOrThrow();
    assert.deepEqual([optOut.event_id, optOut.status], [eventId, 'requested']);
    const open = await app.call('GET', '/api/admin/privacy-requests?status=received', { token: admin.token });
    assert.equal(open.body.items[0].email, me.email);
    assert.equal((await app.call('GET', '/api/admin/privacy-requests', { token: me.token })).status, 403);
    const decide = (status: string) =>
      app.call('PUT', `/api/admin/privacy-requests/${hide.body.id}`, {
        token: admin.token,
        body: { status, decision: 'done' },
      });
    assert.equal((await decide('in_progress')).body.status, 'in_progress');
    assert.equal((await decide('completed')).body.status, 'completed');
    assert.equal((await decide('rejected')).body.code, 'resource.conflict');
    const mails = await app.db.selectFrom('messages').select('template').where('recipient', '=', me.email).execute();
    assert.deepEqual(mails, [{ template: 'privacy.decided' }]);
    assert.equal((await app.call('GET', '/api/privacy/requests', { token: me.token })).body.items[0].decision, 'done');
  });

  it('exports what we hold on me and nothing of others or secret', async () => {
    const me = await app.person();
    const other = await app.person();
    const { id } = (await app.call('POST', '/api/consents', { token: me.token, body: { eventId } })).body;
    await search(me.userId, id);
    const data = (await app.call('GET', '/api/privacy/export', { token: me.token })).body;
    assert.equal(data.profile.email, me.email);
    assert.deepEqual([data.consents.length, data.searches.length, data.searches[0].descriptor_is_stored], [1, 1, true]);
    const text = JSON.stringify(data);
    for (const secret of [me.token, me.refreshToken, other.email, other.userId, 'argon2'])
      assert.ok(!text.includes(secret));
    const zip = await fetch(`${app.url}/api/privacy/export.zip`, { headers: { authorization: `Bearer ${me.token}` } });
    assert.deepEqual([zip.status, zip.headers.get('content-type')], [200, 'application/zip']);
    const files = unzipSync(new Uint8Array(await zip.arrayBuffer()));
    assert.ok(strFromU8(files['data.json']!).includes(me.email!));
    assert.ok(strFromU8(files['consents.csv']!).includes(id));
    assert.ok(!strFromU8(files['data.json']!).includes(other.userId));
  });

  it('erases an account: signed out, nameless, evidence kept, address free again', async () => {
    const me = await app.person();
    const { id } = (await app.call('POST', '/api/consents', { token: me.token, body: { eventId } })).body;
    await search(me.userId, id);
    assert.equal(
      (await app.call('DELETE', '/api/account', { token: me.token, body: {} })).body.code,
      'auth.invalid_credentials',
    );
    assert.equal(
      (await app.call('DELETE', '/api/account', { token: me.token, body: { password: 'Wrong-Pass-1' } })).status,
      401,
    );
    assert.equal(
      (await app.call('DELETE', '/api/account', { token: me.token, body: { password: 'Good-Pass-1' } })).status,
      204,
    );
    assert.equal((await app.call('GET', '/api/account', { token: me.token })).status, 401);
    assert.equal(
      (await app.call('POST', '/api/auth/refresh', { body: { refreshToken: me.refreshToken } })).status,
      401,
    );
    const login = await app.call('POST', '/api/auth/login', { body: { email: me.email, password: 'Good-Pass-1' } });
    assert.equal(login.body.code, 'auth.invalid_credentials');
    const user = await app.db.selectFrom('users').selectAll().where('id', '=', me.userId).executeTakeFirstOrThrow();
    assert.ok(user.deleted_at && !user.email.includes('customer'));
    const consents = await app.db.selectFrom('consents').selectAll().where('user_id', '=', me.userId).execute();
    assert.deepEqual(consents.map((row) => row.action).sort(), ['granted', 'withdrawn']);
    assert.ok(consents.every((row) => row.ip_address === null && row.user_agent === null));
    assert.equal(
      (await app.db.selectFrom('face_searches').select('id').where('user_id', '=', me.userId).execute()).length,
      0,
    );
    const again = await app.call('POST', '/api/auth/register', {
      body: { email: me.email, password: 'Good-Pass-1', name: 'Again' },
    });
    assert.equal(again.status, 201);
    assert.ok(await app.db.selectFrom('users').select('id').where('email', '=', me.email).executeTakeFirst());

    const guest = await app.call('POST', '/api/auth/guest');
    assert.equal((await app.call('DELETE', '/api/account', { token: guest.body.token })).status, 204);
  });

  it('keeps the last admin and erases on an admin’s decision', async () => {
    await app.db.updateTable('users').set({ role: 'customer' }).where('role', '=', 'admin').execute();
    const admin = await app.person('admin');
    const last = await app.call('DELETE', '/api/account', { token: admin.token, body: { password: 'Good-Pass-1' } });
    assert.equal(last.body.code, 'user.last_admin');
    const me = await app.person();
    const request = await app.call('POST', '/api/privacy/requests', { token: me.token, body: { kind: 'erasure' } });
    const decided = await app.call('PUT', `/api/admin/privacy-requests/${request.body.id}`, {
      token: admin.token,
      body: { status: 'completed' },
    });
    assert.equal(decided.status, 200);
    assert.equal((await app.call('GET', '/api/account', { token: me.token })).status, 401);
    const mail = await app.db
      .selectFrom('messages')
      .select('recipient')
      .where('template', '=', 'privacy.decided')
      .orderBy('created_at', 'desc')
      .executeTakeFirstOrThrow();
    assert.equal(mail.recipient, me.email);
  });
});
