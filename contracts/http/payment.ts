import { z } from 'zod';
import { idParams, isoTime, orderTokenQuery, pageOf, pageQuery, route, satang } from './route.ts';

export const paymentStatus = z.enum(['creating', 'unknown', 'pending', 'paid', 'expired', 'cancelled', 'failed']);
export const reviewKind = z.enum(['late', 'underpaid', 'overpaid', 'duplicate', 'unmatched']);
export const orderStatus = z.enum(['pending', 'paid', 'partially_refunded', 'refunded', 'cancelled', 'expired']);
export const refundStatus = z.enum(['requested', 'approved', 'rejected', 'transferred']);

export const paymentView = z.object({
  id: z.uuid(),
  orderId: z.uuid(),
  orderNumber: z.string(),
  orderStatus,
  transId: z.string().nullable(),
  status: paymentStatus.describe(
    'pending: show the QR. unknown, creating: the gateway has not answered yet, keep polling. expired, failed: create another',
  ),
  amountSatang: satang.describe('what to pay, with the satang the gateway added'),
  requestedSatang: satang,
  paidSatang: satang.nullable(),
  qrImageBase64: z.string().nullable().describe('PNG without the data: prefix, while pending'),
  redirectUrl: z.string().nullable().describe('the gateway’s own page to pay at, while pending, where it has one'),
  retryAt: isoTime.nullable().describe('unknown, creating: from then on another one may be created'),
  expiresAt: isoTime.nullable(),
  paidAt: isoTime.nullable(),
  review: reviewKind.nullable().describe('money that a person is looking at'),
  createdAt: isoTime,
});
export type PaymentView = z.infer<typeof paymentView>;

export const createPayment = route({
  method: 'post',
  path: '/api/payment/create',
  summary: 'A PromptPay QR for the order; repeated: the live one, after expiry a new one',
  tag: 'payment',
  access: 'session',
  body: z.strictObject({ orderId: z.uuid() }),
  responses: { 201: paymentView },
  // No remembered answers: a repeat must get the QR that lives now. The one live attempt makes repeats harmless.
  errors: ['order.not_found', 'order.already_paid', 'order.transition', 'payment.gateway_unavailable'],
});
export const getPaymentStatus = route({
  method: 'get',
  path: '/api/payment/:id/status',
  summary: 'The payment as it is; asks the gateway at most every 5 seconds',
  tag: 'payment',
  access: 'public',
  params: idParams,
  query: orderTokenQuery,
  responses: { 200: paymentView },
  errors: ['payment.not_found'],
  rateLimit: 'none',
});
export const listPayments = route({
  method: 'get',
  path: '/api/payment/history',
  summary: 'My payments, newest first',
  tag: 'payment',
  access: 'session',
  query: pageQuery,
  responses: { 200: pageOf(paymentView.omit({ qrImageBase64: true })) },
});
export const paymentWebhook = route({
  method: 'post',
  path: '/api/payment/webhook',
  summary: 'The gateway tells of a payment: {data, signature}, HMAC-SHA256 over the raw bytes of data',
  tag: 'payment',
  access: 'public',
  responses: { 200: z.object({ status: z.literal(1) }) },
  errors: ['webhook.signature', 'request.malformed'],
  rateLimit: 'none',
});

export const providerWebhook = route({
  method: 'post',
  path: '/api/payment/webhook/:provider',
  summary: 'The same for a gateway by name, signed in its own way',
  tag: 'payment',
  access: 'public',
  params: z.object({ provider: z.string().regex(/^[a-z]{2,20}$/) }),
  responses: { 200: z.object({ status: z.literal(1) }) },
  errors: ['webhook.signature', 'request.malformed', 'resource.not_found'],
  rateLimit: 'none',
});

export const refundView = z.object({
  id: z.uuid(),
  orderId: z.uuid(),
  orderNumber: z.string(),
  status: refundStatus,
  amountSatang: satang,
  reason: z.string(),
  photoIds: z.array(z.uuid()),
  needsSecondApproval: z.boolean().describe('approved by one person, above the limit of one person'),
  decisionNote: z.string().nullable(),
  transferReference: z.string().nullable(),
  createdAt: isoTime,
  decidedAt: isoTime.nullable(),
  transferredAt: isoTime.nullable(),
});
export type RefundView = z.infer<typeof refundView>;
const payee = z.object({
  bankCode: z.string().trim().min(2).max(20),
  accountName: z.string().trim().min(1).max(120),
  accountNumber: z
    .string()
    .trim()
    .regex(/^[0-9-]{6,20}$/),
});
export const adminRefundView = refundView.extend({
  email: z.string(),
  orderTotalSatang: satang,
  decidedBy: z.string().nullable(),
  decidedByName: z.string().nullable(),
  secondApprover: z.string().nullable(),
  canSend: z.boolean().describe('the gateway can send it back by itself'),
  transferVia: z.enum(['bank', 'gateway']).nullable(),
  payee: payee.nullable(),
});

