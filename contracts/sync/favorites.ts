import { type Conflict, isDecided, REFUSED_REVISION, type Replicated } from './documents.ts';

/** A photo that a person marked. `id` is the photo's id. */
export interface FavoriteDoc {
  /** The photo's id. */
  id: string;
  eventId: string;
  /** ISO, UTC; the server's once it was there. */
  addedAt: string;
  /** Negative until the server has numbered it, see `newDecision`. */
  revision: number;
}

export const favoriteDocVersion = 0;

export const favoriteDocSchema = {
  title: 'favorite',
  version: favoriteDocVersion,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 36 },
    eventId: { type: 'string', maxLength: 36 },
    addedAt: { type: 'string', maxLength: 30 },
    revision: { type: 'number' },
  },
  required: ['id', 'eventId', 'addedAt', 'revision'],
  indexes: ['eventId'],
} as const;

/** The same in what a person decides; revision and time are the server's bookkeeping. */
export const isSame = (a: Replicated<FavoriteDoc>, b: Replicated<FavoriteDoc>): boolean => a._deleted === b._deleted;

/** As the phone's replication asks: it takes over the server's revision, too, and says with its next change what that was based on. */
export const isEqual = (a: Replicated<FavoriteDoc>, b: Replicated<FavoriteDoc>): boolean =>
  a.revision === b.revision && isSame(a, b);

/** What was decided on this device stands, as the same decision; anything else is the server's. */
export function merge(conflict: Conflict<FavoriteDoc>): Replicated<FavoriteDoc> {
  const { newDocumentState: mine, realMasterState: master } = conflict;
  if (master.revision === REFUSED_REVISION || !isDecided(conflict) || isSame(mine, master)) return master;
  return { ...master, _deleted: mine._deleted, revision: mine.revision };
}
