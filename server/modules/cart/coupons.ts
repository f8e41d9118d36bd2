import { randomBytes, randomUUID } from 'node:crypto';
import { AppError, type ErrorCode } from '#contracts/errors.ts';
import { type CouponView, normalCode } from '#contracts/http/coupons.ts';
import type { Cache } from '#server/platform/cache.ts';
import { type Clock, systemClock } from '#server/platform/clock.ts';
import { sha256 } from '#server/platform/crypto.ts';
import type { Db, DbOrTrx, Trx } from '#server/platform/db.ts';
import { decodeCursor, toPage } from '#server/platform/pages.ts';
import * as repository from './coupon-repository.ts';

export { type CouponRow, type Person, termsOf } from './coupon-repository.ts';
export type CouponsService = ReturnType<typeof createCouponsService>;
export type CouponProblem = Extract<
  ErrorCode,
  'coupon.not_started' | 'coupon.expired' | 'coupon.used_up' | 'coupon.used_by_you' | 'coupon.first_order_only'
>;
export interface CouponRules {
  kind: 'percent' | 'amount';
  percentBp?: number | null | undefined;
  amountSatang?: number | null | undefined;
  maxDiscountSatang?: number | null | undefined;
  eventId?: string | null | undefined;
  minSpendSatang?: number | undefined;
  startsAt?: string | null | undefined;
  endsAt?: string | null | undefined;
  maxRedemptions?: number | null | undefined;
  maxPerPerson?: number | null | undefined;
  firstOrderOnly?: boolean | undefined;
  label?: string | undefined;
  isActive?: boolean | undefined;
}
type Changes = { [K in keyof CouponRules]?: CouponRules[K] | undefined };

/** Tries of one person, and wrong ones from one address, in `guessSeconds`. A venue shares an address: it gets many more. */
const triesPerPerson = 20;
const wrongPerAddress = 300;
const guessSeconds = 600;
/** No 0, O, 1, I: 32 signs, 5 bits each. */
const signs = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const batchCodeLength = 10;
const randomCode = (): string => [...randomBytes(batchCodeLength)].map((byte) => signs[byte % 32]).join('');

export const personOf = (userId: string, email: string | null | undefined): repository.Person => {
  const known = email?.trim().toLowerCase() || null;
  return { userId, email: known, emailHash: known ? sha256(`coupon ${known}`) : null };
};

const toValues = (rules: CouponRules) => ({
  kind: rules.kind,
  percent_bp: rules.kind === 'percent' ? (rules.percentBp ?? null) : null,
  amount_satang: rules.kind === 'amount' ? (rules.amountSatang ?? null) : null,
  max_discount_satang: rules.kind === 'percent' ? (rules.maxDiscountSatang ?? null) : null,
  event_id: rules.eventId ?? null,
  min_spend_satang: rules.minSpendSatang ?? 0,
  starts_at: rules.startsAt ? new Date(rules.startsAt) : null,
  ends_at: rules.endsAt ? new Date(rules.endsAt) : null,
  max_redemptions: rules.maxRedemptions ?? null,
  max_per_person: rules.maxPerPerson ?? null,
  first_order_only: rules.firstOrderOnly ?? false,
  label: rules.label ?? '',
  is_active: rules.isActive ?? true,
});
const toRules = (row: repository.CouponRow): CouponRules => ({
  kind: row.kind,
  percentBp: row.percent_bp,
  amountSatang: row.amount_satang,
  maxDiscountSatang: row.max_discount_satang,
  eventId: row.event_id,
  minSpendSatang: row.min_spend_satang,
  startsAt: row.starts_at?.toISOString() ?? null,
  endsAt: row.ends_at?.toISOString() ?? null,
  maxRedemptions: row.max_redemptions,
  maxPerPerson: row.max_per_person,
  firstOrderOnly: row.first_order_only,
  label: row.label,
  isActive: row.is_active,
});

