import { z } from 'zod';
import { isoTime, pageOf, pageQuery, route } from './route.ts';

/** Server-sent events: `event: notice`, data = JSON `{type, ...ids}` (server/platform/notify.ts); comments as heartbeat. */
export const noticeStream = route({
  method: 'get',
  path: '/api/notices/stream',
  summary: 'Live notices of this person: payments, searches, photos, orders, shared carts',
  tag: 'Notices',
  access: 'session',
  responses: { 200: 'text/event-stream' },
});

const tag = 'Notices';

/** What a person can hear of. photos: later arrivals of a search; earnings: payouts, for who is paid. */
export const noticeKinds = ['photos', 'order', 'announcement', 'earnings'] as const;
export type NoticeKind = (typeof noticeKinds)[number];
export const noticeChannels = ['email', 'push', 'line'] as const;
export type NoticeChannel = (typeof noticeChannels)[number];

/**
 * What a push message holds, as JSON: the service worker shows it with `showNotification(title, { body, tag, lang, data: { url } })`
 * and opens `url` (a path of this site) when it is tapped. A message with the same `tag` takes the place of the older one.
 */
export const pushPayload = z.object({
  title: z.string(),
  body: z.string(),
  url: z.string().describe('path on this site'),
  tag: z.string(),
  kind: z.enum(noticeKinds),
  lang: z.enum(['th', 'en']),
});
export type PushPayload = z.infer<typeof pushPayload>;

export const inboxNotice = z.object({
  id: z.uuid(),
  kind: z.enum(noticeKinds),
  titleTh: z.string(),
  titleEn: z.string(),
  bodyTh: z.string(),
  bodyEn: z.string(),
  path: z.string().describe('page of this site that it is about'),
  createdAt: isoTime,
  readAt: isoTime.nullable(),
});
export type InboxNotice = z.output<typeof inboxNotice>;

export const listNotices = route({
  method: 'get',
  path: '/api/notices',
  summary: 'What happened, newest first, kept for 90 days; and how much of it is unread',
  tag,
  access: 'session',
  query: pageQuery,
  responses: { 200: pageOf(inboxNotice).extend({ unread: z.int() }) },
});
export const readNotices = route({
  method: 'post',
  path: '/api/notices/read',
  summary: 'Mark some of it as read, or all without `ids`',
  tag,
  access: 'session',
  body: z.object({ ids: z.array(z.uuid()).min(1).max(200).optional() }),
  responses: { 200: z.object({ unread: z.int() }) },
});

const device = z.object({
  id: z.uuid(),
  service: z.string().describe('host of the push service'),
  endpointHash: z.string().describe('SHA-256 of the endpoint, hex: a browser knows itself by it'),
  userAgent: z.string().nullable(),
  createdAt: isoTime,
});
export const getPush = route({
  method: 'get',
  path: '/api/notices/push',
  summary:
    'The key to subscribe with (`applicationServerKey`, base64url); null: this server sends no push. And this person’s devices',
  tag,
  access: 'session',
  responses: { 200: z.object({ publicKey: z.string().nullable(), devices: z.array(device) }) },
});
export const subscribePush = route({
  method: 'post',
  path: '/api/notices/push',
  summary:
    'Take push messages on this device: `PushSubscription.toJSON()` as it is. The same endpoint again replaces it',
  tag,
  access: 'session',
  body: z.object({
    endpoint: z.url({ protocol: /^https?$/ }).max(1000),
    expirationTime: z.number().nullish(),
    keys: z.object({
      p256dh: z.string().regex(/^[A-Za-z0-9_-]{87}=?$/, '65 bytes, base64url'),
      auth: z.string().regex(/^[A-Za-z0-9_-]{22}(==)?$/, '16 bytes, base64url'),
    }),
  }),
  responses: { 201: device },
  errors: ['push.unavailable', 'push.endpoint'],
});
export const unsubscribePush = route({
  method: 'delete',
  path: '/api/notices/push',
  summary: 'No more push messages on a device: this one by its endpoint, another by its id',
  tag,
  access: 'session',
  body: z.union([z.object({ endpoint: z.string().min(1).max(1000) }), z.object({ id: z.uuid() })]),
  responses: { 204: null },
});

