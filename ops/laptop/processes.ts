import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** The command line of a live process, '' when there is no such process (or it is a zombie). */
export function commandLine(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}

/** Sends a signal to a process (or, with a negative id, its group); false when there is none. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/**
 * Stops a process that an earlier run left behind, if `pid` is still one whose command line contains `marker` (ids are used
 * again by others): first `gently`, after `graceMs` by SIGKILL to it. Resolves once it is gone.
 */
export async function stopLeftover(
  pid: number,
  marker: string,
  gently: NodeJS.Signals,
  graceMs: number,
): Promise<boolean> {
  const isThere = () => commandLine(pid).includes(marker);
  if (!isThere()) return false;
  signal(pid, gently);
  const deadline = Date.now() + graceMs;
  while (isThere()) {
    if (Date.now() > deadline) signal(pid, 'SIGKILL');
    await sleep(50);
  }
  return true;
}
