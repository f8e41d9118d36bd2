import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { stopLeftover } from './processes.ts';
import type { ProgramSpec } from './supervisor.ts';

const OLDEST_MAJOR = 6;

/** The redis-server on the PATH, undefined when there is none that runs or it is older than BullMQ needs. */
export async function findRedis(): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('redis-server', ['--version']);
    const major = Number(/v=(\d+)\./.exec(stdout)?.[1]);
    return major >= OLDEST_MAJOR ? 'redis-server' : undefined;
  } catch {
    return undefined;
  }
}

export const redisUrl = (port: number, password: string): string => `redis://:${password}@127.0.0.1:${port}`;

const filesIn = (directory: string) => ({
  pidFile: path.join(directory, 'redis.pid'),
  configFile: path.join(directory, 'redis.conf'),
});

/** Two on one folder would ruin it: one that a killed run left is stopped. It shows its address as its command line. */
async function stopOrphanedRedis(directory: string): Promise<void> {
  const { pidFile, configFile } = filesIn(directory);
  if (!existsSync(pidFile) || !existsSync(configFile)) return;
  const port = /^port (\d+)$/m.exec(readFileSync(configFile, 'utf8'))?.[1];
  await stopLeftover(Number(readFileSync(pidFile, 'utf8')), `127.0.0.1:${port}`, 'SIGTERM', 5_000);
  rmSync(pidFile, { force: true });
}

/** Redis on loopback with a password, every write logged to disk, nothing ever evicted (a queue lives in it). */
export function redisProgram(options: {
  program: string;
  directory: string;
  port: number;
  password: string;
  /** Default true: what is written outlives the process. */
  isDurable?: boolean;
}): ProgramSpec {
  const { program, directory, port, password, isDurable = true } = options;
  const { pidFile, configFile } = filesIn(directory);
  return {
    name: 'redis',
    kind: 'program',
    args: [program, configFile],
    env: process.env,
    stopMs: 3_000,
    async prepare() {
      mkdirSync(directory, { recursive: true });
      await stopOrphanedRedis(directory);
      const lines = [
        'bind 127.0.0.1',
        `port ${port}`,
        `requirepass ${password}`,
        `dir "${directory}"`,
        `pidfile "${pidFile}"`,
        'maxmemory-policy noeviction',
        ...(isDurable ? ['appendonly yes', 'appendfsync everysec'] : ['appendonly no', 'save ""']),
      ];
      writeFileSync(configFile, `${lines.join('\n')}\n`, { mode: 0o600 });
    },
  };
}

/** True once it answers PONG. */
export function redisAnswers(port: number, password: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const finish = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(1_000, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('connect', () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
      if (answer.includes('PONG')) finish(true);
      else if (answer.includes('-LOADING') || answer.includes('-ERR')) finish(false);
    });
  });
}
