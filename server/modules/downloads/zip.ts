import { createHash } from 'node:crypto';

/**
 * A ZIP whose every byte is known before the first one is sent: files stored as they are, in a fixed order, with CRC, size
 * and time known beforehand. So it has a length and an ETag, and any range of it can be made without making the rest.
 * Format: PKWARE APPNOTE 6.3 (sections 4.3.7 local header, 4.3.12 central directory, 4.3.14-15 ZIP64, 4.4.4 bit 11 UTF-8).
 */
export interface ZipEntry {
  /** Unique in the archive; no folders. */
  name: string;
  bytes: number;
  /** Of the bytes as they will be sent, unsigned. */
  crc32: number;
  /** Shown by unpackers; Bangkok wall time in the archive, to two seconds. */
  time: Date;
}
/** One stretch of the archive: bytes of ours, or bytes `start` to `end` (inclusive) of entry `index`. */
export type ZipPart = { bytes: Buffer } | { index: number; start: number; end: number };
export interface ZipPlan {
  size: number;
  /** Names the archive's bytes: the same entries are the same bytes. With quotes. */
  etag: string;
  /** What lies between `start` and `end` (inclusive), in order. */
  parts(start: number, end: number): Generator<ZipPart>;
}

const max32 = 0xffff_ffff;
const max16 = 0xffff;
const utf8Flag = 0x0800;

/** DOS date and time of Bangkok; 1980 is the first year that the format knows. */
function dosTime(time: Date): { date: number; time: number } {
  const at = new Date(time.getTime() + 7 * 3_600_000);
  const year = at.getUTCFullYear();
  if (year < 1980 || year > 2107) return { date: 0x21, time: 0 };
  return {
    date: ((year - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate(),
    time: (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1),
  };
}

function localHeader(entry: ZipEntry, name: Buffer): Buffer {
  const isLarge = entry.bytes >= max32;
  const header = Buffer.alloc(30 + name.length + (isLarge ? 20 : 0));
  const dos = dosTime(entry.time);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(isLarge ? 45 : 20, 4);
  header.writeUInt16LE(utf8Flag, 6);
  header.writeUInt16LE(dos.time, 10);
  header.writeUInt16LE(dos.date, 12);
  header.writeUInt32LE(entry.crc32, 14);
  header.writeUInt32LE(isLarge ? max32 : entry.bytes, 18);
  header.writeUInt32LE(isLarge ? max32 : entry.bytes, 22);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(isLarge ? 20 : 0, 28);
  name.copy(header, 30);
  if (isLarge) zip64Field([entry.bytes, entry.bytes]).copy(header, 30 + name.length);
  return header;
}

function zip64Field(values: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + values.length * 8);
  field.writeUInt16LE(0x0001, 0);
  field.writeUInt16LE(values.length * 8, 2);
  values.forEach((value, index) => {
    field.writeBigUInt64LE(BigInt(value), 4 + index * 8);
  });
  return field;
}

function directoryHeader(entry: ZipEntry, name: Buffer, offset: number): Buffer {
  const isLarge = entry.bytes >= max32;
  const isFar = offset >= max32;
  const extra =
    isLarge || isFar
      ? zip64Field([...(isLarge ? [entry.bytes, entry.bytes] : []), ...(isFar ? [offset] : [])])
      : Buffer.alloc(0);
  const header = Buffer.alloc(46 + name.length + extra.length);
  const dos = dosTime(entry.time);
  const version = isLarge || isFar ? 45 : 20;
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(version, 4);
  header.writeUInt16LE(version, 6);
  header.writeUInt16LE(utf8Flag, 8);
  header.writeUInt16LE(dos.time, 12);
  header.writeUInt16LE(dos.date, 14);
  header.writeUInt32LE(entry.crc32, 16);
  header.writeUInt32LE(isLarge ? max32 : entry.bytes, 20);
  header.writeUInt32LE(isLarge ? max32 : entry.bytes, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(isFar ? max32 : offset, 42);
  name.copy(header, 46);
  extra.copy(header, 46 + name.length);
  return header;
}

/** End of central directory, with the ZIP64 record before it where one of the numbers does not fit. */
function ending(count: number, directoryBytes: number, directoryStart: number): Buffer {
  const needs64 = count >= max16 || directoryBytes >= max32 || directoryStart >= max32;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(count, max16), 8);
  end.writeUInt16LE(Math.min(count, max16), 10);
  end.writeUInt32LE(Math.min(directoryBytes, max32), 12);
  end.writeUInt32LE(Math.min(directoryStart, max32), 16);
  if (!needs64) return end;
  const record = Buffer.alloc(56 + 20);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE(45, 12);
  record.writeUInt16LE(45, 14);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(directoryBytes), 40);
  record.writeBigUInt64LE(BigInt(directoryStart), 48);
  record.writeUInt32LE(0x07064b50, 56);
  record.writeBigUInt64LE(BigInt(directoryStart + directoryBytes), 64);
  record.writeUInt32LE(1, 72);
  return Buffer.concat([record, end]);
}

/** Lays the archive out. Needs memory for the headers only, whatever the files weigh. */
export function planZip(entries: readonly ZipEntry[]): ZipPlan {
  const parts: { start: number; length: number; bytes?: Buffer; index?: number }[] = [];
  let size = 0;
  const add = (part: { length: number; bytes?: Buffer; index?: number }) => {
    if (part.length === 0) return;
    parts.push({ start: size, ...part });
    size += part.length;
  };
  const hash = createHash('sha256').update('stored-1');
  const directory: Buffer[] = [];
  for (const [index, entry] of entries.entries()) {
    const name = Buffer.from(entry.name, 'utf8');
    if (name.length > max16) throw new RangeError('a name in a ZIP has at most 65,535 bytes');
    const header = localHeader(entry, name);
    directory.push(directoryHeader(entry, name, size));
    hash.update(directory.at(-1)!);
    add({ length: header.length, bytes: header });
    add({ length: entry.bytes, index });
  }
  const directoryBytes = Buffer.concat(directory);
  const end = ending(entries.length, directoryBytes.length, size);
  const tail = Buffer.concat([directoryBytes, end]);
  add({ length: tail.length, bytes: tail });

  /** The part that holds byte `at`. */
  function partAt(at: number): number {
    let low = 0;
    let high = parts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (parts[middle]!.start <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }
  return {
    size,
    etag: `"zip-${hash.digest('hex').slice(0, 32)}"`,
    *parts(start, end) {
      for (let i = partAt(start); i < parts.length && parts[i]!.start <= end; i++) {
        const part = parts[i]!;
        const from = Math.max(0, start - part.start);
        const to = Math.min(part.length - 1, end - part.start);
        if (part.bytes) yield { bytes: part.bytes.subarray(from, to + 1) };
        else yield { index: part.index!, start: from, end: to };
      }
    },
  };
}
