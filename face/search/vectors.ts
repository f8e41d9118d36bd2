import { type Arena, CHUNK_BYTES, defaultArena } from './arena.ts';
import { type ChunkLayout, chunkLayout, type Kernel, kernelOf } from './kernel.ts';

/** What another thread needs to read a block in place. */
export interface BlockHandle {
  dims: number;
  count: number;
  chunks: readonly number[];
}

/** A row that `scan` found; `score` is its product with the query less its offset, in double precision. */
export interface Scored {
  row: number;
  score: number;
}

/** Rows of a query are unit vectors, within rounding. */
const LONGEST_QUERY = 1.01;
/** More than float32 can lose in a product of unit vectors. */
const ROUNDING = 2e-5;

const forgotten = new FinalizationRegistry<{ arena: Arena; chunks: number[] }>(({ arena, chunks }) => {
  for (const chunk of chunks.splice(0)) arena.give(chunk);
});

/**
 * Descriptors (unit vectors) in shared memory, in chunks, each kept twice: float32 as it came, and
 * int8 for scanning. Rows are dense: `remove` puts the last row in the place of the removed one. One thread writes; others
 * may read meanwhile and must check afterwards that nothing was removed.
 *
 * A scan reads the int8 rows alone and computes in double precision those rows that may reach the threshold: what rounding to int8
 * can have taken (Cauchy-Schwarz, per row) is allowed for, so that nothing is missed.
 */
export class VectorBlock {
  readonly kernel: Kernel;
  readonly layout: ChunkLayout;
  readonly #chunks: number[];
  readonly #views: ChunkViews[] = [];
  #count: number;

  /** Numbers in a row: those of a descriptor, filled up with zeros to a multiple of 16. */
  readonly dims: number;

