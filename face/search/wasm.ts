/**
 * A WebAssembly assembler, as much of one as the search kernel needs. Instructions are arrays of bytes that are put
 * together; the module is made at start, so what runs is always what the source says. Opcodes: WebAssembly core
 * specification 2.0, section "Binary format".
 */
export type Code = readonly number[];
export type ValueType = 'i32' | 'f32' | 'v128';

const TYPE: Record<ValueType, number> = { i32: 0x7f, f32: 0x7d, v128: 0x7b };

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest ? low | 0x80 : low);
  } while (rest);
  return bytes;
}
function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value | 0; ; ) {
    const low = rest & 0x7f;
    rest >>= 7;
    const isLast = (rest === 0 && !(low & 0x40)) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
}
const bytesOf = (text: string) => [...new TextEncoder().encode(text)];
const vector = (items: readonly Code[]) => [...unsigned(items.length), ...items.flat()];

/** One after the other: operands first, as on a stack. */
export const seq = (...parts: readonly Code[]): Code => parts.flat();
const operator =
  (...opcode: number[]) =>
  (...operands: readonly Code[]): Code => [...operands.flat(), ...opcode];
const simd = (number: number) => operator(0xfd, ...unsigned(number));
/** Memory access at `address + offset`; `align` is the exponent. */
const access =
  (opcode: readonly number[], align: number) =>
  (address: Code, offset = 0): Code => [...address, ...opcode, ...unsigned(align), ...unsigned(offset)];
const storing =
  (opcode: readonly number[], align: number) =>
  (address: Code, value: Code, offset = 0): Code => [
    ...address,
    ...value,
    ...opcode,
    ...unsigned(align),
    ...unsigned(offset),
  ];

export const i32 = {
  of: (value: number): Code => [0x41, ...signed(value)],
  add: operator(0x6a),
  sub: operator(0x6b),
  shl: operator(0x74),
  or: operator(0x72),
  isBelow: operator(0x49),
  store: storing([0x36], 2),
};
export const v128 = {
  load: access([0xfd, 0x00], 4),
  /** Eight signed bytes, widened to 16 bits. */
  load8: access([0xfd, 0x01], 3),
  store: storing([0xfd, 0x0b], 4),
  zero: [0xfd, 0x0c, ...new Array<number>(16).fill(0)] as Code,
  /** `lanes`: four of the eight 32-bit lanes of `a` and `b`. */
  pick: (a: Code, b: Code, lanes: readonly number[]): Code => [
    ...a,
    ...b,
    0xfd,
    0x0d,
    ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte)),
  ],
};
export const i32x4 = {
  add: simd(0xae),
  /** Products of eight pairs of 16 bits, neighbours added. */
  dot16: simd(0xba),
  bitmask: simd(0xa4),
};
export const f32x4 = {
  splat: simd(0x13),
  add: simd(0xe4),
  mul: simd(0xe6),
  isAtLeast: simd(0x46),
  ofI32: simd(0xfa),
};

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
export const tee = (local: number, value: Code): Code => [...value, 0x22, ...unsigned(local)];
/** Repeats `body` as long as `condition` holds at its end. */
export const repeatWhile = (condition: Code, body: Code): Code => [0x03, 0x40, ...body, ...condition, 0x0d, 0x00, 0x0b];
export const when = (condition: Code, body: Code): Code => [...condition, 0x04, 0x40, ...body, 0x0b];

export interface WasmFunction {
  name: string;
  parameters: readonly ValueType[];
  result?: ValueType;
  locals: readonly ValueType[];
  body: Code;
}

/** A module of these functions on an imported shared memory, `env.memory`. */
export function assemble(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const section = (id: number, content: Code) => [id, ...unsigned(content.length), ...content];
  const types = functions.map((f) => [
    0x60,
    ...vector(f.parameters.map((type) => [TYPE[type]])),
    ...vector(f.result ? [[TYPE[f.result]]] : []),
  ]);
  const named = (text: string) => [...unsigned(text.length), ...bytesOf(text)];
  const bodies = functions.map((f) => {
    const locals = vector(f.locals.map((type) => [1, TYPE[type]]));
    return [...unsigned(locals.length + f.body.length + 1), ...locals, ...f.body, 0x0b];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types)),
    ...section(2, vector([[...named('env'), ...named('memory'), 0x02, 0x03, ...unsigned(1), ...unsigned(65_536)]])),
    ...section(3, vector(functions.map((_, i) => unsigned(i)))),
    ...section(7, vector(functions.map((f, i) => [...named(f.name), 0x00, ...unsigned(i)]))),
    ...section(10, vector(bodies)),
  ]);
}
