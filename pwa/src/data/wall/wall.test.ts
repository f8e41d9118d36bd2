import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { WallPart } from '#contracts/http/wall.ts';
import type { PhotoDoc } from '#contracts/sync/photos.ts';
import { chosenOf, facetsOf, HOUR_MS } from './filter.ts';
import { emptyWall, withChanges, withPart } from './read.ts';
import { photoAt, type Wall, WallList } from './wall.ts';

const eventId = '00000000-0000-4000-8000-000000000000';
const ann = { id: '00000000-0000-4000-8000-00000000000a', displayName: 'Ann' };
const bo = { id: '00000000-0000-4000-8000-00000000000b', displayName: 'Bo' };
const morning = Date.UTC(2026, 10, 22, 0, 0);
const idOf = (n: number) => `10000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

type Told = PhotoDoc & { _deleted: boolean };
const doc = (n: number, change: Partial<Told> = {}): Told => ({
  id: idOf(n),
  eventId,
  width: 600 + n,
  height: 400,
  takenAt: new Date(morning + n * 60_000).toISOString(),
  sortAt: new Date(morning + n * 60_000).toISOString(),
  placeholderColor: '#112233',
  thumbHash: n % 2 ? 'AQID' : null,
  focusX: n % 3 ? 0.25 : null,
  focusY: n % 3 ? 0.5 : null,
  photographerId: (n % 2 ? ann : bo).id,
  photographerName: (n % 2 ? ann : bo).displayName,
  priceSatang: n % 5 ? null : 9900,
  bibs: n % 4 ? [] : [`B${n}`],
  revision: 1,
  _deleted: false,
  ...change,
});

/** The columns of one part, as the server writes them. */
function partOf(docs: readonly Told[], revision: number, nextCursor: string | null = null): WallPart {
  const bibs: Record<string, number[]> = {};
  for (const [index, each] of docs.entries()) for (const bib of each.bibs) bibs[bib] = [...(bibs[bib] ?? []), index];
  const photographers = [ann, bo];
  let before = 0;
  return {
    eventId,
    revision,
    nextCursor,
    photographers,
    ids: Buffer.from(docs.map(({ id }) => id.replaceAll('-', '')).join(''), 'hex').toString('base64'),
    sizes: docs.flatMap(({ width, height }) => [width, height]),
    times: docs.map(({ sortAt }) => {
      const time = Date.parse(sortAt) - before;
      before = Date.parse(sortAt);
      return time;
    }),
    undated: docs.flatMap(({ takenAt }, index) => (takenAt ? [] : [index])),
    by: docs.map(({ photographerId }) => photographers.findIndex(({ id }) => id === photographerId)),
    focus: docs.flatMap(({ focusX, focusY }) => [focusX, focusY].map((x) => (x === null ? -1 : Math.round(x * 100)))),
    blur: docs.map(({ thumbHash, placeholderColor }) => thumbHash ?? placeholderColor ?? ''),
    prices: docs.flatMap(({ priceSatang }, index): [number, number][] =>
      priceSatang === null ? [] : [[index, priceSatang]],
    ),
    bibs,
  };
}
const wallOf = (docs: readonly Told[], revision = 1): Wall => withPart(emptyWall(eventId, 0), partOf(docs, revision));
const records = (wall: Wall) =>
  wall.ids.map((id, position) => ({ ...photoAt(wall, position)!, bibs: wall.bibs.get(id) ?? [] }));

describe('wall of an event', () => {
  it('says of each photo what the server said, whichever way it heard of it', () => {
    const docs = Array.from({ length: 30 }, (_, n) => doc(n));
    const whole = wallOf(docs);
    const inParts = withPart(
      withPart(emptyWall(eventId, 0), partOf(docs.slice(0, 20), 4, 'x')),
      partOf(docs.slice(15), 3),
    );
    const byChanges = withChanges(emptyWall(eventId, 0), [...docs].reverse(), 3);
    assert.deepEqual(records(inParts), records(whole));
    assert.deepEqual(records(byChanges), records(whole));
    assert.equal(inParts.revision, 3, 'what changed between two parts is asked for again');
    const photo = photoAt(whole, 1)!;
    assert.deepEqual(
      [photo.id, photo.width, photo.takenAt, photo.thumbHash, photo.placeholderColor, photo.focus, photo.photographer],
      [idOf(1), 601, docs[1]!.takenAt, 'AQID', null, { x: 0.25, y: 0.5 }, ann],
    );
    assert.deepEqual([photoAt(whole, 0)!.placeholderColor, photoAt(whole, 0)!.focus], ['#112233', null]);
    assert.equal(photoAt(whole, 30), undefined);
  });

  it('after any changes is the same as one read anew', () => {
    const change = fc.record({
      n: fc.nat(25),
      _deleted: fc.boolean(),
      minute: fc.nat(40),
      bibs: fc.subarray(['1', '2', '3']),
    });
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(25)), fc.array(change, { maxLength: 30 }), (first, changes) => {
        const truth = new Map(first.map((n) => [idOf(n), doc(n)]));
        const inOrder = () =>
          [...truth.values()].sort((a, b) =>
            a.sortAt === b.sortAt ? (a.id < b.id ? -1 : 1) : a.sortAt < b.sortAt ? -1 : 1,
          );
        let wall = wallOf(inOrder());
        for (const { n, _deleted, minute, bibs } of changes) {
          const at = new Date(morning + minute * 60_000).toISOString();
          const told = doc(n, { _deleted, sortAt: at, takenAt: at, bibs });
          if (_deleted) truth.delete(told.id);
          else truth.set(told.id, told);
          wall = withChanges(wall, [told], wall.revision + 1);
        }
        assert.deepEqual(records(wall), records(wallOf(inOrder())));
      }),
      { numRuns: 60 },
    );
  });

  it('is narrowed down by time, number and photographer together, and says how many each choice leaves', () => {
    const wall = wallOf(Array.from({ length: 180 }, (_, n) => doc(n)));
    const numbers = (filter: Parameters<typeof chosenOf>[1]) => [...chosenOf(wall, filter)];
    assert.deepEqual(numbers({ bib: 'B8' }), [8]);
    assert.deepEqual(numbers({ bib: 'B8', by: ann.id }), [], 'Bo took it');
    assert.deepEqual(numbers({ from: morning + HOUR_MS, to: morning + 2 * HOUR_MS, bib: 'B64' }), [64]);
    assert.equal(numbers({ from: morning + HOUR_MS, to: morning + 2 * HOUR_MS }).length, 60);
    const facets = facetsOf(wall, { by: ann.id, from: morning, to: morning + HOUR_MS });
    assert.deepEqual(
      facets.hours.map(({ count }) => count),
      [30, 30, 30],
      'hours of that photographer, whichever hour is chosen',
    );
    assert.deepEqual(
      facets.photographers.map(({ displayName, count }) => [displayName, count]),
      [
        ['Ann', 30],
        ['Bo', 30],
      ],
    );
    const list = new WallList(wall, chosenOf(wall, { by: ann.id }));
    assert.deepEqual([list.length, list.idAt(1), list.at(1)!.id, list.indexOf(idOf(3))], [90, idOf(3), idOf(3), 1]);
    assert.deepEqual(
      [list.indexOf(idOf(2)), list.indexOf('nobody'), list.at(90), list.idAt(-1)],
      [-1, -1, undefined, undefined],
    );
    assert.equal(list.timeAt(0), morning + 60_000);
  });
});
