import { z } from 'zod';
import { quoteSchema } from './cart.ts';
import { orderStatus, paymentView, refundView } from './payment.ts';
import { idParams, isoTime, orderTokenQuery, pageOf, pageQuery, route, satang, taxId } from './route.ts';

export const buyerFields = z.object({
  name: z.string().trim().min(1).max(200).optional(),
  address: z.string().trim().max(500).optional(),
  taxId: taxId.optional(),
  branch: z.string().trim().max(50).optional(),
});
export const documentView = z.object({
  kind: z.enum(['receipt', 'tax_invoice', 'credit_note']),
  number: z.string(),
  issuedAt: isoTime,
  totalSatang: satang,
  url: z.string().describe('the PDF, Thai and English; with the token, so that it opens without a session'),
});
export const orderItemView = z.object({
  id: z.uuid(),
  photoId: z.uuid(),
  eventId: z.uuid(),
  eventName: z.string(),
  eventNameEn: z.string().nullable().describe('null: the event has no English name'),
  thumbnailUrl: z.string().nullable(),
  cleanUrl: z
    .string()
    .nullable()
    .describe(
      'the picture without watermark; null unless paid, not refunded and prepared. With the token for who came by the link',
    ),
  fileName: z.string(),
  width: z.int().nullable(),
  height: z.int().nullable(),
  packageId: z.uuid().nullable(),
  listPriceSatang: satang,
  priceSatang: satang,
  couponSatang: satang.describe('what the coupon took off; in the price already'),
  delivery: z
    .enum(['locked', 'ready', 'waiting', 'revoked'])
    .describe('locked: not paid. waiting: paid, the original has not arrived yet. revoked: refunded'),
});
export const orderView = z.object({
  id: z.uuid(),
  number: z.string(),
  status: orderStatus,
  email: z.string(),
  locale: z.enum(['th', 'en']),
  subtotalSatang: satang,
  discountSatang: satang,
  totalSatang: satang,
  packages: quoteSchema.shape.packages,
  coupon: quoteSchema.shape.coupon,
  sharedCartId: z.uuid().nullable(),
  buyer: buyerFields,
  placedAt: isoTime,
  paidAt: isoTime.nullable(),
  expiresAt: isoTime,
  items: z.array(orderItemView),
  payment: paymentView.nullable().describe('the live or last attempt'),
  refunds: z.array(refundView),
  can: z.object({ pay: z.boolean(), cancel: z.boolean(), download: z.boolean(), refund: z.boolean() }),
  links: z.object({
    page: z.string().describe('with the token: opens without a session'),
    download: z.string().nullable(),
    invoice: z.string().nullable(),
  }),
  documents: z.array(documentView).describe('receipt or tax invoice, then a credit note for each refund'),
});
export type OrderView = z.infer<typeof orderView>;
export const orderSummary = z.object({
  id: z.uuid(),
  number: z.string(),
  status: orderStatus,
  email: z.string(),
  totalSatang: satang,
  photoCount: z.int(),
  eventNames: z.array(z.string()),
  eventNamesEn: z.array(z.string()).describe('the same events in English, in Thai where there is no English name'),
  thumbnailUrls: z.array(z.string()).describe('at most 4'),
  placedAt: isoTime,
  paidAt: isoTime.nullable(),
});

export const placeOrder = route({
  method: 'post',
  path: '/api/orders',
  summary: 'Turn the selected lines of the cart into an order; nothing to pay: paid at once',
  tag: 'orders',
  access: 'session',
  body: z.strictObject({
    email: z.email().max(254).optional().describe('where the photos go; needed from a guest'),
    locale: z.enum(['th', 'en']).optional(),
    buyer: buyerFields.optional(),
    sharedCart: z
      .string()
      .max(64)
      .optional()
      .describe('the secret of a shared cart: order its photos instead of the own cart’s'),
    photoIds: z
      .array(z.uuid())
      .min(1)
      .max(2_000)
      .optional()
      .describe(
        'order exactly these, in the cart or not, instead of the selected lines: what was tapped without signal',
      ),
    expectedTotalSatang: satang.optional().describe('what the page showed; another price answers order.price_changed'),
  }),
  responses: { 201: orderView, 200: orderView },
  errors: [
    'cart.empty',
    'order.email_required',
    'order.price_changed',
    'photo.not_for_sale',
    'coupon.expired',
    'coupon.used_up',
    'coupon.used_by_you',
    'coupon.first_order_only',
    'shared_cart.not_found',
    'shared_cart.paying',
    'shared_cart.paid',
  ],
  idempotent: true,
});
export const listOrders = route({
  method: 'get',
  path: '/api/orders',
  summary: 'My orders, newest first',
  tag: 'orders',
  access: 'session',
  query: pageQuery,
  responses: { 200: pageOf(orderSummary) },
});
export const getOrder = route({
  method: 'get',
  path: '/api/orders/:id',
  summary: 'One order, by session or by the link’s token',
  tag: 'orders',
  access: 'public',
  params: idParams,
  query: orderTokenQuery,
  responses: { 200: orderView },
  errors: ['order.not_found'],
});
export const cancelOrder = route({
  method: 'post',
  path: '/api/orders/:id/cancel',
  summary: 'Give an unpaid order up; its photos go back to the cart',
  tag: 'orders',
  access: 'session',
  params: idParams,
  responses: { 200: orderView },
  errors: ['order.not_found', 'order.transition', 'order.already_paid'],
  idempotent: true,
});
export const getInvoice = route({
  method: 'get',
  path: '/api/orders/:id/invoice',
  summary:
    'Receipt or tax invoice as PDF, Thai and English; `document=credit_note` for the newest of its refunds, or `number`',
  tag: 'orders',
  access: 'public',
  params: idParams,
  query: orderTokenQuery.extend({
    document: z.enum(['sale', 'credit_note']).default('sale'),
    number: z.string().max(40).optional().describe('one document of this order by its number'),
  }),
  responses: { 200: 'application/pdf' },
  errors: ['order.not_found', 'order.not_paid'],
});
export const listAllOrders = route({
  method: 'get',
  path: '/api/admin/orders',
  summary: 'All orders, newest first; search by number or e-mail',
  tag: 'admin',
  access: ['admin'],
  query: pageQuery.extend({ status: orderStatus.optional(), search: z.string().trim().max(100).optional() }),
  responses: { 200: pageOf(orderSummary) },
});