function view(
  row: repository.CouponRow & { event_name?: string | null; event_name_en?: string | null },
  figures: repository.Figures | undefined,
): CouponView {
  return {
    id: row.id,
    code: row.code,
    batchId: row.batch_id,
    label: row.label,
    kind: row.kind,
    percentBp: row.percent_bp,
    amountSatang: row.amount_satang,
    maxDiscountSatang: row.max_discount_satang,
    eventId: row.event_id,
    eventName: row.event_name ?? null,
    eventNameEn: row.event_name_en ?? null,
    minSpendSatang: row.min_spend_satang,
    startsAt: row.starts_at?.toISOString() ?? null,
    endsAt: row.ends_at?.toISOString() ?? null,
    maxRedemptions: row.max_redemptions,
    maxPerPerson: row.max_per_person,
    firstOrderOnly: row.first_order_only,
    isActive: row.is_active,
    heldCount: figures?.held ?? 0,
    usedCount: figures?.used ?? 0,
    discountSatang: figures?.discount ?? 0,
    createdAt: row.created_at.toISOString(),
  };
}

/**
 * Coupons: who may use one, and how often it was. An order holds its coupon from the moment it is placed, uses it when paid and
 * gives it back when it is cancelled or expires; the count is taken under the coupon's lock, so parallel checkouts never
 * share the last use. Money that reaches an expired order uses the coupon after all: the price was promised.
 */
