import { createFates } from './fates.ts';

type Fetch = typeof globalThis.fetch;

export interface Weather {
  /** Nothing gets through. */
  isOffline: boolean;
  /** 0: a good line. Share of requests that something happens to. */
  badness: number;
}

/**
 * The network between one device and the server, as bad as a venue's: requests that never arrive, answers that never come back or
 * break off in the middle, requests that arrive twice, the second time late, and answers that overtake each other. Keeps the
 * device's cookies as a browser does: only of answers that arrived. What happens to which request: fates.ts. `log` hears of each.
 */
export function createNetwork(origin: string, real: Fetch, log: (text: string) => void = () => undefined) {
  const weather: Weather = { isOffline: false, badness: 0 };
  const cookies = new Map<string, string>();
  const fates = createFates();
  const late = new Set<Promise<unknown>>();

  const wait = (ms: number): Promise<void> => new Promise((resolve) => realSetTimeout(resolve, ms));
  const gone = (): never => {
    throw new TypeError('fetch failed');
  };

  /** The request as it leaves: a copy of it carries the cookies of that moment, whoever is signed in when it arrives. */
  function leave(init: RequestInit): RequestInit {
    const headers = new Headers(init.headers);
    if (cookies.size > 0) headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    return { ...init, headers };
  }
  function keepCookies(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';');
      const at = pair.indexOf('=');
      const isGone = attributes.some((each) => /^\s*max-age=0\s*$/i.test(each)) || pair.slice(at + 1) === '';
      if (isGone) cookies.delete(pair.slice(0, at));
      else cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
  }
  /** The answer, whole, as if it had just come. */
  const whole = async (response: Response): Promise<Response> => {
    const body = await response.arrayBuffer();
    keepCookies(response);
    const hasBody = ![204, 205, 304].includes(response.status);
    return new Response(hasBody ? body : null, { status: response.status, headers: response.headers });
  };
  const cut = async (response: Response): Promise<Response> => {
    const body = new Uint8Array(await response.arrayBuffer());
    keepCookies(response);
    const half = new ReadableStream({
      start(controller) {
        controller.enqueue(body.slice(0, body.length >> 1));
        controller.error(new TypeError('terminated'));
      },
    });
    return new Response(half, { status: response.status, headers: response.headers });
  };

  const fetch: Fetch = async (input, init = {}) => {
    const url = new URL(String(input), origin).href;
    const { signal, ...rest } = init;
    if (weather.isOffline) return gone();
    if (signal?.aborted) throw signal.reason;
    const work = passOn(url, rest);
    if (!signal) return work;
    return Promise.race([
      work,
      new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
    ]);
  };

  async function passOn(url: string, given: RequestInit): Promise<Response> {
    const init = leave(given);
    const method = init.method ?? 'GET';
    const { fate, random, slowMs } = fates.of(method, url, weather.badness);
    const request = `${method} ${new URL(url).pathname} ${fate ?? 'well'}`;
    log(`${request} > ${typeof init.body === 'string' ? init.body.slice(0, LOGGED) : ''}`);
    const ask = async (): Promise<Response> => {
      const response = await real(url, init);
      log(`${request} < ${response.status} ${(await response.clone().text()).slice(0, LOGGED)}`);
      return response;
    };
    switch (fate) {
      case null:
        return whole(await ask());
      case 'lost':
        return gone();
      case 'unanswered':
        await (await ask()).arrayBuffer();
        return gone();
      case 'cut':
        return cut(await ask());
      case 'slow':
        // Before and after: requests and answers overtake each other.
        await wait(slowMs?.[0] ?? random.int(25));
        return whole(await ask().then((response) => wait(slowMs?.[1] ?? random.int(25)).then(() => response)));
      case 'twice': {
        const [first, second] = await Promise.all([ask(), ask()]);
        await second.arrayBuffer();
        return whole(first);
      }
      case 'late twin': {
        const twin = wait(20 + random.int(150))
          .then(() => ask())
          .then((response) => response.arrayBuffer())
          .catch(() => undefined);
        late.add(twin);
        void twin.finally(() => late.delete(twin));
        return whole(await ask());
      }
      case 'hole':
        // It arrives, and nothing ever comes back: the client's own patience decides.
        await (await real(url, init)).arrayBuffer();
        return new Promise(() => undefined);
    }
  }

  return {
    fetch,
    weather,
    changed: () => undefined,
    reset: fates.reset,
    plan: fates.plan,
    counts: () => fates.counts,
    /** For streams: not subject to the weather but for being offline. */
    stream: (url: string, signal: AbortSignal): Promise<Response> => {
      if (weather.isOffline) return Promise.reject(new TypeError('fetch failed'));
      return real(new URL(url, origin).href, leave({ signal, headers: { accept: 'text/event-stream' } }));
    },
    /** Twins that are still under way have arrived. */
    settled: async (): Promise<void> => void (await Promise.all([...late])),
  };
}
export type Network = ReturnType<typeof createNetwork>;

/** So many characters of what is said are written down. */
const LOGGED = 1_200;
const realSetTimeout = globalThis.setTimeout;
