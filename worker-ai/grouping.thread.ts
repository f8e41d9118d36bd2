import { parentPort, workerData } from 'node:worker_threads';
import { type GroupInput, groupFaces } from './grouping.ts';

// One grouping, then the thread ends: an event of twenty thousand faces takes a while, and searches must not wait for it.
parentPort!.postMessage(groupFaces((workerData as { input: GroupInput }).input));