const preference = z.object({ kind: z.enum(noticeKinds), channel: z.enum(noticeChannels), isOn: z.boolean() });
const preferences = z.object({
  items: z.array(preference.extend({ canChange: z.boolean().describe('false: it carries what was bought') })),
  channels: z.object({
    email: z.boolean().describe('there is an address'),
    push: z.boolean().describe('there is a device'),
    line: z.boolean().describe('LINE is linked'),
  }),
});
export const getNoticePreferences = route({
  method: 'get',
  path: '/api/notices/preferences',
  summary: 'What this person hears of, by kind and channel',
  tag,
  access: 'session',
  responses: { 200: preferences },
});
export const putNoticePreferences = route({
  method: 'put',
  path: '/api/notices/preferences',
  summary: 'Change some of it; absent ones stay',
  tag,
  access: 'session',
  body: z.object({ items: z.array(preference).min(1).max(20) }),
  idempotent: true,
  responses: { 200: preferences },
});

const unsubscribeQuery = z.object({ token: z.string().min(20).max(600) });
export const readUnsubscribe = route({
  method: 'get',
  path: '/api/notices/unsubscribe',
  summary: 'What the link at the end of an e-mail would end; nothing changes',
  tag,
  access: 'public',
  query: unsubscribeQuery,
  responses: { 200: z.object({ kind: z.enum(noticeKinds), isOn: z.boolean() }) },
  errors: ['auth.token_invalid'],
});
/** Also what a mail program calls with one tap (RFC 8058). */
export const unsubscribeEmail = route({
  method: 'post',
  path: '/api/notices/unsubscribe',
  summary: 'No more e-mails of the kind that this link came with',
  tag,
  access: 'public',
  query: unsubscribeQuery,
  responses: { 200: z.object({ kind: z.enum(noticeKinds), isOn: z.boolean() }) },
  errors: ['auth.token_invalid'],
});

export const getLine = route({
  method: 'get',
  path: '/api/notices/line',
  summary: 'Whether LINE messages are there, and whether this account is linked',
  tag,
  access: 'user',
  responses: {
    200: z.object({
      isAvailable: z.boolean(),
      isLinked: z.boolean(),
      isBlocked: z.boolean(),
      accountId: z.string().nullable(),
    }),
  },
});
export const linkLine = route({
  method: 'post',
  path: '/api/notices/line/code',
  summary: 'A code to send to the shop’s LINE account within 15 minutes; `openUrl` opens LINE with it written already',
  tag,
  access: 'user',
  responses: { 201: z.object({ code: z.string(), openUrl: z.string().nullable(), expiresAt: isoTime }) },
  errors: ['line.unavailable'],
});
export const unlinkLine = route({
  method: 'delete',
  path: '/api/notices/line',
  summary: 'No more LINE messages',
  tag,
  access: 'user',
  responses: { 204: null },
});
/** Messaging API webhook: signed over the raw body (`X-Line-Signature`); links accounts by code, notes who blocked us. */
export const lineWebhook = route({
  method: 'post',
  path: '/api/line/webhook',
  summary: 'Events of the LINE Messaging API',
  tag,
  access: 'public',
  body: z.looseObject({
    events: z
      .array(
        z.looseObject({
          type: z.string(),
          source: z.looseObject({ userId: z.string().optional() }).optional(),
          replyToken: z.string().optional(),
          message: z.looseObject({ type: z.string(), text: z.string().optional() }).optional(),
        }),
      )
      .max(100),
  }),
  responses: { 200: z.object({}) },
  errors: ['webhook.signature', 'line.unavailable'],
  rateLimit: 'none',
});

export type NoticeMessage =
  | { type: 'payment.paid' | 'payment.changed'; orderId: string; paymentId: string }
  | { type: 'search.changed'; searchId: string; status: string }
  | { type: 'photo.changed'; photoId: string; eventId: string; status: string }
  | { type: 'order.changed'; orderId: string }
  | { type: 'cart.shared'; sharedCartId: string }
  /** Something new to read, or read on another page. */
  | { type: 'inbox.changed' }
  /** A "hide me" was looked through, or decided. */
  | { type: 'hide.changed'; hideId: string }
  /** LINE was linked, or its link ended. */
  | { type: 'line.changed' }
  /** The connection was gone for a moment: look again at what you wait for. */
  | { type: 'resync' };
