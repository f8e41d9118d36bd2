import assert from 'node:assert/strict';
import { justify, justifyRatios, tileInNextRow, tilesWithin } from './justify.ts';

const shapes = Array.from({ length: 200 }, (_, i) => (i % 3 === 0 ? { width: 2, height: 3 } : { width: 3, height: 2 }));

describe('justified wall', () => {
  for (const width of [358, 768, 1360]) {
    it(`fills every row exactly at ${width} px`, () => {
      const { tiles } = justify(shapes, { width, target: 200, gap: 4 });
      const rows = groupRows(tiles);
      const all = [...rows.values()];
      for (const row of all.slice(0, -1)) {
        const last = row[row.length - 1]!;
        assert.equal(last.x + last.width, width);
        assert.ok(row[0]!.height > 110 && row[0]!.height < 340, `row height ${row[0]!.height}`);
      }
      assert.deepEqual(
        tiles.map((tile) => tile.index),
        shapes.map((_, i) => i),
      );
    });
  }

  it('keeps the rows of all other blocks when a picture is put in', () => {
    const rows = (names: readonly string[], width: number) => {
      const { tiles, height } = justifyRatios(names.length, (index) => 0.6 + (names[index]!.charCodeAt(1) % 7) / 5, {
        width,
        target: 200,
        gap: 4,
        beginsBlock: (index) => names[index]!.endsWith('0'),
      });
      assert.ok(height > 0);
      const all = [...groupRows(tiles).values()];
      for (const row of all.slice(0, -1)) {
        const last = row.at(-1)!;
        assert.equal(last.x + last.width, width, 'rows reach the edge');
        assert.ok(row[0]!.height >= 60 && row[0]!.height <= 320, `row height ${row[0]!.height}`);
      }
      assert.deepEqual(
        tiles.map((tile) => tile.index),
        names.map((_, index) => index),
      );
      return all.map((row) => row.map((tile) => `${names[tile.index]} ${tile.width}x${tile.height}`).join(' '));
    };
    const names = Array.from({ length: 400 }, (_, index) => `p${index}`);
    for (const width of [358, 900, 1432]) {
      const before = rows(names, width);
      const after = rows([...names.slice(0, 195), 'new', ...names.slice(195)], width);
      const changed = before.filter((row) => !after.includes(row)).join(' ');
      for (const name of changed.match(/p\d+/g) ?? []) assert.match(name, /^p19\d$/, 'of its own block alone');
    }
  });

  it('does not blow up a lonely last picture', () => {
    const { tiles } = justify([{ width: 3, height: 2 }], { width: 1200, target: 200, gap: 4 });
    assert.equal(tiles[0]!.height, 230);
  });

  it('is empty for nothing', () => {
    assert.deepEqual(justify([], { width: 300, target: 200, gap: 4 }), { tiles: [], height: 0 });
  });

  it('finds the tiles of a band', () => {
    const { tiles } = justify(shapes, { width: 390, target: 200, gap: 4 });
    const seen = tilesWithin(tiles, 1000, 1800);
    assert.ok(seen.length > 3);
    const expected = tiles.filter((tile) => tile.y + tile.height >= 1000 && tile.y <= 1800);
    assert.deepEqual(seen, expected);
  });

  it('walks up and down by rows, to the tile that lies closest, and stays at the edges', () => {
    const { tiles } = justify(shapes, { width: 900, target: 200, gap: 4 });
    const rows = [...groupRows([...tiles]).values()];
    const from = rows[1]!.at(-1)!;
    const below = tileInNextRow(tiles, from.index, 1);
    assert.equal(tiles[below]!.y, rows[2]![0]!.y);
    assert.equal(tiles[tileInNextRow(tiles, from.index, -1)]!.y, 0);
    assert.equal(tileInNextRow(tiles, 0, -1), 0);
    assert.equal(tileInNextRow(tiles, tiles.length - 1, 1), tiles.length - 1);
    const middle = (i: number) => tiles[i]!.x + tiles[i]!.width / 2;
    const distance = (i: number) => Math.abs(middle(i) - middle(from.index));
    for (const { index } of rows[2]!) assert.ok(distance(below) <= distance(index));
  });
});

function groupRows<T extends { y: number }>(tiles: T[]): Map<number, T[]> {
  const rows = new Map<number, T[]>();
  for (const tile of tiles) rows.set(tile.y, [...(rows.get(tile.y) ?? []), tile]);
  return rows;
}
