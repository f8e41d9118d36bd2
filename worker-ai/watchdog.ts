import { Worker } from 'node:worker_threads';

const BEAT_MS = 1_000;

/** What the other thread does: as long as the count moves, all is well. Plain JavaScript, so that it needs no loader. */
const CODE = `
const { workerData } = require('node:worker_threads');
const count = new Int32Array(workerData.shared);
let seen = -1;
let since = Date.now();
setInterval(() => {
  const now = Atomics.load(count, 0);
  if (now !== seen) {
    seen = now;
    since = Date.now();
  } else if (Date.now() - since > workerData.limitMs) {
    process.stderr.write('{"level":60,"msg":"the process does not answer any more and is ended by its watchdog"}\\n');
    process.kill(process.pid, 'SIGKILL');
  }
}, workerData.beatMs);
`;

/**
 * Ends the process when its main thread answers nothing for `limitMs`: a loop without end, a library call that does not come
 * back. The supervisor starts it again, and the quarantine counts against whatever it was working on.
 */
export function startWatchdog(limitMs: number): { stop(): Promise<void> } {
  const shared = new SharedArrayBuffer(4);
  const count = new Int32Array(shared);
  const beatMs = Math.min(BEAT_MS, limitMs / 4);
  const timer = setInterval(() => Atomics.add(count, 0, 1), beatMs).unref();
  const thread = new Worker(CODE, { eval: true, workerData: { shared, limitMs, beatMs }, execArgv: [] });
  thread.unref();
  return {
    async stop() {
      clearInterval(timer);
      await thread.terminate();
    },
  };
}
