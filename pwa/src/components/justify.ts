/** One picture's place in the wall, in CSS pixels. */
export interface Tile {
  index: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Wall {
  tiles: Tile[];
  height: number;
}

/** Width over height; photos of unknown size count as 3:2 landscape. */
export const ratioOf = (size: { width: number | null; height: number | null }): number =>
  size.width && size.height ? size.width / size.height : 1.5;

export interface RowOptions {
  width: number;
  /** Height that rows come close to. */
  target: number;
  gap: number;
  /**
   * Pictures that begin a block of their own. Rows end with a block, so that a picture that is put in or taken out moves others within its
   * block only, and the rows of all other blocks stay as they were.
   */
  beginsBlock?: (index: number) => boolean;
}

/** Of the target: the tallest that a block's last row may be. */
const TALLEST = 1.5;
const NARROWEST = 0.5;
const WIDEST = 2.6;

/**
 * Justified rows: pictures keep their shape, rows fill the width exactly. The last row keeps the target height instead of
 * being blown up. Extreme shapes are bounded (a panorama is cropped around its focal point rather than shown as a line).
 * Linear in the number of pictures.
 */
export function justify(sizes: readonly { width: number | null; height: number | null }[], options: RowOptions): Wall {
  return justifyRatios(sizes.length, (index) => ratioOf(sizes[index]!), options);
}

/** The same of pictures whose shapes are asked for one by one. */
export function justifyRatios(count: number, ratioAt: (index: number) => number, options: RowOptions): Wall {
  const { width, target, gap } = options;
  const ratios = new Float32Array(count);
  for (let index = 0; index < count; index++) ratios[index] = Math.min(WIDEST, Math.max(NARROWEST, ratioAt(index)));
  const tiles: Tile[] = [];
  let y = 0;
  let start = 0;
  let sum = 0;
  const place = (end: number, height: number, fill: boolean): void => {
    let x = 0;
    for (let index = start; index < end; index++) {
      // The last tile takes what rounding left over, so that the edge is straight.
      const own = fill && index === end - 1 ? width - x : Math.round(ratios[index]! * height);
      tiles.push({ index, x, y, width: own, height });
      x += own + gap;
    }
    y += height + gap;
    start = end;
    sum = 0;
  };
  /** The block's last pictures fill a row too, with the row before them where they alone would be too tall. */
  const endBlock = (end: number): void => {
    if (start >= end) return;
    const filled = (): number => (width - gap * (end - start - 1)) / sum;
    if (filled() > target * TALLEST && blockStart < start) {
      const row = tiles.at(-1)!.y;
      while (tiles.at(-1)?.y === row) {
        start = tiles.pop()!.index;
        sum += ratios[start]!;
      }
      y = row;
    }
    place(end, Math.round(Math.min(filled(), target * TALLEST)), true);
  };
  let blockStart = 0;
  for (let index = 0; index < ratios.length; index++) {
    if (index > blockStart && options.beginsBlock?.(index)) {
      endBlock(index);
      blockStart = index;
    }
    const before = sum;
    sum += ratios[index]!;
    const count = index - start + 1;
    const height = (width - gap * (count - 1)) / sum;
    if (height > target) continue;
    // Close the row here or one picture earlier, whichever comes closer to the target.
    const shorter = count > 1 ? (width - gap * (count - 2)) / before : Infinity;
    if (shorter - target < target - height) {
      place(index, Math.round(shorter), true);
      sum = ratios[index]!;
    } else place(index + 1, Math.round(height), true);
  }
  if (start < ratios.length) {
    const count = ratios.length - start;
    const full = (width - gap * (count - 1)) / sum;
    place(ratios.length, Math.round(Math.min(full, target * 1.15)), full <= target * 1.15);
  }
  return { tiles, height: Math.max(0, y - gap) };
}

/** Tiles that touch the band [top, bottom]; tiles are in reading order, so two binary searches do. */
export function tilesWithin(tiles: readonly Tile[], top: number, bottom: number): readonly Tile[] {
  const first = lowerBound(tiles, (tile) => tile.y + tile.height >= top);
  const last = lowerBound(tiles, (tile) => tile.y > bottom);
  return tiles.slice(first, last);
}

function lowerBound(tiles: readonly Tile[], holds: (tile: Tile) => boolean): number {
  let low = 0;
  let high = tiles.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(tiles[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Index of the tile above (-1) or below (1): of the next row the one whose middle is closest; at the edge the tile itself. */
export function tileInNextRow(tiles: readonly Tile[], at: number, step: 1 | -1): number {
  const here = tiles[at];
  if (!here) return at;
  const middle = here.x + here.width / 2;
  const beyond = tiles.filter((tile) => (step === 1 ? tile.y > here.y : tile.y < here.y));
  const y = (step === 1 ? beyond[0] : beyond.at(-1))?.y;
  const row = beyond.filter((tile) => tile.y === y);
  row.sort((a, b) => Math.abs(a.x + a.width / 2 - middle) - Math.abs(b.x + b.width / 2 - middle));
  return row[0]?.index ?? at;
}
