import { type Arena, CHUNK_BYTES } from './arena.ts';
import { kernelModule, ROWS_AT_ONCE } from './kernel-code.ts';

interface Functions {
  dots(query: number, rows: number, count: number, out: number): void;
  products(four: number, others: number, count: number, out: number): void;
  scan(
    query16: number,
    codes: number,
    scales: number,
    floors: number,
    count: number,
    factor: number,
    threshold: number,
    out: number,
  ): number;
}

/** Where the parts of a chunk of descriptors lie, in bytes from its start. */
export interface ChunkLayout {
  dims: number;
  /** Descriptors that fit. */
  rows: number;
  /** float32, as they came. */
  values: number;
  /** int8, each row scaled by its largest number. */
  codes: number;
  /** float32: one step of the int8 of a row. */
  scales: number;
  /** float32: what a row's product must reach beside the threshold: its offset less what rounding to int8 can have taken. */
  floors: number;
  /** float32: the part of the floor that is due to rounding. */
  residuals: number;
  /** float32: taken off every product with this row. */
  offsets: number;
  /** float32, 0..1. */
  quality: number;
  /** 16 bytes each. */
  ids: number;
  groups: number;
}

const layouts = new Map<number, ChunkLayout>();

/** `dims`: 64 to 1024, a multiple of 16. */
export function chunkLayout(dims: number): ChunkLayout {
  let layout = layouts.get(dims);
  if (layout) return layout;
  if (dims % 16 !== 0 || dims < 16 || dims > 1024) throw new RangeError(`descriptors of ${dims} numbers`);
  const rows = Math.floor(CHUNK_BYTES / (dims * 5 + 5 * 4 + 32) / ROWS_AT_ONCE) * ROWS_AT_ONCE;
  const sizes = [dims * 4, dims, 4, 4, 4, 4, 4, 16, 16];
  const starts = sizes.map((_, i) => rows * sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
  const [values, codes, scales, floors, residuals, offsets, quality, ids, groups] = starts as [number, ...number[]];
  layout = { dims, rows, values, codes, scales, floors, residuals, offsets, quality, ids, groups } as ChunkLayout;
  layouts.set(dims, layout);
  return layout;
}

/** Scratch memory: the query as float32 and as int16, then results. */
const QUERY16 = 8192;
const OUT = 16_384;

/** The SIMD functions of one arena for one length of descriptor, with scratch memory of this thread. */
export class Kernel {
  readonly layout: ChunkLayout;
  readonly #run: Functions;
  readonly #scratch: number;
  readonly #query: Float32Array;
  readonly #query16: Int16Array;
  readonly #factor: Float64Array = new Float64Array(1);
  /** Results of `dots` and `products`; overwritten by the next call. */
  readonly out: Float32Array;
  readonly #hits: Uint32Array;

  constructor(
    readonly arena: Arena,
    readonly dims: number,
  ) {
    this.layout = chunkLayout(dims);
    this.#scratch = arena.take();
    const buffer = arena.buffer(this.#scratch + CHUNK_BYTES);
    this.#query = new Float32Array(buffer, this.#scratch, dims);
    this.#query16 = new Int16Array(buffer, this.#scratch + QUERY16, dims);
    this.out = new Float32Array(buffer, this.#scratch + OUT, (CHUNK_BYTES - OUT) / 4);
    this.#hits = new Uint32Array(buffer, this.#scratch + OUT, (CHUNK_BYTES - OUT) / 4);
    const compiled = new WebAssembly.Module(kernelModule(dims));
    const instance = new WebAssembly.Instance(compiled, { env: { memory: arena.handle.memory } });
    this.#run = instance.exports as unknown as Functions;
  }

  /** Puts a query where `dots` and `scan` read it. The int16 copy is exact to 4e-5 of its length at worst. */
  load(query: ArrayLike<number>): void {
    let largest = 0;
    let squares = 0;
    for (let i = 0; i < this.dims; i++) {
      const value = query[i] ?? 0;
      this.#query[i] = value;
      largest = Math.max(largest, Math.abs(value));
      squares += value * value;
    }
    // a whole product must stay below 2^31: a row's code is at most 127 * sqrt(dims) long
    const longest = 2 ** 31 / (127 * Math.sqrt(this.dims)) - this.dims;
    const scale = largest > 0 ? Math.min(32_767 / largest, longest / Math.sqrt(squares)) : 0;
    let lost = 0;
    for (let i = 0; i < this.dims; i++) {
      const rounded = Math.round(this.#query[i]! * scale);
      this.#query16[i] = rounded;
      lost += scale > 0 ? (this.#query[i]! - rounded / scale) ** 2 : 0;
    }
    this.#factor[0] = scale > 0 ? 1 / scale : 0;
    this.lost = Math.sqrt(lost);
    this.length = Math.sqrt(squares);
  }
  /** Length of what the int16 copy of the query lost. */
  lost = 0;
  length = 0;

  /** Products of the loaded query with the first `count` rows of a chunk, in `out`. */
  dots(chunk: number, count: number): Float32Array {
    this.#run.dots(this.#scratch, chunk + this.layout.values, padded(count), this.#scratch + OUT);
    return this.out;
  }

  /**
   * Products of the four rows from byte `four` with the first `count` rows of a chunk, in `out`: `out[j * 4 + i]` is that
   * of the i-th of the four with row j.
   */
  products(four: number, chunk: number, count: number): Float32Array {
    this.#run.products(four, chunk + this.layout.values, padded(count), this.#scratch + OUT);
    return this.out;
  }

  /** Calls `found` with each row of the chunk whose product less its offset may reach `threshold`; none that does is left out. */
  scan(chunk: number, count: number, threshold: number, found: (row: number) => void): void {
    const { codes, scales, floors } = this.layout;
    const written = this.#run.scan(
      this.#scratch + QUERY16,
      chunk + codes,
      chunk + scales,
      chunk + floors,
      padded(count),
      this.#factor[0]!,
      threshold,
      this.#scratch + OUT,
    );
    for (let i = 0; i < written / 4; i++) {
      const hit = this.#hits[i]!;
      const first = (hit >>> 2) & ~3;
      for (let k = 0; k < ROWS_AT_ONCE; k++) if (hit & (1 << k) && first + k < count) found(first + k);
    }
  }
}

const padded = (count: number) => Math.ceil(count / ROWS_AT_ONCE) * ROWS_AT_ONCE;

const kernels = new WeakMap<Arena, Map<number, Kernel>>();

/** The kernel of this thread; made when first asked for. */
export function kernelOf(arena: Arena, dims: number): Kernel {
  const ofArena = kernels.get(arena) ?? new Map<number, Kernel>();
  kernels.set(arena, ofArena);
  const kernel = ofArena.get(dims) ?? new Kernel(arena, dims);
  ofArena.set(dims, kernel);
  return kernel;
}
