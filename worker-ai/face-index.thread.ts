import { parentPort, workerData } from 'node:worker_threads';
import { Arena } from '#face/search/arena.ts';
import { warmUpSearch } from '#face/search/warm-up.ts';
import { DESCRIPTOR_LENGTH } from '#face/types.ts';
import { createBuildCalls } from './face-index.build.ts';
import type { CallMessage, ThreadData } from './face-index.messages.ts';
import { createSearchCalls } from './face-index.store.ts';

// An index thread: answers one call after the other, in the order in which they came.
const { role, arena, rankedAtOnce } = workerData as ThreadData;
const shared = new Arena(arena);
if (role === 'search') warmUpSearch(DESCRIPTOR_LENGTH);
const calls = (role === 'build'
  ? createBuildCalls(shared)
  : createSearchCalls(shared, rankedAtOnce)) as unknown as Record<string, (input: unknown) => unknown>;

parentPort!.on('message', ({ id, name, input }: CallMessage) => {
  try {
    parentPort!.postMessage({ id, output: calls[name]!(input) });
  } catch (error) {
    parentPort!.postMessage({ id, error });
  }
});
