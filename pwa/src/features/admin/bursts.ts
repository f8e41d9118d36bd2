import type { PhotoView } from '#contracts/http/photos.ts';

/** Shots of one camera closer together than this are one burst. */
const BURST_MS = 1_500;

export interface Entry {
  photo: PhotoView;
  /** The photo and those stacked below it. */
  members: readonly PhotoView[];
}

/** Near-duplicates one after another become one entry; `stacked` false: each photo stands for itself. */
export function toEntries(photos: readonly PhotoView[], stacked: boolean): Entry[] {
  const entries: { photo: PhotoView; members: PhotoView[] }[] = [];
  for (const photo of photos) {
    const last = entries.at(-1);
    const before = last?.members.at(-1);
    const close =
      stacked &&
      before?.takenAt &&
      photo.takenAt &&
      before.photographer.id === photo.photographer.id &&
      Math.abs(Date.parse(photo.takenAt) - Date.parse(before.takenAt)) <= BURST_MS;
    if (close && last) last.members.push(photo);
    else entries.push({ photo, members: [photo] });
  }
  return entries;
}
