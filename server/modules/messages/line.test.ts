import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type Channels, startChannels } from '#test/channels.ts';

describe('LINE', () => {
  let at: Channels;
  before(async () => {
    at = await startChannels();
  });
  after(() => at?.stop());

  it('go to LINE under a retry key, again when it is busy, and not after its quota is used up', async () => {
    const me = await at.app.person();
    const { userId, openUrl } = await at.linked(me.token);
    assert.match(openUrl, /^https:\/\/line\.me\/R\/oaMessage\/%40thepixstock\/\?TPS-/);
    assert.equal((await at.app.call('GET', '/api/notices/line', { token: me.token })).body.isLinked, true);
    at.answers.line = { status: 500 };
    await at.queue(me, 'line-1');
    await at.sendAll('line-1');
    const [row] = (await at.rowsOf('line-1')).filter((each) => each.channel === 'line');
    assert.equal(row!.status, 'queued');
    // It had arrived after all: the same key is refused as taken, which is as good as sent.
    at.answers.line = { status: 409, headers: { 'x-line-accepted-request-id': 'req-1' } };
    await at.sendAll('line-1', 2);
    assert.deepEqual(
      (await at.rowsOf('line-1'))
        .filter((each) => each.channel === 'line')
        .map((each) => [each.status, each.provider_id]),
      [['sent', 'req-1']],
    );
    const calls = at.lineApi.received.map((each) => ({
      key: each.headers['x-line-retry-key'],
      auth: each.headers.authorization,
      body: JSON.parse(each.body.toString()),
    }));
    assert.deepEqual(
      calls.map((call) => call.key),
      [row!.id, row!.id],
    );
    assert.equal(calls[0]!.auth, 'Bearer channel-token');
    assert.deepEqual(calls[0]!.body, {
      to: userId,
      messages: [{ type: 'text', text: 'ภาพของคุณพร้อมแล้ว\n2 ภาพ · TPS-1\nhttps://shop.test/orders/1?token=t' }],
    });
    at.answers.line = { status: 429, body: '{"message":"You have reached your monthly limit."}' };
    await at.queue(me, 'line-2');
    await at.sendAll('line-2');
    const states = (await at.rowsOf('line-2')).map((each) => [each.channel, each.status]);
    assert.deepEqual(
      states,
      [
        ['email', 'sent'],
        ['line', 'failed'],
      ],
      'the e-mail arrives all the same',
    );
    at.answers.line = { status: 200 };
  });

  it('link by a code that works once, for a while, with a signature only; a block ends it', async () => {
    const [me, other] = [await at.app.person(), await at.app.person()];
    const { userId, code } = await at.linked(me.token);
    const again = { type: 'message', source: { userId: `U${randomUUID()}` }, message: { type: 'text', text: code } };
    await at.lineEvent(again);
    const owner = await at.app.db
      .selectFrom('line_links')
      .select('user_id')
      .where('line_user_id', '=', userId)
      .execute();
    assert.deepEqual(
      owner.map((each) => each.user_id),
      [me.userId],
    );
    const { body: forOther } = await at.app.call('POST', '/api/notices/line/code', { token: other.token, body: {} });
    const event = { type: 'message', source: { userId: 'Uother' }, message: { type: 'text', text: forOther.code } };
    assert.equal((await at.lineEvent(event, 'wrong-secret')).status, 401);
    await at.app.db
      .updateTable('line_link_codes')
      .set({ expires_at: new Date(Date.now() - 1_000) })
      .where('user_id', '=', other.userId)
      .execute();
    assert.equal((await at.lineEvent(event)).status, 200);
    assert.equal((await at.app.call('GET', '/api/notices/line', { token: other.token })).body.isLinked, false);
    await at.lineEvent({ type: 'unfollow', source: { userId } });
    await at.queue(me, 'blocked');
    assert.deepEqual(
      (await at.rowsOf('blocked')).map((row) => row.channel),
      ['email'],
    );
    await at.lineEvent({ type: 'follow', source: { userId } });
    await at.queue(me, 'back');
    assert.deepEqual(
      (await at.rowsOf('back')).map((row) => row.channel),
      ['email', 'line'],
    );
    const guest = await at.app.call('GET', '/api/notices/preferences');
    assert.equal(guest.status, 200);
    assert.equal((await at.app.call('POST', '/api/notices/line/code', { cookie: guest.cookie, body: {} })).status, 401);
  });

  it('answer on LINE what a code did, also when LINE delivers it twice', async () => {
    const me = await at.app.person();
    const { body } = await at.app.call('POST', '/api/notices/line/code', { token: me.token, body: {} });
    const source = { userId: `U${randomUUID()}` };
    const said = (text: string, replyToken: string) =>
      at.lineEvent({ type: 'message', source, replyToken, message: { type: 'text', text } });
    const replyTo = async (replyToken: string): Promise<string> => {
      for (;;) {
        const found = at.lineApi.received
          .filter((each) => each.path === '/v2/bot/message/reply')
          .map((each) => JSON.parse(each.body.toString()))
          .find((each) => each.replyToken === replyToken);
        if (found) return found.messages[0].text;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await said('TPS-AAAAAAAA', 'r0');
    assert.match(await replyTo('r0'), /not valid/);
    await said(body.code, 'r1');
    assert.match(await replyTo('r1'), /Linked with ThePixStock/);
    await said(body.code, 'r2');
    assert.match(await replyTo('r2'), /Linked with ThePixStock/);
    await said('สวัสดี', 'r3');
    assert.ok(!at.lineApi.received.some((each) => each.body.toString().includes('r3')), 'other words are not ours');
  });
});
