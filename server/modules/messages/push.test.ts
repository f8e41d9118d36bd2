import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { browser, type Channels, startChannels } from '#test/channels.ts';
import { publicKeyOf } from './push.ts';

describe('web push', () => {
  let at: Channels;
  before(async () => {
    at = await startChannels();
  });
  after(() => at?.stop());

  it('reach every device encrypted for it, signed by our key, once', async () => {
    const me = await at.app.person();
    const { body } = await at.app.call('GET', '/api/notices/push', { token: me.token });
    assert.deepEqual(body, { publicKey: publicKeyOf(at.vapid), devices: [] });
    const devices = [await at.subscribed(me.token), await at.subscribed(me.token)];
    await at.queue(me, 'paid-1');
    await at.queue(me, 'paid-1');
    assert.deepEqual(
      (await at.rowsOf('paid-1')).map((row) => row.channel),
      ['email', 'push', 'push'],
    );
    await at.sendAll('paid-1');
    await at.sendAll('paid-1');
    for (const device of devices) {
      const got = at.pushService.received.filter((each) => each.path === device.path);
      assert.equal(got.length, 1);
      assert.deepEqual(device.read(got[0]!.body), {
        title: 'ภาพของคุณพร้อมแล้ว',
        body: '2 ภาพ · TPS-1',
        url: '/orders/1?token=t',
        tag: 'paid-1',
        kind: 'order',
        lang: 'th',
      });
      assert.deepEqual([got[0]!.headers['content-encoding'], got[0]!.headers.urgency], ['aes128gcm', 'high']);
      const [, jwt, key] = /^vapid t=([^,]+), *k=(.+)$/.exec(got[0]!.headers.authorization ?? '')!;
      assert.equal(key, publicKeyOf(at.vapid));
      const [head, claims, signature] = jwt!.split('.') as [string, string, string];
      assert.equal(JSON.parse(Buffer.from(claims, 'base64url').toString()).aud, at.pushService.url);
      const point = Buffer.from(key!, 'base64url');
      const jwk = {
        kty: 'EC',
        crv: 'P-256',
        x: point.subarray(1, 33).toString('base64url'),
        y: point.subarray(33).toString('base64url'),
      };
      const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
      assert.ok(
        verify(
          'sha256',
          Buffer.from(`${head}.${claims}`),
          { key: publicKey, dsaEncoding: 'ieee-p1363' },
          Buffer.from(signature, 'base64url'),
        ),
      );
    }
    assert.equal(at.mails.filter((address) => address === me.email).length, 1);
    assert.ok((await at.rowsOf('paid-1')).every((row) => row.status === 'sent'));
  });

  it('forget a device that is gone, try a busy service again, and never call a foreign host', async () => {
    const me = await at.app.person();
    const [gone, busy] = [await at.subscribed(me.token), await at.subscribed(me.token)];
    at.pushStatus.set(gone.path, 410);
    at.pushStatus.set(busy.path, 503);
    await at.queue(me, 'paid-2');
    await at.sendAll('paid-2');
    const rows = await at.rowsOf('paid-2');
    assert.deepEqual(
      rows
        .filter((row) => row.channel === 'push')
        .map((row) => row.status)
        .sort(),
      ['failed', 'queued'],
    );
    const { body } = await at.app.call('GET', '/api/notices/push', { token: me.token });
    assert.equal(body.devices.length, 1);
    at.pushStatus.delete(busy.path);
    await at.sendAll('paid-2', 2);
    assert.equal((await at.rowsOf('paid-2')).filter((row) => row.status === 'sent').length, 2);
    for (const endpoint of [
      'http://169.254.169.254/latest',
      'https://intranet.example/push',
      'http://fcm.googleapis.com/x',
      'https://fcm.googleapis.com:8443/x',
      'https://fcm.googleapis.com.evil.test/x',
    ]) {
      const answer = await at.app.call('POST', '/api/notices/push', {
        token: me.token,
        body: { ...browser(endpoint).subscription },
      });
      assert.equal(answer.body.code, 'push.endpoint', endpoint);
    }
    // Somebody else cannot end it; the person can.
    const other = await at.app.person();
    const end = (token: string) =>
      at.app.call('DELETE', '/api/notices/push', { token, body: { endpoint: busy.subscription.endpoint } });
    await end(other.token);
    assert.equal((await at.app.call('GET', '/api/notices/push', { token: me.token })).body.devices.length, 1);
    assert.equal((await end(me.token)).status, 204);
    assert.equal((await at.app.call('GET', '/api/notices/push', { token: me.token })).body.devices.length, 0);
  });
});
