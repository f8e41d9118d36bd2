import type { PhotoList } from '../../data/types.ts';
import { type Tile, tilesWithin } from '../justify.ts';

export interface Mark {
  /** Where the hour begins in the wall, px. */
  y: number;
  /** ms since 1970. */
  time: number;
}

const HOUR_MS = 3_600_000;

/** Where each hour of the wall begins. */
export function hourMarks(list: PhotoList, tiles: readonly Tile[]): Mark[] {
  const marks: Mark[] = [];
  let before = Number.NaN;
  for (const tile of tiles) {
    const time = list.timeAt(tile.index);
    if (time === null) continue;
    const hour = Math.floor(time / HOUR_MS);
    if (hour === before) continue;
    before = hour;
    marks.push({ y: tile.y, time: hour * HOUR_MS });
  }
  return marks;
}

/** Those of the marks that fit on a rail of that length with so much room between them; the first always does. */
export function spacedMarks(marks: readonly Mark[], height: number, railPx: number, roomPx: number): Mark[] {
  const shown: Mark[] = [];
  for (const mark of marks) {
    const before = shown.at(-1);
    if (!before || ((mark.y - before.y) / height) * railPx >= roomPx) shown.push(mark);
  }
  return shown;
}

/** When the photo at that height of the wall was taken. */
export function timeAt(list: PhotoList, tiles: readonly Tile[], y: number): number | null {
  const tile = tilesWithin(tiles, y, y + 4_000)[0] ?? tiles.at(-1);
  return tile ? list.timeAt(tile.index) : null;
}
