import { z } from 'zod';
import { idParams, isoTime, pageOf, pageQuery, route, satang, taxId } from './route.ts';

const day = z.iso.date();
const eventNameEn = z.string().nullable().describe('null: the event has no English name');
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
      events: z.array(figures.extend({ eventId: z.uuid(), eventName: z.string(), eventNameEn })),
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
      eventNameEn,
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
  availableSatang: satang.describe('past the hold period, in no payout yet'),
  heldSatang: satang.describe('still in the hold period'),
  inPayoutSatang: satang.describe('in a payout that is not paid yet'),
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

export const payoutStatuses = ['draft', 'approved', 'paid', 'cancelled', 'failed'] as const;
export const payoutView = z.object({
  id: z.uuid(),
  number: z.string(),
  batchId: z.uuid(),
  payee: z.object({ kind: z.enum(['photographer', 'organizer']), id: z.uuid(), displayName: z.string() }),
  status: z.enum(payoutStatuses),
  grossSatang: satang,
  withholdingSatang: satang,
  netSatang: satang,
  itemCount: z.int(),
  bankAccount: z.object({ bankCode: z.string(), last4: z.string() }).nullable(),
  periodEnd: isoTime,
  needsSecondApproval: z.boolean().describe('one admin approved; the amount needs another one'),
  approvedBy: z.string().nullable(),
  exportedAt: isoTime.nullable().describe('first time in a file for the bank'),
  transferReference: z.string().nullable(),
  transferredOn: day.nullable(),
  note: z.string().nullable(),
  failure: z.string().nullable(),
  certificateNumber: z.string().nullable().describe('withholding tax certificate (50 Tawi)'),
  createdAt: isoTime,
  paidAt: isoTime.nullable(),
});
export type PayoutView = z.infer<typeof payoutView>;
const payoutStep = { tag: 'revenue', access: ['admin'] as const, params: idParams, responses: { 200: payoutView } };
const transfer = z.object({
  transferReference: z.string().trim().min(3).max(120).describe('the bank’s reference: the evidence'),
  transferredOn: day.optional().describe('Bangkok day; default today'),
  note: z.string().trim().max(500).optional(),
});
export const listPayouts = route({
  method: 'get',
  path: '/api/revenue/payouts',
  summary: 'Payouts, newest first',
  tag: 'revenue',
  access: ['admin'],
  query: pageQuery.extend({ status: payoutView.shape.status.optional(), batchId: z.uuid().optional() }),
  responses: { 200: pageOf(payoutView) },
});
export const createPayouts = route({
  method: 'post',
  path: '/api/revenue/payouts',
  summary:
    'A batch of drafts: everybody who is owed the minimum or more past the hold period; or one person, whatever it is',
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
  summary: 'Approve a draft; above the limit it stays one until a second admin approves too',
  errors: ['resource.not_found', 'payout.transition', 'payout.second_person'],
});
export const payPayout = route({
  ...payoutStep,
  method: 'post',
  path: '/api/revenue/payouts/:id/pay',
  summary: 'The transfer was made: the bank’s reference; books it. The same reference again changes nothing',
  body: transfer,
  errors: ['resource.not_found', 'payout.transition'],
});
export const cancelPayout = route({
  ...payoutStep,
  method: 'post',
  path: '/api/revenue/payouts/:id/cancel',
  summary: 'Give up a draft or approved payout; its postings are free for the next',
  errors: ['resource.not_found', 'payout.transition', 'payout.in_bank_file'],
});
export const failPayout = route({
  ...payoutStep,
  method: 'post',
  path: '/api/revenue/payouts/:id/fail',
  summary: 'The bank refused the transfer or sent it back: books it back, the amount is payable again',
  body: z.object({ reason: z.string().trim().min(3).max(300) }),
  errors: ['resource.not_found', 'payout.transition'],
});
const batchStep = { tag: 'revenue', access: ['admin'] as const, params: idParams };
const batchResult = z.object({ done: z.int(), items: z.array(payoutView) });
export const approvePayoutBatch = route({
  ...batchStep,
  method: 'post',
  path: '/api/revenue/payouts/batches/:id/approve',
  summary: 'Approve every draft of a batch that this admin may approve',
  responses: { 200: batchResult },
  errors: ['resource.not_found'],
});
export const payPayoutBatch = route({
  ...batchStep,
  method: 'post',
  path: '/api/revenue/payouts/batches/:id/pay',
  summary:
    'The bank carried the file out: every approved payout that was in it is paid. Repeating it goes on where it ended',
  body: transfer,
  responses: { 200: batchResult },
  errors: ['resource.not_found'],
});
export const payoutBankFile = route({
  ...batchStep,
  method: 'get',
  path: '/api/revenue/payouts/batches/:id/bank-file',
  summary:
    'The approved payouts of a batch as a file for the bank; layouts in docs/runbook.md. Opens bank accounts, so it is logged',
  query: z.object({ format: z.enum(['csv', 'fixed']).optional(), encoding: z.enum(['utf-8', 'tis-620']).optional() }),
  responses: { 200: 'text/csv' },
  errors: ['resource.not_found', 'payout.nothing_to_transfer'],
});
const ownPayout = { tag: 'revenue', access: ['photographer', 'organizer'] as const, params: idParams };
export const payoutStatement = route({
  ...ownPayout,
  method: 'get',
  path: '/api/revenue/payouts/:id/statement',
  summary: 'Statement of a payout as PDF: for its payee and admins, nobody else',
  responses: { 200: 'application/pdf' },
  errors: ['resource.not_found'],
});
export const payoutCertificate = route({
  ...ownPayout,
  method: 'get',
  path: '/api/revenue/payouts/:id/certificate',
  summary: 'Withholding tax certificate (Section 50 bis) of a paid payout as PDF: for its payee and admins',
  responses: { 200: 'application/pdf' },
  errors: ['resource.not_found'],
});

