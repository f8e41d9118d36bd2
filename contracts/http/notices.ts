import { route } from './route.ts';

/** Server-sent events: `event: notice`, data = JSON `{type, ...ids}` (server/platform/notify.ts); comments as heartbeat. */
export const noticeStream = route({
  method: 'get',
  path: '/api/notices/stream',
  summary: 'Live notices of this person: payments, searches, photos, orders, shared carts',
  tag: 'Notices',
  access: 'session',
  responses: { 200: 'text/event-stream' },
});

export type NoticeMessage =
  | { type: 'payment.paid' | 'payment.changed'; orderId: string; paymentId: string }
  | { type: 'search.changed'; searchId: string; status: string }
  | { type: 'photo.changed'; photoId: string; eventId: string; status: string }
  | { type: 'order.changed'; orderId: string }
  | { type: 'cart.shared'; sharedCartId: string }
  /** The connection was gone for a moment: look again at what you wait for. */
  | { type: 'resync' };
