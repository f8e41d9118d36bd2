import type { UploadItem } from './store.ts';

/**
 * idle: nothing to do. working. paused: by the person. network: waits for signal. signed-out: the session ended. permission: the
 * browser wants a click before it opens the files again. elsewhere: another tab of this browser does the work.
 */
export type Phase = 'idle' | 'working' | 'paused' | 'network' | 'signed-out' | 'permission' | 'elsewhere';

export interface UploadsView {
  phase: Phase;
  /** The same array until rows come or go; rows change in place. */
  items: readonly UploadItem[];
  bytesPerSecond: number;
  /** False: the list is not kept on this device (it is full, or keeps nothing) and goes with the page. */
  isKept: boolean;
  /** Changes with every update. */
  tick: number;
}

export interface Added {
  added: number;
  /** Rows that were waiting for just this file. */
  found: number;
  /** In the list already. */
  known: number;
}
