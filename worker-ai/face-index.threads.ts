import { Worker } from 'node:worker_threads';
import type { Arena } from '#face/search/arena.ts';
import { packId } from '#face/search/face-id.ts';
import type { StoredFace } from './event-faces.repository.ts';
import type { AnswerMessage, FacePage, ThreadData, ThreadRole } from './face-index.messages.ts';

/** A thread of Node 20 does not take over what loads TypeScript: it is asked for first. */
const BOOT = `
  const { workerData } = require('node:worker_threads');
  import(workerData.tsx).then((tsx) => {
    tsx.register();
    return import(workerData.module);
  });`;
const TSX = import.meta.resolve('tsx/esm/api');
const MODULE = new URL('./face-index.thread.ts', import.meta.url).href;

type Calls<C> = { [N in keyof C]: { input: unknown; output: unknown } };

export interface IndexThread<C extends Calls<C>> {
  /** Calls are answered in the order in which they are made. Rejects when the thread throws or ends. */
  call<N extends keyof C & string>(
    name: N,
    input: C[N]['input'],
    transfer?: readonly ArrayBuffer[],
  ): Promise<C[N]['output']>;
  stop(): Promise<void>;
}

/** One of the threads that hold the faces of events; starts with the first call, and again with the next one when it died. */
export function createIndexThread<C extends Calls<C>>(
  role: ThreadRole,
  shared: { arena: Arena; rankedAtOnce: number },
  onDeath: (error: Error) => void,
): IndexThread<C> {
  let worker: Worker | undefined;
  let last = 0;
  const waiting = new Map<number, { resolve: (output: never) => void; reject: (error: Error) => void }>();

  function start(): Worker {
    const workerData: ThreadData = { role, arena: shared.arena.handle, rankedAtOnce: shared.rankedAtOnce };
    const started = new Worker(BOOT, { eval: true, workerData: { ...workerData, tsx: TSX, module: MODULE } });
    started.unref();
    const die = (error: Error) => {
      if (worker !== started) return;
      worker = undefined;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
      onDeath(error);
    };
    started.on('message', (answer: AnswerMessage) => {
      const asker = waiting.get(answer.id);
      waiting.delete(answer.id);
      if ('error' in answer) asker?.reject(answer.error);
      else asker?.resolve(answer.output as never);
    });
    started.on('error', die);
    started.on('exit', (code) => die(new Error(`the index thread ended with ${code}`)));
    return started;
  }

  return {
    call(name, input, transfer = []) {
      worker ??= start();
      const id = ++last;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        worker!.postMessage({ id, name, input }, transfer);
      });
    },
    async stop() {
      const stopped = worker;
      worker = undefined;
      await stopped?.terminate();
      for (const { reject } of waiting.values()) reject(new Error('the index threads were stopped'));
      waiting.clear();
    },
  };
}

/** Faces as columns, and what of them may be handed over instead of copied. */
export function pageOf(faces: readonly StoredFace[], length: number): { page: FacePage; transfer: ArrayBuffer[] } {
  const page: FacePage = {
    faceIds: new Uint8Array(faces.length * 16),
    photoIds: new Uint8Array(faces.length * 16),
    quality: new Float32Array(faces.length),
    descriptors: new Float32Array(faces.length * length),
  };
  const bytes = new Uint8Array(page.descriptors.buffer);
  for (const [i, face] of faces.entries()) {
    packId(face.id, page.faceIds.subarray(i * 16, i * 16 + 16));
    packId(face.photoId, page.photoIds.subarray(i * 16, i * 16 + 16));
    page.quality[i] = face.quality;
    // stored little-endian, as every machine that this runs on
    bytes.set(face.descriptor, i * length * 4);
  }
  const transfer = Object.values(page).map((column: { buffer: ArrayBuffer }) => column.buffer);
  return { page, transfer };
}
