/** The shapes of the API as the pages use them, taken from the contracts. Types only: no zod reaches the phone. */
import type { EventView as ContractEvent } from '#contracts/http/events.ts';
import type { PhotoView } from '#contracts/http/photos.ts';
import type { Role as ContractRole } from '#contracts/http/route.ts';

export type Role = ContractRole;
export type EventView = ContractEvent;

/** A photo as a wall, a cart or a viewer needs it; search results and offline documents fit too. */
export type Photo = Pick<
  PhotoView,
  | 'id'
  | 'eventId'
  | 'width'
  | 'height'
  | 'takenAt'
  | 'previewUrl'
  | 'thumbnails'
  | 'placeholderColor'
  | 'focus'
  | 'priceSatang'
> &
  // What older answers on the device do not have yet.
  Partial<Pick<PhotoView, 'thumbHash' | 'photographer'>>;

/** Photos in an order, perhaps tens of thousands, whose records are made when they are looked at. */
export interface PhotoList {
  readonly length: number;
  at(index: number): Photo | undefined;
  idAt(index: number): string | undefined;
  /** Width over height. */
  ratioAt(index: number): number;
  /** ms since 1970; null where nothing is known. */
  timeAt(index: number): number | null;
  /** -1: not in it. */
  indexOf(id: string): number;
}

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}
