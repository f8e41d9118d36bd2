import { z } from 'zod';
import type { Quote } from '../pricing.ts';
import { packageKind } from './packages.ts';
import { idParams, isoTime, route, satang } from './route.ts';

const suggestionSchema = z.object({
  packageId: z.uuid(),
  eventId: z.uuid(),
  kind: packageKind,
  photoCount: z.int().nullable(),
  addPhotos: z.int(),
  extraSatang: satang,
  totalSatang: satang,
  perPhotoSatang: satang,
  currentPerPhotoSatang: satang,
});
/** The same shape as `Quote` of contracts/pricing.ts. */
export const quoteSchema = z.object({
  lines: z.array(
    z.object({
      photoId: z.uuid(),
      eventId: z.uuid(),
      listPriceSatang: satang,
      priceSatang: satang,
      packageId: z.uuid().nullable(),
    }),
  ),
  packages: z.array(
    z.object({
      packageId: z.uuid(),
      eventId: z.uuid(),
      kind: packageKind,
      count: z.int(),
      photos: z.int(),
      unitPriceSatang: satang,
    }),
  ),
  subtotalSatang: satang,
  discountSatang: satang,
  totalSatang: satang,
  savingSatang: satang,
  suggestion: suggestionSchema.nullable(),
  forcedPackageId: z.uuid().nullable(),
  unpricedPhotoIds: z.array(z.uuid()),
}) satisfies z.ZodType<Quote>;

/** available: priced when selected. withdrawn, sales_closed, owned: shown with the reason, never charged. */
export const cartItemStatus = z.enum(['available', 'withdrawn', 'sales_closed', 'owned']);
export const cartItemView = z.object({
  id: z.uuid().describe('the photo’s id: a photo is in a cart once'),
  photoId: z.uuid(),
  eventId: z.uuid(),
  eventName: z.string(),
  thumbnailUrl: z.string().nullable(),
  width: z.int().nullable(),
  height: z.int().nullable(),
  isSelected: z.boolean(),
  status: cartItemStatus,
  listPriceSatang: satang.nullable(),
  priceSatang: satang.nullable().describe('its part of the total; null when it is not charged'),
  previousPriceSatang: satang.nullable().describe('what it cost when it was put in, when that has changed'),
  addedAt: isoTime,
  updatedAt: isoTime,
});
export const cartView = z.object({
  items: z.array(cartItemView),
  packageId: z.uuid().nullable().describe('the package the buyer insists on'),
  quote: quoteSchema,
  revision: z.int(),
});
export const cartSummary = z.object({
  itemCount: z.int(),
  selectedCount: z.int().describe('selected and available: what would be ordered'),
  packageId: z.uuid().nullable(),
  quote: quoteSchema,
  issues: z.array(
    z.object({
      photoId: z.uuid(),
      kind: z.enum(['withdrawn', 'sales_closed', 'owned', 'price_changed', 'package_not_applicable']),
      fromSatang: satang.optional(),
      toSatang: satang.optional(),
    }),
  ),
});
export type CartView = z.infer<typeof cartView>;
export type CartSummary = z.infer<typeof cartSummary>;

const cart = <const R extends object>(definition: R) => ({ tag: 'cart', access: 'session' as const, ...definition });

export const getCart = route(
  cart({ method: 'get', path: '/api/cart', summary: 'The cart with its price', responses: { 200: cartView } }),
);
export const getCartSummary = route(
  cart({
    method: 'get',
    path: '/api/cart/summary',
    summary: 'Price, saving, suggestion, and what changed since the photos were put in',
    responses: { 200: cartSummary },
  }),
);
export const addCartItems = route(
  cart({
    method: 'post',
    path: '/api/cart/items',
    summary: 'Put photos in; one that is in already stays once',
    body: z.union([z.object({ photoId: z.uuid() }), z.object({ photoIds: z.array(z.uuid()).min(1).max(500) })]),
    responses: { 201: cartView },
    errors: ['photo.not_found', 'photo.not_for_sale', 'event.sales_closed'] as const,
    idempotent: true,
  }),
);
export const updateCartItem = route(
  cart({
    method: 'put',
    path: '/api/cart/items/:id',
    summary: 'Select or leave out',
    params: idParams,
    body: z.object({ isSelected: z.boolean() }),
    responses: { 200: cartView },
    errors: ['cart.item_not_found'] as const,
  }),
);
export const removeCartItem = route(
  cart({
    method: 'delete',
    path: '/api/cart/items/:id',
    summary: 'Take a photo out',
    params: idParams,
    responses: { 200: cartView },
    errors: ['cart.item_not_found'] as const,
  }),
);
export const clearCart = route(
  cart({ method: 'post', path: '/api/cart/clear', summary: 'Empty the cart', responses: { 200: cartView } }),
);
export const chooseCartPackage = route(
  cart({
    method: 'put',
    path: '/api/cart/package',
    summary: 'Insist on a package; null: the cheapest combination again',
    body: z.object({ packageId: z.uuid().nullable() }),
    responses: { 200: cartView },
    errors: ['package.not_found', 'cart.package_not_applicable'] as const,
  }),
);
