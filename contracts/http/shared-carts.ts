import { z } from 'zod';
import { cartItemStatus, quoteSchema } from './cart.ts';
import { isoTime, route, satang } from './route.ts';

/** The secret of the link: 128 random bits. Whoever has it may look and choose; nobody else finds the cart. */
export const sharedCartToken = z.string().regex(/^[A-Za-z0-9_-]{22}$/);
const tokenParams = z.object({ token: sharedCartToken });
const firstName = z.string().trim().max(40).describe('the first name friends see; empty: “friend”');
const photoIds = z.array(z.uuid()).min(1).max(500);

/** open: everybody may change it. paying: an order waits for its money. paid: bought. ended: revoked or past its time. */
export const sharedCartStatus = z.enum(['open', 'paying', 'paid', 'ended']);
const member = z.object({
  name: z.string().describe('empty: a friend without a name'),
  isMe: z.boolean(),
  isOwner: z.boolean(),
  photos: z.int().describe('how many of the photos in it they put in'),
});
export const sharedCartView = z.object({
  id: z.uuid(),
  name: z.string(),
  status: sharedCartStatus,
  link: z.string().describe('path of the page; send it to friends'),
  expiresAt: isoTime,
  isOwner: z.boolean(),
  members: z.array(member),
  items: z.array(
    z.object({
      id: z.uuid().describe('of this line; the same photo put in again is another line'),
      photoId: z.uuid(),
      eventId: z.uuid(),
      eventName: z.string(),
      thumbnailUrl: z.string().nullable(),
      width: z.int().nullable(),
      height: z.int().nullable(),
      addedBy: z.string().nullable().describe('first name; empty: a friend; null: gone'),
      isMine: z.boolean(),
      addedAt: isoTime,
      status: cartItemStatus,
      ownPriceSatang: satang.nullable(),
      listPriceSatang: satang.nullable(),
      priceSatang: satang.nullable(),
      previousPriceSatang: satang.nullable(),
    }),
  ),
  quote: quoteSchema.describe('as this viewer would pay it, own coupon included'),
  payer: z.object({ name: z.string(), isMe: z.boolean() }).nullable(),
  orderLink: z.string().nullable().describe('for the payer: the order’s page'),
  isOrderShared: z.boolean().describe('the payer lets the group download what was bought'),
  canDownload: z.boolean(),
});
export type SharedCartView = z.infer<typeof sharedCartView>;
export const sharedCartSummary = sharedCartView
  .pick({ id: true, name: true, status: true, link: true, expiresAt: true, isOwner: true })
  .extend({
    photoCount: z.int(),
    memberCount: z.int(),
  });

const shared = <const R extends object>(definition: R) => ({ tag: 'cart', access: 'session' as const, ...definition });

export const createSharedCart = route(
  shared({
    method: 'post',
    path: '/api/cart/shared',
    summary: 'Make a cart that friends fill together; answers its link',
    body: z.strictObject({
      name: z.string().trim().max(60).optional(),
      firstName: firstName.optional(),
      photoIds: photoIds.optional().describe('put in at once'),
    }),
    responses: { 201: sharedCartView },
    errors: ['photo.not_found', 'photo.not_for_sale', 'shared_cart.full'] as const,
    idempotent: true,
  }),
);
export const listSharedCarts = route(
  shared({
    method: 'get',
    path: '/api/cart/shared',
    summary: 'Shared carts that this person made or joined, newest first; ended ones left out',
    responses: { 200: z.object({ items: z.array(sharedCartSummary) }) },
  }),
);
export const getSharedCart = route(
  shared({
    method: 'get',
    path: '/api/cart/shared/:token',
    summary: 'The shared cart behind a link',
    params: tokenParams,
    responses: { 200: sharedCartView },
    errors: ['shared_cart.not_found'] as const,
  }),
);
export const joinSharedCart = route(
  shared({
    method: 'post',
    path: '/api/cart/shared/:token/join',
    summary: 'Come in, and say under which first name; live notices come from here on',
    params: tokenParams,
    body: z.strictObject({ firstName: firstName.optional() }),
    responses: { 200: sharedCartView },
    errors: ['shared_cart.not_found', 'shared_cart.full'] as const,
  }),
);
export const addSharedCartItems = route(
  shared({
    method: 'post',
    path: '/api/cart/shared/:token/items',
    summary: 'Put photos in; one that is in already stays once, photos that cannot be bought are left out',
    params: tokenParams,
    body: z.strictObject({ photoIds }),
    responses: { 200: sharedCartView },
    errors: ['shared_cart.not_found', 'shared_cart.paying', 'shared_cart.paid', 'shared_cart.full'] as const,
    idempotent: true,
  }),
);
export const removeSharedCartItems = route(
  shared({
    method: 'post',
    path: '/api/cart/shared/:token/remove',
    summary: 'Take lines out, those that were seen: a photo put in again meanwhile stays',
    params: tokenParams,
    body: z.strictObject({ itemIds: photoIds }),
    responses: { 200: sharedCartView },
    errors: ['shared_cart.not_found', 'shared_cart.paying', 'shared_cart.paid'] as const,
    idempotent: true,
  }),
);
export const revokeSharedCart = route(
  shared({
    method: 'post',
    path: '/api/cart/shared/:token/revoke',
    summary: 'The owner ends the link for everybody; an order that was placed stays',
    params: tokenParams,
    responses: { 204: null },
    errors: ['shared_cart.not_found'] as const,
  }),
);
export const shareOrderWithGroup = route(
  shared({
    method: 'put',
    path: '/api/cart/shared/:token/order',
    summary: 'The payer decides whether the group may download what was bought',
    params: tokenParams,
    body: z.strictObject({ isShared: z.boolean() }),
    responses: { 200: sharedCartView },
    errors: ['shared_cart.not_found', 'order.not_found'] as const,
  }),
);
export const getSharedCartDownloads = route(
  shared({
    method: 'get',
    path: '/api/cart/shared/:token/downloads',
    summary: 'Signed, expiring links to the originals, once the payer shared them',
    params: tokenParams,
    responses: {
      200: z.object({
        items: z.array(z.object({ photoId: z.uuid(), url: z.string().nullable(), fileName: z.string() })),
        zipUrl: z.string().nullable(),
        expiresAt: isoTime,
      }),
    },
    errors: ['shared_cart.not_found', 'photo.not_purchased'] as const,
  }),
);
