import { Store } from '../../data/store.ts';
import type { Described, FromWorker, ToWorker } from './messages.ts';

export interface FinderState {
  phase: 'idle' | 'loading' | 'ready' | 'failed';
  loadedBytes: number;
  totalBytes: number;
  /** failed: for good on this device, or until the files can be had. */
  isUnsupported: boolean;
}

const resting: FinderState = { phase: 'idle', loadedBytes: 0, totalBytes: 0, isUnsupported: false };

/**
 * The page's hold on the face worker: loads it once, again after a failure, and gives its memory back with `stop()`.
 * Pictures go to the worker only; what comes back are numbers.
 */
export class FaceFinder {
  readonly state = new Store<FinderState>(resting);
  #worker: Worker | null = null;
  #serial = 0;
  readonly #waiting = new Map<number, { resolve: (result: Described) => void; reject: (error: Error) => void }>();

  /** Starts the download of the networks; harmless when it runs already, again after a failure. */
  load(): void {
    const { phase } = this.state.value;
    if (phase === 'loading' || phase === 'ready') return;
    this.state.set({ ...resting, phase: 'loading' });
    this.#post({ type: 'load' });
  }

  /** Looks at one picture, which is used up. Rejects when the networks cannot be had or cannot run here. */
  describe({ data, width, height }: ImageData): Promise<Described> {
    this.load();
    const id = ++this.#serial;
    const pixels = data.buffer as ArrayBuffer;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#post({ type: 'describe', id, pixels, width, height }, [pixels]);
    });
  }

  stop(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#rejectAll('stopped');
    this.state.set(resting);
  }

  #post(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(message, transfer);
  }

  #start(): Worker {
    const worker = new Worker(new URL('./face.worker.ts', import.meta.url), { type: 'module', name: 'face' });
    worker.onmessage = (event: MessageEvent<FromWorker>) => this.#hear(event.data);
    worker.onerror = () => {
      if (this.#worker !== worker) return;
      this.#worker = null;
      this.state.set({ ...resting, phase: 'failed' });
      this.#rejectAll('the face worker could not start');
    };
    return worker;
  }

  #hear(message: FromWorker): void {
    switch (message.type) {
      case 'progress':
        this.state.patch({ loadedBytes: message.loadedBytes, totalBytes: message.totalBytes });
        return;
      case 'ready':
        this.state.patch({ phase: 'ready' });
        return;
      case 'described':
        this.#waiting.get(message.id)?.resolve(message.result);
        this.#waiting.delete(message.id);
        return;
      case 'failed':
        if (this.state.value.phase !== 'ready') {
          this.state.set({ ...resting, phase: 'failed', isUnsupported: message.isUnsupported });
        }
        if (message.id === null) return;
        this.#waiting.get(message.id)?.reject(new Error(message.message));
        this.#waiting.delete(message.id);
    }
  }

  #rejectAll(reason: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(reason));
    this.#waiting.clear();
  }
}

const LONGEST_SIDE = 1280;

/** Reads a chosen file as upright pixels, at most 1280 on the longer side. Rejects when it is no picture that this browser can read. */
export async function readPicture(file: Blob): Promise<ImageData> {
  const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const image = pixelsOf(bitmap, Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  bitmap.close();
  return image;
}

/** The camera's frame of this moment, its shorter side `side` pixels. */
export function readFrame(video: HTMLVideoElement, side: number): ImageData {
  const { videoWidth, videoHeight } = video;
  const scale = Math.min(1, side / Math.min(videoWidth, videoHeight));
  return pixelsOf(video, Math.round(videoWidth * scale), Math.round(videoHeight * scale));
}

let canvas: HTMLCanvasElement | null = null;

/** On the page's own canvas: workers of phones a few years old have none. */
function pixelsOf(source: CanvasImageSource, width: number, height: number): ImageData {
  canvas ??= document.createElement('canvas');
  canvas.width = Math.max(1, width);
  canvas.height = Math.max(1, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('no canvas here');
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
