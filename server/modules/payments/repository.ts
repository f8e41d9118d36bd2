import { type Expression, type SqlBool, sql } from 'kysely';
import type { DbOrTrx, Trx } from '#server/platform/db.ts';
import { leadingTo } from '#server/platform/machine.ts';
import type { Cursor } from '#server/platform/pages.ts';
import { liveStatuses, type PaymentStatus, paymentMachine, type ReviewKind } from './machine.ts';

export interface PaymentRow {
  id: string;
  order_id: string;
  provider: string;
  status: PaymentStatus;
  ref1: string;
  trans_id: string | null;
  requested_satang: number;
  payable_satang: number | null;
  paid_satang: number | null;
  qr_image_base64: string | null;
  /** A hosted page to pay at, instead of a QR. */
  redirect_url: string | null;
  review: ReviewKind | null;
  review_resolution: string | null;
  expires_at: Date | null;
  last_checked_at: Date | null;
  /** A new attempt took this one's place before the gateway had said what became of it. */
  superseded_at: Date | null;
  paid_at: Date | null;
  created_at: Date;
}
const columns = [
  'id',
  'order_id',
  'provider',
  'status',
  'ref1',
  'trans_id',
  'requested_satang',
  'payable_satang',
  'paid_satang',
  'qr_image_base64',
  'redirect_url',
  'review',
  'review_resolution',
  'expires_at',
  'last_checked_at',
  'superseded_at',
  'paid_at',
  'created_at',
] as const;
type Found = Promise<PaymentRow | undefined>;
const live = [...liveStatuses];

export const find = (db: DbOrTrx, id: string): Found =>
  db.selectFrom('payments').select(columns).where('id', '=', id).executeTakeFirst() as Found;
/** Lock the order first: see orders' repository. */
export const lock = (trx: Trx, id: string): Found =>
  trx.selectFrom('payments').select(columns).where('id', '=', id).forUpdate().executeTakeFirst() as Found;
export const findByTransId = (db: DbOrTrx, provider: string, transId: string): Found => {
  const query = db.selectFrom('payments').select(columns).where('provider', '=', provider);
  return query.where('trans_id', '=', transId).executeTakeFirst() as Found;
};
export const findByRef = (db: DbOrTrx, provider: string, ref1: string): Found => {
  const query = db.selectFrom('payments').select(columns).where('provider', '=', provider);
  return query.where('ref1', '=', ref1).executeTakeFirst() as Found;
};
export const liveOf = (db: DbOrTrx, orderId: string): Found => {
  const query = db.selectFrom('payments').select(columns).where('order_id', '=', orderId);
  return query.where('status', 'in', live).executeTakeFirst() as Found;
};
/** How many attempts of this order since then the gateway never answered. */
export async function countUnanswered(db: DbOrTrx, orderId: string, since: Date): Promise<number> {
  const row = await db
    .selectFrom('payments')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('order_id', '=', orderId)
    .where('trans_id', 'is', null)
    .where('status', '<>', 'failed')
    .where('created_at', '>', since)
    .executeTakeFirstOrThrow();
  return row.count;
}
/** The attempt to show: one that brought money, else the live one, else the newest. */
export const currentOf = (db: DbOrTrx, orderId: string): Found =>
  db
    .selectFrom('payments')
    .select(columns)
    .where('order_id', '=', orderId)
    .orderBy(
      sql`case when paid_satang is not null then 0 when status in ('creating','unknown','pending') then 1 else 2 end`,
    )
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst() as Found;
/** Money of this order that a person still has to decide about. */
export const openReviewOf = (db: DbOrTrx, orderId: string): Found =>
  db
    .selectFrom('payments')
    .select(columns)
    .where('order_id', '=', orderId)
    .where('review', 'in', ['underpaid', 'late', 'unmatched'])
    .where('review_resolution', 'is', null)
    .limit(1)
    .executeTakeFirst() as Found;
