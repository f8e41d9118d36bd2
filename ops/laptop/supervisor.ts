import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { StartError } from './data-dir.ts';
import { capLog, openLog, tailOfLog } from './logs.ts';
import { commandLine, signal } from './processes.ts';

const RESTART_PAUSES_MS = [200, 500, 1_000, 2_000, 5_000, 10_000];
const SETTLED_MS = 60_000;
const DEATHS_TO_GIVE_UP_START = 4;
const CAP_CHECK_MS = 60_000;

/**
 * A shell that starts "$@", waits for it, and signals it as soon as its own standard input closes: that is how a program
 * that is not ours (PostgreSQL, Redis) stops when the supervisor is gone, however it went.
 */
const GUARD = `
exec 3<&0 </dev/null
"$@" 3<&- &
child=$!
{ read -r _ <&3; kill -s "$STOP_SIGNAL" $child; } 2>/dev/null &
guard=$!
wait $child; code=$?
kill $guard 2>/dev/null
exit $code`;

export interface ProgramSpec {
  name: string;
  /** `node`: args for Node, tethered to the supervisor. `program`: a foreign executable and its args, guarded. */
  kind: 'node' | 'program';
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  uid?: number | undefined;
  gid?: number | undefined;
  cwd?: string;
  /** Sent to stop it; default SIGTERM. */
  stopSignal?: NodeJS.Signals;
  /** Then SIGKILL; default 6000. */
  stopMs?: number;
  /** Done before every start, the first one too: clearing away what an earlier run left. */
  prepare?: () => Promise<void>;
  onMessage?: (message: unknown) => void;
}

export interface Supervised {
  readonly name: string;
  readonly logFile: string;
  readonly pid: number | undefined;
  /** Deaths since it last ran for a minute. */
  readonly deaths: number;
  stop(): Promise<void>;
}

export interface Supervisor {
  /** Starts it and keeps it running. */
  start(spec: ProgramSpec): Promise<Supervised>;
  /** Runs it once; throws StartError with the end of its log when it fails. */
  run(spec: ProgramSpec): Promise<void>;
  /** Resolves once `probe` says true; throws StartError when the program keeps dying or `ms` are over. */
  untilReady(program: Supervised, probe: () => Promise<boolean>, ms: number): Promise<void>;
  /** pid and the start of the command line of each, for the next run to clean up. */
  running(): Record<string, { pid: number; marker: string }>;
  stop(): void;
}

