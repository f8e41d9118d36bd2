import type { WallPart } from '#contracts/http/wall.ts';
import type { PhotoDoc } from '#contracts/sync/photos.ts';
import { positionsOf, type Wall } from './wall.ts';

/** A wall of nothing, to which parts are added. */
export const emptyWall = (eventId: string, readAt: number): Wall => ({
  eventId,
  revision: 0,
  readAt,
  photographers: [],
  ids: [],
  widths: new Uint16Array(),
  heights: new Uint16Array(),
  times: new Float64Array(),
  dated: new Uint8Array(),
  by: new Uint16Array(),
  focus: new Int8Array(),
  blur: [],
  prices: new Map(),
  bibs: new Map(),
});

function readIds(base64: string): string[] {
  const bytes = atob(base64);
  const ids: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    let hex = '';
    for (let i = at; i < at + 16; i++) hex += bytes.charCodeAt(i).toString(16).padStart(2, '0');
    ids.push(`${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`);
  }
  return ids;
}

/** The wall with the server's next part below it. The smaller revision stands: changes between two parts are told again. */
export function withPart(wall: Wall, part: WallPart): Wall {
  const known = positionsOf(wall);
  const ids = readIds(part.ids);
  const rows: Row[] = [];
  let time = 0;
  const undated = new Set(part.undated);
  const prices = new Map(part.prices);
  const bibs = new Map<number, string[]>();
  for (const [bib, places] of Object.entries(part.bibs))
    for (const place of places) bibs.set(place, [...(bibs.get(place) ?? []), bib]);
  for (const [index, id] of ids.entries()) {
    time += part.times[index]!;
    if (known.has(id)) continue;
    rows.push({
      id,
      width: part.sizes[index * 2]!,
      height: part.sizes[index * 2 + 1]!,
      time,
      isDated: !undated.has(index),
      photographer: part.photographers[part.by[index]!]!,
      focusX: part.focus[index * 2]!,
      focusY: part.focus[index * 2 + 1]!,
      blur: part.blur[index]!,
      price: prices.get(index) ?? null,
      bibs: bibs.get(index) ?? [],
    });
  }
  const revision = wall.ids.length === 0 ? part.revision : Math.min(wall.revision, part.revision);
  return { ...merged(wall, new Set(), rows), revision };
}

interface Row {
  id: string;
  width: number;
  height: number;
  time: number;
  isDated: boolean;
  photographer: { id: string; displayName: string };
  focusX: number;
  focusY: number;
  blur: string;
  price: number | null;
  bibs: readonly string[];
}

const percent = (share: number | null): number => (share === null ? -1 : Math.round(share * 100));

const rowOf = (doc: PhotoDoc): Row => ({
  id: doc.id,
  width: doc.width,
  height: doc.height,
  time: Date.parse(doc.sortAt),
  isDated: doc.takenAt !== null,
  photographer: { id: doc.photographerId, displayName: doc.photographerName },
  focusX: percent(doc.focusX),
  focusY: percent(doc.focusY),
  blur: doc.thumbHash ?? doc.placeholderColor ?? '',
  price: doc.priceSatang,
  bibs: doc.bibs ?? [],
});

/** The wall after what the server tells of single photos: new ones in their place, changed ones changed, withdrawn ones gone. */
export function withChanges(wall: Wall, docs: readonly (PhotoDoc & { _deleted: boolean })[], revision: number): Wall {
  if (docs.length === 0) return revision === wall.revision ? wall : { ...wall, revision };
  const latest = new Map(docs.map((doc) => [doc.id, doc]));
  const rows = [...latest.values()].filter((doc) => !doc._deleted).map(rowOf);
  return { ...merged(wall, new Set(latest.keys()), rows), revision };
}

const isBefore = (time: number, id: string, other: Row): boolean =>
  time < other.time || (time === other.time && id < other.id);

/** Old photos without `gone`, and `rows`, in order of time and id: one walk through both. */
function merged(wall: Wall, gone: ReadonlySet<string>, rows: Row[]): Wall {
  rows.sort((a, b) => (isBefore(a.time, a.id, b) ? -1 : 1));
  const kept = wall.ids.reduce((count, id) => count - (gone.has(id) ? 1 : 0), wall.ids.length);
  const length = kept + rows.length;
  const photographers = [...wall.photographers];
  const photographerAt = new Map(photographers.map(({ id }, index) => [id, index]));
  const prices = new Map(wall.prices);
  const bibs = new Map(wall.bibs);
  for (const id of gone) {
    prices.delete(id);
    bibs.delete(id);
  }
  const ids: string[] = [];
  const blur: string[] = [];
  const widths = new Uint16Array(length);
  const heights = new Uint16Array(length);
  const times = new Float64Array(length);
  const dated = new Uint8Array(length);
  const by = new Uint16Array(length);
  const focus = new Int8Array(length * 2);

  const put = (row: Row): void => {
    const at = ids.length;
    let photographer = photographerAt.get(row.photographer.id);
    if (photographer === undefined) {
      photographer = photographers.push(row.photographer) - 1;
      photographerAt.set(row.photographer.id, photographer);
    }
    ids.push(row.id);
    blur.push(row.blur);
    widths[at] = row.width;
    heights[at] = row.height;
    times[at] = row.time;
    dated[at] = row.isDated ? 1 : 0;
    by[at] = photographer;
    focus[at * 2] = row.focusX;
    focus[at * 2 + 1] = row.focusY;
    if (row.price !== null) prices.set(row.id, row.price);
    if (row.bibs.length > 0) bibs.set(row.id, row.bibs);
  };
  let next = 0;
  for (let old = 0; old < wall.ids.length; old++) {
    const id = wall.ids[old]!;
    if (gone.has(id)) continue;
    while (next < rows.length && !isBefore(wall.times[old]!, id, rows[next]!)) put(rows[next++]!);
    const at = ids.length;
    ids.push(id);
    blur.push(wall.blur[old]!);
    widths[at] = wall.widths[old]!;
    heights[at] = wall.heights[old]!;
    times[at] = wall.times[old]!;
    dated[at] = wall.dated[old]!;
    by[at] = wall.by[old]!;
    focus[at * 2] = wall.focus[old * 2]!;
    focus[at * 2 + 1] = wall.focus[old * 2 + 1]!;
  }
  while (next < rows.length) put(rows[next++]!);
  return { ...wall, photographers, ids, blur, widths, heights, times, dated, by, focus, prices, bibs };
}
