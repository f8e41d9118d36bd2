import { api } from './api.ts';
import { seen } from './events.ts';
import { session } from './session.ts';
import { Store } from './store.ts';

/** The person's own photos: photo id -> id of the order. Empty until `loadBought` has been called. */
export const bought = new Store<ReadonlyMap<string, string>>(new Map());

/** As the device remembers, then as the server says; without either nothing is known to be bought. */
export async function loadBought(): Promise<void> {
  if (!session.value.user) return bought.set(new Map());
  await seen(
    'bought',
    async () => (await api('GET /api/account/photos')).items,
    (items) => bought.set(new Map(items.map(({ photoId, orderId }) => [photoId, orderId]))),
  ).catch(() => undefined);
}
