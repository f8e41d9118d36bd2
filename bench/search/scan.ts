import { readFile } from 'node:fs/promises';
import { Arena } from '#face/search/arena.ts';
import { VectorBlock } from '#face/search/vectors.ts';
import { warmUpSearch } from '#face/search/warm-up.ts';
import { buildIndex, searchIndex } from '#face/search.ts';
import { createPeople, percentiles, round } from './faces.ts';

/** What a plain loop over float32 costs: four sums at once, no early end. */
function plainScan(values: Float32Array, dims: number, query: Float32Array, threshold: number): number[] {
  const found: number[] = [];
  for (let row = 0, p = 0; p < values.length; row++) {
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let k = 0; k < dims; k += 4, p += 4) {
      a += query[k]! * values[p]!;
      b += query[k + 1]! * values[p + 1]!;
      c += query[k + 2]! * values[p + 2]!;
      d += query[k + 3]! * values[p + 3]!;
    }
    if (a + b + c + d >= threshold) found.push(row);
  }
  return found;
}
/** The truth: double precision, one after the other. */
function exactScan(block: VectorBlock, query: Float32Array, threshold: number): number[] {
  const found: number[] = [];
  for (let row = 0; row < block.count; row++) if (block.exact(query, row) >= threshold) found.push(row);
  return found;
}

/** Bytes a second that one core reads from memory, by the widest reads that the kernel has: the best of several passes. */
function readBandwidth(): number {
  const bytes = 256 * 1024 * 1024;
  const source = new Float64Array(bytes / 8).fill(1);
  const target = new Float64Array(bytes / 8);
  let best = 0;
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    target.set(source);
    // a copy reads once and writes once
    best = Math.max(best, (2 * bytes) / (performance.now() - start));
  }
  return best * 1000;
}

const time = (task: () => unknown): number => {
  const start = performance.now();
  task();
  return performance.now() - start;
};

/** Exact scans of made-up people, and of real descriptors where given, beside plain JavaScript in the same run. */
export function measureScan(sizes: readonly number[], real: readonly Float32Array[], queries = 60) {
  const bandwidth = readBandwidth();
  const rows = [];
  // as the worker does when it starts
  warmUpSearch(128);
  for (const size of sizes) {
    const isReal = real.length > 0 && size === real.length;
    const dims = isReal ? real[0]!.length : 128;
    const people = createPeople(Math.ceil(size / 20), dims);
    const arena = new Arena();
    const block = new VectorBlock(dims, arena);
    for (let i = 0; i < size; i++) block.push(isReal ? real[i]! : people.of(i));
    const values = new Float32Array(size * dims);
    for (let row = 0; row < size; row++) values.set(block.at(row), row * dims);
    const asked = Array.from({ length: queries }, (_, i) => (isReal ? real[(i * 97) % size]! : people.of(i)));
    const threshold = isReal ? 0.92 : 0.93;
    for (const query of asked.slice(0, 3)) block.scan(query, threshold);
    const int8 = asked.map((query) => time(() => block.scan(query, threshold)));
    const float = asked.slice(0, 20).map((query) => time(() => block.cosines(query)));
    const plain = asked.slice(0, 8).map((query) => time(() => plainScan(values, dims, query, threshold)));
    let found = 0;
    let true_ = 0;
    for (const query of asked.slice(0, 12)) {
      const truth = exactScan(block, query, threshold);
      const hits = new Set(block.scan(query, threshold).map(({ row }) => row));
      true_ += truth.length;
      found += truth.filter((row) => hits.has(row)).length;
      if (hits.size !== truth.length) found = Number.NaN;
    }
    const scan = percentiles(int8);
    rows.push({
      faces: `${size}${isReal ? ' real' : ''}`,
      'int8 median': scan.median,
      'int8 p95': scan.p95,
      'float32 SIMD': percentiles(float).median,
      'plain JS': percentiles(plain).median,
      'times faster': round(percentiles(plain).median / scan.median, 1),
      'limit (memory)': round(((size * (dims + 8)) / bandwidth) * 1000, 3),
      recall: found / true_,
      hits: round(true_ / 12, 1),
      MB: round(block.bytes / 2 ** 20, 1),
    });
    block.free();
  }
  return { rows, bandwidthGBs: round(bandwidth / 1e9, 1) };
}

/** What a whole event costs: making it searchable, one search, and memory. Milliseconds. */
export function measureIndex(sizes: readonly number[]) {
  return sizes.map((size) => {
    const people = createPeople(Math.ceil(size / 20));
    const faces = Array.from({ length: size }, (_, i) => ({
      photoId: `p${Math.floor(i / 4)}`,
      faceId: `f${i}`,
      descriptor: people.of((i * 7919) % people.count),
      quality: 0.9,
    }));
    const start = performance.now();
    const index = buildIndex(faces, new Arena());
    const build = performance.now() - start;
    const taken = Array.from({ length: 60 }, (_, i) => {
      const query = people.of(i);
      return time(() => searchIndex(index, query));
    });
    const { median, p95 } = percentiles(taken);
    const MB = round(index.internals.gallery.bytes / 2 ** 20, 1);
    index.internals.gallery.free();
    return { faces: size, 'build ms': Math.round(build), 'search median': median, 'search p95': p95, MB };
  });
}

/** Descriptors of a file of lines, each a JSON array of numbers of unit length. */
export async function readDescriptors(file: string): Promise<Float32Array[]> {
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  return lines.map((line) => Float32Array.from(JSON.parse(line) as number[]));
}
