import { send } from './api.ts';
import { online, onReached, probeNow } from './connectivity.ts';
import { type DrainEnd, drain, type Transport } from './outbox/drain.ts';
import type { Effect, NewEffect, Outcome } from './outbox/effects.ts';
import { exclusive, SYNC_TAG } from './outbox/exclusive.ts';
import {
  addEffect,
  forgetOutcome,
  isInMemory,
  listEffects,
  listOutcomes,
  putEffect,
  removeEffect,
  settleEffect,
  takeOver,
} from './outbox/store.ts';
import { ApiProblem } from './problem.ts';
import { awaitedAccount, ensureSession, refreshSession, session } from './session.ts';
import { Store } from './store.ts';

export type { Effect, EffectKind, NewEffect, Outcome } from './outbox/effects.ts';

/*
 * What people do and the server has yet to hear, whatever became of the signal, the page or the process: kept in IndexedDB, sent
 * in order, each under its own Idempotency-Key. Sent at start, when the page is looked at, after any answer of the server, when the
 * system says "online", by Background Sync where it exists (sw.ts runs the same drain), and after a pause. See docs/offline.md.
 */

/** What waits, in the order it was done. */
export const waiting = new Store<readonly Effect[]>([]);
/** What the server refused, and orders that were placed while nobody looked: until the person has seen it. */
export const outcomes = new Store<readonly Outcome[]>([]);
/** The effect on its way now. */
export const sending = new Store<Effect | null>(null);
/** False while something waits that this device does not keep: it goes with the page. */
export const keptOnDevice = new Store<boolean>(true);

type Settled = (effect: Effect, result: { ok: true; body: unknown } | { ok: false; problem: ApiProblem }) => unknown;
const listeners = new Set<Settled>();
/**
 * Hears the outcome of queued effects, also of those of an earlier visit, another tab or the service worker. True: the person has
 * been told, it need not be listed. Returns the function that stops.
 */
export function onSettled(listener: Settled): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const tabs = typeof BroadcastChannel === 'function' ? new BroadcastChannel('px-outbox') : null;

/** Reads what waits from the device, also what an earlier visit or another tab left. */
export async function refreshWaiting(): Promise<void> {
  const now = await listEffects();
  if (JSON.stringify(now) !== JSON.stringify(waiting.value)) waiting.set(now);
  keptOnDevice.set(!isInMemory());
}
async function changed(): Promise<void> {
  tabs?.postMessage('changed');
  await refreshWaiting();
}

const owner = (): Effect['owner'] => {
  const { user } = session.value;
  return user && { id: user.id, isGuest: user.isGuest };
};
/** What is said about a search waits for whose search it is, while the account's session has ended. */
function ownerOf({ kind }: NewEffect): Effect['owner'] {
  const awaited = kind === 'feedback' ? awaitedAccount() : null;
  return awaited === null ? owner() : { id: awaited, isGuest: false };
}

/** Keeps the effect on the device and tries at once. Resolves when it is kept, not when it is sent. */
export async function enqueue(effect: NewEffect): Promise<Effect> {
  const id = effect.id ?? crypto.randomUUID();
  const same = effect.id && (await listEffects()).find((each) => each.id === id);
  if (same) return same;
  const kept = await addEffect({ ...effect, id, createdAt: Date.now(), owner: ownerOf(effect) });
  await changed();
  void askForSync();
  void flush();
  return kept;
}

/** Takes it back; when it is on its way at this moment it is too late, and the outcome comes. */
export async function cancelEffect(id: string): Promise<void> {
  await exclusive(async () => {
    const effect = (await listEffects()).find((each) => each.id === id);
    if (effect) await removeEffect(effect);
  });
  await changed();
}

/** The person has read it. */
export async function dismissOutcome(id: string): Promise<void> {
  await forgetOutcome(id);
  outcomes.set(outcomes.value.filter((each) => each.id !== id));
  tabs?.postMessage('changed');
}

/** The same intent again, under the same key: if it did take effect after all, it stays once. */
export async function tryAgain({ id, effect }: Outcome): Promise<void> {
  const { seq: _seq, failures: _failures, ...again } = effect;
  await addEffect(again);
  await dismissOutcome(id);
  await changed();
  void flush();
}

