import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readJson, writeAtomically } from './dev/json-file.ts';
import { commandLine } from './processes.ts';

/** Text for the person at the terminal: the supervisor prints it without a stack and exits 1. */
export class StartError extends Error {}

const SECRET_NAMES = [
  'database',
  'redis',
  's3Access',
  's3Secret',
  'auth',
  'bank',
  'link',
  'vapid',
  'paynoiKey',
  'paynoiRecord',
  'omiseKey',
  'omiseWebhook',
] as const;
export type Secrets = Record<(typeof SECRET_NAMES)[number], string>;

/** Random secrets, made once and kept in `secrets.json` (mode 0600); each 64 hex digits. */
export function loadSecrets(dataDir: string): Secrets {
  const file = path.join(dataDir, 'secrets.json');
  const kept = readJson<Partial<Secrets>>(file) ?? {};
  const missing = SECRET_NAMES.filter((name) => !kept[name]);
  for (const name of missing) kept[name] = randomBytes(32).toString('hex');
  if (missing.length > 0) writeAtomically(file, JSON.stringify(kept, null, 2));
  return kept as Secrets;
}

/** What a run leaves for the next one to clean up after it, and for tools to find it. */
export interface RunRecord {
  pid: number;
  url: string;
  children: Record<string, { pid: number; marker: string }>;
}

export interface Lock {
  /** The record of an earlier run that ended without cleaning up. */
  leftover: RunRecord | undefined;
  update(record: Omit<RunRecord, 'pid'>): void;
  release(): void;
}

/** A supervisor that is just ending gets this long before a new start on its data directory gives up. */
const ENDING_MS = 5_000;

/**
 * Takes the data directory for this process. `marker` is what the command line of every supervisor contains. Throws
 * StartError when another live supervisor has it (and does not end within `waitMs`); a dead one's lock is taken over.
 */
export async function lockDataDir(dataDir: string, marker: string, waitMs = ENDING_MS): Promise<Lock> {
  mkdirSync(dataDir, { recursive: true });
  const file = path.join(dataDir, 'run.json');
  const isHeld = (record: RunRecord | undefined): record is RunRecord =>
    record !== undefined && record.pid !== process.pid && commandLine(record.pid).includes(marker);
  const deadline = Date.now() + waitMs;
  while (isHeld(readJson<RunRecord>(file)) && Date.now() < deadline) await sleep(100);
  const leftover = readJson<RunRecord>(file);
  if (isHeld(leftover)) {
    throw new StartError(
      `ThePixStock already runs on ${dataDir} (process ${leftover.pid}, ${leftover.url}). Stop it first, or set DATA_DIR and PORT for a second one.`,
    );
  }
  rmSync(file, { force: true });
  try {
    const handle = openSync(file, 'wx', 0o600);
    writeSync(handle, JSON.stringify({ pid: process.pid, url: '', children: {} } satisfies RunRecord));
    closeSync(handle);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new StartError(`Another start on ${dataDir} is under way.`);
  }
  return {
    leftover,
    update: (record) => writeAtomically(file, JSON.stringify({ pid: process.pid, ...record }, null, 2)),
    release: () => rmSync(file, { force: true }),
  };
}
