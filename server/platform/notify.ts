import { sql } from 'kysely';
import type { DbOrTrx } from './db.ts';

/** What a person's open pages are told. Ids only: pages fetch what they may see. */
export type Notice =
  | { type: 'payment.paid' | 'payment.changed'; orderId: string; paymentId: string }
  | { type: 'search.changed'; searchId: string; status: string }
  | { type: 'photo.changed'; photoId: string; eventId: string; status: string }
  | { type: 'order.changed'; orderId: string }
  | { type: 'cart.shared'; sharedCartId: string }
  /** Something new to read, or read on another page. */
  | { type: 'inbox.changed' }
  /** A "hide me" was looked through, or decided. */
  | { type: 'hide.changed'; hideId: string }
  /** LINE was linked, or its link ended. */
  | { type: 'line.changed' };

/** Tells one user's pages, at commit when inside a transaction. Lost when nobody listens: pages poll as a fallback. */
export async function notify(db: DbOrTrx, userId: string, notice: Notice): Promise<void> {
  await sql`select pg_notify('notices', ${JSON.stringify({ userId, notice })})`.execute(db);
}
