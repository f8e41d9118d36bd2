import assert from 'node:assert/strict';
import { eventStatuses } from '#contracts/http/events.ts';
import { canMove } from './machine.ts';
import { dayOf, endOfDay, isTimeZone, startOfDay } from './times.ts';

describe('events/machine', () => {
  it('allows these steps and no others', () => {
    const allowed = eventStatuses.flatMap((from) =>
      eventStatuses.filter((to) => canMove(from, to)).map((to) => `${from} > ${to}`),
    );
    assert.deepEqual(allowed, [
      'planning > published',
      'planning > cancelled',
      'published > planning',
      'published > live',
      'published > ended',
      'published > cancelled',
      'live > published',
      'live > ended',
      'live > cancelled',
      'ended > live',
      'ended > archived',
      'archived > ended',
      'cancelled > planning',
    ]);
  });
});

describe('events/times', () => {
  it('knows when a day begins and ends in its zone', () => {
    assert.equal(startOfDay('2026-11-22', 'Asia/Bangkok').toISOString(), '2026-11-21T17:00:00.000Z');
    assert.equal(endOfDay('2026-12-31', 'Asia/Bangkok').toISOString(), '2026-12-31T16:59:59.999Z');
    assert.equal(startOfDay('2026-03-29', 'Europe/Berlin').toISOString(), '2026-03-28T23:00:00.000Z');
    assert.equal(endOfDay('2026-03-29', 'Europe/Berlin').toISOString(), '2026-03-29T21:59:59.999Z');
    assert.equal(startOfDay('2026-11-22', 'UTC').toISOString(), '2026-11-22T00:00:00.000Z');
    assert.equal(dayOf(new Date('2026-11-21T18:00:00Z'), 'Asia/Bangkok'), '2026-11-22');
    assert.ok(!isTimeZone('Mars/Base'));
  });
});
