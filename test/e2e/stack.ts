import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface Stack {
  url: string;
  dataDir: string;
  /** Starts it (again) on the same data; resolves at `ready …` with the seconds it took. */
  start(): Promise<number>;
  /** SIGTERM, as Ctrl-C does it; answers the exit code. */
  stop(): Promise<number | null>;
  /** Process id of a supervised child, or of `supervisor`. */
  pid(name: string): Promise<number>;
  kill(name: string): Promise<void>;
  /** kill -9 of the supervisor and every child at once. */
  killAll(): Promise<void>;
  /** Stops it and removes the data. */
  remove(): Promise<void>;
}

/** The whole product as `npm start` brings it up, on a data folder and port of its own. */
export async function createStack(
  environment: Record<string, string> | ((dataDir: string) => Record<string, string>) = {},
): Promise<Stack> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'thepixstock-'));
  // As root the database runs under another user, who has to get in; else it would be kept elsewhere and stay there.
  await chmod(dataDir, 0o755);
  const env = typeof environment === 'function' ? environment(dataDir) : environment;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  let output = '';

  const record = async () =>
    JSON.parse(await readFile(path.join(dataDir, 'run.json'), 'utf8')) as {
      pid: number;
      children: Record<string, { pid: number }>;
    };
  const ended = (process: ChildProcess) =>
    process.exitCode !== null || process.signalCode !== null
      ? Promise.resolve(process.exitCode)
      : new Promise<number | null>((resolve) => process.once('exit', (code) => resolve(code)));

  const stack: Stack = {
    url,
    dataDir,
    async start() {
      const startedAt = Date.now();
      output = '';
      const next = spawn(process.execPath, ['--import', 'tsx', 'ops/laptop/main.ts'], {
        cwd: root,
        env: {
          ...process.env,
          ...serviceFree(process.env),
          PORT: String(port),
          DATA_DIR: dataDir,
          LOG_LEVEL: 'info',
          ...env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child = next;
      await new Promise<void>((resolve, reject) => {
        const read = (chunk: Buffer) => {
          output += chunk.toString();
          if (output.includes(`ready ${url}`)) resolve();
        };
        next.stdout?.on('data', read);
        next.stderr?.on('data', read);
        next.once('exit', (code) => reject(new Error(`npm start ended with ${code}:\n${output}`)));
      });
      return (Date.now() - startedAt) / 1000;
    },
    async stop() {
      if (!child) return null;
      child.kill('SIGTERM');
      const code = await ended(child);
      child = undefined;
      return code;
    },
    async pid(name) {
      const { pid, children } = await record();
      const found = name === 'supervisor' ? pid : children[name]?.pid;
      if (!found) throw new Error(`${name} is not running: ${Object.keys(children)}`);
      return found;
    },
    async kill(name) {
      process.kill(await stack.pid(name), 'SIGKILL');
    },
    async killAll() {
      const { pid, children } = await record();
      const gone = child && ended(child);
      for (const each of [pid, ...Object.values(children).map((one) => one.pid)]) {
        for (const target of [-each, each]) {
          try {
            process.kill(target, 'SIGKILL');
          } catch {
            // Already gone, or not a group of its own.
          }
        }
      }
      await gone;
      child = undefined;
    },
    async remove() {
      await stack.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  return stack;
}

/** `npm start` must bring its own services, whatever the tests' own environment names. */
function serviceFree(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = [
    'DATABASE_URL',
    'REDIS_URL',
    'S3_ENDPOINT',
    'SMTP_URL',
    'PAYNOI_BASE_URL',
    'PAYNOI_API_KEY',
    'NODE_ENV',
    'DEMO',
  ];
  return Object.fromEntries(names.filter((name) => name in env).map((name) => [name, undefined]));
}
