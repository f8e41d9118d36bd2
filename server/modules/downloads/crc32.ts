import * as zlib from 'node:zlib';

/** Node has it in native code since 20.15; before that a table does. */
const native = (zlib as { crc32?: (data: Uint8Array, value?: number) => number }).crc32;

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});
export function crc32ByTable(data: Uint8Array, value = 0): number {
  let crc = ~value;
  for (const byte of data) crc = (crc >>> 8) ^ table[(crc ^ byte) & 0xff]!;
  return ~crc >>> 0;
}

/** CRC-32 as ZIP and PNG use it, unsigned; `value` is that of what came before. */
export const crc32: (data: Uint8Array, value?: number) => number = native ?? crc32ByTable;
