import { type CartItemDoc, cartItemDocVersion } from '#contracts/sync/cart-items.ts';
import { newDecision } from '#contracts/sync/documents.ts';
import { changeReplica, observe, within } from './database.ts';
import { type Replica, replicate } from './replicate.ts';

/** A decision about one photo, made before or after the replica was there. */
export interface CartChange {
  photoId: string;
  eventId: string;
  inCart: boolean;
  at: string;
  /** Out because an order has it: what another device put in since stays. */
  isOrdered?: boolean;
}

let replica: Promise<Replica> | null = null;

/** Tells of the lines now and whenever they change: here, in another tab, on another device. */
export const watchCartLines = (onLines: (lines: CartItemDoc[]) => void): Promise<() => void> =>
  observe(
    (db) => db.cart_items.find().$,
    (docs) => onLines(docs.map((doc) => doc.toMutableJSON())),
  );

/** Writes decisions into the replica, in order; they count when this resolves. */
export const applyCartChanges = (changes: readonly CartChange[]): Promise<void> =>
  changeReplica(async ({ cart_items: items }) => {
    for (const { photoId, eventId, inCart, at, isOrdered } of changes) {
      if (inCart)
        await items.incrementalUpsert({ id: photoId, eventId, isSelected: true, addedAt: at, revision: newDecision() });
      else {
        const item = await items.findOne(photoId).exec();
        // The order took out what the server knew of. Under its number it is no decision of its own; a line that the server has not numbered may
        // arrive after the order, and goes all the same.
        if (isOrdered) await item?.incrementalRemove();
        else await item?.incrementalModify((doc) => ({ ...doc, revision: newDecision(), _deleted: true }));
      }
    }
  });

/** Starts replication; a guest session is made by the server when the first line arrives there. */
export async function startCartReplication(): Promise<void> {
  replica ??= replicate('cart_items', { version: cartItemDocVersion, push: true, stream: true });
  replica.catch(() => {
    replica = null;
  });
  await replica;
}

/** Resolves when everything decided here is at the server; rejects after `timeoutMs`. */
export async function cartInSync(timeoutMs: number): Promise<void> {
  await within(
    startCartReplication().then(async () => (await replica!).inSync()),
    timeoutMs,
  );
}

export function pullCart(): void {
  void replica?.then((running) => running.pullNow());
}

export async function stopCartReplication(): Promise<void> {
  const running = await replica?.catch(() => null);
  replica = null;
  await running?.stop();
}
