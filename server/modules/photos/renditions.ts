import sharp, { type Sharp } from 'sharp';
import type { Storage } from '#server/platform/storage.ts';

const KEPT_BYTES = 64 * 1024 * 1024;

/**
 * Pictures made from a stored one when first asked for, and kept in memory while there is room: no copy that would have to be deleted.
 * Many may ask for one at once; it is made once. Whoever calls decides each time who may see it.
 */
export function createRenditions(storage: Storage, keptBytes = KEPT_BYTES) {
  const kept = new Map<string, Promise<Buffer>>();
  let bytes = 0;

  async function forgetOldest(): Promise<void> {
    for (const [key, made] of kept) {
      if (bytes <= keptBytes) return;
      kept.delete(key);
      bytes -= (await made.catch(() => Buffer.alloc(0))).length;
    }
  }
  /** `key` names the result: another source or recipe is another key. */
  return (key: string, objectKey: string, recipe: (picture: Sharp) => Sharp): Promise<Buffer> => {
    const known = kept.get(key);
    if (known) {
      kept.delete(key);
      kept.set(key, known);
      return known;
    }
    const made = storage.getBuffer(objectKey).then((source) => recipe(sharp(source)).toBuffer());
    kept.set(key, made);
    made.then(
      (data) => {
        bytes += data.length;
        void forgetOldest();
      },
      () => kept.delete(key),
    );
    return made;
  };
}
