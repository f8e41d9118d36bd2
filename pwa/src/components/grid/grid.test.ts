import assert from 'node:assert/strict';
import type { Photo } from '../../data/types.ts';
import { justifyRatios } from '../justify.ts';
import { anchorOf, driftOf } from './anchor.ts';
import { listOf } from './photo-list.ts';
import { hourMarks, spacedMarks, timeAt } from './rail.ts';

const photo = (id: string, minute: number): Photo => ({
  id,
  eventId: 'e',
  width: 3,
  height: 2,
  takenAt: new Date(Date.UTC(2026, 10, 22, 0, minute)).toISOString(),
  previewUrl: '',
  thumbnails: { small: '', medium: '', large: '' },
  placeholderColor: null,
  focus: null,
  priceSatang: null,
});
const photos = Array.from({ length: 300 }, (_, n) => photo(`p${n}`, n));
const layOut = (list: readonly Photo[], width: number) =>
  justifyRatios(list.length, (index) => listOf(list).ratioAt(index), { width, target: 180, gap: 4 }).tiles;

describe('the photo that one looks at', () => {
  const list = listOf(photos);
  const tiles = layOut(photos, 390);

  it('stays where it is when photos come above it, go, or the screen turns', () => {
    const top = -5_000;
    const anchor = anchorOf(list, tiles, top)!;
    const seen = tiles[list.indexOf(anchor.id)]!;
    assert.ok(top + seen.y + seen.height > 64, 'below the header');
    assert.ok(top + seen.y < 64 + 200, 'the first one of those');
    assert.equal(driftOf(anchor, list, tiles, top), 0);
    const cases: [string, Photo[], number][] = [
      ['more above', [photo('new1', 0), photo('new2', 0), photo('new3', 0), ...photos], 390],
      ['fewer above', photos.slice(9), 390],
      ['turned', photos, 844],
    ];
    for (const [what, next, width] of cases) {
      const after = layOut(next, width);
      const drift = driftOf(anchor, listOf(next), after, top);
      const now = after[listOf(next).indexOf(anchor.id)]!;
      assert.notEqual(drift, 0, what);
      assert.equal(top - drift + now.y, anchor.offset, what);
    }
  });
  it('is none while the beginning of the wall is seen, and lets go of a photo that was withdrawn', () => {
    assert.equal(anchorOf(list, tiles, 300), null);
    const anchor = anchorOf(list, tiles, -5_000)!;
    const without = photos.filter(({ id }) => id !== anchor.id);
    assert.equal(driftOf(anchor, listOf(without), layOut(without, 390), -5_000), 0);
  });
});

describe('the time rail', () => {
  const list = listOf(photos);
  const tiles = layOut(photos, 390);
  it('marks where hours begin, as many as there is room for', () => {
    const marks = hourMarks(list, tiles);
    assert.equal(marks.length, 5);
    assert.deepEqual(
      marks.map(({ y }) => y),
      [0, 60, 120, 180, 240].map((index) => tiles[index]!.y),
    );
    const height = tiles.at(-1)!.y + tiles.at(-1)!.height;
    assert.equal(spacedMarks(marks, height, 600, 30).length, 5);
    assert.equal(spacedMarks(marks, height, 600, 200).length, 3);
    assert.equal(
      timeAt(list, tiles, tiles[130]!.y + 1),
      list.timeAt(tiles.find(({ y }) => y === tiles[130]!.y)!.index),
    );
    assert.equal(timeAt(listOf([]), [], 0), null);
  });
});
