import { Worker } from 'node:worker_threads';
import type { GroupInput } from './grouping.ts';

/** A thread of Node 20 does not take over what loads TypeScript: it is asked for first. */
const BOOT = `
  const { workerData } = require('node:worker_threads');
  import(workerData.tsx).then((tsx) => {
    tsx.register();
    return import(workerData.module);
  });`;
const TSX = import.meta.resolve('tsx/esm/api');
const MODULE = new URL('./grouping.thread.ts', import.meta.url).href;

/** `groupFaces` in a thread of its own. Rejects when it fails, and when `signal` says that nobody waits any more. */
export async function groupInThread(input: GroupInput, signal?: AbortSignal): Promise<Int32Array> {
  signal?.throwIfAborted();
  const worker = new Worker(BOOT, { eval: true, workerData: { input, tsx: TSX, module: MODULE } });
  try {
    return await new Promise<Int32Array>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`the grouping thread ended with ${code}`)));
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  } finally {
    await worker.terminate();
  }
}
