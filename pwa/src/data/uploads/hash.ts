/** Larger files are not hashed here (SubtleCrypto wants them whole); the server then finds repeats by itself. */
export const LARGEST_HASHED_BYTES = 80 * 1024 * 1024;

let worker: Worker | null = null;
let serial = 0;
const pending = new Map<string, { resolve: (sha256: string) => void; reject: (error: Error) => void }>();

function start(): Worker {
  const created = new Worker(new URL('./hash.worker.ts', import.meta.url), { type: 'module', name: 'desk-hash' });
  created.onmessage = ({ data }: MessageEvent<{ id: string; sha256?: string; error?: string }>) => {
    const waiting = pending.get(data.id);
    pending.delete(data.id);
    if (data.sha256) waiting?.resolve(data.sha256);
    else waiting?.reject(new Error(data.error));
  };
  created.onerror = () => {
    for (const waiting of pending.values()) waiting.reject(new Error('worker'));
    pending.clear();
    created.terminate();
    worker = null;
  };
  return created;
}

/** SHA-256 in hex. Rejects when the file cannot be read any more (card pulled out, file changed). */
export function sha256Of(file: Blob): Promise<string> {
  worker ??= start();
  const id = String(++serial);
  return new Promise((resolve, reject) => {
    pending.set(id, { resolve, reject });
    worker!.postMessage({ id, file });
  });
}
