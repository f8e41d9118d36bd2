import assert from 'node:assert/strict';
import { type HttpApp, startHttpApp } from '#test/http-app.ts';
import { settingsRoutes } from './routes.ts';
import { createSettingsService, type Settings } from './service.ts';

describe('settings', () => {
  let app: HttpApp;
  let settings: Settings;
  before(async () => {
    app = await startHttpApp(({ database }) => {
      settings = createSettingsService({ db: database.db });
      return settingsRoutes({ settings });
    });
  });
  after(() => app.stop());

  it('has defaults, takes changes with versions, and answers what it stored', async () => {
    const admin = await app.person('admin');
    assert.equal((await settings.get('refunds')).twoPersonLimitSatang, 200_000);
    const put = (items: unknown) => app.call('PUT', '/api/admin/settings', { token: admin.token, body: { items } });
    const first = await put([{ key: 'refunds', value: { twoPersonLimitSatang: 50_000 }, version: 0 }]);
    assert.equal(first.status, 200);
    const stored = first.body.items.find((item: { key: string }) => item.key === 'refunds');
    assert.deepEqual([stored.version, stored.value], [1, { twoPersonLimitSatang: 50_000, requestWithinDays: 30 }]);
    assert.equal((await settings.get('refunds')).twoPersonLimitSatang, 50_000);
    assert.equal((await put([{ key: 'refunds', value: {}, version: 0 }])).body.code, 'resource.conflict');
    // All or none.
    const mixed = await put([
      { key: 'payouts', value: { holdDays: 3 } },
      { key: 'downloads', value: { maxPerPhoto: 0, typo: 1 } },
    ]);
    assert.equal(mixed.body.code, 'settings.invalid');
    assert.deepEqual(mixed.body.errors.map((error: { path: string }) => error.path).sort(), [
      'body.items.1.value',
      'body.items.1.value.maxPerPhoto',
    ]);
    assert.equal((await settings.get('payouts')).holdDays, 7);
    // GET's answer is a valid PUT.
    const all = await app.call('GET', '/api/admin/settings', { token: admin.token });
    assert.equal((await put(all.body.items)).status, 200);
    const logs = await app.db
      .selectFrom('audit_logs')
      .select('action')
      .where('action', '=', 'settings.change')
      .execute();
    assert.ok(logs.length >= 2);
  });

  it('is for admins', async () => {
    const me = await app.person('organizer');
    assert.equal((await app.call('GET', '/api/admin/settings', { token: me.token })).body.code, 'auth.forbidden');
    assert.equal((await app.call('GET', '/api/admin/settings')).body.code, 'auth.required');
  });
});
