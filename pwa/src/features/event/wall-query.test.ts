import assert from 'node:assert/strict';
import { readFilter, writeFilter } from './wall-query.ts';

describe('what an address asks of a wall', () => {
  const by = '00000000-0000-4000-8000-00000000000a';
  const filter = { from: Date.UTC(2026, 10, 13, 23), to: Date.UTC(2026, 10, 14, 1), bib: 'A-12', by };

  it('is written so that a person can read it, and read back', () => {
    const text = writeFilter(filter);
    assert.equal(text, `?from=2026-11-13T23:00Z&to=2026-11-14T01:00Z&bib=A-12&by=${by}`);
    assert.deepEqual(readFilter(new URLSearchParams(text)), filter);
    assert.equal(writeFilter(readFilter(new URLSearchParams())), '');
  });
  it('takes no notice of what makes no sense', () => {
    const none = { from: undefined, to: undefined, bib: undefined, by: undefined };
    assert.deepEqual(readFilter(new URLSearchParams('from=yesterday&to=&bib=<b>&by=me')), none);
    assert.equal(readFilter(new URLSearchParams('bib= 12 ')).bib, '12');
  });
});
