import { buildUrl, type Query } from './api.ts';

export interface LiveHandlers {
  onMessage: (data: string) => void;
  /** The stream stands (again): look at what may have been missed. */
  onOpen?: () => void;
}

const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 60_000;

/**
 * Server-sent events that close while nobody looks (a browser gives six connections to an address, photos want them) and come
 * back by themselves, slower and slower when the server refuses.
 */
export class LiveStream {
  #source: EventSource | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #delay = FIRST_RETRY_MS;
  #stopped = false;
  readonly #url: string;
  readonly #handlers: LiveHandlers;
  readonly #events: readonly string[];

  constructor(path: string, query: Query, handlers: LiveHandlers, events: readonly string[] = ['message']) {
    this.#url = buildUrl(path, {}, query);
    this.#handlers = handlers;
    this.#events = events;
    document.addEventListener('visibilitychange', this.#onVisibility);
    this.#open();
  }

  stop(): void {
    this.#stopped = true;
    document.removeEventListener('visibilitychange', this.#onVisibility);
    this.#close();
  }

  readonly #onVisibility = (): void => {
    if (document.visibilityState === 'visible') this.#open();
    else this.#close();
  };

  #close(): void {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
  }

  #open(): void {
    if (this.#source || this.#stopped || document.visibilityState === 'hidden') return;
    const source = new EventSource(this.#url);
    this.#source = source;
    source.onopen = () => {
      this.#delay = FIRST_RETRY_MS;
      this.#handlers.onOpen?.();
    };
    for (const name of this.#events) {
      source.addEventListener(name, (event) => this.#handlers.onMessage((event as MessageEvent<string>).data));
    }
    source.onerror = () => {
      // The browser's own retry is immediate and for ever; ours backs off.
      this.#close();
      this.#retry = setTimeout(() => this.#open(), this.#delay * (0.75 + Math.random() / 2));
      this.#delay = Math.min(this.#delay * 2, LONGEST_RETRY_MS);
    };
  }
}
