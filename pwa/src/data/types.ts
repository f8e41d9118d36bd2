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
>;

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}
