import { z } from 'zod';
import { idParams, isoTime, pageOf, pageQuery, route, satang } from './route.ts';

const day = z.iso.date();
const range = z.object({
  from: day.optional().describe('Bangkok day, inclusive; default 30 days ago'),
  to: day.optional().describe('Bangkok day, inclusive; default today'),
});
/** What came of sales in a range, refunds taken off. gross = photographer + organizer + platform + vat + extra. */
const figures = z.object({
  grossSatang: satang,
  photographerSatang: satang,
  organizerSatang: satang,
  platformSatang: satang,
  vatSatang: satang,
  satangExtra: satang,
  refundedSatang: satang,
  orders: z.int(),
  photos: z.int(),
});
export type RevenueFigures = z.infer<typeof figures>;

export const revenueSummary = route({
  method: 'get',
  path: '/api/revenue/summary',
  summary: 'Revenue by day, event and photographer, from the ledger’s postings',
  tag: 'revenue',
  access: ['admin'],
  query: range,
  responses: {
    200: z.object({
      from: day,
      to: day,
      totals: figures,
      days: z.array(figures.extend({ day })),
      events: z.array(figures.extend({ eventId: z.uuid(), eventName: z.string() })),
      photographers: z.array(
        z.object({ photographerId: z.uuid(), displayName: z.string(), earnedSatang: satang, photos: z.int() }),
      ),
      balances: z
        .array(z.object({ code: z.string(), kind: z.string(), balanceSatang: satang }))
        .describe(
          'all ledger accounts that are not a person’s; debit positive; with `payable_photographers` and `payable_organizers` they add up to 0',
        ),
    }),
  },
});
export const eventRevenue = route({
  method: 'get',
  path: '/api/revenue/events/:id',
  summary: 'One event: figures, days, photographers; its organizer may look too',
  tag: 'revenue',
  access: ['admin', 'organizer'],
  params: idParams,
  query: range,
  responses: {
    200: z.object({
      eventId: z.uuid(),
      eventName: z.string(),
      totals: figures,
      days: z.array(figures.extend({ day })),
      photographers: z.array(
        z.object({ photographerId: z.uuid(), displayName: z.string(), earnedSatang: satang, photos: z.int() }),
      ),
    }),
  },
  errors: ['event.not_found'],
});
const payeeBalance = z.object({
  displayName: z.string(),
  earnedSatang: satang.describe('all time, refunds taken off'),
  paidOutSatang: satang,
  balanceSatang: satang.describe('owed now; negative: carried forward'),
  availableSatang: satang.describe('past the hold period'),
  photosSold: z.int(),
});
export const photographerRevenue = route({
  method: 'get',
  path: '/api/revenue/photographers',
  summary: 'What each photographer earned, was paid and is owed',
  tag: 'revenue',
  access: ['admin'],
  query: pageQuery,
  responses: { 200: pageOf(payeeBalance.extend({ photographerId: z.uuid() })) },
});

const bp = z.int().min(0).max(10_000).describe('basis points, 10,000 = 100 %');
const splitRuleView = z.object({
  id: z.uuid(),
  scope: z.enum(['default', 'revenue_type', 'event', 'event_photographer']),
  revenueType: z.enum(['standard', 'premium', 'platform', 'charity', 'corporate']).nullable(),
  eventId: z.uuid().nullable(),
  photographerId: z.uuid().nullable(),
  platformBp: bp,
  photographerBp: bp,
  organizerBp: bp,
  version: z.int(),
  effectiveFrom: isoTime,
  effectiveTo: isoTime.nullable(),
});
export const listSplitRules = route({
  method: 'get',
  path: '/api/revenue/split-rules',
  summary: 'The rules in force; `history=true`: earlier versions too',
  tag: 'revenue',
  access: ['admin'],
  query: z.object({ eventId: z.uuid().optional(), history: z.enum(['true', 'false']).optional() }),
  responses: { 200: pageOf(splitRuleView) },
});
export const setSplitRule = route({
  method: 'post',
  path: '/api/revenue/split-rules',
  summary: 'A new version of a rule from now on; photographer in event, then event, then event type, then default',
  tag: 'revenue',
  access: ['admin'],
  body: z.object({
    scope: splitRuleView.shape.scope,
    revenueType: splitRuleView.shape.revenueType.optional(),
    eventId: z.uuid().nullish(),
    photographerId: z.uuid().nullish(),
    platformBp: bp,
    photographerBp: bp,
    organizerBp: bp,
  }),
  responses: { 201: splitRuleView },
  errors: ['revenue.rule_invalid', 'event.not_found'],
  idempotent: true,
});

export const payoutView = z.object({
  id: z.uuid(),
  batchId: z.uuid(),
  payee: z.object({ kind: z.enum(['photographer', 'organizer']), id: z.uuid(), displayName: z.string() }),
  status: z.enum(['draft', 'approved', 'paid', 'cancelled']),
  grossSatang: satang,
  withholdingSatang: satang,
  netSatang: satang,
  itemCount: z.int(),
  bankAccount: z.object({ bankCode: z.string(), last4: z.string() }).nullable(),
  periodEnd: isoTime,
  transferReference: z.string().nullable(),
  createdAt: isoTime,
  paidAt: isoTime.nullable(),
});
export type PayoutView = z.infer<typeof payoutView>;
const payoutStep = { tag: 'revenue', access: ['admin'] as const, params: idParams, responses: { 200: payoutView } };
export const listPayouts = route({
  method: 'get',
  path: '/api/revenue/payouts',
  summary: 'Payouts, newest first',
  tag: 'revenue',
  access: ['admin'],
  query: pageQuery.extend({ status: payoutView.shape.status.optional() }),
  responses: { 200: pageOf(payoutView) },
});
export const createPayouts = route({
  method: 'post',
  path: '/api/revenue/payouts',
  summary: 'A batch of drafts: everybody who is owed something that is past the hold period',
  tag: 'revenue',
  access: ['admin'],
  body: z.object({ photographerId: z.uuid().optional(), organizerId: z.uuid().optional() }).optional(),
  responses: { 201: z.object({ batchId: z.uuid(), items: z.array(payoutView) }) },
  errors: ['payout.nothing_due'],
  idempotent: true,
});
export const approvePayout = route({
  ...payoutStep,
  method: 'post',
  path: '/api/revenue/payouts/:id/approve',
  summary: 'Approve a draft',
  errors: ['resource.not_found', 'payout.transition'],
});
export const payPayout = route({
  ...payoutStep,
  method: 'post',
  path: '/api/revenue/payouts/:id/pay',
  summary: 'The transfer was made: the bank’s reference; books it',
  body: z.object({ transferReference: z.string().trim().min(3).max(120) }),
  errors: ['resource.not_found', 'payout.transition'],
});
export const cancelPayout = route({
  ...payoutStep,
  method: 'post',
  path: '/api/revenue/payouts/:id/cancel',
  summary: 'Give up a draft or approved payout; its postings are free for the next',
  errors: ['resource.not_found', 'payout.transition'],
});
export const myRevenue = route({
  method: 'get',
  path: '/api/revenue/mine',
  summary: 'A photographer’s or organizer’s own earnings',
  tag: 'revenue',
  access: ['photographer', 'organizer'],
  query: range,
  responses: {
    200: payeeBalance.extend({
      from: day,
      to: day,
      days: z.array(z.object({ day, earnedSatang: satang, photos: z.int() })),
      events: z.array(z.object({ eventId: z.uuid(), eventName: z.string(), earnedSatang: satang, photos: z.int() })),
      payouts: z.array(payoutView),
    }),
  },
});
