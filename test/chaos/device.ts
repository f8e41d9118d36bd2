import { Worker } from 'node:worker_threads';
import type { Command, DeviceState } from './messages.ts';

/** A thread of Node 20 does not take over what loads TypeScript: it is asked for first. */
const BOOT = `
  const { workerData } = require('node:worker_threads');
  import(workerData.tsx).then((tsx) => {
    tsx.register();
    return import(workerData.module);
  });`;
const TSX = import.meta.resolve('tsx/esm/api');
const MODULE = new URL('./device.worker.ts', import.meta.url).href;

export interface Device {
  ask(command: Command): Promise<void>;
  state(): Promise<DeviceState>;
  stop(): Promise<void>;
}

/** A device in a thread of its own; resolves when the app's modules are loaded there. */
export async function startDevice(origin: string): Promise<Device> {
  const worker = new Worker(BOOT, { eval: true, workerData: { tsx: TSX, module: MODULE, origin } });
  let last = 0;
  const asked = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();
  const call = <T>(id: number): Promise<T> =>
    new Promise<T>((resolve, reject) => asked.set(id, { resolve: resolve as never, reject }));
  const fail = (error: Error): void => {
    for (const { reject } of asked.values()) reject(error);
    asked.clear();
  };
  worker.on('error', fail);
  worker.on('exit', (code) => fail(new Error(`the device ended with ${code}`)));
  worker.on('message', ({ id, result, error }: { id: number; result?: unknown; error?: string }) => {
    const one = asked.get(id);
    asked.delete(id);
    if (error) one?.reject(new Error(error));
    else one?.resolve(result as never);
  });
  const send = <T>(command: Command): Promise<T> => {
    const id = ++last;
    const answer = call<T>(id);
    worker.postMessage({ id, command });
    return answer;
  };
  await call(0);
  return {
    ask: (command) => send<void>(command),
    state: () => send<DeviceState>({ do: 'state' }),
    stop: async () => void (await worker.terminate()),
  };
}
