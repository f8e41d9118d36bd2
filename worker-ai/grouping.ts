import { isDescriptor } from '#face/descriptor.ts';
import { thresholdFor } from '#face/search/calibration.ts';
import { Gallery } from '#face/search/gallery.ts';
import { rank } from '#face/search.ts';

/** What grouping looks at. The result depends on this set only, not on its order. */
export interface GroupInput {
  faceIds: readonly string[];
  photoIds: readonly string[];
  /** Unit vectors of one space. */
  descriptors: readonly Float32Array[];
  quality: ArrayLike<number>;
  /** Group that an admin put this face into, by number; -1 for none. Never split here, and never joined with another. */
  fixedOf: ArrayLike<number>;
}

/**
 * Two groups are joined when their faces are on average so alike that only this share of strangers would be; the more faces,
 * the more strangers there are to be mistaken for. Measured on 968 photos of LFW people among 9,000 made-up faces, pairs
 * that are one person / pairs found: 1.000 / 0.86 with the built-in space (`npm run bench -- grouping`). Precision comes
 * first: joining two groups is a click, taking a mixed one apart is work.
 */
const joinShareOf = (faces: number): number => Math.min(2e-4, 0.1 / Math.max(1, faces));
/** Blurred and tiny faces look alike: they start no group, and join none. */
const MIN_QUALITY = 0.25;

interface Edge {
  a: number;
  b: number;
  score: number;
}

/**
 * Joins the two groups that are most alike on average, again and again, as long as no group gets two faces of one photo or two
 * of an admin's groups. Scores are relative to the neighbourhood of both faces, and the limit is that of this event's own
 * strangers, as in a search. Answers a number for each face, equal within a group, in the order of the input.
 */
export function groupFaces(input: GroupInput, joinShare: number = joinShareOf(input.faceIds.length)): Int32Array {
  const count = input.faceIds.length;
  const order = Array.from({ length: count }, (_, i) => i).sort((a, b) =>
    compare(input.faceIds[a]!, input.faceIds[b]!),
  );
  const dims = input.descriptors[0]?.length ?? 128;
  const gallery = new Gallery(dims);
  /** Input number of each row. */
  const rows: number[] = [];
  for (const i of order) {
    const descriptor = input.descriptors[i]!;
    if (!isDescriptor(descriptor, dims)) continue;
    gallery.add({ faceId: input.faceIds[i]!, photoId: input.photoIds[i]!, descriptor, quality: input.quality[i]! });
    rows.push(i);
  }
  const result = Int32Array.from({ length: count }, (_, i) => count + i);
  if (rows.length === 0) return result;
  const roots = cluster(gallery, rows, input, joinShare);
  for (const [row, i] of rows.entries()) result[i] = roots[row]!;
  gallery.free();
  return result;
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function cluster(gallery: Gallery, rows: readonly number[], input: GroupInput, joinShare: number): Int32Array {
  const { calibration, offsets, cohort } = rank(gallery);
  cohort.vectors.free();
  const threshold = thresholdFor(joinShare, calibration);
  for (let row = 0; row < offsets.length; row++) gallery.setOffset(row, offsets[row]!);
  const groups = createGroups(gallery, offsets, rows, input);
  const isGood = (row: number) => input.quality[rows[row]!]! >= MIN_QUALITY;

  const queue = new Heap();
  for (let a = 0; a < gallery.count; a++) {
    if (!isGood(a)) continue;
    for (const { row: b, score } of gallery.scan(gallery.at(a), threshold + offsets[a]!))
      if (b > a && isGood(b)) queue.push({ a, b, score: score - offsets[a]! });
  }
  for (let edge = queue.pop(); edge; edge = queue.pop()) {
    const a = groups.find(edge.a);
    const b = groups.find(edge.b);
    if (a === b || !groups.mayJoin(a, b)) continue;
    const score = groups.average(a, b);
    if (score < threshold) continue;
    // Both grew since: they wait until it is the turn of what they are now.
    if (score < edge.score - 1e-6) queue.push({ a, b, score });
    else groups.join(a, b);
  }
  return Int32Array.from(rows, (_, row) => groups.find(row));
}

/** Disjoint sets that know the sum of their vectors: the average over all pairs of two groups is one product. */
function createGroups(gallery: Gallery, offsets: Float32Array, rows: readonly number[], input: GroupInput) {
  const parent = Int32Array.from(rows, (_, row) => row);
  const size = new Int32Array(rows.length).fill(1);
  const sums = new Map<number, Float64Array>();
  const offset = Float64Array.from(offsets);
  const photos = new Map<number, Set<string>>();
  const fixed = Int32Array.from(rows, (i) => input.fixedOf[i]!);

  function find(row: number): number {
    let root = row;
    while (parent[root] !== root) root = parent[root]!;
    for (let k = row; parent[k] !== root; ) {
      const next = parent[k]!;
      parent[k] = root;
      k = next;
    }
    return root;
  }
  const sumOf = (root: number): ArrayLike<number> => sums.get(root) ?? gallery.at(root);
  function photosOf(root: number): Set<string> {
    let set = photos.get(root);
    if (!set) {
      set = new Set([input.photoIds[rows[root]!]!]);
      photos.set(root, set);
    }
    return set;
  }
  function join(a: number, b: number): void {
    const [into, from] = a < b ? [a, b] : [b, a];
    const sum = Float64Array.from(sumOf(into));
    const other = sumOf(from);
    for (let i = 0; i < sum.length; i++) sum[i]! += other[i]!;
    const set = photosOf(into);
    for (const photo of photosOf(from)) set.add(photo);
    sums.set(into, sum);
    sums.delete(from);
    photos.delete(from);
    offset[into]! += offset[from]!;
    size[into]! += size[from]!;
    if (fixed[into] === -1) fixed[into] = fixed[from]!;
    parent[from] = into;
  }
  const first = new Map<number, number>();
  for (let row = 0; row < rows.length; row++) {
    const group = fixed[row]!;
    if (group === -1) continue;
    const known = first.get(group);
    if (known === undefined) first.set(group, row);
    else join(find(known), find(row));
  }
  return {
    find,
    join,
    mayJoin(a: number, b: number): boolean {
      if (fixed[a] !== -1 && fixed[b] !== -1) return false;
      const [small, large] = size[a]! < size[b]! ? [photosOf(a), photosOf(b)] : [photosOf(b), photosOf(a)];
      for (const photo of small) if (large.has(photo)) return false;
      return true;
    },
    average(a: number, b: number): number {
      const x = sumOf(a);
      const y = sumOf(b);
      let dot = 0;
      for (let i = 0; i < x.length; i++) dot += x[i]! * y[i]!;
      return dot / (size[a]! * size[b]!) - offset[a]! / size[a]! - offset[b]! / size[b]!;
    },
  };
}

/** The highest score first; among equals the lowest rows. */
class Heap {
  readonly #items: Edge[] = [];

  push(edge: Edge): void {
    const items = this.#items;
    let at = items.push(edge) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (!isBefore(items[at]!, items[up]!)) break;
      [items[at], items[up]] = [items[up]!, items[at]!];
      at = up;
    }
  }
  pop(): Edge | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (items.length === 0 || !last) return top;
    items[0] = last;
    for (let at = 0; ; ) {
      let best = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < items.length && isBefore(items[child]!, items[best]!)) best = child;
      if (best === at) return top;
      [items[at], items[best]] = [items[best]!, items[at]!];
      at = best;
    }
  }
}
const isBefore = (x: Edge, y: Edge): boolean =>
  x.score > y.score || (x.score === y.score && (x.a < y.a || (x.a === y.a && x.b < y.b)));
