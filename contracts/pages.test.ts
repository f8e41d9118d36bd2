import assert from 'node:assert/strict';
import { matchPath } from './pages.ts';

describe('matchPath', () => {
  const cases: [pattern: string, path: string, expected: Record<string, string> | null][] = [
    ['/', '/', {}],
    ['/', '/e/run', null],
    ['/e/:slug', '/e/run', { slug: 'run' }],
    ['/e/:slug', '/e/run/find', null],
    ['/e/:slug', '/e', null],
    ['/e/:slug/photos/:photoId', '/e/run/photos/42', { slug: 'run', photoId: '42' }],
    ['/admin/*', '/admin', { rest: '' }],
    ['/admin/*', '/admin/events/42', { rest: 'events/42' }],
    ['/admin/*', '/administrator', null],
    ['/*', '/anything/at/all', { rest: 'anything/at/all' }],
  ];
  for (const [pattern, path, expected] of cases) {
    it(`${pattern} on ${path}`, () => assert.deepEqual(matchPath(pattern, path), expected));
  }
});