export function createSupervisor(options: {
  logDir: string;
  say: (line: string) => void;
  onChange: () => void;
}): Supervisor {
  const { logDir, say, onChange } = options;
  const tether = pathToFileURL(path.join(import.meta.dirname, 'tether.ts')).href;
  const running = new Map<string, ChildProcess>();
  const logFiles = new Set<string>();
  const capTimer = setInterval(() => logFiles.forEach(capLog), CAP_CHECK_MS);
  capTimer.unref();

  function launch(spec: ProgramSpec, logFile: string): ChildProcess {
    logFiles.add(logFile);
    const log = openLog(logFile);
    const identity = spec.uid === undefined ? {} : { uid: spec.uid, gid: spec.gid };
    // A group of its own: Ctrl-C in the terminal reaches the supervisor only, which then stops all in order.
    const shared = { cwd: spec.cwd, detached: true, ...identity };
    const child =
      spec.kind === 'node'
        ? spawn(process.execPath, ['--import', 'tsx', '--import', tether, ...spec.args], {
            ...shared,
            env: spec.env,
            stdio: ['ignore', log, log, 'ipc'],
          })
        : spawn('/bin/sh', ['-c', GUARD, 'guard', ...spec.args], {
            ...shared,
            env: { ...spec.env, STOP_SIGNAL: (spec.stopSignal ?? 'SIGTERM').replace('SIG', '') },
            stdio: ['pipe', log, log],
          });
    closeSync(log);
    child.stdin?.on('error', () => undefined);
    if (spec.onMessage) child.on('message', spec.onMessage);
    running.set(spec.name, child);
    child.once('close', () => {
      child.stdin?.destroy();
      if (running.get(spec.name) === child) running.delete(spec.name);
      onChange();
    });
    child.once('error', (error) => say(`${spec.name} could not be started: ${error.message}`));
    onChange();
    return child;
  }

  /** Resolves with a description of the end; a program that could not even be started ends too. */
  const ended = (child: ChildProcess): Promise<{ code: number | null; how: string }> =>
    new Promise((resolve) => {
      child.once('error', (error) => resolve({ code: null, how: error.message }));
      child.once('exit', (code, by) => resolve({ code, how: by ? `signal ${by}` : `exit code ${code}` }));
    });

  async function end(child: ChildProcess, spec: ProgramSpec): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const gone = ended(child);
    if (spec.kind === 'node') child.kill(spec.stopSignal ?? 'SIGTERM');
    else child.stdin?.destroy();
    const isLate = await Promise.race([gone.then(() => false), sleep(spec.stopMs ?? 6_000, true)]);
    if (isLate) {
      say(`${spec.name} did not stop in time and was killed.`);
      signal(-child.pid, 'SIGKILL');
      await gone;
    }
  }

  async function start(spec: ProgramSpec): Promise<Supervised> {
    const logFile = path.join(logDir, `${spec.name}.log`);
    const wake = new AbortController();
    let current: ChildProcess | undefined;
    let deaths = 0;
    let isStopping = false;

    async function keepRunning(first: ChildProcess): Promise<void> {
      for (let child = first; ; ) {
        const startedAt = Date.now();
        const { how } = await ended(child);
        if (isStopping) return;
        deaths = Date.now() - startedAt > SETTLED_MS ? 1 : deaths + 1;
        const pause = RESTART_PAUSES_MS[Math.min(deaths, RESTART_PAUSES_MS.length) - 1]!;
        say(`${spec.name} ended (${how}); starting it again in ${pause / 1000} s. Its log: ${logFile}`);
        if (deaths === DEATHS_TO_GIVE_UP_START) say(`${spec.name} keeps ending. Last lines:\n${tailOfLog(logFile)}`);
        await sleep(pause, undefined, { signal: wake.signal }).catch(() => undefined);
        if (isStopping) return;
        await spec.prepare?.().catch((error: Error) => say(`${spec.name}: ${error.message}`));
        if (isStopping) return;
        child = launch(spec, logFile);
        current = child;
      }
    }

    await spec.prepare?.();
    current = launch(spec, logFile);
    const loop = keepRunning(current);
    return {
      name: spec.name,
      logFile,
      get pid() {
        return current?.pid;
      },
      get deaths() {
        return deaths;
      },
      async stop() {
        isStopping = true;
        wake.abort();
        if (current) await end(current, spec);
        await loop;
      },
    };
  }

  return {
    start,
    async run(spec) {
      const logFile = path.join(logDir, `${spec.name}.log`);
      await spec.prepare?.();
      const { code, how } = await ended(launch(spec, logFile));
      if (code !== 0)
        throw new StartError(`${spec.name} failed (${how}). The end of ${logFile}:\n${tailOfLog(logFile)}`);
    },
    async untilReady(program, probe, ms) {
      const deadline = Date.now() + ms;
      while (!(await probe().catch(() => false))) {
        const { name, logFile, deaths } = program;
        const end = () => `The end of ${logFile}:\n${tailOfLog(logFile)}`;
        if (deaths >= DEATHS_TO_GIVE_UP_START) throw new StartError(`${name} does not stay up. ${end()}`);
        if (Date.now() > deadline) throw new StartError(`${name} is not ready after ${ms / 1000} s. ${end()}`);
        await sleep(100);
      }
    },
    running() {
      const alive = [...running].filter(([, child]) => child.pid !== undefined);
      return Object.fromEntries(
        alive.map(([name, child]) => [name, { pid: child.pid!, marker: commandLine(child.pid!).slice(0, 200) }]),
      );
    },
    stop: () => clearInterval(capTimer),
  };
}
