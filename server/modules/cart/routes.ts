import * as api from '#contracts/http/cart.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import type { CartService } from './service.ts';

export function cartRoutes({ cart }: { cart: CartService }): BoundRoute[] {
  return [
    bind(api.getCart, async ({ viewer }) => ({ status: 200, body: await cart.get(viewer.userId) })),
    bind(api.getCartSummary, async ({ viewer }) => ({ status: 200, body: await cart.summary(viewer.userId) })),
    bind(api.addCartItems, async ({ viewer, body }) => {
      const photoIds = 'photoIds' in body ? body.photoIds : [body.photoId];
      return { status: 201, body: await cart.add(viewer.userId, photoIds) };
    }),
    bind(api.updateCartItem, async ({ viewer, params, body }) => ({
      status: 200,
      body: await cart.setSelected(viewer.userId, params.id, body.isSelected),
    })),
    bind(api.removeCartItem, async ({ viewer, params }) => ({
      status: 200,
      body: await cart.remove(viewer.userId, params.id),
    })),
    bind(api.clearCart, async ({ viewer }) => ({ status: 200, body: await cart.clear(viewer.userId) })),
    bind(api.chooseCartPackage, async ({ viewer, body }) => ({
      status: 200,
      body: await cart.choosePackage(viewer.userId, body.packageId),
    })),
    bind(api.useCartCoupon, async ({ viewer, body, req }) => ({
      status: 200,
      body: await cart.useCoupon(viewer, body.code, req.ip ?? 'unknown'),
    })),
    bind(api.acceptCartChanges, async ({ viewer, body }) => ({
      status: 200,
      body: await cart.acceptChanges(viewer.userId, body.photoIds),
    })),
  ];
}
