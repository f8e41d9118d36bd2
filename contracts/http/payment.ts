import { z } from 'zod';
import { idParams, isoTime, pageOf, pageQuery, route, satang } from './route.ts';

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
  body: z.object({ orderId: z.uuid() }),
  responses: { 201: paymentView },
  // No remembered answers: a repeat must get the QR that lives now. The one live attempt makes repeats harmless.
  errors: ['order.not_found', 'order.already_paid', 'order.transition', 'payment.gateway_unavailable'],
});
export const getPaymentStatus = route({
  method: 'get',
  path: '/api/payment/:id/status',
  summary: 'The payment as it is; asks the gateway at most every 5 seconds',
  tag: 'payment',
  access: 'session',
  params: idParams,
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
  secondApprover: z.string().nullable(),
  payee: payee.nullable(),
});

export const requestRefund = route({
  method: 'post',
  path: '/api/payment/refund',
  summary: 'Ask for the money of an order, or of some of its photos, back',
  tag: 'payment',
  access: 'session',
  body: z.object({
    orderId: z.uuid(),
    reason: z.string().trim().min(3).max(1000),
    itemIds: z.array(z.uuid()).min(1).max(1000).optional().describe('order item ids; without: all that is left'),
    payee: payee.optional().describe('where the money shall go'),
  }),
  responses: { 201: refundView },
  errors: ['order.not_found', 'refund.not_allowed', 'refund.exists'],
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
  body: z.object({ decision: z.enum(['approve', 'reject']), note: z.string().trim().max(1000).optional() }),
  responses: { 200: adminRefundView },
  errors: ['resource.not_found', 'refund.transition', 'refund.second_person'],
});
export const transferRefund = route({
  method: 'post',
  path: '/api/admin/refunds/:id/transfer',
  summary: 'The money was sent: the bank’s reference as evidence',
  tag: 'admin',
  access: ['admin'],
  params: idParams,
  body: z.object({ transferReference: z.string().trim().min(3).max(120) }),
  responses: { 200: adminRefundView },
  errors: ['resource.not_found', 'refund.transition'],
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
  summary: 'Money that could not be applied by itself, and webhooks that fit nothing',
  tag: 'admin',
  access: ['admin'],
  query: pageQuery.extend({ resolved: z.enum(['true', 'false']).optional() }),
  responses: {
    200: pageOf(paymentReviewView).extend({
      unmatchedWebhooks: z.array(
        z.object({ id: z.uuid(), transId: z.string().nullable(), receivedAt: isoTime, error: z.string().nullable() }),
      ),
    }),
  },
});
export const resolvePaymentReview = route({
  method: 'post',
  path: '/api/admin/payment-reviews/:id/resolve',
  summary:
    'fulfil: deliver the order with this money. keep: book it as ours. return: owe it to the payer, then transfer it',
  tag: 'admin',
  access: ['admin'],
  params: idParams,
  body: z.object({ action: z.enum(['fulfil', 'keep', 'return']), note: z.string().trim().max(1000).optional() }),
  responses: { 200: paymentReviewView },
  errors: ['payment.not_found', 'payment.transition'],
  idempotent: true,
});
