import type { PhotoList } from '../../data/types.ts';
import { type Tile, tilesWithin } from '../justify.ts';

/** The photo that one looks at, and how far below the top of the window it begins: it stays there whatever happens around it. */
export interface Anchor {
  id: string;
  offset: number;
}

/** What lies below the header counts as looked at. */
const HEADER = 64;

/**
 * The first photo that is seen whole or nearly; null while the wall's beginning is in the window: then nothing above it can push it.
 * `top`: of the wall, in the window.
 */
export function anchorOf(list: PhotoList, tiles: readonly Tile[], top: number): Anchor | null {
  if (top >= HEADER) return null;
  const [tile] = tilesWithin(tiles, HEADER - top + 24, HEADER - top + 4_000);
  const id = tile && list.idAt(tile.index);
  return id ? { id, offset: top + tile.y } : null;
}

/** How far to scroll so that the anchor's photo is where it was; 0 where it is not in this wall. */
export function driftOf(anchor: Anchor, list: PhotoList, tiles: readonly Tile[], top: number): number {
  const tile = tiles[list.indexOf(anchor.id)];
  return tile ? Math.round(top + tile.y - anchor.offset) : 0;
}
