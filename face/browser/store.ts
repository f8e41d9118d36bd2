/**
 * The face networks on this device: fetched once, in pieces that survive a cut, kept in the Cache API for offline, and
 * checked by SHA-256 before each first use. Runs in a worker or a page, with or without a service worker.
 */
export interface StoredFile {
  /** Absolute or below the origin; its name changes with its content. */
  url: string;
  /** Unpacked. */
  bytes: number;
  /** Of the unpacked file, hex. */
  sha256: string;
  /** When `${url}.gz` is served too: about how long that is. */
  packedBytes?: number;
}

/** The file cannot be had now (no signal, server away). Trying again later may help; what has come is kept. */
export class FetchFailed extends Error {
  constructor(options?: { cause?: unknown }) {
    super('A part of the face finder could not be fetched.', options);
    this.name = 'FetchFailed';
  }
}

export const STORE_NAME = 'px-face';
/** What came is laid down each time so much is complete: a cut costs at most that. */
const PIECE_BYTES = 512 * 1024;
const MAX_ATTEMPTS = 3;

/** `came`: bytes that travelled (or lay here), of about `total`. */
export type OnBytes = (came: number, total: number) => void;

export interface ModelStore {
  /** Throws FetchFailed. */
  read(file: StoredFile, onBytes?: OnBytes): Promise<Uint8Array<ArrayBuffer>>;
  /** Whether it lies here whole (not whether it is sound). */
  has(file: StoredFile): Promise<boolean>;
}

export const createModelStore = (name = STORE_NAME): ModelStore => {
  const opened = openCache(name);

  async function read(file: StoredFile, onBytes?: OnBytes): Promise<Uint8Array<ArrayBuffer>> {
    const cache = await opened;
    const kept = await cache?.match(file.url);
    if (kept) {
      const bytes = new Uint8Array(await kept.arrayBuffer());
      if (await isSound(bytes, file)) {
        onBytes?.(lengthOf(file), lengthOf(file));
        return bytes;
      }
      await cache!.delete(file.url);
    }
    let failure: unknown;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const isPacked = file.packedBytes !== undefined && typeof DecompressionStream === 'function' && attempt < 2;
      const pieces = new Pieces(cache, isPacked ? `${file.url}.gz` : file.url);
      try {
        const came = await pieces.fetch((count, total) => onBytes?.(count, total ?? lengthOf(file)));
        const bytes = isPacked ? await unpack(came) : came;
        if (await isSound(bytes, file)) {
          await cache
            ?.put(file.url, new Response(bytes, { headers: { 'content-type': 'application/octet-stream' } }))
            .catch(() => undefined); // no room: works this time, fetched again the next
          await pieces.drop();
          await dropOlder(cache, file.url);
          return bytes;
        }
        failure = new Error(`${file.url} is not the file that it should be`);
      } catch (error) {
        failure = error;
        if (error instanceof CutError) break; // what came is kept; going on is for when there is signal again
      }
      await pieces.drop();
    }
    throw new FetchFailed({ cause: failure });
  }

  return {
    read,
    has: async (file) => (await (await opened)?.match(file.url)) !== undefined,
  };
};

const lengthOf = (file: StoredFile): number => file.packedBytes ?? file.bytes;

/** No Cache API outside of secure contexts, none in some private windows: then nothing is kept. */
async function openCache(name: string): Promise<Cache | null> {
  try {
    return await caches.open(name);
  } catch {
    return null;
  }
}

/** The connection broke, or was never there. */
class CutError extends Error {}

/** One download in pieces: each is laid down when complete, so that the next attempt asks only for the rest. */
class Pieces {
  readonly #cache: Cache | null;
  readonly #url: string;
  constructor(cache: Cache | null, url: string) {
    this.#cache = cache;
    this.#url = url;
  }

  #key(index: number): string {
    return `${this.#url}?piece=${index}`;
  }

  async fetch(onBytes: (came: number, total: number | undefined) => void): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array[] = [];
    for (let kept = await this.#kept(0); kept; kept = await this.#kept(parts.length)) parts.push(kept);
    let came = parts.reduce((sum, part) => sum + part.length, 0);
    const response = await fetch(this.#url, {
      headers: came > 0 ? { range: `bytes=${came}-` } : {},
      cache: came > 0 ? 'no-store' : 'default',
    }).catch((cause: unknown) => {
      throw new CutError('no connection', { cause });
    });
    if (response.status === 416) return joined(parts); // all of it was here
    if (!response.ok) {
      const error = new Error(`${this.#url} answered ${response.status}`);
      throw response.status >= 500 ? new CutError(error.message, { cause: error }) : error;
    }
    if (came > 0 && response.status !== 206) {
      parts.length = 0; // a server without ranges sends all of it
      came = 0;
    }
    const rest = Number(response.headers.get('content-length'));
    const total = rest > 0 ? came + rest : undefined;
    onBytes(came, total);
    let piece = new Uint8Array(PIECE_BYTES);
    let filled = 0;
    try {
      for await (const chunk of chunksOf(response)) {
        came += chunk.length;
        for (let at = 0; at < chunk.length; ) {
          const taken = chunk.subarray(at, at + PIECE_BYTES - filled);
          piece.set(taken, filled);
          filled += taken.length;
          at += taken.length;
          if (filled < PIECE_BYTES) continue;
          await this.#keep(parts.length, piece);
          parts.push(piece);
          piece = new Uint8Array(PIECE_BYTES);
          filled = 0;
        }
        onBytes(came, total);
      }
    } catch (cause) {
      throw new CutError('the connection broke', { cause });
    }
    if (total !== undefined && came < total) throw new CutError('the connection broke');
    parts.push(piece.subarray(0, filled));
    return joined(parts);
  }

  async #kept(index: number): Promise<Uint8Array | null> {
    const response = await this.#cache?.match(this.#key(index));
    const bytes = response && new Uint8Array(await response.arrayBuffer());
    return bytes?.length === PIECE_BYTES ? bytes : null;
  }

  async #keep(index: number, piece: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#cache?.put(this.#key(index), new Response(piece.slice())).catch(() => undefined);
  }

  async drop(): Promise<void> {
    for (let index = 0; await this.#cache?.delete(this.#key(index)); index++);
  }
}

async function* chunksOf(response: Response): AsyncGenerator<Uint8Array> {
  if (!response.body) {
    yield new Uint8Array(await response.arrayBuffer());
    return;
  }
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

async function unpack(packed: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Response(packed).body!.pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Outside of secure contexts there is no SHA-256; the length has to do. */
async function isSound(bytes: Uint8Array<ArrayBuffer>, file: StoredFile): Promise<boolean> {
  if (bytes.length !== file.bytes) return false;
  if (typeof crypto === 'undefined' || !crypto.subtle) return true;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('') === file.sha256;
}

/** `…/tiny-0a1b2c3d.bin` takes the place of every other `…/tiny-????????.bin`. */
async function dropOlder(cache: Cache | null, url: string): Promise<void> {
  const path = new URL(url, globalThis.location.href).pathname;
  const family = /^(.*-)[0-9a-f]{8}(\.\w+)$/.exec(path);
  if (!cache || !family) return;
  for (const request of await cache.keys()) {
    const other = new URL(request.url).pathname;
    if (other !== path && other.startsWith(family[1]!) && other.endsWith(family[2]!) && other.length === path.length)
      await cache.delete(request);
  }
}
