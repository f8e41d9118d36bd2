import type { Photo, PhotoList } from '../../data/types.ts';
import { ratioOf } from '../justify.ts';

/** A few photos as a list. */
class ArrayList implements PhotoList {
  readonly length: number;
  readonly #photos: readonly Photo[];

  constructor(photos: readonly Photo[]) {
    this.#photos = photos;
    this.length = photos.length;
  }
  at = (index: number): Photo | undefined => this.#photos[index];
  idAt = (index: number): string | undefined => this.#photos[index]?.id;
  ratioAt = (index: number): number => ratioOf(this.#photos[index]!);
  timeAt(index: number): number | null {
    const takenAt = this.#photos[index]?.takenAt;
    return takenAt ? Date.parse(takenAt) : null;
  }
  indexOf = (id: string): number => this.#photos.findIndex((photo) => photo.id === id);
}

const known = new WeakMap<readonly Photo[], PhotoList>();

/** What grid and viewer work on; the same array gives the same list. */
export function listOf(photos: readonly Photo[] | PhotoList): PhotoList {
  if (!Array.isArray(photos)) return photos as PhotoList;
  let list = known.get(photos);
  if (!list) {
    list = new ArrayList(photos);
    known.set(photos, list);
  }
  return list;
}
