import type { RxCollection, RxReplicationPullStreamItem } from 'rxdb/plugins/core';
import { type RxReplicationState, replicateRxCollection } from 'rxdb/plugins/replication';
import { Subject } from 'rxjs';
import {
  type Checkpoint,
  followed,
  isTold,
  type LiveDocuments,
  type PullAnswer,
  type PushRow,
  REFUSED_REVISION,
  type Replicated,
} from '#contracts/sync/documents.ts';
import { send } from '../api.ts';
import { appOutdated } from '../app-outdated.ts';
import { online } from '../connectivity.ts';
import { follow } from '../live.ts';
import { isProblem } from '../problem.ts';
import { awaitedAccount, ensureOwnSession, refreshSession, session, signingOut } from '../session.ts';
import { type CollectionName, database, isDatabaseAlive, onReopened, reopenDatabase } from './database.ts';
import { Puller } from './puller.ts';

/** RxDB asks again after this; what waits before is `calmDown`. */
const RETRY_MS = 100;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

interface Options {
  /** The collection's schema version. */
  version: number;
  /** Send local changes too. */
  push?: boolean;
  /** Listen to the server's live stream; without, it pulls at start, when the network is back and on `pullNow()`. */
  stream?: boolean;
}

export interface Replica {
  /** Resolves when everything that was changed here is at the server. */
  inSync(): Promise<void>;
  pullNow(): void;
  stop(): Promise<void>;
}

interface Doc {
  id: string;
  revision: number;
}

/**
 * Replicates a collection over /api/sync. Runs in every tab without a leader: documents are idempotent by their ids, so two
 * tabs that push the same change agree. No error ends it: the network's are waited out, the database's lead to another start.
 */
