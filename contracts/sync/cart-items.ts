import { type Conflict, isDecided, REFUSED_REVISION, type Replicated } from './documents.ts';

/** One chosen photo of a person. `id` is the photo's id, so two devices that add one photo agree. Prices are not in here. */
export interface CartItemDoc {
  /** The photo's id. */
  id: string;
  eventId: string;
  /** False: kept in the cart for later, not bought now. To change it is a decision, too. */
  isSelected: boolean;
  /** ISO, UTC; the server's once it was there. */
  addedAt: string;
  /** Negative until the server has numbered it, see `newDecision`. */
  revision: number;
}

export const cartItemDocVersion = 0;

export const cartItemDocSchema = {
  title: 'cart-item',
  version: cartItemDocVersion,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 36 },
    eventId: { type: 'string', maxLength: 36 },
    isSelected: { type: 'boolean' },
    addedAt: { type: 'string', maxLength: 30 },
    revision: { type: 'number' },
  },
  required: ['id', 'eventId', 'isSelected', 'addedAt', 'revision'],
  indexes: ['eventId'],
} as const;

/** The same in what a person decides; revision and times are the server's bookkeeping. */
export const isSame = (a: Replicated<CartItemDoc>, b: Replicated<CartItemDoc>): boolean =>
  a._deleted === b._deleted && a.isSelected === b.isSelected;

/** As the phone's replication asks: it takes over the server's revision, too, and says with its next change what that was based on. */
export const isEqual = (a: Replicated<CartItemDoc>, b: Replicated<CartItemDoc>): boolean =>
  a.revision === b.revision && isSame(a, b);

/**
 * What was decided on this device stands, as the same decision; anything else is the server's. A photo added on a device that did not know of
 * the line is in the cart, even if it was removed elsewhere before; so is one that was taken out and put in again here. Deterministic: no clocks.
 */
export function merge(conflict: Conflict<CartItemDoc>): Replicated<CartItemDoc> {
  const { newDocumentState: mine, realMasterState: master } = conflict;
  if (master.revision === REFUSED_REVISION || !isDecided(conflict) || isSame(mine, master)) return master;
  return { ...master, isSelected: mine.isSelected, _deleted: mine._deleted, revision: mine.revision };
}
