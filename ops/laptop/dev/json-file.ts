import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * A value kept in one JSON file. `save` replaces the file by rename, so a process killed at any instant leaves the
 * value before or the value after, never half of one. A file that cannot be parsed throws: it is not ours to discard.
 */
export class JsonFile<T> {
  readonly path: string;
  value: T;

  constructor(file: string, initial: T) {
    this.path = file;
    mkdirSync(path.dirname(file), { recursive: true });
    this.value = readJson<T>(file) ?? initial;
  }

  save(): void {
    writeAtomically(this.path, JSON.stringify(this.value));
  }
}

/** The parsed file, or undefined when there is none. */
export function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Mode 0600: these files hold mail, secrets and payment states. */
export function writeAtomically(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode: 0o600 });
  renameSync(temporary, file);
}
