import type { SpaceCalibration } from '#contracts/descriptors.ts';
import type { Arena } from '#face/search/arena.ts';
import { Gallery } from '#face/search/gallery.ts';
import { VectorBlock } from '#face/search/vectors.ts';
import { rank, rankGallery } from '#face/search.ts';
import type { BuildCalls, FacePage } from './face-index.messages.ts';

export type Handlers<C extends { [N in keyof C]: { input: unknown; output: unknown } }> = {
  [N in keyof C]: (input: C[N]['input']) => C[N]['output'];
};

/** Appends the faces of a page whose descriptor is of unit length. */
export function addPage(gallery: Gallery, page: FacePage): void {
  const count = page.quality.length;
  const length = page.descriptors.length / count;
  for (let i = 0; i < count; i++) {
    const descriptor = page.descriptors.subarray(i * length, (i + 1) * length);
    let squares = 0;
    for (const value of descriptor) squares += value * value;
    if (!(Math.abs(Math.sqrt(squares) - 1) < 0.01)) continue;
    const row = gallery.push(descriptor);
    gallery.id(row).set(page.faceIds.subarray(i * 16, i * 16 + 16));
    gallery.group(row).set(page.photoIds.subarray(i * 16, i * 16 + 16));
    gallery.setQuality(row, page.quality[i]!);
  }
}

/** What the thread that builds does. */
export function createBuildCalls(arena: Arena): Handlers<BuildCalls> {
  const begun = new Map<number, { gallery: Gallery; space: SpaceCalibration | undefined }>();
  let last = 0;
  return {
    begin({ length, space }) {
      begun.set(++last, { gallery: new Gallery(length, arena), space });
      return last;
    },
    fill({ number, page }) {
      addPage(begun.get(number)!.gallery, page);
      return null;
    },
    finish({ number }) {
      const { gallery, space } = begun.get(number)!;
      begun.delete(number);
      const { internals, photos, calibration } = rankGallery(gallery, space);
      const { vectors } = internals.cohort;
      const ranked = { gallery: gallery.handle, cohort: vectors.handle, photos, calibration, space };
      gallery.release();
      vectors.release();
      return ranked;
    },
    abandon({ number }) {
      begun.get(number)?.gallery.free();
      begun.delete(number);
      return null;
    },
    rank({ gallery, cohort, space }) {
      const before = { vectors: new VectorBlock(cohort.dims, arena, cohort) };
      const made = rank(new Gallery(gallery.dims, arena, gallery), before, space);
      const { vectors } = made.cohort;
      const handle = vectors.handle;
      vectors.release();
      return {
        cohort: handle,
        photos: made.photos,
        calibration: made.calibration,
        offsets: made.offsets as Float32Array<ArrayBuffer>,
      };
    },
  };
}
