import { z } from 'zod';
import { idParams, isoTime, pageOf, pageQuery, route, satang } from './route.ts';

/** Upper case letters and digits; what people type around them (spaces, dashes, lower case) does not matter. */
export const normalCode = (text: string): string => text.toUpperCase().replace(/[^A-Z0-9]/g, '');
const code = z
  .string()
  .trim()
  .max(60)
  .transform(normalCode)
  .pipe(z.string().regex(/^[A-Z0-9]{3,32}$/, '3 to 32 letters and digits'));

const amount = satang.min(1).max(100_000_000);
const couponRules = z.object({
  kind: z.enum(['percent', 'amount']),
  percentBp: z.int().min(1).max(10_000).nullish().describe('1,000 = 10 %'),
  amountSatang: amount.nullish(),
  maxDiscountSatang: amount.nullish().describe('the most that a percentage takes off'),
  eventId: z.uuid().nullish().describe('only photos of this event; null: every event'),
  minSpendSatang: satang.min(0).max(100_000_000).optional().describe('after packages, before the coupon'),
  startsAt: isoTime.nullish(),
  endsAt: isoTime.nullish(),
  maxRedemptions: z.int().min(1).max(1_000_000).nullish().describe('in all; null: no limit'),
  maxPerPerson: z.int().min(1).max(1000).nullish().describe('by account and by e-mail; null: no limit'),
  firstOrderOnly: z.boolean().optional(),
  label: z.string().trim().max(120).optional(),
  isActive: z.boolean().optional(),
});
type Rules = z.output<typeof couponRules>;
const isWhole = (rules: Rules) =>
  rules.kind === 'percent' ? !!rules.percentBp && !rules.amountSatang : !!rules.amountSatang && !rules.percentBp;
const wholeMessage = { path: ['kind'], message: 'percent needs percentBp, amount needs amountSatang, not both' };
const isInOrder = (rules: Rules) =>
  !rules.startsAt || !rules.endsAt || Date.parse(rules.endsAt) > Date.parse(rules.startsAt);
const orderMessage = { path: ['endsAt'], message: 'must lie after the start' };

export const couponView = z.object({
  id: z.uuid(),
  code: z.string(),
  batchId: z.uuid().nullable(),
  label: z.string(),
  kind: z.enum(['percent', 'amount']),
  percentBp: z.int().nullable(),
  amountSatang: satang.nullable(),
  maxDiscountSatang: satang.nullable(),
  eventId: z.uuid().nullable(),
  eventName: z.string().nullable(),
  eventNameEn: z.string().nullable(),
  minSpendSatang: satang,
  startsAt: isoTime.nullable(),
  endsAt: isoTime.nullable(),
  maxRedemptions: z.int().nullable(),
  maxPerPerson: z.int().nullable(),
  firstOrderOnly: z.boolean(),
  isActive: z.boolean(),
  heldCount: z.int().describe('in orders that wait for payment'),
  usedCount: z.int().describe('in paid orders'),
  discountSatang: satang.describe('what it took off paid orders in all'),
  createdAt: isoTime,
});
export type CouponView = z.infer<typeof couponView>;

const admin = { tag: 'coupons', access: ['admin'] as const };

