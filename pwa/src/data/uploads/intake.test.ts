import assert from 'node:assert/strict';
import { takeIn } from './intake.ts';
import type { UploadItem, UploadState } from './store.ts';

const to = { userId: 'u', eventId: 'e' };
const choose = (name: string, text = name) => ({ file: new File([text], name, { lastModified: 7 }) });
const row = (name: string, state: UploadState): UploadItem => ({
  ...takeIn([], to, [choose(name)]).fresh[0]!.item,
  state,
  at: 4,
});

describe('taking files into the upload queue', () => {
  it('makes rows in the order of choosing, after those that are there', () => {
    const { fresh } = takeIn([row('a.jpg', 'done')], to, [choose('b.jpg'), choose('c.jpg')]);
    assert.deepEqual(
      fresh.map(({ item }) => [item.name, item.at, item.state]),
      [
        ['b.jpg', 5, 'new'],
        ['c.jpg', 6, 'new'],
      ],
    );
  });

  it('gives a row its file back, and adds nothing twice', () => {
    const rows = [row('lost.jpg', 'lost'), row('failed.jpg', 'failed'), row('there.jpg', 'duplicate')];
    const intake = takeIn(rows, to, [choose('lost.jpg'), choose('failed.jpg'), choose('there.jpg')]);
    assert.deepEqual(
      intake.open.map(({ item }) => item),
      rows.slice(0, 2),
    );
    assert.equal(intake.arrived, 1);
    assert.equal(intake.fresh.length, 0);
  });

  it('takes another size, or another event, for another file', () => {
    const rows = [row('a.jpg', 'done')];
    assert.equal(takeIn(rows, to, [choose('a.jpg', 'longer than before')]).fresh.length, 1);
    assert.equal(takeIn(rows, { ...to, eventId: 'other' }, [choose('a.jpg')]).fresh.length, 1);
  });

  it('counts one file chosen twice at once as one row', () => {
    const { fresh, open } = takeIn([], to, [choose('a.jpg'), choose('a.jpg')]);
    assert.equal(fresh.length, 1);
    assert.equal(open.length, 1);
  });
});
