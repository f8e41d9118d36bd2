import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { Storage } from '#server/platform/storage.ts';
import { crc32 } from './crc32.ts';
import { blankGps, headBytes } from './gps.ts';

/** Where an original is stored, and what it is. */
export interface StoredOriginal {
  objectKey: string;
  bytes: number;
}

/** Passes bytes on, the position in the head of a JPEG blanked; `stream` starts at byte 0. */
async function* withoutPosition(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer[] | undefined = [];
  let length = 0;
  for await (const chunk of stream) {
    if (!head) {
      yield chunk;
      continue;
    }
    head.push(chunk);
    length += chunk.length;
    if (length < headBytes) continue;
    const bytes = Buffer.concat(head);
    head = undefined;
    yield blankGps(bytes.subarray(0, headBytes));
    if (bytes.length > headBytes) yield bytes.subarray(headBytes);
  }
  if (head && length > 0) yield blankGps(Buffer.concat(head));
}

async function* within(stream: AsyncIterable<Buffer>, start: number, end: number): AsyncGenerator<Buffer> {
  let at = 0;
  for await (const chunk of stream) {
    const from = Math.max(0, start - at);
    const to = Math.min(chunk.length, end + 1 - at);
    at += chunk.length;
    if (from < to) yield chunk.subarray(from, to);
    if (at > end) return;
  }
}

/**
 * An original as it is handed out, bytes `start` to `end` (inclusive): as stored, but that a JPEG never tells where it was
 * taken. The same bytes every time, and as many: throws when the store has fewer. Opens the store when first read.
 */
export async function* deliveredBytes(
  storage: Storage,
  { objectKey, bytes }: StoredOriginal,
  start = 0,
  end = bytes - 1,
): AsyncGenerator<Buffer> {
  let left = end - start + 1;
  if (left <= 0) return;
  const isInHead = start < headBytes;
  const stream = await storage.getStream(objectKey, {
    start: isInHead ? 0 : start,
    end: isInHead ? Math.max(end, Math.min(bytes, headBytes) - 1) : end,
  });
  try {
    for await (const chunk of isInHead ? within(withoutPosition(stream), start, end) : stream) {
      left -= (chunk as Buffer).length;
      yield chunk as Buffer;
    }
  } finally {
    stream.destroy();
  }
  if (left !== 0) throw new Error(`${objectKey}: ${left} bytes are missing in the store`);
}

async function crcOf(stream: AsyncIterable<Buffer>): Promise<number> {
  let value = 0;
  for await (const chunk of withoutPosition(stream)) value = crc32(chunk, value);
  return value;
}
/** CRC-32 of the original as it will be handed out. */
export const deliveredCrc = (storage: Storage, original: StoredOriginal): Promise<number> =>
  storage.getStream(original.objectKey).then((stream) => crcOf(stream));
/** The same, of a file that is about to be stored. */
export const deliveredCrcOfFile = (path: string): Promise<number> => crcOf(createReadStream(path));

export const toStream = (bytes: AsyncGenerator<Buffer>): Readable => Readable.from(bytes, { objectMode: false });
