import assert from 'node:assert/strict';
import type { EventView } from '../../data/types.ts';
import { isOnNow, shownEvents } from './shown-events.ts';

const now = Date.UTC(2026, 10, 22, 5);
const event = (name: string, day: number, more: Partial<EventView> = {}): EventView =>
  ({
    id: name,
    name,
    nameEn: null,
    venue: null,
    location: null,
    status: 'published',
    startsAt: new Date(Date.UTC(2026, 10, day)).toISOString(),
    endsAt: new Date(Date.UTC(2026, 10, day, 12)).toISOString(),
    ...more,
  }) as EventView;
const events = [
  event('later', 30),
  event('soon', 24, { location: 'Chiang Mai' }),
  event('today', 22, { nameEn: 'Café Run', status: 'live' }),
  event('closed early', 22, { status: 'ended' }),
  event('วิ่งที่นี่', 1),
];
const names = (...[wanted, when]: [string, Parameters<typeof shownEvents>[2]]) =>
  shownEvents(events, wanted, when, now).map(({ name }) => name);

describe('events of the first page', () => {
  it('are all, on now, coming up (soonest first) or past', () => {
    assert.equal(names('', 'all').length, 5);
    assert.deepEqual(names('', 'now'), ['today']);
    assert.deepEqual(names('', 'upcoming'), ['soon', 'later']);
    assert.deepEqual(names('', 'past'), ['closed early', 'วิ่งที่นี่']);
    assert.equal(isOnNow(event('now', 22), now), true);
  });
  it('are found by words of name and place, whatever their case and accents', () => {
    assert.deepEqual(names('cafe RUN', 'all'), ['today']);
    assert.deepEqual(names('mai  chiang', 'all'), ['soon']);
    assert.deepEqual(names('ที่นี่', 'all'), ['วิ่งที่นี่']);
    assert.deepEqual(names('soon', 'past'), []);
  });
});
