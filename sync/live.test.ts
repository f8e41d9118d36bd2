import assert from 'node:assert/strict';
import type { AppError } from '#contracts/errors.ts';
import { versionOf } from './collection.ts';
import { eventsCollection } from './collections/events.ts';
import { readWishes } from './live.ts';

describe('what a page follows', () => {
  it('is read each once, with the event where there is one', () => {
    const wishes = readWishes('notices,cart_items@0,photos@12:run-2026,notices');
    assert.deepEqual(
      wishes.map(({ isNotices, collection, version, eventId }) => [isNotices, collection, version, eventId]),
      [
        [true, '', 0, undefined],
        [false, 'cart_items', 0, undefined],
        [false, 'photos', 12, 'run-2026'],
      ],
    );
  });

  it('is refused when it cannot be read, is nothing, or is too much', () => {
    const many = Array.from({ length: 9 }, (_, i) => `photos@0:${i}`).join();
    for (const text of ['', 'photos', 'photos@x', 'photos@007', 'photos@0:', 'a b@0', many])
      assert.throws(() => readWishes(text), { code: 'request.invalid' }, text);
  });
});

describe('schema versions', () => {
  const collection = {
    ...eventsCollection,
    version: 3,
    older: { 2: { lower: (doc: object) => ({ ...doc, old: true }) } },
  };
  it('of today and the one before are served side by side, others are told what is wrong', () => {
    assert.deepEqual(versionOf(collection).lower({ id: 'a' } as never), { id: 'a' });
    assert.deepEqual(versionOf(collection, 2).lower({ id: 'a' } as never), { id: 'a', old: true });
    const statusOf = (version: number) => {
      try {
        return versionOf(collection, version) && 200;
      } catch (error) {
        return (error as AppError).status;
      }
    };
    assert.deepEqual([0, 1, 2, 3, 4].map(statusOf), [426, 426, 200, 200, 503]);
  });
});