export async function replicate(name: CollectionName, options: Options): Promise<Replica> {
  const { version } = options;
  const path = `/api/sync/${name}`;
  const query = { v: version };
  let stopped = false;
  let running: { state: RxReplicationState<Doc, Checkpoint>; puller: Puller<Doc>; pullNow: () => void };
  let pauseMs = FIRST_PAUSE_MS;

  /** Until it makes sense to ask again: the server is reachable, somebody else is here, or a while has passed. */
  const calmDown = (): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        unwatch();
        unwatchSession();
        resolve();
      };
      const timer = setTimeout(done, pauseMs * (0.75 + Math.random() / 2));
      const unwatch = online.watch((reachable) => reachable && done());
      const unwatchSession = session.watch(done);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    });

  const guarded = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      // What an account has on this device would come to a guest, and what is taken out there would stay in the account.
      if (awaitedAccount()) throw new Error('the account is not signed in');
      const answer = await call();
      pauseMs = FIRST_PAUSE_MS;
      return answer;
    } catch (error) {
      if (isProblem(error, 'sync.schema_outdated')) {
        appOutdated.set(true);
        pauseMs = LONGEST_PAUSE_MS;
      }
      // The session ended meanwhile: learn who is here, and the next attempt goes under that session.
      if (isProblem(error, 'auth.required') && !stopped && !signingOut.value)
        await refreshSession()
          .then(ensureOwnSession)
          .catch(() => undefined);
      if (!stopped) await calmDown();
      throw error;
    }
  };

  async function start(): Promise<typeof running> {
    const db = await database();
    const collection = db[name] as unknown as RxCollection<Doc>;
    // The same as long as the documents are on this device, in every tab.
    const device = await db.storageToken;
    const pushRows = (rows: PushRow<Doc>[]): Promise<Replicated<Doc>[]> =>
      send('POST', `${path}/push`, { query: { ...query, device }, body: rows });
    /** What the server told comes back as it is: RxDB then notes that the server has it, or finds that it knows better by now. */
    async function pushDecided(rows: PushRow<Doc>[]): Promise<Replicated<Doc>[]> {
      const told = rows.filter(isTold);
      const decided = rows.filter((row) => !told.includes(row));
      const answers = decided.length > 0 ? await pushRows(decided) : [];
      return told.map(({ newDocumentState }) => newDocumentState).concat(answers);
    }
    /** What the server never had. Where it forgot deletions it asks once more: it cannot know whether this was among them. */
    async function offer(documents: Replicated<Doc>[]): Promise<Replicated<Doc>[]> {
      const answers = await pushRows(documents.map((newDocumentState) => ({ newDocumentState })));
      const asked = new Map(documents.map((document) => [document.id, document]));
      const again = answers.filter((answer) => answer._deleted && answer.revision !== REFUSED_REVISION);
      if (again.length === 0) return answers;
      const others = answers.filter((answer) => !again.includes(answer));
      return others.concat(
        await pushRows(
          again.map((assumedMasterState) => ({
            newDocumentState: asked.get(assumedMasterState.id)!,
            assumedMasterState,
          })),
        ),
      );
    }
    const stream$ = new Subject<RxReplicationPullStreamItem<Doc, Checkpoint>>();
    const puller = new Puller<Doc>({
      ask: (checkpoint, limit) =>
        send<PullAnswer<Doc>>('GET', `${path}/pull`, {
          query: { ...query, limit, checkpoint: checkpoint ? JSON.stringify(checkpoint) : undefined },
          timeoutMs: 30_000,
        }),
      held: async () => {
        const docs = await collection.find().exec();
        return docs.map((doc) => ({ ...(doc.toMutableJSON() as Doc), _deleted: false }));
      },
      offer: options.push ? offer : undefined,
      pullNow: () => stream$.next('RESYNC'),
    });
    const state: RxReplicationState<Doc, Checkpoint> = replicateRxCollection<Doc, Checkpoint>({
      collection,
      replicationIdentifier: `${name}-v${version}`,
      live: true,
      retryTime: RETRY_MS,
      // A leader that iOS has frozen would keep every other tab from replicating.
      waitForLeadership: false,
      // RxDB would stop while nobody looks, give up the push that is under way, and may count past it: what was tapped would never be sent.
      toggleOnDocumentVisible: false,
      deletedField: '_deleted',
      pull: {
        batchSize: 1_000,
        stream$: stream$.asObservable(),
        handler: (checkpoint, limit) => guarded(() => puller.pull(checkpoint, limit)),
      },
      push: options.push
        ? { batchSize: 50, handler: (rows) => guarded(() => pushDecided(rows as unknown as PushRow<Doc>[])) }
        : undefined,
    });
    return { state, puller, pullNow: () => puller.nudge() };
  }

  let isReviving = false;
  /** The device's storage failed under it (iOS closes databases of pages in the background): another start, maybe of the database too. */
  async function revive(): Promise<void> {
    if (stopped || isReviving) return;
    isReviving = true;
    try {
      await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS));
      if (!(await isDatabaseAlive())) await reopenDatabase();
      else await restart();
    } catch {
      // stays broken: the next look at this page tries again
    } finally {
      isReviving = false;
    }
  }
  async function restart(): Promise<void> {
    const before = running;
    running = await start();
    await before.state.cancel().catch(() => undefined);
    if (stopped) await running.state.cancel();
    else watchStorage();
  }
  /** A failed write leaves RxDB's queues rejected for good. */
  function watchStorage(): void {
    const { state } = running;
    void state.startPromise.then(() => {
      const queues = state.internalReplicationState?.streamQueue;
      if (running.state !== state || !queues) return;
      queues.down.catch(revive);
      queues.up.catch(revive);
    });
  }

  running = await start();
  watchStorage();
  const tell = (heard: () => void): void => {
    heard();
    watchStorage();
  };
  const unfollow = options.stream
    ? follow(followed(name, version), {
        onNudge: (nudge) => tell(() => running.puller.nudge(nudge)),
        onDocuments: (docs) => tell(() => running.puller.hear(docs as LiveDocuments<Doc>)),
        onRefused: (code) => code === 'sync.schema_outdated' && appOutdated.set(true),
      })
    : undefined;
  const stopOnline = online.watch((reachable) => reachable && tell(running.pullNow));
  const look = (): void => {
    if (document.visibilityState === 'visible') tell(running.pullNow);
  };
  document.addEventListener('visibilitychange', look);
  const stopReopened = onReopened(() => void restart().catch(() => undefined));
  return {
    inSync: async () => {
      await running.state.awaitInSync();
    },
    pullNow: () => tell(running.pullNow),
    stop: async () => {
      stopped = true;
      unfollow?.();
      stopOnline();
      document.removeEventListener('visibilitychange', look);
      stopReopened();
      await running.state.cancel();
    },
  };
}