export function createCouponsService({ db, cache, clock = systemClock }: { db: Db; cache: Cache; clock?: Clock }) {
  async function problemOf(
    at: DbOrTrx,
    coupon: repository.CouponRow,
    person: repository.Person,
  ): Promise<CouponProblem | null> {
    const now = clock.now();
    if (!coupon.is_active) return 'coupon.expired';
    if (coupon.starts_at && coupon.starts_at > now) return 'coupon.not_started';
    if (coupon.ends_at && coupon.ends_at <= now) return 'coupon.expired';
    if (coupon.max_redemptions !== null || coupon.max_per_person !== null) {
      const { all, mine } = await repository.uses(at, coupon, person);
      if (coupon.max_per_person !== null && mine >= coupon.max_per_person) return 'coupon.used_by_you';
      if (coupon.max_redemptions !== null && all >= coupon.max_redemptions) return 'coupon.used_up';
    }
    if (coupon.first_order_only && (await repository.hasOrdered(at, person))) return 'coupon.first_order_only';
    return null;
  }
  async function requireEvent(at: DbOrTrx, eventId: string | null | undefined): Promise<void> {
    if (!eventId) return;
    const query = at.selectFrom('events').select('id').where('id', '=', eventId).where('deleted_at', 'is', null);
    if (!(await query.executeTakeFirst())) throw new AppError('event.not_found');
  }
  async function one(id: string): Promise<CouponView> {
    const row = await repository.find(db, id);
    if (!row) throw new AppError('coupon.unknown');
    return view(row, (await repository.figures(db, [row], false)).get(row.id));
  }

  return {
    problemOf,
    find: repository.find,

    /** The coupon of a typed code; throws the sentence that explains why not, and coupon.too_many_tries against guessing. */
    async redeemable(typed: string, person: repository.Person, address: string): Promise<repository.CouponRow> {
      const mine = `coupon-tries-${person.userId}`;
      const theirs = `coupon-wrong-${address}`;
      const refuse = () => new AppError('coupon.too_many_tries', { retryAfter: guessSeconds });
      if ((await cache.increment(mine, guessSeconds)) > triesPerPerson) throw refuse();
      if (Number(await cache.get(theirs)) >= wrongPerAddress) throw refuse();
      const coupon = await repository.findByCode(db, normalCode(typed));
      if (!coupon?.is_active) {
        await cache.increment(theirs, guessSeconds);
        throw new AppError('coupon.unknown');
      }
      const problem = await problemOf(db, coupon, person);
      if (problem) {
        const at = problem === 'coupon.not_started' ? coupon.starts_at : coupon.ends_at;
        throw new AppError(problem, at ? { at: at.toISOString() } : {});
      }
      await cache.delete(mine);
      return coupon;
    },

    /** For an order that is being placed: counts under the coupon's lock and holds one use; throws what stands against it. */
    async hold(
      trx: Trx,
      use: { couponId: string; orderId: string; userId: string; email: string; discountSatang: number },
    ): Promise<void> {
      const coupon = await repository.lock(trx, use.couponId);
      if (!coupon) throw new AppError('coupon.expired');
      const person = personOf(use.userId, use.email);
      const problem = await problemOf(trx, coupon, person);
      if (problem) throw new AppError(problem);
      await repository.insertRedemption(trx, {
        coupon_id: coupon.id,
        order_id: use.orderId,
        user_id: use.userId,
        email_hash: person.emailHash!,
        discount_satang: use.discountSatang,
      });
    },
    use: (trx: Trx, orderId: string): Promise<void> => repository.moveRedemption(trx, orderId, 'used'),
    release: (trx: Trx, orderId: string): Promise<void> => repository.moveRedemption(trx, orderId, 'released'),
    joinGuest: repository.joinGuest,

    // The admin's desk.
    async list(query: {
      batchId?: string | undefined;
      search?: string | undefined;
      cursor?: string | undefined;
      limit: number;
    }) {
      const rows = await repository.list(db, query, decodeCursor(query.cursor), query.limit + 1);
      const byBatch = !query.batchId && !query.search;
      const figures = await repository.figures(db, rows, byBatch);
      return toPage(
        rows,
        query.limit,
        (row) => ({ at: row.created_at, id: row.id }),
        (row) => ({
          ...view(row, figures.get(byBatch ? (row.batch_id ?? row.id) : row.id)),
          batchSize: row.batch_id ? row.batch_size : null,
        }),
      );
    },
    async create(input: CouponRules & { code: string }, by: string): Promise<CouponView> {
      await requireEvent(db, input.eventId);
      const values = { ...toValues(input), code: input.code, batch_id: null, created_by: by };
      const [row] = await repository.insert(db, [values]);
      if (!row) throw new AppError('coupon.code_taken');
      return one(row.id);
    },
    /** Codes that nobody can guess: 50 random bits each, behind the prefix. */
    async createBatch(input: CouponRules & { count: number; prefix?: string | undefined }, by: string) {
      await requireEvent(db, input.eventId);
      const batchId = randomUUID();
      const values = { ...toValues(input), batch_id: batchId, created_by: by };
      values.max_redemptions ??= 1;
      return db.transaction().execute(async (trx) => {
        const codes: string[] = [];
        while (codes.length < input.count) {
          const missing = Math.min(500, input.count - codes.length);
          const made = Array.from({ length: missing }, () => ({
            ...values,
            code: `${input.prefix ?? ''}${randomCode()}`,
          }));
          codes.push(...(await repository.insert(trx, made)).map((row) => row.code));
        }
        return { batchId, codes };
      });
    },
    async update(id: string, { wholeBatch, ...changes }: Changes & { wholeBatch?: boolean | undefined }) {
      const before = await repository.find(db, id);
      if (!before) throw new AppError('coupon.unknown');
      await requireEvent(db, changes.eventId);
      const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
      const rules = { ...toRules(before), ...given } as CouponRules;
      const isWhole = rules.kind === 'percent' ? !!rules.percentBp : !!rules.amountSatang;
      const isInOrder = !rules.startsAt || !rules.endsAt || Date.parse(rules.endsAt) > Date.parse(rules.startsAt);
      if (!isWhole || !isInOrder) {
        const path = isWhole ? 'body.endsAt' : 'body.kind';
        throw new AppError('request.invalid', { errors: [{ path, message: 'does not fit the other fields' }] });
      }
      const where = wholeBatch && before.batch_id ? { batchId: before.batch_id } : { id };
      await repository.update(db, where, toValues(rules));
      return one(id);
    },
    async remove(id: string): Promise<void> {
      if (!(await repository.find(db, id))) throw new AppError('coupon.unknown');
      if (await repository.isRedeemed(db, id)) throw new AppError('coupon.in_use');
      await repository.remove(db, id);
    },
    async batchCsv(batchId: string): Promise<string> {
      const rows = await repository.codesOfBatch(db, batchId);
      if (rows.length === 0) throw new AppError('coupon.unknown');
      const lines = rows.map((row) =>
        [row.code, row.status ?? (row.is_active ? 'free' : 'off'), row.number ?? ''].join(','),
      );
      return ['code,status,order', ...lines, ''].join('\r\n');
    },
  };
}
