import { sql } from 'kysely';
import type { DbOrTrx, Trx } from '#server/platform/db.ts';
import { scopes } from '#server/platform/sync-revision.ts';

export interface Cart {
  id: string;
  package_id: string | null;
  coupon_id: string | null;
}
const cartColumns = ['id', 'package_id', 'coupon_id'] as const;
export interface CartLine {
  photo_id: string;
  event_id: string;
  is_selected: boolean;
  seen_price_satang: number | null;
  revision: number;
  added_at: Date;
  updated_at: Date;
  deleted_at: Date | null;
}
const lineColumns = [
  'photo_id',
  'event_id',
  'is_selected',
  'seen_price_satang',
  'revision',
  'added_at',
  'updated_at',
  'deleted_at',
] as const;

/** The user's cart, made when there is none, with its row locked: every change of a cart starts here. */
export async function lockCart(trx: Trx, userId: string): Promise<Cart> {
  return trx
    .insertInto('carts')
    .values({ user_id: userId })
    .onConflict((c) => c.column('user_id').doUpdateSet({ updated_at: sql<Date>`now()` }))
    .returning(cartColumns)
    .executeTakeFirstOrThrow();
}
export const findCart = (db: DbOrTrx, userId: string): Promise<Cart | undefined> =>
  db.selectFrom('carts').select(cartColumns).where('user_id', '=', userId).executeTakeFirst();

/** Live lines, in the order they were put in. */
export const linesOf = (db: DbOrTrx, cartId: string): Promise<CartLine[]> =>
  db
    .selectFrom('cart_items')
    .select(lineColumns)
    .where('cart_id', '=', cartId)
    .where('deleted_at', 'is', null)
    .orderBy('added_at')
    .orderBy('photo_id')
    .execute();

/** One line, tombstones too. */
export const findLine = (db: DbOrTrx, cartId: string, photoId: string): Promise<CartLine | undefined> =>
  db
    .selectFrom('cart_items')
    .select(lineColumns)
    .where('cart_id', '=', cartId)
    .where('photo_id', '=', photoId)
    .executeTakeFirst();

export interface NewLine {
  photoId: string;
  eventId: string;
  isSelected: boolean;
  seenPriceSatang: number | null;
}
export async function putLines(trx: Trx, cartId: string, lines: readonly NewLine[], revision: number): Promise<void> {
  if (lines.length === 0) return;
  await trx
    .insertInto('cart_items')
    .values(
      lines.map((line) => ({
        cart_id: cartId,
        photo_id: line.photoId,
        event_id: line.eventId,
        is_selected: line.isSelected,
        seen_price_satang: line.seenPriceSatang,
        revision,
      })),
    )
    .onConflict((c) =>
      c.columns(['cart_id', 'photo_id']).doUpdateSet((eb) => ({
        is_selected: eb.ref('excluded.is_selected'),
        seen_price_satang: eb.ref('excluded.seen_price_satang'),
        revision: eb.ref('excluded.revision'),
        added_at: sql<Date>`case when cart_items.deleted_at is null then cart_items.added_at else now() end`,
        updated_at: sql<Date>`now()`,
        deleted_at: null,
      })),
    )
    .execute();
}

export async function selectLine(trx: Trx, cartId: string, photoId: string, isSelected: boolean, revision: number) {
  await trx
    .updateTable('cart_items')
    .set({ is_selected: isSelected, revision, updated_at: sql<Date>`now()` })
    .where('cart_id', '=', cartId)
    .where('photo_id', '=', photoId)
    .execute();
}

/** Turns live lines into tombstones. */
export async function dropLines(trx: Trx, cartId: string, photoIds: readonly string[], revision: number) {
  if (photoIds.length === 0) return;
  await trx
    .updateTable('cart_items')
    .set({ deleted_at: sql<Date>`now()`, revision, updated_at: sql<Date>`now()` })
    .where('cart_id', '=', cartId)
    .where('photo_id', 'in', [...photoIds])
    .where('deleted_at', 'is', null)
    .execute();
}

export async function setPackage(trx: Trx, cartId: string, packageId: string | null): Promise<void> {
  await trx.updateTable('carts').set({ package_id: packageId }).where('id', '=', cartId).execute();
}

export async function setCoupon(trx: Trx, cartId: string, couponId: string | null): Promise<void> {
  await trx.updateTable('carts').set({ coupon_id: couponId }).where('id', '=', cartId).execute();
}

export async function forgetChoice(trx: Trx, cartId: string, { withCoupon }: { withCoupon: boolean }): Promise<void> {
  await trx
    .updateTable('carts')
    .set({ package_id: null, ...(withCoupon && { coupon_id: null }) })
    .where('id', '=', cartId)
    .execute();
}

/** The prices that the buyer has now seen. */
export async function seePrices(
  trx: Trx,
  cartId: string,
  seen: readonly { photoId: string; priceSatang: number }[],
): Promise<void> {
  if (seen.length === 0) return;
  await sql`
    update cart_items set seen_price_satang = s.price
    from unnest(${seen.map((each) => each.photoId)}::uuid[], ${seen.map((each) => each.priceSatang)}::bigint[]) as s(photo, price)
    where cart_id = ${cartId} and photo_id = s.photo`.execute(trx);
}

export async function currentRevision(db: DbOrTrx, userId: string): Promise<number> {
  const query = db.selectFrom('sync_scopes').select('revision').where('scope', '=', scopes.cart(userId));
  return (await query.executeTakeFirst())?.revision ?? 0;
}

/** Lines and tombstones after (revision, photo id), in that order. */
export const changedSince = (
  db: DbOrTrx,
  userId: string,
  after: { revision: number; id: string },
  limit: number,
): Promise<CartLine[]> =>
  db
    .selectFrom('cart_items')
    .innerJoin('carts', 'carts.id', 'cart_items.cart_id')
    .select(lineColumns.map((name) => `cart_items.${name}` as const))
    .where('carts.user_id', '=', userId)
    .where((eb) =>
      eb.or([
        eb('cart_items.revision', '>', after.revision),
        after.id === ''
          ? eb('cart_items.revision', '>', after.revision)
          : eb.and([eb('cart_items.revision', '=', after.revision), eb('cart_items.photo_id', '>', after.id)]),
      ]),
    )
    .orderBy('cart_items.revision')
    .orderBy('cart_items.photo_id')
    .limit(limit)
    .execute() as Promise<CartLine[]>;
