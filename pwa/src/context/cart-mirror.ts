import type { CartChange } from '../data/db/cart-replica.ts';
import type { Photo } from '../data/types.ts';

export interface CartLine {
  photoId: string;
  eventId: string;
  addedAt: string;
}

/** What a line shows without signal; lines from another device have only their paths until the cart page asks. */
export type CartPhoto = Pick<
  Photo,
  'id' | 'eventId' | 'width' | 'height' | 'thumbnails' | 'focus' | 'placeholderColor' | 'priceSatang'
>;

export interface CartState {
  lines: readonly CartLine[];
  photos: Readonly<Record<string, CartPhoto>>;
}

export interface Mirror extends CartState {
  /** Decisions that the replica has not taken over yet. */
  pending: CartChange[];
  /** Something of it the server may not have heard. */
  unsent?: boolean;
}

export const MIRROR = 'px.cart';

export function localMirror(): string | null {
  try {
    return localStorage.getItem(MIRROR);
  } catch {
    return null;
  }
}

/** What an earlier visit or another tab left in localStorage. */
export function readMirror(): Mirror {
  try {
    const stored = JSON.parse(localMirror() ?? 'null') as Mirror | null;
    if (stored && Array.isArray(stored.lines) && Array.isArray(stored.pending)) return stored;
  } catch {
    // storage refused or broken: the replica still has it
  }
  return { lines: [], photos: {}, pending: [] };
}
