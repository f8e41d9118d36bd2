import { type Expression, type SqlBool, sql } from 'kysely';
import type { QuoteCoupon, QuotePackage } from '#contracts/pricing.ts';
import type { DbOrTrx, Trx } from '#server/platform/db.ts';
import { leadingTo } from '#server/platform/machine.ts';
import type { Cursor } from '#server/platform/pages.ts';
import { type OrderStatus, orderMachine } from './machine.ts';

export interface TaxSnapshot {
  vatRegistered: boolean;
  /** 0 when the seller is not registered. */
  rateBp: number;
}
export interface Buyer {
  name?: string | undefined;
  address?: string | undefined;
  taxId?: string | undefined;
  branch?: string | undefined;
}
export interface OrderRow {
  id: string;
  number: string;
  user_id: string;
  email: string;
  locale: 'th' | 'en';
  status: OrderStatus;
  subtotal_satang: number;
  discount_satang: number;
  total_satang: number;
  /** The quote without its lines, as it was frozen; orders of the first days know no coupon. */
  quote: { packages: QuotePackage[]; forcedPackageId?: string | null; coupon?: QuoteCoupon | null };
  coupon_id: string | null;
  shared_cart_id: string | null;
  tax: TaxSnapshot;
  buyer: Buyer;
  placed_at: Date;
  paid_at: Date | null;
  expires_at: Date;
}
export interface OrderItemRow {
  id: string;
  order_id: string;
  photo_id: string;
  event_id: string;
  photographer_id: string;
  organizer_id: string | null;
  package_id: string | null;
  list_price_satang: number;
  price_satang: number;
  /** In the price already. */
  coupon_satang: number;
  platform_bp: number;
  photographer_bp: number;
  organizer_bp: number;
  refunded_at: Date | null;
}
const columns = [
  'id',
  'number',
  'user_id',
  'email',
  'locale',
  'status',
  'subtotal_satang',
  'discount_satang',
  'total_satang',
  'quote',
  'coupon_id',
  'shared_cart_id',
  'tax',
  'buyer',
  'placed_at',
  'paid_at',
  'expires_at',
] as const;
const itemColumns = [
  'id',
  'order_id',
  'photo_id',
  'event_id',
  'photographer_id',
  'organizer_id',
  'package_id',
  'list_price_satang',
  'price_satang',
  'coupon_satang',
  'platform_bp',
  'photographer_bp',
  'organizer_bp',
  'refunded_at',
] as const;

export async function find(db: DbOrTrx, id: string): Promise<OrderRow | undefined> {
  const query = db.selectFrom('orders').select(columns).where('id', '=', id);
  return (await query.executeTakeFirst()) as OrderRow | undefined;
}
/** The order that this person's same request made. */
export async function findByKey(db: DbOrTrx, userId: string, requestKey: string): Promise<OrderRow | undefined> {
  const query = db.selectFrom('orders').select(columns).where('user_id', '=', userId);
  return (await query.where('request_key', '=', requestKey).executeTakeFirst()) as OrderRow | undefined;
}
/** With the row locked: who changes an order or its payments starts here, so that they go one after the other. */
export async function lock(trx: Trx, id: string): Promise<OrderRow | undefined> {
  const query = trx.selectFrom('orders').select(columns).where('id', '=', id).forUpdate();
  return (await query.executeTakeFirst()) as OrderRow | undefined;
}
export const itemsOf = (db: DbOrTrx, orderId: string): Promise<OrderItemRow[]> =>
  db
    .selectFrom('order_items')
    .select(itemColumns)
    .where('order_id', '=', orderId)
    .orderBy('event_id')
    .orderBy('id')
    .execute();

export interface NewOrder {
  userId: string;
  email: string;
  locale: 'th' | 'en';
  subtotalSatang: number;
  discountSatang: number;
  totalSatang: number;
  quote: unknown;
  couponId: string | null;
  sharedCartId: string | null;
  tax: TaxSnapshot;
  buyer: Buyer;
  requestKey: string | null;
}
export async function insert(trx: Trx, order: NewOrder): Promise<OrderRow> {
  const row = await trx
    .insertInto('orders')
    .values({
      user_id: order.userId,
      email: order.email,
      locale: order.locale,
      subtotal_satang: order.subtotalSatang,
      discount_satang: order.discountSatang,
      total_satang: order.totalSatang,
      quote: JSON.stringify(order.quote),
      coupon_id: order.couponId,
      shared_cart_id: order.sharedCartId,
      request_key: order.requestKey,
      tax: JSON.stringify(order.tax),
      buyer: JSON.stringify(order.buyer),
    })
    .returning(columns)
    .executeTakeFirstOrThrow();
  return row as unknown as OrderRow;
}
export type NewItem = Omit<OrderItemRow, 'id' | 'refunded_at'> & { split_rule_id: string };
export async function insertItems(trx: Trx, items: readonly NewItem[]): Promise<void> {
  await trx
    .insertInto('order_items')
    .values([...items])
    .execute();
}