export const requestRefund = route({
  method: 'post',
  path: '/api/payment/refund',
  summary: 'Ask for the money of an order, or of some of its photos, back',
  tag: 'payment',
  access: 'session',
  body: z.strictObject({
    orderId: z.uuid(),
    reason: z.string().trim().min(3).max(1000),
    itemIds: z.array(z.uuid()).min(1).max(1000).optional().describe('order item ids; without: all that is left'),
    payee: payee.optional().describe('where the money shall go'),
  }),
  responses: { 201: refundView },
  errors: ['order.not_found', 'refund.not_allowed', 'refund.whole_package', 'refund.exists'],
  idempotent: true,
});
export const listRefunds = route({
  method: 'get',
  path: '/api/admin/refunds',
  summary: 'Refunds, newest first',
  tag: 'admin',
  access: ['admin'],
  query: pageQuery.extend({ status: refundStatus.optional() }),
  responses: { 200: pageOf(adminRefundView) },
});
export const decideRefund = route({
  method: 'post',
  path: '/api/admin/refunds/:id/decide',
  summary: 'Approve or reject; above the limit a second admin has to approve too',
  tag: 'admin',
  access: ['admin'],
  params: idParams,
  body: z.strictObject({ decision: z.enum(['approve', 'reject']), note: z.string().trim().max(1000).optional() }),
  responses: { 200: adminRefundView },
  errors: [
    'resource.not_found',
    'refund.transition',
    'refund.second_person',
    'refund.whole_package',
    'resource.conflict',
  ],
});
export const transferRefund = route({
  method: 'post',
  path: '/api/admin/refunds/:id/transfer',
  summary: 'The money was sent: the bank’s reference as evidence',
  tag: 'admin',
  access: ['admin'],
  params: idParams,
  body: z.strictObject({ transferReference: z.string().trim().min(3).max(120) }),
  responses: { 200: adminRefundView },
  errors: ['resource.not_found', 'refund.transition'],
});

export const sendRefund = route({
  method: 'post',
  path: '/api/admin/refunds/:id/send',
  summary: 'Send the money back through the gateway it came by; repeated: sent once',
  tag: 'admin',
  access: ['admin'],
  params: idParams,
  responses: { 200: adminRefundView },
  errors: ['resource.not_found', 'refund.transition', 'refund.gateway', 'payment.gateway_unavailable'],
});

export const paymentReviewView = paymentView.omit({ qrImageBase64: true }).extend({
  orderTotalSatang: satang,
  email: z.string(),
  actions: z.array(z.enum(['fulfil', 'keep', 'return'])),
  resolution: z.string().nullable(),
});
export const listPaymentReviews = route({
  method: 'get',
  path: '/api/admin/payment-reviews',
  summary: 'Money of an order that could not be applied by itself',
  tag: 'admin',
  access: ['admin'],
  query: pageQuery.extend({ resolved: z.enum(['true', 'false']).optional() }),
  responses: { 200: pageOf(paymentReviewView) },
});
export const resolvePaymentReview = route({
  method: 'post',
  path: '/api/admin/payment-reviews/:id/resolve',
  summary:
    'fulfil: deliver the order with this money. keep: book it as ours. return: owe it to the payer, then transfer it',
  tag: 'admin',
  access: ['admin'],
  params: idParams,
  body: z.strictObject({ action: z.enum(['fulfil', 'keep', 'return']), note: z.string().trim().max(1000).optional() }),
  responses: { 200: paymentReviewView },
  errors: ['payment.not_found', 'payment.transition'],
  idempotent: true,
});

