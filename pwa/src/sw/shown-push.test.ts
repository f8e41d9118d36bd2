import assert from 'node:assert/strict';
import { shownPush } from './shown-push.ts';

const payload = { title: 'T', body: 'B', url: '/e/run/find', tag: 'x', kind: 'photos', lang: 'th' } as const;

describe('a push message', () => {
  it('is shown in its words and leads to its page', () => {
    const { title, options } = shownPush(payload);
    assert.deepEqual([title, options.body, options.lang, options.tag], ['T', 'B', 'th', 'x']);
    assert.deepEqual(options.data, { path: '/e/run/find' });
  });
  it('never leads off this site', () => {
    for (const url of ['https://evil.test/', '//evil.test', '/\\evil.test', 'javascript:alert(1)', undefined])
      assert.equal(shownPush({ ...payload, url: url as string }).options.data.path, '/account/notices');
  });
  it('that cannot be read is shown all the same', () => {
    assert.equal(shownPush(null).title, 'ThePixStock');
    assert.equal(shownPush({} as never).options.data.path, '/account/notices');
  });
});
