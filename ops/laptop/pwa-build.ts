import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const SOURCES = ['pwa', 'contracts', 'face', 'vite.config.ts', 'package-lock.json'];
const SKIPPED = new Set(['dist', 'node_modules', '.build-hash']);

function* filesIn(root: string, relative: string): Generator<string> {
  const entries = readdirSync(path.join(root, relative), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (SKIPPED.has(entry.name)) continue;
    const file = path.join(relative, entry.name);
    if (entry.isDirectory()) yield* filesIn(root, file);
    else if (entry.isFile() && !entry.name.endsWith('.test.ts')) yield file;
  }
}

/** SHA-256 over names and contents of everything the PWA is built from. */
export function sourceHash(root: string): string {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    const full = path.join(root, source);
    if (!existsSync(full)) continue;
    const files = path.extname(source) ? [source] : filesIn(root, source);
    for (const file of files)
      hash
        .update(`${file}\0`)
        .update(readFileSync(path.join(root, file)))
        .update('\0');
  }
  return hash.digest('hex');
}

const stamp = (root: string): string => path.join(root, 'pwa', 'dist', '.build-hash');

/** True when pwa/dist is there and was built from just these sources. */
export function isBuilt(root: string, hash: string): boolean {
  return existsSync(stamp(root)) && readFileSync(stamp(root), 'utf8') === hash;
}

/** Vite empties dist before it builds, and with it this mark: a broken-off build counts as none. */
export const markBuilt = (root: string, hash: string): void => writeFileSync(stamp(root), hash);

export const hasPwaSource = (root: string): boolean =>
  existsSync(path.join(root, 'vite.config.ts')) && existsSync(path.join(root, 'pwa', 'index.html'));

export const viteArgs = (root: string, ...more: string[]): string[] => [
  path.join(root, 'node_modules', 'vite', 'bin', 'vite.js'),
  'build',
  ...more,
];
