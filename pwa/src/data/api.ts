import { lang } from '../i18n/i18n.ts';
import { reportReachable, reportUnreachable } from './connectivity.ts';
import type { Answer, Body, Params, QueryOf, RouteKey } from './contract.ts';
import { takeFirstAnswer } from './first.ts';
import { buildUrl, type Method, request, type SendOptions } from './http.ts';
import { isProblem } from './problem.ts';

export { buildUrl, type Method, type Query, readProblem, type SendOptions } from './http.ts';

let gate: (() => Promise<unknown>) | null = null;
/** While it is set, calls wait for it: whoever is here has to be known before anything asks (see `doubtSession`). */
export function setGate(wait: (() => Promise<unknown>) | null): void {
  gate = wait;
}
export const gated = (): (() => Promise<unknown>) | null => gate;

interface Identity {
  /** Who is here, as far as the page knows. */
  userId(): string | undefined;
  /** Asked when the session that a call was sent under has ended; true: there is another one that it may go under. */
  renew(userId: string | undefined): Promise<boolean>;
}
let identity: Identity | null = null;
export function setIdentity(given: Identity): void {
  identity = given;
}

/**
 * One call to the API. Answers the parsed JSON body (undefined for none); rejects with `ApiProblem`, or with the
 * caller's own AbortError when its `signal` aborts.
 */
export async function send<T>(method: Method, path: string, options: SendOptions = {}): Promise<T> {
  const first = method === 'GET' ? takeFirstAnswer(buildUrl(path, options.params, options.query)) : undefined;
  if (first !== undefined) return first as T;
  if (gate && !path.startsWith('/api/auth/')) await gate();
  const ask = (userId: string | undefined): Promise<T> =>
    request<T>(method, path, options, {
      language: lang.value,
      userId,
      heard: (isReachable) => (isReachable ? reportReachable() : reportUnreachable()),
    });
  const userId = identity?.userId();
  try {
    return await ask(userId);
  } catch (error) {
    if (!isProblem(error, 'auth.session_ended') || !(await identity?.renew(userId))) throw error;
    return ask(identity?.userId());
  }
}

type Optional<T, K extends string> = [T] extends [never]
  ? { [P in K]?: undefined }
  : Record<string, never> extends T
    ? { [P in K]?: T }
    : { [P in K]: T };

export type CallOptions<K extends RouteKey> = Omit<SendOptions, 'params' | 'query' | 'body'> &
  Optional<Params<K>, 'params'> &
  Optional<QueryOf<K>, 'query'> &
  Optional<Body<K>, 'body'>;

/** `send` with the contract's types: `await api('GET /api/events/:id', { params: { id } })`. */
export function api<K extends RouteKey>(
  key: K,
  ...[options]: Record<string, never> extends CallOptions<K> ? [CallOptions<K>?] : [CallOptions<K>]
): Promise<Answer<K>> {
  const space = key.indexOf(' ');
  return send<Answer<K>>(key.slice(0, space) as Method, key.slice(space + 1), options as SendOptions);
}