  constructor(
    length: number,
    readonly arena: Arena = defaultArena(),
    handle?: BlockHandle,
  ) {
    this.dims = Math.ceil(length / 16) * 16;
    this.kernel = kernelOf(arena, this.dims);
    this.layout = chunkLayout(this.dims);
    this.#chunks = [...(handle?.chunks ?? [])];
    this.#count = handle?.count ?? 0;
    for (const chunk of this.#chunks) this.#views.push(viewsOf(arena, this.layout, chunk));
    // who reads in another thread's place does not free
    if (!handle) forgotten.register(this, { arena, chunks: this.#chunks }, this);
  }

  static of(descriptors: ReadonlyArray<ArrayLike<number>>, arena?: Arena): VectorBlock {
    const block = new VectorBlock(descriptors[0]?.length ?? 128, arena);
    for (const descriptor of descriptors) block.push(descriptor);
    return block;
  }

  get count(): number {
    return this.#count;
  }
  /** Memory taken, in whole chunks. */
  get bytes(): number {
    return this.#chunks.length * CHUNK_BYTES;
  }
  get handle(): BlockHandle {
    return { dims: this.dims, count: this.#count, chunks: [...this.#chunks] };
  }
  /** From now on this block frees its memory; the thread that gave the handle calls `release`. */
  own(): this {
    forgotten.register(this, { arena: this.arena, chunks: this.#chunks }, this);
    return this;
  }
  /** Leaves the memory to who got the handle. */
  release(): void {
    forgotten.unregister(this);
    this.#chunks.splice(0);
    this.#views.splice(0);
    this.#count = 0;
  }
  /** Gives the memory back, overwritten; the block is empty afterwards. */
  free(): void {
    const chunks = [...this.#chunks];
    this.release();
    for (const chunk of chunks) this.arena.give(chunk);
  }

  /** Appends a descriptor; answers its row. */
  push(descriptor: ArrayLike<number>): number {
    const row = this.#count;
    if (row === this.#chunks.length * this.layout.rows) {
      const chunk = this.arena.take();
      this.#chunks.push(chunk);
      this.#views.push(viewsOf(this.arena, this.layout, chunk));
    }
    const [views, at] = this.#place(row);
    const { dims } = this;
    const values = views.values.subarray(at * dims, (at + 1) * dims);
    let largest = 0;
    for (let i = 0; i < dims; i++) {
      values[i] = descriptor[i] ?? 0;
      largest = Math.max(largest, Math.abs(values[i]!));
    }
    const scale = Math.fround(largest / 127);
    let lost = 0;
    for (let i = 0; i < dims; i++) {
      const code = scale > 0 ? Math.max(-127, Math.min(127, Math.round(values[i]! / scale))) : 0;
      views.codes[at * dims + i] = code;
      lost += (values[i]! - code * scale) ** 2;
    }
    views.scales[at] = scale;
    views.residuals[at] = Math.sqrt(lost) * LONGEST_QUERY;
    views.offsets[at] = 0;
    views.floors[at] = -views.residuals[at]!;
    this.#count = row + 1;
    return row;
  }

  /** The last row takes the place of this one; the freed place is overwritten with zeros. */
  remove(row: number): void {
    const last = this.#count - 1;
    const [to, at] = this.#place(row);
    const [from, lastAt] = this.#place(last);
    for (const [name, width] of widths(this.dims)) {
      const source = from[name].subarray(lastAt * width, (lastAt + 1) * width);
      if (row !== last) to[name].set(source as never, at * width);
      source.fill(0);
    }
    this.#count = last;
    if (last % this.layout.rows === 0) {
      this.#views.pop();
      this.arena.give(this.#chunks.pop()!);
    }
  }

  /** A view: changes when the row is removed. */
  at(row: number): Float32Array {
    const [views, at] = this.#place(row);
    return views.values.subarray(at * this.dims, (at + 1) * this.dims);
  }

  /** What `scan` takes off the product of every query with this row. */
  offset(row: number): number {
    const [views, at] = this.#place(row);
    return views.offsets[at]!;
  }
  setOffset(row: number, offset: number): void {
    const [views, at] = this.#place(row);
    views.offsets[at] = offset;
    views.floors[at] = views.offsets[at]! - views.residuals[at]!;
  }

  /** Product with a row in double precision. */
  exact(query: ArrayLike<number>, row: number): number {
    const [{ values }, at] = this.#place(row);
    let sum = 0;
    const length = Math.min(this.dims, query.length);
    for (let i = 0, p = at * this.dims; i < length; i++, p++) sum += query[i]! * values[p]!;
    return sum;
  }

  /** Product of `query` with every row, single precision, the same number for the same pair wherever the row lies. */
  cosines(query: ArrayLike<number>, out = new Float32Array(this.#count)): Float32Array {
    this.kernel.load(query);
    this.#eachChunk((chunk, count, first) => out.set(this.kernel.dots(chunk, count).subarray(0, count), first));
    return out;
  }

  /** Whether some row's product with `query` reaches `threshold`. */
  hasAtLeast(query: ArrayLike<number>, threshold: number): boolean {
    this.kernel.load(query);
    for (const [i, chunk] of this.#chunks.entries()) {
      const count = Math.min(this.layout.rows, this.#count - i * this.layout.rows);
      const found = this.kernel.dots(chunk, count);
      for (let k = 0; k < count; k++) if (found[k]! >= threshold) return true;
    }
    return false;
  }

  /** Every row whose product with `query`, a unit vector, less its offset reaches `threshold`; in the order of rows. */
  scan(query: ArrayLike<number>, threshold: number): Scored[] {
    const { kernel } = this;
    kernel.load(query);
    if (kernel.length > LONGEST_QUERY) throw new RangeError('a query must be of length 1');
    const least = threshold - kernel.lost * LONGEST_QUERY - ROUNDING;
    const hits: Scored[] = [];
    this.#eachChunk((chunk, count, first) => {
      kernel.scan(chunk, count, least, (at) => {
        const row = first + at;
        const score = this.exact(query, row) - this.offset(row);
        if (score >= threshold) hits.push({ row, score });
      });
    });
    return hits;
  }

  /** The `k` rows with the highest products, the highest first. */
  nearest(query: ArrayLike<number>, k: number): Scored[] {
    const all = this.cosines(query);
    const rows = Int32Array.from({ length: all.length }, (_, i) => i);
    // a threshold from a part keeps the sorting short
    const sorted = [...(all.length > 4 * k ? rows.filter(atLeast(all, kthOf(all, k))) : rows)];
    return sorted
      .sort((a, b) => all[b]! - all[a]! || a - b)
      .slice(0, k)
      .map((row) => ({ row, score: all[row]! }));
  }

  /**
   * For rows `from` to `to`: the mean of the `k` highest products with the rows of `others`, single precision; -1 stands for
   * others that are missing. `self(row)` names a row of `others` that does not count, or -1.
   */
  meanOfBest(others: VectorBlock, k: number, self: (row: number) => number, from = 0, to = this.#count): Float32Array {
    const means = new Float32Array(to - from);
    const best = Array.from({ length: 4 }, () => new Float32Array(k));
    for (let row = from; row < to; ) {
      const [chunk, at] = [Math.floor(row / this.layout.rows), row % this.layout.rows];
      const first = at - (at % 4);
      const start = row - (row % this.layout.rows) + first;
      const end = Math.min(start + 4, to);
      const four = this.#chunks[chunk]! + this.layout.values + first * this.dims * 4;
      for (const list of best) list.fill(-1);
      const selves = [0, 1, 2, 3].map((i) => (start + i < end ? self(start + i) : -1));
      others.#eachChunk((other, count, firstOther) => {
        const found = this.kernel.products(four, other, count);
        for (let i = row - start; i < end - start; i++) collectBest(found, i, count, selves[i]! - firstOther, best[i]!);
      });
      for (; row < end; row++) {
        let sum = 0;
        for (const value of best[row - start]!) sum += value;
        means[row - from] = sum / k;
      }
    }
    return means;
  }

  quality(row: number): number {
    const [views, at] = this.#place(row);
    return views.quality[at]!;
  }
  /** Sixteen bytes that name the row and the group (photo) it belongs to; views. */
  id(row: number): Uint8Array {
    const [views, at] = this.#place(row);
    return views.ids.subarray(at * 16, at * 16 + 16);
  }
  group(row: number): Uint8Array {
    const [views, at] = this.#place(row);
    return views.groups.subarray(at * 16, at * 16 + 16);
  }
  setQuality(row: number, quality: number): void {
    const [views, at] = this.#place(row);
    views.quality[at] = quality;
  }
  /** Rows that carry these sixteen bytes, ascending. */
  rowsWith(column: 'ids' | 'groups', id: Uint8Array): number[] {
    const [a, b, c, d] = new Uint32Array(id.slice().buffer);
    const rows: number[] = [];
    for (const [i, views] of this.#views.entries()) {
      const words = column === 'ids' ? views.idWords : views.groupWords;
      const first = i * this.layout.rows;
      const end = Math.min(this.layout.rows, this.#count - first) * 4;
      for (let at = 0; at < end; at += 4)
        if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d)
          rows.push(first + at / 4);
    }
    return rows;
  }

  #place(row: number): [ChunkViews, number] {
    const { rows } = this.layout;
    const chunk = Math.floor(row / rows);
    return [this.#views[chunk]!, row - chunk * rows];
  }
  #eachChunk(visit: (chunk: number, count: number, first: number) => void): void {
    const { rows } = this.layout;
    for (let first = 0, i = 0; first < this.#count; first += rows, i++)
      visit(this.#chunks[i]!, Math.min(rows, this.#count - first), first);
  }
}

type ChunkViews = ReturnType<typeof viewsOf>;

function viewsOf(arena: Arena, layout: ChunkLayout, chunk: number) {
  const buffer = arena.buffer(chunk + CHUNK_BYTES);
  const { dims, rows } = layout;
  const floats = (start: number) => new Float32Array(buffer, chunk + start, rows);
  return {
    values: new Float32Array(buffer, chunk + layout.values, rows * dims),
    codes: new Int8Array(buffer, chunk + layout.codes, rows * dims),
    scales: floats(layout.scales),
    floors: floats(layout.floors),
    residuals: floats(layout.residuals),
    offsets: floats(layout.offsets),
    quality: floats(layout.quality),
    ids: new Uint8Array(buffer, chunk + layout.ids, rows * 16),
    groups: new Uint8Array(buffer, chunk + layout.groups, rows * 16),
    idWords: new Uint32Array(buffer, chunk + layout.ids, rows * 4),
    groupWords: new Uint32Array(buffer, chunk + layout.groups, rows * 4),
  };
}

const widths = (dims: number): ReadonlyArray<readonly [keyof ChunkViews, number]> => [
  ['values', dims],
  ['codes', dims],
  ['scales', 1],
  ['floors', 1],
  ['residuals', 1],
  ['offsets', 1],
  ['quality', 1],
  ['ids', 16],
  ['groups', 16],
];

/** Keeps the highest of `values[j * 4 + lane]` in `best`, which is ascending; `skipped` is a j that does not count. */
function collectBest(values: Float32Array, lane: number, count: number, skipped: number, best: Float32Array): void {
  const last = best.length - 1;
  let least = best[0]!;
  for (let j = 0, p = lane; j < count; j++, p += 4) {
    const value = values[p]!;
    if (value <= least || j === skipped) continue;
    let k = 0;
    for (; k < last && best[k + 1]! < value; k++) best[k] = best[k + 1]!;
    best[k] = value;
    least = best[0]!;
  }
}

function kthOf(values: Float32Array, k: number): number {
  const best = new Float32Array(k).fill(Number.NEGATIVE_INFINITY);
  let least = best[0]!;
  for (const value of values) {
    if (value <= least) continue;
    let i = 0;
    for (; i < k - 1 && best[i + 1]! < value; i++) best[i] = best[i + 1]!;
    best[i] = value;
    least = best[0]!;
  }
  return least;
}
const atLeast = (values: Float32Array, least: number) => (row: number) => values[row]! >= least;

/** 32-bit FNV-1a over the bytes of a descriptor: an order that depends on the face alone, not on when or where it arrived. */
export function hashDescriptor(descriptor: Float32Array): number {
  const bits = new Uint32Array(descriptor.buffer, descriptor.byteOffset, descriptor.length);
  let hash = 0x811c9dc5;
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    for (let shift = 0; shift < 32; shift += 8) hash = Math.imul(hash ^ ((word >>> shift) & 0xff), 0x01000193);
  }
  return hash >>> 0;
}
