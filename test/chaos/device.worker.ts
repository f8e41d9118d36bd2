import { parentPort, threadId, workerData } from 'node:worker_threads';
import { startActor } from './actor.ts';
import type { Command } from './messages.ts';
import { createNetwork } from './network.ts';
import { makeSurroundings } from './surroundings.ts';

// A device in a thread. CHAOS_LOG=1 prints what it does.
const { origin } = workerData as { origin: string };
const isLogging = process.env.CHAOS_LOG === '1';
const began = performance.now();
const log = (text: string): void => {
  if (isLogging) console.error(`${threadId} ${Math.round(performance.now() - began)} ${text}`);
};
const network = createNetwork(origin, globalThis.fetch, log);
const around = makeSurroundings({ network, origin, clockSkewMs: 0, onLine: () => !network.weather.isOffline });
const handle = await startActor(around, network, log);

parentPort!.on('message', ({ id, command }: { id: number; command: Command }) => {
  handle(command).then(
    (result) => parentPort!.postMessage({ id, result }),
    (error: unknown) =>
      parentPort!.postMessage({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
parentPort!.postMessage({ id: 0, result: 'ready' });
