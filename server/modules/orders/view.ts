import type { z } from 'zod';
import type { OrderView, orderSummary } from '#contracts/http/orders.ts';
import type { PaymentView, RefundView } from '#contracts/http/payment.ts';
import { isPaid } from './machine.ts';
import type { ItemDetail, OrderRow } from './repository.ts';

/** How the order was opened: by the buyer's session, by the link's token (checked), or by an admin (neither). */
export interface ViewedBy {
  isOwner: boolean;
  token: string | null;
}
const queryOf = (token: string): string => `?token=${encodeURIComponent(token)}`;

const thumbnailOf = (item: ItemDetail): string | null =>
  item.has_thumbnail ? `/api/photos/${item.photo_id}/thumbnails/medium` : null;

/** `query` opens it for who has no session of the buyer. */
const cleanUrlOf = (item: ItemDetail, query: string): string | null =>
  item.is_granted && !item.refunded_at && item.has_clean ? `/api/photos/${item.photo_id}/clean${query}` : null;

function deliveryOf(order: OrderRow, item: ItemDetail): OrderView['items'][number]['delivery'] {
  if (item.refunded_at) return 'revoked';
  if (!item.is_granted) return isPaid(order.status) ? 'revoked' : 'locked';
  return item.has_original ? 'ready' : 'waiting';
}

export function orderView(
  order: OrderRow,
  items: readonly ItemDetail[],
  context: {
    payment: PaymentView | null;
    refunds: RefundView[];
    documents: Omit<OrderView['documents'][number], 'url'>[];
    token: string;
    pageLink: string;
    viewedBy: ViewedBy;
  },
): OrderView {
  const { payment, refunds, token } = context;
  const isOpenForDownload = items.some((item) => item.is_granted);
  const query = queryOf(token);
  const { viewedBy } = context;
  const pictureQuery = viewedBy.token ? queryOf(viewedBy.token) : viewedBy.isOwner ? '' : query;
  const hasOpenRefund = refunds.some((refund) => refund.status === 'requested');
  return {
    id: order.id,
    number: order.number,
    status: order.status,
    email: order.email,
    locale: order.locale,
    subtotalSatang: order.subtotal_satang,
    discountSatang: order.discount_satang,
    totalSatang: order.total_satang,
    packages: order.quote.packages,
    coupon: order.quote.coupon ?? null,
    sharedCartId: order.shared_cart_id,
    buyer: order.buyer,
    placedAt: order.placed_at.toISOString(),
    paidAt: order.paid_at?.toISOString() ?? null,
    expiresAt: order.expires_at.toISOString(),
    items: items.map((item) => ({
      id: item.id,
      photoId: item.photo_id,
      eventId: item.event_id,
      eventName: item.event_name,
      eventNameEn: item.event_name_en,
      thumbnailUrl: thumbnailOf(item),
      cleanUrl: cleanUrlOf(item, pictureQuery),
      fileName: item.file_name,
      width: item.width,
      height: item.height,
      packageId: item.package_id,
      listPriceSatang: item.list_price_satang,
      priceSatang: item.price_satang,
      couponSatang: item.coupon_satang,
      delivery: deliveryOf(order, item),
    })),
    payment,
    refunds,
    can: {
      pay: order.status === 'pending',
      cancel: order.status === 'pending',
      download: isOpenForDownload,
      // The link alone opens the photos; money goes back only to who ordered.
      refund: viewedBy.isOwner && isPaid(order.status) && order.total_satang > 0 && !hasOpenRefund,
    },
    links: {
      page: context.pageLink,
      download: isOpenForDownload ? `/api/orders/${order.id}/download${query}` : null,
      invoice: order.paid_at ? `/api/orders/${order.id}/invoice${query}` : null,
    },
    documents: context.documents.map((each) => ({
      ...each,
      url: `/api/orders/${order.id}/invoice${query}&number=${each.number}`,
    })),
  };
}

export function summaryView(order: OrderRow, items: readonly ItemDetail[]): z.infer<typeof orderSummary> {
  const mine = items.filter((item) => item.order_id === order.id);
  const events = [...new Map(mine.map((item) => [item.event_id, item])).values()];
  return {
    id: order.id,
    number: order.number,
    status: order.status,
    email: order.email,
    totalSatang: order.total_satang,
    photoCount: mine.length,
    eventNames: events.map((item) => item.event_name),
    eventNamesEn: events.map((item) => item.event_name_en ?? item.event_name),
    thumbnailUrls: mine
      .map(thumbnailOf)
      .filter((url) => url !== null)
      .slice(0, 4),
    placedAt: order.placed_at.toISOString(),
    paidAt: order.paid_at?.toISOString() ?? null,
  };
}