export const moneyCaseView = z.object({
  id: z.uuid(),
  kind: z
    .enum(['gateway_unmatched', 'bank_unmatched', 'bank_differs', 'bank_missing'])
    .describe('the gateway or the bank has money for nobody; the bank got another amount; the bank got nothing'),
  provider: z.string(),
  transId: z.string().nullable(),
  paymentId: z.uuid().nullable(),
  orderId: z.uuid().nullable(),
  orderNumber: z.string().nullable(),
  amountSatang: satang,
  differenceSatang: satang.describe('what the payment brought less what the bank got'),
  status: z.enum(['open', 'parked', 'returning', 'resolved']),
  outcome: z.enum(['attach', 'return', 'income', 'write_off', 'confirm', 'arrived', 'same_money']).nullable(),
  needsSecondApproval: z.boolean(),
  proposedBy: z.string().nullable(),
  actions: z.array(z.enum(['attach', 'return', 'income', 'write_off', 'confirm', 'park'])),
  note: z.string().nullable(),
  payee: payee.nullable(),
  transferReference: z.string().nullable(),
  source: z.string().nullable(),
  arrivedAt: isoTime.nullable(),
  openedAt: isoTime,
  resolvedAt: isoTime.nullable(),
});
export type MoneyCaseView = z.infer<typeof moneyCaseView>;
const caseStatus = moneyCaseView.shape.status;

export const listMoneyCases = route({
  method: 'get',
  path: '/api/admin/money-cases',
  summary: 'Money that fits no payment, and payments that the bank did not show; newest first',
  tag: 'admin',
  access: ['admin'],
  query: pageQuery.extend({ status: caseStatus.optional() }),
  responses: { 200: pageOf(moneyCaseView) },
});
export const resolveMoneyCase = route({
  method: 'post',
  path: '/api/admin/money-cases/:id/resolve',
  summary:
    'attach: pay an order with it. return: owe it to the payer. income: ours. write_off: give it up. confirm: the bank has it. park: later',
  tag: 'admin',
  access: ['admin'],
  params: idParams,
  body: z.strictObject({
    action: z.enum(['attach', 'return', 'income', 'write_off', 'confirm', 'park']),
    note: z.string().trim().max(1000).optional(),
    order: z.string().trim().min(1).max(60).optional().describe('attach: number or id of the order'),
    payee: payee.optional().describe('return: where the money goes'),
  }),
  responses: { 200: moneyCaseView },
  errors: [
    'resource.not_found',
    'case.transition',
    'case.too_little',
    'refund.second_person',
    'order.not_found',
    'order.already_paid',
    'order.transition',
  ],
  idempotent: true,
});
export const transferMoneyCase = route({
  method: 'post',
  path: '/api/admin/money-cases/:id/transfer',
  summary: 'The money was sent back: the bank’s reference as evidence',
  tag: 'admin',
  access: ['admin'],
  params: idParams,
  body: z.strictObject({ transferReference: z.string().trim().min(3).max(120) }),
  responses: { 200: moneyCaseView },
  errors: ['resource.not_found', 'case.transition'],
});
const bankRowStatus = z.enum(['new', 'matched', 'held']);
export const getReconciliation = route({
  method: 'get',
  path: '/api/admin/reconciliation',
  summary: 'The accounts between gateway and bank, the feeds, and what waits for a person',
  tag: 'admin',
  access: ['admin'],
  responses: {
    200: z.object({
      feeds: z.array(
        z.object({
          provider: z.string(),
          hasFeed: z.boolean(),
          firstReadAt: isoTime.nullable(),
          lastReadAt: isoTime.nullable(),
          lastError: z.string().nullable(),
        }),
      ),
      balances: z.array(
        z.object({
          account: z.enum(['gateway_clearing', 'bank', 'suspense', 'refunds_payable', 'gateway_fees', 'losses']),
          balanceSatang: satang.describe('debits less credits'),
        }),
      ),
      waiting: z.object({
        cases: z.int(),
        reviews: z.int(),
        returning: z.int(),
        rows: z.int(),
        webhooks: z.int(),
      }),
    }),
  },
});
export const runReconciliation = route({
  method: 'post',
  path: '/api/admin/reconciliation/run',
  summary: 'Read the bank feeds now; it happens every five minutes by itself',
  tag: 'admin',
  access: ['admin'],
  responses: {
    200: z.object({
      items: z.array(
        z.object({
          provider: z.string(),
          rows: z.int(),
          matched: z.int(),
          held: z.int(),
          missing: z.int(),
          error: z.string().nullable(),
        }),
      ),
    }),
  },
});
export const listBankRows = route({
  method: 'get',
  path: '/api/admin/bank-rows',
  summary: 'Money that the bank shows, with the order it paid; newest first',
  tag: 'admin',
  access: ['admin'],
  query: pageQuery.extend({ status: bankRowStatus.optional() }),
  responses: {
    200: pageOf(
      z.object({
        id: z.uuid(),
        provider: z.string(),
        transId: z.string().nullable(),
        amountSatang: satang,
        feeSatang: satang,
        source: z.string(),
        status: bankRowStatus,
        orderId: z.uuid().nullable(),
        orderNumber: z.string().nullable(),
        arrivedAt: isoTime,
      }),
    ),
  },
});