export const listCoupons = route({
  ...admin,
  method: 'get',
  path: '/api/admin/coupons',
  summary: 'Coupons, newest first; the codes of a batch with batchId, else each batch once',
  query: pageQuery.extend({ batchId: z.uuid().optional(), search: z.string().trim().max(60).optional() }),
  responses: { 200: pageOf(couponView.extend({ batchSize: z.int().nullable() })) },
});
export const createCoupon = route({
  ...admin,
  method: 'post',
  path: '/api/admin/coupons',
  summary: 'Make a coupon',
  body: couponRules.extend({ code }).refine(isWhole, wholeMessage).refine(isInOrder, orderMessage),
  responses: { 201: couponView },
  errors: ['coupon.code_taken', 'event.not_found'],
  idempotent: true,
});
export const createCouponBatch = route({
  ...admin,
  method: 'post',
  path: '/api/admin/coupons/batch',
  summary: 'Make many codes with the same rules; each can be used once unless maxRedemptions says more',
  body: couponRules
    .extend({ count: z.int().min(1).max(5000), prefix: z.string().trim().max(12).transform(normalCode).optional() })
    .refine(isWhole, wholeMessage)
    .refine(isInOrder, orderMessage),
  responses: { 201: z.object({ batchId: z.uuid(), codes: z.array(z.string()) }) },
  errors: ['event.not_found'],
  idempotent: true,
});
export const updateCoupon = route({
  ...admin,
  method: 'put',
  path: '/api/admin/coupons/:id',
  summary: 'Change or switch off a coupon, or with `wholeBatch` all codes of its batch; placed orders keep theirs',
  params: idParams,
  body: couponRules.partial().extend({ wholeBatch: z.boolean().optional() }),
  responses: { 200: couponView },
  errors: ['coupon.unknown', 'event.not_found'],
});
export const deleteCoupon = route({
  ...admin,
  method: 'delete',
  path: '/api/admin/coupons/:id',
  summary: 'Remove a coupon that no order ever had',
  params: idParams,
  responses: { 204: null },
  errors: ['coupon.unknown', 'coupon.in_use'],
});
export const exportCouponBatch = route({
  ...admin,
  method: 'get',
  path: '/api/admin/coupons/batches/:id/codes',
  summary: 'The codes of a batch as CSV: code, used, order number',
  params: idParams,
  responses: { 200: 'text/csv' },
  errors: ['coupon.unknown'],
});

export const priceRuleView = z.object({
  photographerId: z.uuid().nullable().describe('null: every photo of the event'),
  photographerName: z.string().nullable(),
  kind: z.enum(['free', 'percent', 'price']),
  percentBp: z.int().nullable(),
  priceSatang: satang.nullable(),
  updatedAt: isoTime,
});
const ownPrice = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('standard') }),
  z.object({ kind: z.literal('free') }),
  z.object({ kind: z.literal('percent'), percentBp: z.int().min(1).max(10_000) }),
  z.object({ kind: z.literal('price'), priceSatang: satang.min(0).max(10_000_000) }),
]);
export type OwnPrice = z.output<typeof ownPrice>;

const priceRulesView = z.object({
  items: z.array(priceRuleView),
  ownPrices: z
    .object({
      isAllowed: z.boolean(),
      minSatang: satang,
      maxSatang: satang.nullable(),
      singleSatang: satang.nullable().describe('what a single photo costs here by the packages'),
    })
    .describe('what photographers may set for own photos'),
});

export const listPriceRules = route({
  method: 'get',
  path: '/api/events/:id/price-rules',
  summary: 'Free, discounted and fixed prices at this event, of all photographers or of oneself',
  tag: 'packages',
  access: ['photographer'],
  params: idParams,
  responses: { 200: priceRulesView },
  errors: ['event.not_found'],
});
export const setPriceRule = route({
  method: 'put',
  path: '/api/events/:id/price-rules',
  summary: 'Set what photos of this event cost, those there and those to come; `standard` removes the rule',
  tag: 'packages',
  access: ['photographer'],
  params: idParams,
  body: z.object({
    photographerId: z.uuid().nullish().describe('an admin: whose photos, null for all; a photographer’s own otherwise'),
    price: ownPrice,
  }),
  responses: { 200: priceRulesView.extend({ changedPhotos: z.int() }) },
  errors: ['event.not_found', 'price_rule.not_yours', 'price_rule.not_allowed', 'price_rule.bounds'],
});
export const setPhotoPrices = route({
  method: 'put',
  path: '/api/photo-prices',
  summary: 'Set the own price of some photos; a photographer of own photos only',
  tag: 'packages',
  access: ['photographer'],
  body: z.object({ photoIds: z.array(z.uuid()).min(1).max(500), price: ownPrice }),
  responses: { 200: z.object({ changedPhotos: z.int() }) },
  errors: ['photo.not_found', 'price_rule.not_yours', 'price_rule.not_allowed', 'price_rule.bounds'],
});
