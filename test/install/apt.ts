import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MAX_OUTPUT = 64 * 1024 * 1024;

export const hasApt = (): boolean => existsSync('/usr/bin/apt-get') && existsSync('/usr/bin/dpkg-deb');

/** Options that keep apt's state in `state`: it then needs no rights and leaves the machine as it is. */
function privateOptions(state: string): string[] {
  const settings = {
    'Dir::State': state,
    'Dir::State::Lists': path.join(state, 'lists'),
    'Dir::State::status': '/var/lib/dpkg/status',
    'Dir::Cache': state,
    'Dir::Cache::archives': path.join(state, 'archives'),
    'Dir::Log': state,
    'Debug::NoLocking': '1',
    'APT::Sandbox::User': '',
    'APT::Install-Recommends': '0',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/**
 * Downloads Debian packages with all they need that the machine lacks, and unpacks them into `root`, without installing
 * anything: no root rights, no service started. The folder appears whole or not at all. Throws with apt's words.
 */
export async function unpackPackages(packages: readonly string[], root: string): Promise<void> {
  const state = `${root}.apt`;
  const unfinished = `${root}.${process.pid}`;
  for (const folder of ['lists/partial', 'archives/partial']) mkdirSync(path.join(state, folder), { recursive: true });
  const options = privateOptions(state);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  try {
    await run('apt-get', [...options, '-qq', 'update'], { env, maxBuffer: MAX_OUTPUT });
    await run('apt-get', [...options, '-qq', '-y', '--download-only', 'install', ...packages], {
      env,
      maxBuffer: MAX_OUTPUT,
    });
    const archives = path.join(state, 'archives');
    mkdirSync(unfinished, { recursive: true });
    for (const archive of readdirSync(archives).filter((name) => name.endsWith('.deb'))) {
      await run('dpkg-deb', ['-x', path.join(archives, archive), unfinished]);
    }
    rmSync(root, { recursive: true, force: true });
    renameSync(unfinished, root);
  } finally {
    rmSync(state, { recursive: true, force: true });
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** As root, the plain way; for machines where the unpacked programs do not run. */
export async function installPackages(packages: readonly string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  await run('apt-get', ['-qq', 'update'], { env, maxBuffer: MAX_OUTPUT });
  await run('apt-get', ['-qq', '-y', 'install', '--no-install-recommends', ...packages], {
    env,
    maxBuffer: MAX_OUTPUT,
  });
}