/** Moves along the machine; false when the order is not where it can go there from. */
export async function move(trx: Trx, id: string, to: OrderStatus, at: Date): Promise<boolean> {
  const isClosed = to === 'cancelled' || to === 'expired';
  const result = await trx
    .updateTable('orders')
    .set({
      status: to,
      updated_at: at,
      ...(to === 'paid' && { paid_at: at, closed_at: null }),
      ...(isClosed && { closed_at: at }),
    })
    .where('id', '=', id)
    .where('status', 'in', leadingTo(orderMachine, to))
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** The user's newest order that still waits for its payment. */
export async function newestPending(db: DbOrTrx, userId: string): Promise<OrderRow | undefined> {
  const row = await db
    .selectFrom('orders')
    .select(columns)
    .where('user_id', '=', userId)
    .where('status', '=', 'pending')
    .orderBy('placed_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row as OrderRow | undefined;
}

export async function list(
  db: DbOrTrx,
  filter: { userId?: string; status?: string | undefined; search?: string | undefined },
  after: Cursor | undefined,
  limit: number,
): Promise<OrderRow[]> {
  const rows = await db
    .selectFrom('orders')
    .select(columns)
    .where((eb) => {
      const all: Expression<SqlBool>[] = [];
      if (filter.userId) all.push(eb('user_id', '=', filter.userId));
      if (filter.status) all.push(eb('status', '=', filter.status));
      if (filter.search) {
        const text = filter.search.toLowerCase();
        all.push(
          eb.or([
            sql<boolean>`starts_with(lower(number), ${text})`,
            sql<boolean>`strpos(lower(email), ${text}) > 0`,
            sql<boolean>`id::text = ${text}`,
          ]),
        );
      }
      if (after) all.push(sql<boolean>`(placed_at, id) < (${after.at}, ${after.id}::uuid)`);
      return eb.and(all);
    })
    .orderBy('placed_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows as unknown as OrderRow[];
}

export const pastExpiry = (db: DbOrTrx, now: Date, limit: number): Promise<{ id: string }[]> =>
  db
    .selectFrom('orders')
    .select('id')
    .where('status', '=', 'pending')
    .where('expires_at', '<', now)
    .orderBy('expires_at')
    .limit(limit)
    .execute();

export interface ItemDetail extends OrderItemRow {
  event_name: string;
  event_name_en: string | null;
  file_name: string;
  width: number | null;
  height: number | null;
  has_original: boolean;
  has_thumbnail: boolean;
  has_clean: boolean;
  is_granted: boolean;
}
/** Items with what a page shows of them. */
export async function details(db: DbOrTrx, orderIds: readonly string[]): Promise<ItemDetail[]> {
  if (orderIds.length === 0) return [];
  const file = (kind: string) =>
    sql<boolean>`exists (select 1 from photo_files f where f.photo_id = i.photo_id and f.kind = ${kind})`;
  return db
    .selectFrom('order_items as i')
    .innerJoin('events as e', 'e.id', 'i.event_id')
    .innerJoin('photos as p', 'p.id', 'i.photo_id')
    .leftJoin('download_grants as g', (join) =>
      join.onRef('g.order_item_id', '=', 'i.id').on('g.revoked_at', 'is', null),
    )
    .select(itemColumns.map((name) => `i.${name}` as const))
    .select(['e.name as event_name', 'e.name_en as event_name_en', 'p.file_name', 'p.width', 'p.height'])
    .select([file('original').as('has_original'), file('small').as('has_thumbnail'), file('clean').as('has_clean')])
    .select(sql<boolean>`g.id is not null`.as('is_granted'))
    .where('i.order_id', 'in', [...orderIds])
    .orderBy('i.event_id')
    .orderBy('i.id')
    .execute();
}

/** One grant an item; items that have theirs keep it. */
export async function grant(trx: Trx, order: OrderRow, items: readonly OrderItemRow[], maxDownloads: number) {
  await trx
    .insertInto('download_grants')
    .values(
      items.map((item) => ({
        order_id: order.id,
        order_item_id: item.id,
        photo_id: item.photo_id,
        user_id: order.user_id,
        max_downloads: maxDownloads,
      })),
    )
    .onConflict((c) => c.columns(['order_id', 'photo_id']).doNothing())
    .execute();
}

/** False when a photo of the order was deleted meanwhile, or the buyer got it by another order. */
export async function isDeliverable(db: DbOrTrx, order: Pick<OrderRow, 'id' | 'user_id'>): Promise<boolean> {
  const obstacle = await db
    .selectFrom('order_items as i')
    .innerJoin('photos as p', 'p.id', 'i.photo_id')
    .leftJoin('download_grants as g', (join) =>
      join.onRef('g.photo_id', '=', 'i.photo_id').on('g.user_id', '=', order.user_id).on('g.revoked_at', 'is', null),
    )
    .select('p.id')
    .where('i.order_id', '=', order.id)
    .where((eb) => eb.or([eb('p.deleted_at', 'is not', null), eb('g.id', 'is not', null)]))
    .limit(1)
    .executeTakeFirst();
  return obstacle === undefined;
}

export async function refundItems(trx: Trx, itemIds: readonly string[], at: Date): Promise<void> {
  const ids = [...itemIds];
  await trx.updateTable('order_items').set({ refunded_at: at }).where('id', 'in', ids).execute();
  const grants = trx.updateTable('download_grants').set({ revoked_at: at }).where('order_item_id', 'in', ids);
  await grants.where('revoked_at', 'is', null).execute();
}

export async function joinGuest(trx: Trx, guestId: string, userId: string): Promise<void> {
  await trx.updateTable('orders').set({ user_id: userId }).where('user_id', '=', guestId).execute();
  await trx.updateTable('download_grants').set({ user_id: userId }).where('user_id', '=', guestId).execute();
  await trx.updateTable('refunds').set({ requested_by: userId }).where('requested_by', '=', guestId).execute();
  await trx.updateTable('messages').set({ user_id: userId }).where('user_id', '=', guestId).execute();
}
