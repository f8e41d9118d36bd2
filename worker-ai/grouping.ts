import { cosine } from '#face/descriptor.ts';

/** What grouping looks at: faces in a fixed order. */
export interface GroupInput {
  /** Unit vectors. */
  descriptors: readonly Float32Array[];
  /** Photo of each face: two faces of one photo are two people. */
  photoOf: ArrayLike<number>;
  quality: ArrayLike<number>;
  /** Group that an admin put this face into, by number; -1 for none. Never changed here, and never joined with another. */
  fixedOf: ArrayLike<number>;
}

/** Faces closer than this are one person nearly always (far beyond one in ten thousand strangers). */
const COSINE_SAME = 1 - 0.3 ** 2 / 2;
/** Blurred and tiny faces look alike: they start no group. */
const MIN_QUALITY = 0.25;

interface Edge {
  a: number;
  b: number;
  cosine: number;
}

/**
 * Joins the closest pairs first, as long as no group gets two faces of one photo or two of an admin's groups. Answers a
 * number for each face, equal within a group. Depends on the faces only, not on when they came.
 */
export async function groupFaces(input: GroupInput): Promise<Int32Array> {
  const count = input.descriptors.length;
  const edges = await findEdges(input);
  edges.sort((x, y) => y.cosine - x.cosine || x.a - y.a || x.b - y.b);
  const parent = Int32Array.from({ length: count }, (_, i) => i);
  const photos = new Map<number, Set<number>>();
  const fixed = Int32Array.from({ length: count }, (_, i) => input.fixedOf[i]!);
  const find = (i: number): number => {
    let root = i;
    while (parent[root] !== root) root = parent[root]!;
    for (let k = i; parent[k] !== root; ) {
      const next = parent[k]!;
      parent[k] = root;
      k = next;
    }
    return root;
  };
  const photosOf = (root: number): Set<number> => {
    let set = photos.get(root);
    if (!set) {
      set = new Set([input.photoOf[root]!]);
      photos.set(root, set);
    }
    return set;
  };
  const join = (a: number, b: number) => {
    const [from, into] = a < b ? [b, a] : [a, b];
    parent[from] = into;
    if (fixed[into] === -1) fixed[into] = fixed[from]!;
    const set = photosOf(into);
    for (const photo of photosOf(from)) set.add(photo);
    photos.delete(from);
  };
  joinFixed(input, (a, b) => {
    const [x, y] = [find(a), find(b)];
    if (x !== y) join(x, y);
  });
  for (const { a, b } of edges) {
    const x = find(a);
    const y = find(b);
    if (x === y || (fixed[x] !== -1 && fixed[y] !== -1 && fixed[x] !== fixed[y])) continue;
    if (overlap(photosOf(x), photosOf(y))) continue;
    join(x, y);
  }
  return Int32Array.from({ length: count }, (_, i) => find(i));
}

function joinFixed(input: GroupInput, join: (a: number, b: number) => void): void {
  const first = new Map<number, number>();
  for (let i = 0; i < input.descriptors.length; i++) {
    const group = input.fixedOf[i]!;
    if (group === -1) continue;
    const known = first.get(group);
    if (known === undefined) first.set(group, i);
    else join(known, i);
  }
}

function overlap(a: Set<number>, b: Set<number>): boolean {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  for (const photo of small) if (large.has(photo)) return true;
  return false;
}

/** All pairs, yielding to other jobs every few milliseconds. */
async function findEdges({ descriptors, photoOf, quality }: GroupInput): Promise<Edge[]> {
  const edges: Edge[] = [];
  let since = performance.now();
  for (let a = 0; a < descriptors.length; a++) {
    if (performance.now() - since > 15) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      since = performance.now();
    }
    if (quality[a]! < MIN_QUALITY) continue;
    for (let b = a + 1; b < descriptors.length; b++) {
      if (photoOf[a] === photoOf[b] || quality[b]! < MIN_QUALITY) continue;
      const similarity = cosine(descriptors[a]!, descriptors[b]!);
      if (similarity >= COSINE_SAME) edges.push({ a, b, cosine: similarity });
    }
  }
  return edges;
}
