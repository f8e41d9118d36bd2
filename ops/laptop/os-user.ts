import { execFileSync, spawnSync } from 'node:child_process';
import { StartError } from './data-dir.ts';

export interface Identity {
  uid: number;
  gid: number;
}

const USER = 'postgres';

function idOf(user: string): Identity | undefined {
  const id = (flag: string) => Number(execFileSync('id', [flag, user], { encoding: 'utf8', stdio: 'pipe' }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

/**
 * PostgreSQL refuses to run as root. As root: the system user `postgres`, made if there is none. As anybody else:
 * undefined, it runs as that person. Throws StartError when the user cannot be made.
 */
export function postgresIdentity(): Identity | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const existing = idOf(USER);
  if (existing) return existing;
  try {
    execFileSync('groupadd', ['--system', '--force', USER], { stdio: 'pipe' });
    execFileSync('useradd', ['--system', '--gid', USER, '--no-create-home', '--shell', '/bin/false', USER], {
      stdio: 'pipe',
    });
  } catch (error) {
    const why = (error as { stderr?: Buffer }).stderr?.toString().trim();
    throw new StartError(`PostgreSQL may not run as root, and the user "${USER}" could not be made for it: ${why}`);
  }
  return idOf(USER)!;
}

/** True when that user can pass into the folder (every parent must let them through) and read it. */
export function canEnter(identity: Identity, directory: string): boolean {
  const check = spawnSync('/bin/sh', ['-c', 'cd "$1" && test -r .', 'sh', directory], {
    ...identity,
    cwd: '/',
    stdio: 'ignore',
  });
  return check.status === 0;
}
