import { api } from '../data/api.ts';
import type { CartChange } from '../data/db/cart-replica.ts';
import { isProblem } from '../data/problem.ts';
import { problemText } from '../i18n/problems.ts';
import { takeServerCart } from './cart-choice.ts';
import { toast } from './toasts.ts';

export interface PlainLine {
  photoId: string;
  eventId: string;
  addedAt: string;
}

/**
 * The cart where IndexedDB is refused (some private windows, a broken profile) and there is no replica: what was decided here is said
 * to the server in plain calls, line by line, so that what other devices put in stays. Answers the lines as they are then. Rejects
 * without signal; saying it again changes nothing.
 */
export async function sayCartPlainly(changes: readonly CartChange[]): Promise<PlainLine[]> {
  const last = new Map(changes.map((change) => [change.photoId, change]));
  const added = [...last.values()].filter(({ inCart }) => inCart).map(({ photoId }) => photoId);
  for (const photoId of added)
    await api('POST /api/cart/items', { body: { photoId } }).catch((error: unknown) => {
      if (!isProblem(error) || error.isOffline || error.retryable) throw error;
      // No longer for sale: it goes with a sentence, what the server has is shown below.
      toast(problemText(error), { kind: 'error' });
    });
  for (const { photoId, inCart } of last.values())
    if (!inCart)
      await api('DELETE /api/cart/items/:id', { params: { id: photoId } }).catch((error: unknown) => {
        if (!isProblem(error) || error.status !== 404) throw error; // ordered, or taken out elsewhere
      });
  const view = await api('GET /api/cart');
  takeServerCart(view);
  return view.items
    .filter(({ isSelected }) => isSelected)
    .map(({ photoId, eventId, addedAt }) => ({ photoId, eventId, addedAt }));
}
