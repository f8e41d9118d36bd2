import {
  closeSync,
  copyFileSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
} from 'node:fs';
import path from 'node:path';

const ROTATE_AT_START_BYTES = 2 * 1024 * 1024;
const CAP_BYTES = 20 * 1024 * 1024;

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** Opens a log for appending; one that has grown is kept as `<file>.1` first. Returns the file descriptor. */
export function openLog(file: string): number {
  mkdirSync(path.dirname(file), { recursive: true });
  if (sizeOf(file) > ROTATE_AT_START_BYTES) renameSync(file, `${file}.1`);
  return openSync(file, 'a', 0o600);
}

/** Moves what is in a log beyond its cap to `<file>.1` while its writer (which appends) goes on. */
export function capLog(file: string): void {
  if (sizeOf(file) <= CAP_BYTES) return;
  copyFileSync(file, `${file}.1`);
  truncateSync(file);
}

/** The last lines of a log, at most 8 KB, for a message about a death. */
export function tailOfLog(file: string, lines = 15): string {
  if (sizeOf(file) === 0) return '';
  const handle = openSync(file, 'r');
  try {
    const { size } = fstatSync(handle);
    const bytes = Buffer.alloc(Math.min(size, 8192));
    readSync(handle, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString('utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } finally {
    closeSync(handle);
  }
}
