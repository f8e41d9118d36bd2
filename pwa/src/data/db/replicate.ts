import type { RxCollection, RxReplicationPullStreamItem } from 'rxdb/plugins/core';
import { type RxReplicationState, replicateRxCollection } from 'rxdb/plugins/replication';
import { Subject } from 'rxjs';
import type { Checkpoint, PullAnswer, PushRow, Replicated } from '#contracts/sync/documents.ts';
import { send } from '../api.ts';
import { online } from '../connectivity.ts';
import { LiveStream } from '../live-stream.ts';
import { isProblem } from '../problem.ts';
import { ensureSession, refreshSession } from '../session.ts';
import { Store } from '../store.ts';

/** True when the server says that this version of the app is too old to replicate. */
export const appOutdated = new Store<boolean>(false);

const RETRY_MS = 8_000;

interface Options {
  /** The collection's name on the server and its schema version. */
  name: 'events' | 'cart_items' | 'favorites';
  version: number;
  /** Send local changes too. */
  push?: boolean;
  /** Listen to the server's "pull now"; without, it pulls at start, when the network is back and on `reSync()`. */
  stream?: boolean;
}

export interface Replica<Doc> {
  state: RxReplicationState<Doc, Checkpoint>;
  stop: () => Promise<void>;
}

/**
 * Replicates a collection over /api/sync. Runs in every tab without a leader: documents are idempotent by their ids, so two
 * tabs that push the same change agree.
 */
export function replicate<Doc>(collection: RxCollection<Doc>, options: Options): Replica<Doc> {
  const { name, version } = options;
  const path = `/api/sync/${name}`;
  const query = { v: version };
  const stream$ = new Subject<RxReplicationPullStreamItem<Doc, Checkpoint>>();

  const guarded = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      if (isProblem(error, 'sync.schema_outdated')) {
        appOutdated.set(true);
        void state.cancel();
      }
      // The session ended meanwhile: learn who is here, and the next attempt goes under that session.
      if (isProblem(error, 'auth.required')) await refreshSession().then(ensureSession);
      throw error;
    }
  };

  const state: RxReplicationState<Doc, Checkpoint> = replicateRxCollection<Doc, Checkpoint>({
    collection,
    replicationIdentifier: `${name}-v${version}`,
    live: true,
    retryTime: RETRY_MS,
    // A leader that iOS has frozen would keep every other tab from replicating.
    waitForLeadership: false,
    deletedField: '_deleted',
    pull: {
      batchSize: 200,
      stream$: stream$.asObservable(),
      handler: async (checkpoint, limit) => {
        const answer = await guarded(() =>
          send<PullAnswer<Doc>>('GET', `${path}/pull`, {
            query: { ...query, limit, checkpoint: checkpoint ? JSON.stringify(checkpoint) : undefined },
          }),
        );
        return { documents: answer.documents, checkpoint: answer.checkpoint ?? undefined };
      },
    },
    push: options.push
      ? {
          batchSize: 50,
          handler: (rows) =>
            guarded(() => send<Replicated<Doc>[]>('POST', `${path}/push`, { query, body: toPush<Doc>(rows) })),
        }
      : undefined,
  });

  const live = options.stream
    ? new LiveStream(`${path}/stream`, query, {
        onMessage: () => stream$.next('RESYNC'),
        onOpen: () => stream$.next('RESYNC'),
      })
    : null;
  const stopOnline = online.watch((reachable) => {
    if (reachable) stream$.next('RESYNC');
  });
  return {
    state,
    stop: async () => {
      live?.stop();
      stopOnline();
      await state.cancel();
    },
  };
}

const toPush = <Doc>(rows: readonly { newDocumentState: unknown; assumedMasterState?: unknown }[]): PushRow<Doc>[] =>
  rows.map(({ newDocumentState, assumedMasterState }) => ({
    newDocumentState: newDocumentState as Replicated<Doc>,
    assumedMasterState: assumedMasterState as Replicated<Doc> | undefined,
  }));
