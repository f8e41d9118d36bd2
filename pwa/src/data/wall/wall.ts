import { photoUrls } from '#contracts/sync/photos.ts';
import type { Photo, PhotoList } from '../types.ts';

/**
 * All photos of an event as columns, in the order of the gallery: tens of thousands weigh a few megabytes, on the device and in memory. A
 * photo's record is made when it is looked at. Never changed in place. Position i of each column is the same photo.
 */
export interface Wall {
  eventId: string;
  /** Everything up to here is in it; what came after is asked for by it. */
  revision: number;
  /** When it was read whole, ms; what is too old is read anew rather than brought up to date. */
  readAt: number;
  photographers: readonly { id: string; displayName: string }[];
  ids: readonly string[];
  widths: Uint16Array;
  heights: Uint16Array;
  /** ms since 1970: taken, else arrived. */
  times: Float64Array;
  /** 1: the time is when it was taken. */
  dated: Uint8Array;
  /** Position in `photographers`. */
  by: Uint16Array;
  /** x, y, x, y … 0 to 100; -1 where nothing is known. */
  focus: Int8Array;
  /** ThumbHash in base64, "#rrggbb" or "". */
  blur: readonly string[];
  prices: ReadonlyMap<string, number>;
  bibs: ReadonlyMap<string, readonly string[]>;
}

/** Positions of photos by id, made once for each wall. */
const positions = new WeakMap<Wall, Map<string, number>>();
export function positionsOf(wall: Wall): Map<string, number> {
  let found = positions.get(wall);
  if (!found) {
    found = new Map(wall.ids.map((id, position) => [id, position]));
    positions.set(wall, found);
  }
  return found;
}

/** The record of one photo, as grid, cart and viewer know it. */
export function photoAt(wall: Wall, position: number): Photo | undefined {
  const id = wall.ids[position];
  if (id === undefined) return undefined;
  const blur = wall.blur[position]!;
  const x = wall.focus[position * 2]!;
  return {
    id,
    eventId: wall.eventId,
    width: wall.widths[position]!,
    height: wall.heights[position]!,
    takenAt: wall.dated[position] ? new Date(wall.times[position]!).toISOString() : null,
    ...photoUrls(id),
    placeholderColor: blur.startsWith('#') ? blur : null,
    thumbHash: blur.startsWith('#') ? null : blur || null,
    focus: x < 0 ? null : { x: x / 100, y: wall.focus[position * 2 + 1]! / 100 },
    priceSatang: wall.prices.get(id) ?? null,
    photographer: wall.photographers[wall.by[position]!],
  };
}

/** A wall, or some of it, as a list. `chosen`: positions in the wall, ascending; null for all of it. */
export class WallList implements PhotoList {
  readonly length: number;
  readonly #wall: Wall;
  readonly #chosen: Uint32Array | null;

  constructor(wall: Wall, chosen: Uint32Array | null = null) {
    this.#wall = wall;
    this.#chosen = chosen;
    this.length = chosen ? chosen.length : wall.ids.length;
  }
  #position(index: number): number {
    return this.#chosen ? (this.#chosen[index] ?? -1) : index;
  }
  at(index: number): Photo | undefined {
    return photoAt(this.#wall, this.#position(index));
  }
  idAt(index: number): string | undefined {
    return this.#wall.ids[this.#position(index)];
  }
  ratioAt(index: number): number {
    const position = this.#position(index);
    return this.#wall.widths[position]! / this.#wall.heights[position]!;
  }
  timeAt(index: number): number | null {
    return this.#wall.times[this.#position(index)] ?? null;
  }
  indexOf(id: string): number {
    const position = positionsOf(this.#wall).get(id) ?? -1;
    if (!this.#chosen || position < 0) return position;
    let low = 0;
    let high = this.#chosen.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#chosen[middle]! < position) low = middle + 1;
      else high = middle;
    }
    return this.#chosen[low] === position ? low : -1;
  }
}
