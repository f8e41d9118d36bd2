import assert from 'node:assert/strict';
import { playModel } from '#test/selling-model.ts';

// Random lives of a small shop on the real database and gateway simulator. Longer: npm run bench -- selling-model.
describe('selling, whatever happens in whichever order', function () {
  this.timeout(480_000);
  it('keeps its books, its promises and its queue through buyers, gateways, banks, admins and crashes', async () => {
    const { steps, kills, reached } = await playModel({ seed: 20261123, runs: 10, length: 60 });
    assert.ok(steps > 500 && kills > 5, `${steps} steps, ${kills} killed`);
    // It proves nothing about what it never comes to.
    const times = (start: string) =>
      Object.entries(reached).reduce((sum, [name, count]) => sum + (name.startsWith(start) ? count : 0), 0);
    for (const start of ['order paid', 'refund ', 'payout ', 'review ', 'case '])
      assert.ok(times(start) > 0, `${start}: ${JSON.stringify(reached)}`);
  });
});
