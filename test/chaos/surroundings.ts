import { enforceOptions } from 'broadcast-channel';
import 'fake-indexeddb/auto';
import type { Network } from './network.ts';
import { setClock, speedUp } from './time.ts';

/**
 * What the app's data layer expects of a browser, as far as it matters here: storage, events, streams, a clock that may be wrong and
 * timers that run fast. IndexedDB is fake-indexeddb. Call before the first module of the app is loaded.
 */
export function makeSurroundings(options: {
  network: Network;
  origin: string;
  clockSkewMs: number;
  onLine: () => boolean;
}) {
  const { network, origin } = options;
  // Databases of one name in several threads are several devices, not tabs of one.
  enforceOptions({ type: 'simulate' });
  speedUp();
  const clock = { aheadMs: options.clockSkewMs };
  setClock(clock);

  const page = new EventTarget();
  const visibility = { state: 'visible' as 'visible' | 'hidden' };
  const element = { dataset: {} as Record<string, string>, lang: '', style: { setProperty() {} } };
  const location = new URL(origin);
  const set = (name: string, value: unknown): void => {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  };
  const document = Object.assign(page, {
    documentElement: element,
    body: element,
    querySelector: () => null,
    getElementById: () => null,
    createElement: () => ({ ...element, click() {}, remove() {}, append() {} }),
    title: '',
  });
  Object.defineProperty(document, 'visibilityState', { get: () => visibility.state });
  const window = new EventTarget();
  set('document', document);
  set('addEventListener', window.addEventListener.bind(window));
  set('removeEventListener', window.removeEventListener.bind(window));
  set('dispatchEvent', window.dispatchEvent.bind(window));
  set('location', Object.assign(location, { assign() {} }));
  set('history', { state: { index: 0 }, pushState() {}, replaceState() {}, scrollRestoration: 'auto' });
  set('localStorage', storage());
  set('sessionStorage', storage());
  set('matchMedia', () => ({ matches: false, addEventListener() {} }));
  set('Image', class {});
  set('scrollY', 0);
  set('navigator', {
    userAgent: 'chaos',
    languages: ['en'],
    maxTouchPoints: 0,
    get onLine() {
      return options.onLine();
    },
  });
  set('window', globalThis);
  // Between threads of Node it would join the devices.
  set('BroadcastChannel', undefined);
  set('fetch', network.fetch);
  set('EventSource', eventSourceOf(network));
  return {
    clock,
    show: (state: 'visible' | 'hidden'): void => {
      visibility.state = state;
      page.dispatchEvent(new Event('visibilitychange'));
    },
    window,
  };
}

function storage() {
  const kept = new Map<string, string>();
  const methods = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, String(value)),
    removeItem: (key: string) => void kept.delete(key),
    clear: () => kept.clear(),
  };
  // Object.keys(localStorage) lists what is kept.
  return new Proxy(methods, {
    ownKeys: () => [...kept.keys()],
    getOwnPropertyDescriptor: (target, key) =>
      kept.has(String(key))
        ? { value: kept.get(String(key)), enumerable: true, configurable: true }
        : Object.getOwnPropertyDescriptor(target, key),
  });
}

/** Server-sent events over the device's network. */
const eventSourceOf = (network: Network) =>
  class extends EventTarget {
    onopen: (() => void) | null = null;
    onerror: (() => void) | null = null;
    readonly #abort = new AbortController();

    constructor(url: string) {
      super();
      void this.#read(url).catch(() => undefined);
    }
    close(): void {
      this.#abort.abort();
    }
    async #read(url: string): Promise<void> {
      try {
        const response = await network.stream(url, this.#abort.signal);
        if (!response.ok || !response.body) throw new TypeError(`stream ${response.status}`);
        this.onopen?.();
        const decoder = new TextDecoder();
        let text = '';
        for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
          if (network.weather.isOffline) throw new TypeError('cut');
          text += decoder.decode(chunk, { stream: true });
          const blocks = text.split('\n\n');
          text = blocks.pop()!;
          for (const block of blocks) this.#dispatch(block);
        }
        throw new TypeError('ended');
      } catch {
        if (!this.#abort.signal.aborted) this.onerror?.();
      }
    }
    #dispatch(block: string): void {
      const lines = block.split('\n');
      const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trimStart());
      if (data.length === 0) return;
      const name =
        lines
          .find((line) => line.startsWith('event:'))
          ?.slice(6)
          .trim() ?? 'message';
      this.dispatchEvent(new MessageEvent(name, { data: data.join('\n') }));
    }
  };
