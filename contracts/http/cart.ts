import { z } from 'zod';
import type { PackageOption, PricedCoupon, Quote } from '../pricing.ts';
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
      couponSatang: satang,
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
  couponSatang: satang,
  coupon: z
    .object({
      code: z.string(),
      state: z.enum(['applied', 'below_minimum', 'other_event', 'free']),
      discountSatang: satang,
      missingSatang: satang,
    })
    .nullable(),
  suggestion: suggestionSchema.nullable(),
  forcedPackageId: z.uuid().nullable(),
  unpricedPhotoIds: z.array(z.uuid()),
}) satisfies z.ZodType<Quote>;

/** The same shape as `PricedCoupon`: what the phone needs to price without signal. */
export const couponTerms = z.object({
  code: z.string(),
  kind: z.enum(['percent', 'amount']),
  percentBp: z.int().nullable(),
  amountSatang: satang.nullable(),
  maxDiscountSatang: satang.nullable(),
  eventId: z.uuid().nullable(),
  minSpendSatang: satang,
}) satisfies z.ZodType<PricedCoupon>;
const packageOption = z.object({
  packageId: z.uuid(),
  kind: packageKind,
  photoCount: z.int().nullable(),
  unitPriceSatang: satang,
  totalSatang: satang,
  extraSatang: satang,
}) satisfies z.ZodType<PackageOption>;
export const cartCoupon = z.object({
  terms: couponTerms,
  problem: z
    .enum(['coupon.not_started', 'coupon.expired', 'coupon.used_up', 'coupon.used_by_you', 'coupon.first_order_only'])
    .nullable()
    .describe('why it cannot be used any more; it takes nothing off then'),
});

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
  ownPriceSatang: satang.nullable().describe('the photo’s own price; null: by the packages'),
  listPriceSatang: satang.nullable(),
  priceSatang: satang.nullable().describe('its part of the total; null when it is not charged'),
  previousPriceSatang: satang.nullable().describe('what it cost when it was put in, when that has changed'),
  addedAt: isoTime,
  updatedAt: isoTime,
});
export const cartView = z.object({
  items: z.array(cartItemView),
  packageId: z.uuid().nullable().describe('the package the buyer insists on'),
  coupon: cartCoupon.nullable(),
  options: z.array(packageOption).describe('packages the buyer may insist on, cheapest outcome first'),
  unlimitedEventIds: z
    .array(z.uuid())
    .describe('events whose unlimited package this buyer has: nothing more to pay there'),
  quote: quoteSchema,
  revision: z.int(),
});
export const cartSummary = z.object({
  itemCount: z.int(),
  selectedCount: z.int().describe('selected and available: what would be ordered'),
  packageId: z.uuid().nullable(),
  coupon: cartCoupon.nullable(),
  options: z.array(packageOption),
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
    body: z.union([
      z.strictObject({ photoId: z.uuid() }),
      z.strictObject({ photoIds: z.array(z.uuid()).min(1).max(500) }),
    ]),
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
    body: z.strictObject({ isSelected: z.boolean() }),
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
    body: z.strictObject({ packageId: z.uuid().nullable() }),
    idempotent: true,
    responses: { 200: cartView },
    errors: ['package.not_found', 'cart.package_not_applicable'] as const,
  }),
);
export const useCartCoupon = route(
  cart({
    method: 'put',
    path: '/api/cart/coupon',
    summary: 'Put a coupon code in, or take it out with null; what it takes off is in the quote',
    body: z.strictObject({ code: z.string().trim().min(1).max(60).nullable() }),
    idempotent: true,
    responses: { 200: cartView },
    errors: [
      'coupon.unknown',
      'coupon.not_started',
      'coupon.expired',
      'coupon.used_up',
      'coupon.used_by_you',
      'coupon.first_order_only',
      'coupon.other_event',
      'coupon.too_many_tries',
    ] as const,
  }),
);
export const acceptCartChanges = route(
  cart({
    method: 'post',
    path: '/api/cart/accept',
    summary: 'Take the cart as it is now: new prices are seen, photos that cannot be bought leave it',
    body: z.strictObject({ photoIds: z.array(z.uuid()).max(2000).optional().describe('only these; left out: all') }),
    responses: { 200: cartView },
  }),
);
