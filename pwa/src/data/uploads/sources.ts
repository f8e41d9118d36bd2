import { type Chosen, openSource } from './files.ts';
import type { UploadItem } from './store.ts';
import * as store from './store.ts';

/** Copies of files without a handle (Firefox, Safari) take at most this much of the device. */
const COPY_BUDGET_BYTES = 400 * 1024 * 1024;

/** The bytes behind the rows: files at hand now, and what leads back to them after a reload. */
export class Sources {
  readonly #files = new Map<string, File>();
  #copiedBytes = 0;

  at(id: string): File | undefined {
    return this.#files.get(id);
  }
  hold(id: string, { file, handle }: Chosen): void {
    this.#files.set(id, file);
    if (handle) void store.saveSource(id, handle);
  }
  letGo(id: string): void {
    this.#files.delete(id);
  }

  /** Writes down the way back to files that are held: their handles, else copies as far as the budget goes. */
  async keep(items: readonly UploadItem[], chosen: readonly Chosen[]): Promise<void> {
    const handles = new Map(chosen.map(({ file, handle }) => [file, handle]));
    for (const { id } of items) {
      const file = this.#files.get(id);
      if (!file) continue; // arrived meanwhile
      const handle = handles.get(file);
      if (handle) await store.saveSource(id, handle);
      else if (this.#copiedBytes + file.size <= COPY_BUDGET_BYTES && (await store.saveSource(id, file)))
        this.#copiedBytes += file.size;
    }
  }

  /** The file of a row; 'ask': not without a click of the person; undefined: gone, or no longer the same. */
  async open(item: UploadItem, ask = false): Promise<File | 'ask' | undefined> {
    const held = this.#files.get(item.id);
    if (held) return held;
    const source = await store.loadSource(item.id).catch(() => undefined);
    const file = source && (await openSource(source, ask));
    if (file === 'ask') return 'ask';
    if (!file || file.size !== item.bytes) return undefined;
    this.#files.set(item.id, file);
    return file;
  }
}

/** Whether the bytes are really there: a card that was pulled out gives files that cannot be read. */
export const isReadable = (file: File): Promise<boolean> =>
  file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );
