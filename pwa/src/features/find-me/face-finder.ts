import type { WantedSpaces } from '#face/browser/wanted.ts';
import { Store } from '../../data/store.ts';
import type { Descriptors, FromWorker, SeenFaceView, ToWorker } from './messages.ts';

export interface FinderState {
  phase: 'idle' | 'loading' | 'ready' | 'failed';
  /** Bytes that travelled, of about so many. */
  came: number;
  total: number;
  /** failed: for good on this device, or until the files can be had. */
  isUnsupported: boolean;
}

/** A cut download goes on by itself, later and later. */
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 30_000;

const resting: FinderState = { phase: 'idle', came: 0, total: 0, isUnsupported: false };

type Answer = Extract<FromWorker, { type: 'looked' | 'described' }>;

/**
 * The page's hold on the face worker: loads it once, again after a failure, and gives its memory back with `stop()`.
 * Pictures go to the worker only; what comes back are numbers.
 */
export class FaceFinder {
  readonly state = new Store<FinderState>(resting);
  #worker: Worker | null = null;
  #spaces: WantedSpaces | null = null;
  #serial = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #retryMs = FIRST_RETRY_MS;
  readonly #waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();

  /** Starts the download of the networks; harmless when it runs already, goes on after a failure. Without spaces: those of before. */
  load(spaces: WantedSpaces | null = this.#spaces): void {
    if (!spaces) return;
    const isOther = this.#spaces !== null && spacesKey(spaces) !== spacesKey(this.#spaces);
    if (isOther) this.stop();
    this.#spaces = spaces;
    const { phase } = this.state.value;
    if (phase === 'loading' || phase === 'ready') return;
    clearTimeout(this.#retry);
    this.state.set({ ...resting, phase: 'loading' });
    this.#post({ type: 'load', options: { spaces: spaces.spaces, networks: spaces.networks } });
  }

  /** Faces of one picture, which is used up. Rejects when the networks cannot be had or cannot run here. */
  async look({ data, width, height }: ImageData, isLive: boolean): Promise<SeenFaceView[]> {
    this.load();
    const pixels = { data: data.buffer as ArrayBuffer, width, height };
    const answer = await this.#ask((id) => ({ type: 'look', id, pixels, isLive }), [pixels.data]);
    return answer.type === 'looked' ? answer.faces : [];
  }

  /** Describes one face of the picture looked at last. */
  async describe(face: number): Promise<Descriptors> {
    const answer = await this.#ask((id) => ({ type: 'describe', id, face }));
    return answer.type === 'described' ? answer.descriptors : {};
  }

  stop(): void {
    clearTimeout(this.#retry);
    this.#worker?.terminate();
    this.#worker = null;
    this.#rejectAll('stopped');
    this.state.set(resting);
  }

  #ask(message: (id: number) => ToWorker, transfer: Transferable[] = []): Promise<Answer> {
    const id = ++this.#serial;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#post(message(id), transfer);
    });
  }

  #post(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(message, transfer);
  }

  #start(): Worker {
    const worker = new Worker(new URL('./face.worker.ts', import.meta.url), { type: 'module', name: 'face' });
    worker.onmessage = (event: MessageEvent<FromWorker>) => this.#hear(event.data);
    worker.onerror = (event) => {
      if (this.#worker !== worker) return;
      this.#worker.terminate();
      this.#worker = null;
      // Without a message the script could not be fetched; with one it does not run here (an old browser, no memory).
      this.#failed(Boolean(event.message));
      this.#rejectAll('the face worker could not start');
    };
    return worker;
  }

  #hear(message: FromWorker): void {
    switch (message.type) {
      case 'progress':
        if (this.state.value.phase === 'loading') this.state.patch({ came: message.came, total: message.total });
        return;
      case 'ready':
        this.#retryMs = FIRST_RETRY_MS;
        this.state.patch({ phase: 'ready' });
        return;
      case 'looked':
      case 'described':
        this.#waiting.get(message.id)?.resolve(message);
        this.#waiting.delete(message.id);
        return;
      case 'failed':
        if (this.state.value.phase !== 'ready') this.#failed(message.isUnsupported);
        if (message.id === null) return;
        this.#waiting.get(message.id)?.reject(new Error(message.message));
        this.#waiting.delete(message.id);
    }
  }

  #failed(isUnsupported: boolean): void {
    this.state.set({ ...resting, phase: 'failed', isUnsupported });
    clearTimeout(this.#retry);
    if (isUnsupported) return;
    this.#retry = setTimeout(() => this.load(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
  }

  #rejectAll(reason: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(reason));
    this.#waiting.clear();
  }
}

const spacesKey = ({ spaces }: WantedSpaces): string => spaces.map(({ id }) => id).join();
