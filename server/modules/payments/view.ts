import type { PaymentView } from '#contracts/http/payment.ts';
import type { PaymentOfOrder, PaymentRow } from './repository.ts';

/** An attempt the gateway did not answer may be replaced by a new one this long after it was made. */
export const replaceAfterMs = 30_000;

const isUnanswered = (payment: PaymentRow) =>
  payment.trans_id === null && (payment.status === 'unknown' || payment.status === 'creating');

export function paymentView(payment: PaymentRow, order: { number: string; status: string }): PaymentView {
  return {
    id: payment.id,
    orderId: payment.order_id,
    orderNumber: order.number,
    orderStatus: order.status as PaymentView['orderStatus'],
    transId: payment.trans_id,
    status: payment.status,
    amountSatang: payment.payable_satang ?? payment.requested_satang,
    requestedSatang: payment.requested_satang,
    paidSatang: payment.paid_satang,
    qrImageBase64: payment.status === 'pending' ? payment.qr_image_base64 : null,
    redirectUrl: payment.status === 'pending' ? payment.redirect_url : null,
    retryAt: isUnanswered(payment) ? new Date(payment.created_at.getTime() + replaceAfterMs).toISOString() : null,
    expiresAt: payment.expires_at?.toISOString() ?? null,
    paidAt: payment.paid_at?.toISOString() ?? null,
    review: payment.review_resolution === null ? payment.review : null,
    createdAt: payment.created_at.toISOString(),
  };
}
export const listedView = (row: PaymentOfOrder): Omit<PaymentView, 'qrImageBase64'> => {
  const { qrImageBase64: _, ...view } = paymentView(row, { number: row.number, status: row.order_status });
  return view;
};