export const incomeTypes = ['service', 'fee', 'copyright'] as const;
const payeeParams = z.object({ kind: z.enum(['photographer', 'organizer']), id: z.uuid() });
const payeeTax = z.object({
  legalName: z.string().trim().max(200).nullable().describe('as on the tax documents; null: the display name'),
  taxId: taxId.nullable(),
  address: z.string().trim().max(500).nullable(),
  isJuristic: z.boolean(),
  withholdingApplies: z.boolean(),
  withholdingIncome: z
    .enum(incomeTypes)
    .describe('service: section 3 tredecim (hire of work); fee: 40(2); copyright: 40(3)'),
});
export type PayeeTax = z.infer<typeof payeeTax>;
const payeeTaxView = payeeTax.extend({ displayName: z.string() });
export const getPayeeTax = route({
  method: 'get',
  path: '/api/revenue/payees/:kind/:id/tax',
  summary: 'What the withholding tax of a payee goes by',
  tag: 'revenue',
  access: ['admin'],
  params: payeeParams,
  responses: { 200: payeeTaxView },
  errors: ['resource.not_found'],
});
export const putPayeeTax = route({
  method: 'put',
  path: '/api/revenue/payees/:kind/:id/tax',
  summary: 'Set it; counts for payouts made from now on',
  tag: 'revenue',
  access: ['admin'],
  params: payeeParams,
  body: payeeTax,
  responses: { 200: payeeTaxView },
  errors: ['resource.not_found'],
});
const month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/);
export const withholdingReport = route({
  method: 'get',
  path: '/api/revenue/withholding',
  summary:
    'Tax withheld in a month, by certificate, for the returns P.N.D. 3 (individuals) and P.N.D. 53 (juristic persons)',
  tag: 'revenue',
  access: ['admin'],
  query: z.object({ month }),
  responses: {
    200: z.object({
      month: z.string(),
      items: z.array(
        z.object({
          payoutId: z.uuid(),
          certificateNumber: z.string(),
          form: z.enum(['pnd3', 'pnd53']),
          legalName: z.string(),
          taxId: z.string().nullable(),
          address: z.string().nullable(),
          income: z.enum(incomeTypes),
          paidOn: day,
          grossSatang: satang,
          rateBp: z.int(),
          withholdingSatang: satang,
        }),
      ),
      totals: z.object({ grossSatang: satang, withholdingSatang: satang }),
    }),
  },
});
export const withholdingFile = route({
  method: 'get',
  path: '/api/revenue/withholding/file',
  summary: 'The attachment of a return as CSV for the accountant: one line a certificate, Thai head line, UTF-8',
  tag: 'revenue',
  access: ['admin'],
  query: z.object({ month, form: z.enum(['pnd3', 'pnd53']) }),
  responses: { 200: 'text/csv' },
});
export const withholdingCertificates = route({
  method: 'get',
  path: '/api/revenue/withholding/certificates',
  summary: 'Every certificate (50 Tawi) of a month in one PDF',
  tag: 'revenue',
  access: ['admin'],
  query: z.object({ month }),
  responses: { 200: 'application/pdf' },
  errors: ['resource.not_found'],
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
      events: z.array(
        z.object({ eventId: z.uuid(), eventName: z.string(), eventNameEn, earnedSatang: satang, photos: z.int() }),
      ),
      payouts: z.array(payoutView),
    }),
  },
});
