import type { UploadSource } from './store.ts';

/** A file that somebody chose, with the handle that survives a reload where the browser gives one. */
export interface Chosen {
  file: File;
  handle?: FileSystemFileHandle;
}

export interface Choice {
  photos: Chosen[];
  /** Files that are no photos (videos, sidecars, .DS_Store) and stay where they are. */
  leftOut: number;
}

const PHOTO = /\.(jpe?g|png|webp|tiff?)$/i;
export const ACCEPT = 'image/jpeg,image/png,image/webp,image/tiff,.jpg,.jpeg,.png,.webp,.tif,.tiff';
const isPhoto = (file: File): boolean => !file.name.startsWith('.') && PHOTO.test(file.name) && file.size > 0;

interface Pickers {
  showOpenFilePicker?: (options: unknown) => Promise<FileSystemFileHandle[]>;
  showDirectoryPicker?: (options?: unknown) => Promise<FileSystemDirectoryHandle>;
}
const pickers = (): Pickers => globalThis as Pickers;
export const hasFilePicker = (): boolean => typeof pickers().showOpenFilePicker === 'function';
export const hasFolderPicker = (): boolean => typeof pickers().showDirectoryPicker === 'function';

export function sortOut(chosen: readonly Chosen[]): Choice {
  const photos = chosen.filter(({ file }) => isPhoto(file));
  photos.sort((a, b) => a.file.lastModified - b.file.lastModified || a.file.name.localeCompare(b.file.name));
  return { photos, leftOut: chosen.length - photos.length };
}

const closed = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError';

/** The system's chooser with handles; null when the person closed it. */
export async function pickFiles(): Promise<Choice | null> {
  try {
    const handles = await pickers().showOpenFilePicker!({
      multiple: true,
      types: [{ description: 'Photos', accept: { 'image/*': ['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff'] } }],
    });
    return sortOut(await Promise.all(handles.map(async (handle) => ({ handle, file: await handle.getFile() }))));
  } catch (error) {
    if (closed(error)) return null;
    throw error;
  }
}

export async function pickFolder(): Promise<Choice | null> {
  try {
    const chosen: Chosen[] = [];
    await walkHandle(await pickers().showDirectoryPicker!(), chosen);
    return sortOut(chosen);
  } catch (error) {
    if (closed(error)) return null;
    throw error;
  }
}

async function walkHandle(handle: FileSystemHandle, into: Chosen[]): Promise<void> {
  if (handle.kind === 'file') {
    const file = handle as FileSystemFileHandle;
    into.push({ handle: file, file: await file.getFile() });
    return;
  }
  const folder = handle as FileSystemDirectoryHandle & { values(): AsyncIterable<FileSystemHandle> };
  for await (const child of folder.values()) await walkHandle(child, into);
}

/** Files and folders that were dropped. Must be called in the drop handler itself: the list is empty after it. */
export function readDrop(transfer: DataTransfer): Promise<Choice> {
  const items = [...transfer.items].filter((item) => item.kind === 'file');
  const reading = items.map((item): Promise<Chosen[]> => {
    const withHandle = item as DataTransferItem & { getAsFileSystemHandle?: () => Promise<FileSystemHandle | null> };
    const entry = item.webkitGetAsEntry?.() ?? null;
    const file = item.getAsFile();
    const plain = async (): Promise<Chosen[]> => (entry ? walkEntry(entry) : file ? [{ file }] : []);
    if (!withHandle.getAsFileSystemHandle) return plain();
    return withHandle.getAsFileSystemHandle().then(async (handle) => {
      if (!handle) return plain();
      const found: Chosen[] = [];
      await walkHandle(handle, found);
      return found;
    }, plain);
  });
  return Promise.all(reading).then((lists) => sortOut(lists.flat()));
}

async function walkEntry(entry: FileSystemEntry): Promise<Chosen[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: Chosen[] = [];
  for (;;) {
    // At most 100 entries a call, until it answers none.
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return found;
    for (const child of batch) found.push(...(await walkEntry(child)));
  }
}

type Asking = { queryPermission?: (o: { mode: 'read' }) => Promise<PermissionState> } & {
  requestPermission?: (o: { mode: 'read' }) => Promise<PermissionState>;
};

/**
 * The bytes behind a source. `ask` may show the browser's question and needs a click. 'ask' means: not without one; undefined
 * means gone.
 */
export async function openSource(source: UploadSource, ask: boolean): Promise<File | 'ask' | undefined> {
  if (source instanceof File) return source;
  const handle = source as FileSystemFileHandle & Asking;
  try {
    let state = (await handle.queryPermission?.({ mode: 'read' })) ?? 'granted';
    if (state === 'prompt' && ask) state = (await handle.requestPermission?.({ mode: 'read' })) ?? 'denied';
    if (state !== 'granted') return 'ask';
    return await handle.getFile();
  } catch {
    return undefined;
  }
}
