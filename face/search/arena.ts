/** Memory is given out in pieces of this size; they never move. */
export const CHUNK_BYTES = 256 * 1024;
const PAGE_BYTES = 65_536;
const MAX_PAGES = 65_536;
const MAX_CHUNKS = (MAX_PAGES * PAGE_BYTES) / CHUNK_BYTES;

/** What another thread needs to use the same memory: can be posted. */
export interface ArenaHandle {
  memory: WebAssembly.Memory;
  /** One number a chunk: 1 when given out. */
  taken: Int32Array<SharedArrayBuffer>;
}

/**
 * One shared WebAssembly memory of at most 4 GB that all threads scan and that gives its chunks back: what is freed is
 * overwritten with zeros and used again. A memory of its own for each event would stay until the garbage collector comes,
 * and a process has room for about a hundred of them.
 */
export class Arena {
  #buffer: SharedArrayBuffer;

  constructor(
    readonly handle: ArenaHandle = {
      memory: new WebAssembly.Memory({ initial: 4, maximum: MAX_PAGES, shared: true }),
      taken: new Int32Array(new SharedArrayBuffer(MAX_CHUNKS * 4)),
    },
  ) {
    this.#buffer = handle.memory.buffer as unknown as SharedArrayBuffer;
  }

  /** Memory as far as byte `end`; growing never moves it. */
  buffer(end: number): SharedArrayBuffer {
    if (this.#buffer.byteLength < end) {
      // another thread's growth shows here after this at the latest
      this.handle.memory.grow(0);
      this.#buffer = this.handle.memory.buffer as unknown as SharedArrayBuffer;
    }
    return this.#buffer;
  }

  /** Byte offset of a chunk of zeros. Throws RangeError when all 4 GB are given out. */
  take(): number {
    const { taken, memory } = this.handle;
    for (let chunk = 0; chunk < MAX_CHUNKS; chunk++) {
      if (Atomics.compareExchange(taken, chunk, 0, 1) !== 0) continue;
      const end = (chunk + 1) * CHUNK_BYTES;
      while (this.buffer(end).byteLength < end) memory.grow(Math.max(CHUNK_BYTES / PAGE_BYTES, 1));
      return chunk * CHUNK_BYTES;
    }
    throw new RangeError('no memory left for descriptors');
  }

  give(offset: number): void {
    new Uint8Array(this.buffer(offset + CHUNK_BYTES), offset, CHUNK_BYTES).fill(0);
    Atomics.store(this.handle.taken, offset / CHUNK_BYTES, 0);
  }

  /** Bytes given out now. */
  get used(): number {
    return this.handle.taken.reduce((sum, one) => sum + one, 0) * CHUNK_BYTES;
  }
}

let own: Arena | undefined;
/** The arena of this thread for who brings none. */
export const defaultArena = (): Arena => {
  own ??= new Arena();
  return own;
};
