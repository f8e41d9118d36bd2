import { type Method, send } from './api.ts';
import { online } from './connectivity.ts';
import { kvAll, kvDelete, kvSet } from './kv.ts';
import { ApiProblem } from './problem.ts';
import { ensureSession } from './session.ts';
import { Store } from './store.ts';

export type EffectKind = 'search' | 'feedback' | 'consent' | 'withdraw';

/** One thing that a person did and the server has yet to hear; sent in order, each with its own Idempotency-Key. */
export interface Effect {
  /** Sorts by time; also the Idempotency-Key. */
  id: string;
  kind: EffectKind;
  method: Method;
  path: string;
  params?: Record<string, string>;
  body?: unknown;
  createdAt: number;
  /**
   * What has to be asked first: its answer's `id` is put into the body under `into` (a search needs the consent's id, and both may be
   * given without signal). Done once: the answer is kept with the effect.
   */
  before?: { kind: EffectKind; method: Method; path: string; body: unknown; into: string };
  /** What the screen needs to go on with the answer: the event of a search. */
  about?: Record<string, string>;
}

export const waiting = new Store<readonly Effect[]>([]);

type Settled = (effect: Effect, result: { ok: true; body: unknown } | { ok: false; problem: ApiProblem }) => void;
const listeners = new Set<Settled>();
/** Hears the outcome of queued effects, also of those of an earlier visit. Returns the function that stops. */
export function onSettled(listener: Settled): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const newId = (): string => `${Date.now().toString(36).padStart(9, '0')}-${crypto.randomUUID()}`;

/** Reads what waits from the device, also what an earlier visit or another tab left. */
export async function refreshWaiting(): Promise<void> {
  waiting.set(await kvAll<Effect>('outbox'));
}

/** Keeps the effect on the device and tries at once. Resolves when it is kept, not when it is sent. */
export async function enqueue(effect: Omit<Effect, 'id' | 'createdAt'>): Promise<Effect> {
  const full: Effect = { ...effect, id: newId(), createdAt: Date.now() };
  await kvSet('outbox', full.id, full);
  await refreshWaiting();
  void flush();
  return full;
}

export async function cancelEffect(id: string): Promise<void> {
  await kvDelete('outbox', id);
  await refreshWaiting();
}

let flushing: Promise<void> | null = null;

/** Sends what waits, oldest first. One tab at a time: the Web Lock keeps order between tabs, the key keeps it exactly once. */
export function flush(): Promise<void> {
  flushing ??= ('locks' in navigator ? navigator.locks.request('px-outbox', drain) : drain()).finally(() => {
    flushing = null;
  });
  return flushing;
}

async function drain(): Promise<void> {
  for (;;) {
    await refreshWaiting();
    const effect = waiting.value[0];
    if (!effect) return;
    try {
      await ensureSession();
      const body = effect.before ? await prepare(effect, effect.before) : effect.body;
      const { method, path, params, id } = effect;
      const answer = await send(method, path, { params, body, idempotencyKey: id });
      await cancelEffect(effect.id);
      for (const listener of listeners) listener(effect, { ok: true, body: answer });
    } catch (error) {
      const problem = error instanceof ApiProblem ? error : null;
      if (!problem || problem.isOffline || (problem.retryable && problem.status !== 0)) {
        retryLater(problem?.retryAfterSeconds ?? null);
        return;
      }
      // The server understood and refused: it will not agree later either.
      await cancelEffect(effect.id);
      for (const listener of listeners) listener(effect, { ok: false, problem });
    }
  }
}

async function prepare(effect: Effect, before: NonNullable<Effect['before']>): Promise<unknown> {
  const answer = await send<{ id: string }>(before.method, before.path, {
    body: before.body,
    idempotencyKey: `${effect.id}-before`,
  });
  const body = { ...(effect.body as object), [before.into]: answer.id };
  await kvSet('outbox', effect.id, { ...effect, before: undefined, body } satisfies Effect);
  return body;
}

let retryTimer: ReturnType<typeof setTimeout> | undefined;
function retryLater(seconds: number | null): void {
  clearTimeout(retryTimer);
  retryTimer = setTimeout(() => void flush(), (seconds ?? 15) * 1000);
}

/** At start, when the network is back, when the page is looked at again. */
export function startOutbox(): void {
  online.watch((reachable) => {
    if (reachable) void flush();
  });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void flush();
  });
  void refreshWaiting().then(() => (waiting.value.length > 0 ? flush() : undefined));
}
