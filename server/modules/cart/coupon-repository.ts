import { type Expression, type SqlBool, sql } from 'kysely';
import type { PricedCoupon } from '#contracts/pricing.ts';
import type { DbOrTrx, Trx } from '#server/platform/db.ts';
import type { Cursor } from '#server/platform/pages.ts';

export interface CouponRow {
  id: string;
  code: string;
  batch_id: string | null;
  label: string;
  kind: 'percent' | 'amount';
  percent_bp: number | null;
  amount_satang: number | null;
  max_discount_satang: number | null;
  event_id: string | null;
  min_spend_satang: number;
  starts_at: Date | null;
  ends_at: Date | null;
  max_redemptions: number | null;
  max_per_person: number | null;
  first_order_only: boolean;
  is_active: boolean;
  created_at: Date;
}
export type CouponValues = Omit<CouponRow, 'id' | 'created_at'> & { created_by: string | null };
const columns = [
  'id',
  'code',
  'batch_id',
  'label',
  'kind',
  'percent_bp',
  'amount_satang',
  'max_discount_satang',
  'event_id',
  'min_spend_satang',
  'starts_at',
  'ends_at',
  'max_redemptions',
  'max_per_person',
  'first_order_only',
  'is_active',
  'created_at',
] as const;

export const termsOf = (row: CouponRow): PricedCoupon => ({
  code: row.code,
  kind: row.kind,
  percentBp: row.percent_bp,
  amountSatang: row.amount_satang,
  maxDiscountSatang: row.max_discount_satang,
  eventId: row.event_id,
  minSpendSatang: row.min_spend_satang,
});

export async function findByCode(db: DbOrTrx, code: string): Promise<CouponRow | undefined> {
  const query = db.selectFrom('coupons').select(columns).where('code', '=', code);
  return (await query.executeTakeFirst()) as CouponRow | undefined;
}
export async function find(db: DbOrTrx, id: string): Promise<CouponRow | undefined> {
  return (await db.selectFrom('coupons').select(columns).where('id', '=', id).executeTakeFirst()) as
    | CouponRow
    | undefined;
}
/** Whoever redeems goes one after the other. Not the full row lock: that would wait for every order that points here. */
export async function lock(trx: Trx, id: string): Promise<CouponRow | undefined> {
  const query = trx.selectFrom('coupons').select(columns).where('id', '=', id).forNoKeyUpdate();
  return (await query.executeTakeFirst()) as CouponRow | undefined;
}
export async function insert(trx: DbOrTrx, values: readonly CouponValues[]): Promise<CouponRow[]> {
  const query = trx
    .insertInto('coupons')
    .values([...values])
    .onConflict((c) => c.column('code').doNothing());
  return (await query.returning(columns).execute()) as CouponRow[];
}
export async function update(
  db: DbOrTrx,
  where: { id: string } | { batchId: string },
  values: Partial<CouponValues>,
): Promise<void> {
  const query = db.updateTable('coupons').set({ ...values, updated_at: sql<Date>`now()` });
  await ('id' in where ? query.where('id', '=', where.id) : query.where('batch_id', '=', where.batchId)).execute();
}
export const remove = (db: DbOrTrx, id: string) => db.deleteFrom('coupons').where('id', '=', id).execute();

export interface Figures {
  coupon_id: string;
  held: number;
  used: number;
  discount: number;
}
/** How often each coupon, or each batch of them, is held and was used. */
export async function figures(
  db: DbOrTrx,
  rows: readonly CouponRow[],
  byBatch: boolean,
): Promise<Map<string, Figures>> {
  if (rows.length === 0) return new Map();
  const keys = rows.map((row) => (byBatch ? (row.batch_id ?? row.id) : row.id));
  const key = byBatch ? sql<string>`coalesce(c.batch_id, c.id)` : sql<string>`c.id`;
  const found = await db
    .selectFrom('coupon_redemptions as r')
    .innerJoin('coupons as c', 'c.id', 'r.coupon_id')
    .select([
      key.as('coupon_id'),
      sql<number>`count(*) filter (where r.status = 'held')::int`.as('held'),
      sql<number>`count(*) filter (where r.status = 'used')::int`.as('used'),
      sql<number>`coalesce(sum(r.discount_satang) filter (where r.status = 'used'), 0)::bigint`.as('discount'),
    ])
    .where(key, 'in', keys)
    .groupBy(key)
    .execute();
  return new Map(found.map((row) => [row.coupon_id, row]));
}
export async function list(
  db: DbOrTrx,
  filter: { batchId?: string | undefined; search?: string | undefined },
  after: Cursor | undefined,
  limit: number,
) {
  const rows = await db
    .selectFrom('coupons as c')
    .leftJoin('events as e', 'e.id', 'c.event_id')
    .select(columns.map((name) => `c.${name}` as const))
    .select(['e.name as event_name', 'e.name_en as event_name_en'])
    .select(sql<number | null>`(select count(*)::int from coupons o where o.batch_id = c.batch_id)`.as('batch_size'))
    .where((eb) => {
      const all: Expression<SqlBool>[] = [];
      if (filter.batchId) all.push(eb('c.batch_id', '=', filter.batchId));
      else if (filter.search) {
        const text = filter.search.toLowerCase();
        all.push(sql<SqlBool>`(starts_with(lower(c.code), ${text}) or strpos(lower(c.label), ${text}) > 0)`);
      }
      // A batch once: by its first code.
      if (!filter.batchId && !filter.search)
        all.push(sql<SqlBool>`(c.batch_id is null or c.id = (select o.id from coupons o where o.batch_id = c.batch_id
          order by o.created_at, o.id limit 1))`);
      if (after) all.push(sql<SqlBool>`(c.created_at, c.id) < (${after.at}, ${after.id}::uuid)`);
      return eb.and(all);
    })
    .orderBy('c.created_at', 'desc')
    .orderBy('c.id', 'desc')
    .limit(limit)
    .execute();
  return rows as (CouponRow & { event_name: string | null; event_name_en: string | null; batch_size: number | null })[];
}

