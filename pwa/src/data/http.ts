import { ApiProblem, type ProblemBody } from './problem.ts';

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface SendOptions {
  params?: Record<string, string>;
  query?: Query;
  /** JSON, or a FormData for multipart. */
  body?: unknown;
  /** Makes a repeat answer the first result; the same key for the same intent, a new one for a new intent. */
  idempotencyKey?: string;
  signal?: AbortSignal;
  /** Default 15 s. */
  timeoutMs?: number;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH';

const TIMEOUT_MS = 15_000;

export function buildUrl(path: string, params: Record<string, string> = {}, query: Query = {}): string {
  const filled = path.replace(/:([A-Za-z]+)/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new TypeError(`missing path parameter ${name} of ${path}`);
    return encodeURIComponent(value);
  });
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') search.set(key, String(value));
  }
  return search.size > 0 ? `${filled}?${search}` : filled;
}

/** A page where JSON was asked for: the sign-in page of an access point, or a proxy's. The server itself was not reached. */
const isForeign = (response: Response): boolean => /^text\/html/i.test(response.headers.get('content-type') ?? '');

export async function readProblem(response: Response): Promise<ApiProblem> {
  const retryAfter = Number(response.headers.get('retry-after'));
  const after = Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : null;
  try {
    const body = (await response.json()) as ProblemBody;
    if (typeof body.code === 'string') return new ApiProblem({ ...body, status: response.status }, after);
  } catch {
    // not ours
  }
  const unavailable =
    isForeign(response) || response.status === 502 || response.status === 503 || response.status === 504;
  return new ApiProblem(
    {
      status: response.status,
      code: unavailable ? 'network.unreachable' : 'response.unreadable',
      retryable: response.status >= 500,
    },
    after,
  );
}

/** What the page adds to a call; the service worker has neither a language nor a sign for "no signal". */
export interface Surroundings {
  language?: string;
  /** Whose call it is, as far as the page knows: the server does not carry it out as somebody else. */
  userId?: string | undefined;
  /** The server answered, or it did not. */
  heard?: (isReachable: boolean) => void;
}

/**
 * One call to the API, from a page or the service worker. Answers the parsed JSON body (undefined for none); rejects with
 * `ApiProblem`, or with the caller's own AbortError when its `signal` aborts.
 */
export async function request<T>(
  method: Method,
  path: string,
  options: SendOptions = {},
  { language, userId, heard }: Surroundings = {},
): Promise<T> {
  const { params, query, body, idempotencyKey, signal, timeoutMs = TIMEOUT_MS } = options;
  const headers: Record<string, string> = { accept: 'application/json' };
  if (language) headers['accept-language'] = language;
  if (userId) headers['x-session-user'] = userId;
  let payload: BodyInit | undefined;
  if (body instanceof FormData) payload = body;
  else if (body !== undefined) {
    headers['content-type'] = 'application/json';
    payload = JSON.stringify(body);
  }
  if (idempotencyKey) headers['idempotency-key'] = idempotencyKey;

  // By hand rather than AbortSignal.any and .timeout: phones two years old lack them.
  const controller = new AbortController();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    controller.abort();
  }, timeoutMs);
  const abort = (): void => controller.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();

  let response: Response;
  let text: string;
  try {
    response = await fetch(buildUrl(path, params, query), {
      method,
      headers,
      body: payload,
      credentials: 'same-origin',
      cache: method === 'GET' ? 'no-cache' : 'no-store',
      signal: controller.signal,
    });
    if (!response.ok) {
      const problem = await readProblem(response);
      heard?.(!problem.isOffline);
      throw problem;
    }
    if (isForeign(response)) throw new TypeError('a page instead of an answer');
    text = await response.text(); // a response cut in the middle rejects here
  } catch (cause) {
    if (cause instanceof ApiProblem || signal?.aborted) throw cause;
    heard?.(false);
    const code = timedOut ? 'network.timeout' : 'network.unreachable';
    throw new ApiProblem({ status: 0, code, retryable: true }, null, { cause });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
  heard?.(true);
  if (text === '') return undefined as T;
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new ApiProblem({ status: response.status, code: 'response.unreadable', retryable: true }, null, { cause });
  }
}
