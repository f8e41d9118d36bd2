import type { Wall } from './wall.ts';

/** Which photos of a wall are wanted; what is absent does not matter. */
export interface WallFilter {
  /** ms since 1970, inclusive. */
  from?: number | undefined;
  /** ms since 1970, exclusive. */
  to?: number | undefined;
  /** As kept: `normalBib`. */
  bib?: string | undefined;
  /** Photographer's id. */
  by?: string | undefined;
}

export const isFiltering = (filter: WallFilter): boolean => Object.values(filter).some((value) => value !== undefined);

/** Positions of the photos that fit, in the wall's order. */
export function chosenOf(wall: Wall, filter: WallFilter): Uint32Array {
  const by = filter.by === undefined ? -1 : wall.photographers.findIndex(({ id }) => id === filter.by);
  const found = new Uint32Array(wall.ids.length);
  let count = 0;
  for (let position = 0; position < wall.ids.length; position++) {
    if (filter.from !== undefined && wall.times[position]! < filter.from) continue;
    if (filter.to !== undefined && wall.times[position]! >= filter.to) continue;
    if (filter.by !== undefined && wall.by[position] !== by) continue;
    if (filter.bib !== undefined && !wall.bibs.get(wall.ids[position]!)?.includes(filter.bib)) continue;
    found[count++] = position;
  }
  return found.slice(0, count);
}

export const HOUR_MS = 3_600_000;

export interface Facets {
  /** Hours with photos, in order: start in ms, photos in it. */
  hours: { start: number; count: number }[];
  photographers: { id: string; displayName: string; count: number }[];
  /** Does any photo have a race number? */
  hasBibs: boolean;
}

/** What can be chosen, with how many photos each choice would leave beside the other choices. */
export function facetsOf(wall: Wall, filter: WallFilter): Facets {
  const hours = new Map<number, number>();
  for (const position of chosenOf(wall, { ...filter, from: undefined, to: undefined })) {
    // All zones where events are held lie whole or half hours from UTC; half an hour off is still an hour of photos.
    const start = Math.floor(wall.times[position]! / HOUR_MS) * HOUR_MS;
    hours.set(start, (hours.get(start) ?? 0) + 1);
  }
  const counts = new Uint32Array(wall.photographers.length);
  for (const position of chosenOf(wall, { ...filter, by: undefined })) counts[wall.by[position]!]!++;
  return {
    hours: [...hours].map(([start, count]) => ({ start, count })).sort((a, b) => a.start - b.start),
    photographers: wall.photographers
      .map((photographer, index) => ({ ...photographer, count: counts[index]! }))
      .filter(({ id, count }) => count > 0 || id === filter.by)
      .sort((a, b) => a.displayName.localeCompare(b.displayName)),
    hasBibs: wall.bibs.size > 0,
  };
}