/** A person by session and, where known, by the hash of the e-mail that the photos go to. */
export interface Person {
  userId: string;
  emailHash: Buffer | null;
  email: string | null;
}
export interface Uses {
  /** Held or used by anybody. */
  all: number;
  /** By this person; of any code of the batch where the coupon is one of many. */
  mine: number;
}
export async function uses(db: DbOrTrx, coupon: CouponRow, person: Person): Promise<Uses> {
  const isMine = sql<SqlBool>`(r.user_id = ${person.userId} or r.email_hash = ${person.emailHash})`;
  const scope = coupon.batch_id
    ? sql<SqlBool>`(c.batch_id = ${coupon.batch_id})`
    : sql<SqlBool>`(r.coupon_id = ${coupon.id})`;
  return db
    .selectFrom('coupon_redemptions as r')
    .innerJoin('coupons as c', 'c.id', 'r.coupon_id')
    .select([
      sql<number>`count(*) filter (where r.coupon_id = ${coupon.id})::int`.as('all'),
      sql<number>`count(*) filter (where ${isMine})::int`.as('mine'),
    ])
    .where(scope)
    .where('r.status', '<>', 'released')
    .executeTakeFirstOrThrow();
}
/** True when this person has paid an order, or holds another first-order coupon in one that waits. */
export async function hasOrdered(db: DbOrTrx, person: Person): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    select exists (select 1 from orders where user_id = ${person.userId} and paid_at is not null)
      or exists (select 1 from orders where lower(email) = ${person.email} and paid_at is not null)
      or exists (select 1 from coupon_redemptions r join coupons c on c.id = r.coupon_id
        where (r.user_id = ${person.userId} or r.email_hash = ${person.emailHash}) and r.status <> 'released'
          and c.first_order_only) as found`.execute(db);
  return rows[0]!.found;
}
export async function insertRedemption(
  trx: Trx,
  values: { coupon_id: string; order_id: string; user_id: string; email_hash: Buffer; discount_satang: number },
): Promise<void> {
  await trx.insertInto('coupon_redemptions').values(values).execute();
}
export async function moveRedemption(trx: Trx, orderId: string, status: 'used' | 'released'): Promise<void> {
  await trx
    .updateTable('coupon_redemptions')
    .set({ status, updated_at: sql<Date>`now()` })
    .where('order_id', '=', orderId)
    .execute();
}
export async function isRedeemed(db: DbOrTrx, id: string): Promise<boolean> {
  const query = db.selectFrom('coupon_redemptions').select('id').where('coupon_id', '=', id).limit(1);
  return (await query.executeTakeFirst()) !== undefined;
}
export const codesOfBatch = (db: DbOrTrx, batchId: string) =>
  db
    .selectFrom('coupons as c')
    .leftJoin('coupon_redemptions as r', (join) =>
      join.onRef('r.coupon_id', '=', 'c.id').on('r.status', '<>', 'released'),
    )
    .leftJoin('orders as o', 'o.id', 'r.order_id')
    .select(['c.code', 'c.is_active', 'r.status', 'o.number'])
    .where('c.batch_id', '=', batchId)
    .orderBy('c.code')
    .execute();
export async function joinGuest(trx: Trx, guestId: string, userId: string): Promise<void> {
  await trx.updateTable('coupon_redemptions').set({ user_id: userId }).where('user_id', '=', guestId).execute();
}