/** True when another attempt of this order paid it. */
export async function isPaidByAnother(db: DbOrTrx, orderId: string, paymentId: string): Promise<boolean> {
  const row = await db
    .selectFrom('ledger_transactions')
    .select('id')
    .where('kind', '=', 'sale')
    .where('order_id', '=', orderId)
    .where('payment_id', '<>', paymentId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export async function insert(
  trx: Trx,
  payment: { order_id: string; provider: string; ref1: string; requested_satang: number; created_at: Date },
): Promise<PaymentRow> {
  return (await trx.insertInto('payments').values(payment).returning(columns).executeTakeFirstOrThrow()) as PaymentRow;
}

type Changes = Partial<Omit<PaymentRow, 'id' | 'order_id' | 'provider' | 'ref1' | 'status' | 'created_at'>>;
/** Moves along the machine with what changes by it; undefined when it is not where it can go there from. */
export async function move(db: DbOrTrx, id: string, to: PaymentStatus, changes: Changes): Found {
  return (await db
    .updateTable('payments')
    .set({ ...changes, status: to, updated_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('status', 'in', leadingTo(paymentMachine, to))
    .returning(columns)
    .executeTakeFirst()) as PaymentRow | undefined;
}
export async function change(trx: Trx, id: string, changes: Changes): Promise<void> {
  await trx
    .updateTable('payments')
    .set({ ...changes, updated_at: sql<Date>`now()` })
    .where('id', '=', id)
    .execute();
}
/** A webhook, or an answer that came after its attempt was given up, told the id of a transaction whose creation was never answered. */
export async function adoptTransId(
  db: DbOrTrx,
  id: string,
  transId: string,
  payableSatang: number | null = null,
): Promise<void> {
  await db
    .updateTable('payments')
    .set({
      trans_id: transId,
      payable_satang: sql<number | null>`coalesce(payable_satang, ${payableSatang}::bigint)`,
      updated_at: sql<Date>`now()`,
    })
    .where('id', '=', id)
    .where('trans_id', 'is', null)
    .execute();
}
/** Takes the right to ask the gateway now; false when somebody did less than `everyMs` ago. */
export async function claimCheck(db: DbOrTrx, id: string, now: Date, everyMs: number): Promise<boolean> {
  const result = await db
    .updateTable('payments')
    .set({ last_checked_at: now })
    .where('id', '=', id)
    .where((eb) =>
      eb.or([
        eb('last_checked_at', 'is', null),
        eb('last_checked_at', '<=', new Date(now.getTime() - everyMs)),
        // A clock that went back must not silence checks.
        eb('last_checked_at', '>', new Date(now.getTime() + 60_000)),
      ]),
    )
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/**
 * Attempts to look at: live ones a minute after the last look (all past their end at once), ended ones without money with
 * growing pauses until 25 hours after they were made.
 */
export async function due(db: DbOrTrx, now: Date, limit: number): Promise<string[]> {
  const before = (ms: number) => new Date(now.getTime() - ms);
  const minute = 60_000;
  const rows = await db
    .selectFrom('payments')
    .select('id')
    .where('paid_satang', 'is', null)
    .where((eb) => {
      const notSince = (ms: number) =>
        eb.or([eb('last_checked_at', 'is', null), eb('last_checked_at', '<', before(ms))]);
      const isLive = eb('status', 'in', live);
      return eb.or([
        eb.and([isLive, notSince(minute), eb('created_at', '<', before(minute))]),
        eb.and([
          eb('status', 'in', ['expired', 'cancelled', 'failed']),
          eb('trans_id', 'is not', null),
          eb('created_at', '>', before(25 * 60 * minute)),
          eb.or([
            eb.and([eb('created_at', '>', before(60 * minute)), notSince(10 * minute)]),
            eb.and([eb('created_at', '<=', before(60 * minute)), notSince(180 * minute)]),
            eb.and([
              eb('created_at', '<=', before(24 * 60 * minute)),
              sql<boolean>`last_checked_at < created_at + interval '24 hours'`,
            ]),
          ]),
        ]),
      ]);
    })
    .orderBy('created_at')
    .limit(limit)
    .execute();
  return rows.map((row) => row.id);
}

export interface PaymentOfOrder extends PaymentRow {
  number: string;
  order_status: string;
  email: string;
  total_satang: number;
}
/** With what is shown of the order; newest first. */
export async function list(
  db: DbOrTrx,
  filter: { userId?: string; ids?: string[]; reviews?: 'open' | 'resolved' },
  after: Cursor | undefined,
  limit: number,
): Promise<PaymentOfOrder[]> {
  const rows = await db
    .selectFrom('payments as p')
    .innerJoin('orders as o', 'o.id', 'p.order_id')
    .select(columns.map((name) => `p.${name}` as const))
    .select(['o.number', 'o.status as order_status', 'o.email', 'o.total_satang'])
    .where((eb) => {
      const all: Expression<SqlBool>[] = [];
      if (filter.userId) all.push(eb('o.user_id', '=', filter.userId));
      if (filter.ids) all.push(eb('p.id', 'in', filter.ids));
      if (filter.reviews) {
        all.push(eb('p.review', 'is not', null));
        all.push(eb('p.review_resolution', filter.reviews === 'open' ? 'is' : 'is not', null));
      }
      if (after) all.push(sql<boolean>`(p.created_at, p.id) < (${after.at}, ${after.id}::uuid)`);
      return eb.and(all);
    })
    .orderBy('p.created_at', 'desc')
    .orderBy('p.id', 'desc')
    .limit(limit)
    .execute();
  return rows as PaymentOfOrder[];
}
