import type { Arena } from './arena.ts';
import { packId } from './face-id.ts';
import { type BlockHandle, VectorBlock } from './vectors.ts';

/** A face as it is searched. Ids: UUIDs, or at most 15 bytes of text. */
export interface GalleryFace {
  photoId: string;
  faceId: string;
  /** Unit length. */
  descriptor: Float32Array;
  /** 0..1. */
  quality: number;
}

/** Every searchable face of one event, in shared memory: descriptors, ids, quality, and what is taken off each one's scores. */
export class Gallery extends VectorBlock {
  /** Raised by every change. */
  version = 0;
  /** Raised when a row goes: row numbers of before are void. */
  removals = 0;

  constructor(dims: number, arena?: Arena, handle?: BlockHandle) {
    super(dims, arena, handle);
  }

  add(face: GalleryFace): number {
    const row = this.push(face.descriptor);
    packId(face.faceId, this.id(row));
    packId(face.photoId, this.group(row));
    this.setQuality(row, face.quality);
    this.version++;
    return row;
  }

  /** Makes the faces of a photo those given; answers the rows of the new ones and whether any went. */
  replacePhoto(photoId: string, faces: readonly GalleryFace[]): { added: number[]; removed: Uint8Array[] } {
    const wanted = new Map(faces.map((face) => [packId(face.faceId).join(), face]));
    const removed: Uint8Array[] = [];
    for (const row of this.rowsOfPhoto(photoId).reverse()) {
      const key = this.id(row).join();
      const face = wanted.get(key);
      if (face && this.isSame(row, face)) wanted.delete(key);
      else {
        removed.push(this.id(row).slice());
        this.remove(row);
      }
    }
    if (removed.length > 0) {
      this.removals++;
      this.version++;
    }
    return { added: [...wanted.values()].map((face) => this.add(face)), removed };
  }

  /** Ascending. */
  rowsOfPhoto(photoId: string): number[] {
    return this.rowsWith('groups', packId(photoId));
  }
  /** -1 when there is no such face. */
  rowOfFace(faceId: string): number {
    return this.rowsWith('ids', packId(faceId))[0] ?? -1;
  }
  /** Number of the photo of each row, in the order in which photos first come. */
  photoNumbers(): { photoOf: Int32Array; photos: number } {
    const numbers = new Map<string, number>();
    const photoOf = new Int32Array(this.count);
    for (let row = 0; row < this.count; row++) {
      const key = String.fromCharCode(...this.group(row));
      const number = numbers.get(key) ?? numbers.size;
      numbers.set(key, number);
      photoOf[row] = number;
    }
    return { photoOf, photos: numbers.size };
  }

  private isSame(row: number, face: GalleryFace): boolean {
    const stored = this.at(row);
    return (
      this.quality(row) === Math.fround(face.quality) &&
      stored.every((value, i) => value === Math.fround(face.descriptor[i]!))
    );
  }
}
