import { Store } from '../data/store.ts';
import type { Photo } from '../data/types.ts';

export interface CartLine {
  id: string;
  photoId: string;
  eventId: string;
  addedAt: string;
}

export interface CartState {
  lines: readonly CartLine[];
}

export interface CartPrice {
  count: number;
  totalSatang: number;
  /** What the same photos cost one by one. */
  singlesSatang: number;
  savedSatang: number;
  /** What one more photo of the same event adds; null when unknown. */
  nextSatang: number | null;
  suggestion: { kind: 'bundle'; more: number; eachSatang: number } | { kind: 'unlimited'; priceSatang: number } | null;
}

export const cart = new Store<CartState>({ lines: [] });
export const cartPrice = new Store<CartPrice | null>(null);

export function toggleInCart(_photo: Photo): void {}
