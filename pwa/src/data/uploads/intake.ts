import type { Chosen } from './files.ts';
import type { UploadItem, UploadState } from './store.ts';

export const isUnfinished = (state: UploadState): boolean =>
  state !== 'done' && state !== 'duplicate' && state !== 'failed';

const keyOf = (item: Pick<UploadItem, 'eventId' | 'name' | 'bytes' | 'lastModified'>): string =>
  [item.eventId, item.name, item.bytes, item.lastModified].join('|');

export interface Paired {
  item: UploadItem;
  choice: Chosen;
}

export interface Intake {
  /** New rows. */
  fresh: Paired[];
  /** Rows that are still on their way, or failed: the file may be what they wait for. */
  open: Paired[];
  /** Files that arrived before. */
  arrived: number;
}

/** Pairs chosen files with the rows that are there: by event, name, size and time, as the bytes are not read yet. */
export function takeIn(
  items: readonly UploadItem[],
  to: { userId: string; eventId: string },
  chosen: readonly Chosen[],
): Intake {
  const known = new Map(items.map((item) => [keyOf(item), item]));
  const result: Intake = { fresh: [], open: [], arrived: 0 };
  let at = (items.at(-1)?.at ?? 0) + 1;
  for (const choice of chosen) {
    const { name, size: bytes, lastModified, type } = choice.file;
    const old = known.get(keyOf({ eventId: to.eventId, name, bytes, lastModified }));
    if (old) {
      if (old.state === 'failed' || isUnfinished(old.state)) result.open.push({ item: old, choice });
      else result.arrived++;
      continue;
    }
    const item: UploadItem = {
      ...to,
      id: crypto.randomUUID(),
      name,
      type: type || 'image/jpeg',
      bytes,
      lastModified,
      at: at++,
      state: 'new',
      sent: 0,
    };
    known.set(keyOf(item), item);
    result.fresh.push({ item, choice });
  }
  return result;
}
