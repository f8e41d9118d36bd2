import {
  assemble,
  type Code,
  f32x4,
  get,
  i32,
  i32x4,
  repeatWhile,
  seq,
  set,
  tee,
  type ValueType,
  v128,
  when,
} from './wasm.ts';

/** Rows go four at a time: blocks are padded to that with zeros. */
export const ROWS_AT_ONCE = 4;

const zeroAll = (locals: readonly number[]) => seq(...locals.map((local) => set(local, v128.zero)));

/**
 * Repeats `body` for each `step` of `bytes` bytes; `k` counts them, an offset that the body adds to the addresses of its
 * operands. Not written out: V8 then runs out of registers, and everything takes two to three times as long (measured).
 */
function along(bytes: number, step: number, k: number, body: Code): Code {
  const next = tee(k, i32.add(get(k), i32.of(step)));
  return seq(set(k, i32.of(0)), repeatWhile(i32.isBelow(next, i32.of(bytes)), body));
}

/** The sums of the four lanes of each of four vectors, as one vector; always added in the same order. */
function sums(add: (...operands: Code[]) => Code, [a, b, c, d]: readonly number[]): Code {
  const pairs = (x: number, y: number) =>
    add(v128.pick(get(x), get(y), [0, 4, 1, 5]), v128.pick(get(x), get(y), [2, 6, 3, 7]));
  return seq(
    set(a!, pairs(a!, b!)),
    set(c!, pairs(c!, d!)),
    add(v128.pick(get(a!), get(c!), [0, 1, 4, 5]), v128.pick(get(a!), get(c!), [2, 3, 6, 7])),
  );
}

/** Float products of one query with `count` rows. dots(query, rows, count, out) */
function dots(dims: number) {
  const [query, rows, count, out, i, k, q] = [0, 1, 2, 3, 4, 5, 6];
  const acc = [7, 8, 9, 10];
  const bytes = dims * 4;
  const step = seq(
    set(q, v128.load(i32.add(get(query), get(k)))),
    ...acc.map((local, row) =>
      set(local, f32x4.add(get(local), f32x4.mul(get(q), v128.load(i32.add(get(rows), get(k)), row * bytes)))),
    ),
  );
  const body = seq(
    zeroAll(acc),
    along(bytes, 16, k, step),
    v128.store(get(out), sums(f32x4.add, acc)),
    set(out, i32.add(get(out), i32.of(16))),
    set(rows, i32.add(get(rows), i32.of(bytes * ROWS_AT_ONCE))),
  );
  const next = tee(i, i32.add(get(i), i32.of(ROWS_AT_ONCE)));
  return {
    name: 'dots',
    parameters: ['i32', 'i32', 'i32', 'i32'] as ValueType[],
    locals: ['i32', 'i32', 'v128', 'v128', 'v128', 'v128', 'v128'] as ValueType[],
    body: repeatWhile(i32.isBelow(next, get(count)), body),
  };
}

/**
 * Float products of four rows with `count` others, an even number; four results for each other. The same sums in the same
 * order as `dots`, so the same numbers. products(four, others, count, out)
 */
function products(dims: number) {
  const [four, others, count, out, i, k, x, y, z] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const [first, second] = [
    [9, 10, 11, 12],
    [13, 14, 15, 16],
  ];
  const bytes = dims * 4;
  const step = seq(
    set(x, v128.load(i32.add(get(others), get(k)))),
    set(y, v128.load(i32.add(get(others), get(k)), bytes)),
    ...[0, 1, 2, 3].map((row) =>
      seq(
        set(z, v128.load(i32.add(get(four), get(k)), row * bytes)),
        set(first![row]!, f32x4.add(get(first![row]!), f32x4.mul(get(x), get(z)))),
        set(second![row]!, f32x4.add(get(second![row]!), f32x4.mul(get(y), get(z)))),
      ),
    ),
  );
  const body = seq(
    zeroAll([...first!, ...second!]),
    along(bytes, 16, k, step),
    v128.store(get(out), sums(f32x4.add, first!)),
    v128.store(get(out), sums(f32x4.add, second!), 16),
    set(out, i32.add(get(out), i32.of(32))),
    set(others, i32.add(get(others), i32.of(bytes * 2))),
  );
  const next = tee(i, i32.add(get(i), i32.of(2)));
  return {
    name: 'products',
    parameters: ['i32', 'i32', 'i32', 'i32'] as ValueType[],
    locals: ['i32', 'i32', ...new Array<ValueType>(11).fill('v128')] as ValueType[],
    body: repeatWhile(i32.isBelow(next, get(count)), body),
  };
}

/**
 * Rows whose product with the query may reach the threshold: `code . query16 * scale * factor >= floor + threshold`. Writes
 * `row * 4 | mask` for each four rows of which some do, and answers how many it wrote.
 * scan(query16, codes, scales, floors, count, factor, threshold, out)
 */
function scan(dims: number) {
  const [query, codes, scales, floors, count, factor, threshold, out] = [0, 1, 2, 3, 4, 5, 6, 7];
  const [i, k, q, mask, start, f, t] = [8, 9, 10, 11, 12, 13, 14];
  const acc = [15, 16, 17, 18];
  const step = seq(
    set(q, v128.load(i32.add(get(query), i32.shl(get(k), i32.of(1))), 0)),
    ...acc.map((local, row) =>
      set(local, i32x4.add(get(local), i32x4.dot16(get(q), v128.load8(i32.add(get(codes), get(k)), row * dims)))),
    ),
  );
  const reached = i32x4.bitmask(
    f32x4.isAtLeast(
      f32x4.mul(f32x4.mul(f32x4.ofI32(sums(i32x4.add, acc)), v128.load(get(scales))), get(f)),
      f32x4.add(v128.load(get(floors)), get(t)),
    ),
  );
  const body = seq(
    zeroAll(acc),
    along(dims, 8, k, step),
    when(
      tee(mask, reached),
      seq(i32.store(get(out), i32.or(i32.shl(get(i), i32.of(2)), get(mask))), set(out, i32.add(get(out), i32.of(4)))),
    ),
    set(codes, i32.add(get(codes), i32.of(dims * ROWS_AT_ONCE))),
    set(scales, i32.add(get(scales), i32.of(16))),
    set(floors, i32.add(get(floors), i32.of(16))),
  );
  const next = tee(i, i32.add(get(i), i32.of(ROWS_AT_ONCE)));
  return {
    name: 'scan',
    parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'f32', 'f32', 'i32'] as ValueType[],
    result: 'i32' as const,
    locals: ['i32', 'i32', 'v128', 'i32', 'i32', 'v128', 'v128', 'v128', 'v128', 'v128', 'v128'] as ValueType[],
    body: seq(
      set(start, get(out)),
      set(f, f32x4.splat(get(factor))),
      set(t, f32x4.splat(get(threshold))),
      repeatWhile(i32.isBelow(next, get(count)), body),
      i32.sub(get(out), get(start)),
    ),
  };
}

/** The module for descriptors of `dims` numbers, a multiple of 16. */
export const kernelModule = (dims: number): Uint8Array<ArrayBuffer> =>
  assemble([dots(dims), products(dims), scan(dims)]);