const transport: Transport = ({ method, path, params, body, key }) =>
  send(method, path, { body, idempotencyKey: key, timeoutMs: 30_000, ...(params && { params }) });

/** An account's effect never goes under somebody else's session, nor under a guest's: asked anew in each run. */
function admission(): (effect: Effect) => Promise<boolean> {
  let isAsked = false;
  return async ({ owner }) => {
    if (!owner || owner.isGuest) {
      await ensureSession();
      return true;
    }
    if (!isAsked) await refreshSession();
    isAsked = true;
    return session.value.user?.id === owner.id;
  };
}

let flushing: Promise<void> | null = null;
let wanted = false;
let retryTimer: ReturnType<typeof setTimeout> | undefined;
let pauses = 0;

/** Sends what waits. Resolves when nothing can be sent any more for now. */
export function flush(): Promise<void> {
  wanted = true;
  flushing ??= run().finally(() => {
    flushing = null;
  });
  return flushing;
}

async function run(): Promise<void> {
  let end: DrainEnd;
  do {
    wanted = false;
    end = await drain({
      list: listEffects,
      put: putEffect,
      settle: settleEffect,
      send: transport,
      admit: admission(),
      exclusive,
      onSending: (effect) => sending.set(effect),
      onSettled: (outcome) => {
        void tell(outcome);
        tabs?.postMessage({ outcome });
        void changed();
      },
    });
  } while (wanted && end.why === 'empty');
  await refreshWaiting();
  clearTimeout(retryTimer);
  if (end.why === 'empty') {
    pauses = 0;
    return;
  }
  // Counted here, not by the clock: after a while it is tried again, longer each time.
  const seconds = Math.max(end.retryAfterSeconds ?? 0, Math.min(60, 4 * 1.7 ** pauses++));
  retryTimer = setTimeout(() => void flush(), seconds * 1000 * (0.8 + Math.random() * 0.4));
}

/** What is of interest only to the code is forgotten once told; what a person must know is listed until they have seen it. */
async function tell({ id, effect, result }: Outcome): Promise<void> {
  const told = result.ok ? result : { ok: false as const, problem: new ApiProblem(result.problem) };
  const isSeen = [...listeners].map((listener) => listener(effect, told)).includes(true);
  if (isSeen || !mustKnow({ id, effect, result })) {
    await forgetOutcome(id);
    // Another tab may have read the list in between.
    tabs?.postMessage('changed');
  }
  outcomes.set((await listOutcomes()).filter(mustKnow));
}
/** Withdrawing what is no longer there is done, as far as the person is concerned. */
const mustKnow = ({ effect: { kind }, result }: Outcome): boolean =>
  result.ok ? kind === 'order' : !(kind === 'withdraw' && result.problem.code === 'consent.not_found');

async function askForSync(): Promise<void> {
  try {
    const registration = await navigator.serviceWorker?.getRegistration?.();
    await (registration as { sync?: { register(tag: string): Promise<void> } } | undefined)?.sync?.register(SYNC_TAG);
  } catch {
    // not there, or not allowed: the page sends
  }
}

/** The person pressed "try now". */
export function retryNow(): void {
  pauses = 0;
  probeNow();
  void flush();
}

const ifWaiting = (): void => {
  if (waiting.value.length > 0 && !flushing) void flush();
};

/** Call once, when the page stands and those who want to hear of outcomes listen. */
export function startOutbox(): void {
  onReached(ifWaiting);
  online.watch((isReachable) => {
    if (isReachable) ifWaiting();
  });
  addEventListener('online', ifWaiting);
  session.watch(ifWaiting);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void refreshWaiting().then(ifWaiting);
  });
  tabs?.addEventListener('message', ({ data }: MessageEvent<'changed' | { outcome: Outcome }>) => {
    if (data !== 'changed') {
      probeNow();
      return void tell(data.outcome);
    }
    void refreshWaiting();
    void listOutcomes().then((kept) => outcomes.set(kept.filter(mustKnow)));
  });
  void takeOver(owner())
    .then(async () => {
      for (const outcome of await listOutcomes()) await tell(outcome);
      await refreshWaiting();
      ifWaiting();
    })
    .catch(() => undefined);
}
