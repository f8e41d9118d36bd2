import { ApiProblem, type ProblemBody } from '../problem.ts';
import type { Effect, Outcome, Step } from './effects.ts';

/** One request; rejects with ApiProblem. */
export type Transport = (
  request: Pick<Step, 'method' | 'path' | 'body'> & { params?: Record<string, string>; key: string },
) => Promise<unknown>;

export interface DrainDeps {
  list(): Promise<Effect[]>;
  put(effect: Effect): Promise<void>;
  settle(outcome: Outcome): Promise<void>;
  send: Transport;
  /**
   * Makes sure of a session for this effect. False: it is somebody's who is not signed in here now, and waits for them.
   * Rejects without signal.
   */
  admit(effect: Effect): Promise<boolean>;
  /** Only one of all tabs and the service worker at a time: keeps the order. The key keeps it exactly once. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  onSending?(effect: Effect | null): void;
  onSettled(outcome: Outcome): void;
}

/** empty: nothing more to send now. unreachable: no signal. later: the server asks for patience. Then, after how long to try again. */
export interface DrainEnd {
  why: 'empty' | 'unreachable' | 'later';
  retryAfterSeconds: number | null;
}

/** After so many answers that were none, an effect is given up: it must not stand in the way for ever. */
export const MOST_FAILURES = 6;

/**
 * Sends what waits, in order. A lane that is asked to wait is left for later with everything behind it; other lanes go on. An
 * effect that is refused for good leaves, with the reason, and does not hold up the next.
 */
export async function drain(deps: DrainDeps): Promise<DrainEnd> {
  const held = new Set<string>();
  let retryAfterSeconds: number | null = null;
  for (;;) {
    const step = await deps.exclusive(async () => {
      const effect = (await deps.list()).find(({ lane }) => !held.has(lane));
      return effect ? sendOne(deps, effect) : null;
    });
    if (!step) return { why: held.size > 0 && retryAfterSeconds !== null ? 'later' : 'empty', retryAfterSeconds };
    if (step.kind === 'unreachable') return { why: 'unreachable', retryAfterSeconds: step.after };
    if (step.kind === 'held') {
      held.add(step.lane);
      if (step.after !== null) retryAfterSeconds = Math.max(retryAfterSeconds ?? 0, step.after);
    }
  }
}

type Sent =
  | { kind: 'done' }
  | { kind: 'unreachable'; after: number | null }
  | { kind: 'held'; lane: string; after: number | null };

async function sendOne(deps: DrainDeps, waiting: Effect): Promise<Sent> {
  let effect = waiting;
  try {
    if (!(await deps.admit(effect))) return { kind: 'held', lane: effect.lane, after: null };
    deps.onSending?.(effect);
    // "No network at all" can be believed, the opposite cannot.
    if (!effect.attempted && globalThis.navigator?.onLine !== false) {
      effect = { ...effect, attempted: true };
      await deps.put(effect);
    }
    while (effect.before?.length) effect = await prepare(deps, effect, effect.before);
    const { method, path, params, body, id: key } = effect;
    const answer = await deps.send({ method, path, body, key, ...(params && { params }) });
    await end(deps, effect, { ok: true, body: answer });
    return { kind: 'done' };
  } catch (error) {
    const problem = error instanceof ApiProblem ? error : new ApiProblem(unreadable);
    if (problem.isOffline) return { kind: 'unreachable', after: problem.retryAfterSeconds };
    // The session ended meanwhile. An account's waits for its person; a guest is somebody else by now, and asks again.
    if (problem.code === 'auth.required') return { kind: 'held', lane: effect.lane, after: null };
    if (problem.code === 'auth.session_ended')
      return { kind: 'held', lane: effect.lane, after: effect.owner && !effect.owner.isGuest ? null : 1 };
    if (isPatience(problem)) return { kind: 'held', lane: effect.lane, after: problem.retryAfterSeconds ?? 5 };
    if (problem.status < 500 && problem.code !== 'response.unreadable') {
      await end(deps, effect, { ok: false, problem: problem.body });
      return { kind: 'done' };
    }
    return failed(deps, effect, problem);
  } finally {
    deps.onSending?.(null);
  }
}

/** Not an answer to what was asked: once more, but not for ever. */
async function failed(deps: DrainDeps, effect: Effect, problem: ApiProblem): Promise<Sent> {
  const failures = (effect.failures ?? 0) + 1;
  if (failures >= MOST_FAILURES) {
    await end(deps, effect, { ok: false, problem: problem.body });
    return { kind: 'done' };
  }
  await deps.put({ ...effect, failures });
  return { kind: 'held', lane: effect.lane, after: problem.retryAfterSeconds ?? 5 * 2 ** (failures - 1) };
}

const unreadable: ProblemBody = { status: 0, code: 'response.unreadable', retryable: true };
/** Too many at once, a server that is being replaced, or the same request still running: asked again, it will be answered. */
const isPatience = ({ status, code }: ApiProblem): boolean =>
  [429, 502, 503, 504].includes(status) || code === 'idempotency.in_progress';

async function end(deps: DrainDeps, effect: Effect, result: Outcome['result']): Promise<void> {
  const outcome: Outcome = { id: effect.id, effect, result };
  await deps.settle(outcome);
  deps.onSettled(outcome);
}

async function prepare(deps: DrainDeps, effect: Effect, before: readonly Step[]): Promise<Effect> {
  const [step, ...rest] = before as [Step, ...Step[]];
  const { method, path, body, into } = step;
  const answer = await deps.send({ method, path, body, key: step.key ?? `${effect.id}-${rest.length}` });
  const next: Effect = { ...effect, before: rest };
  if (into) next.body = { ...(effect.body as object), [into]: (answer as { id: string }).id };
  await deps.put(next);
  return next;
}
