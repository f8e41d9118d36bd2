import * as api from '#contracts/http/shared-carts.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import type { DownloadsService } from '#server/modules/downloads/service.ts';
import type { OrdersService } from '#server/modules/orders/service.ts';
import type { SharedCartsService } from './shared.ts';

export function sharedCartsRoutes(deps: {
  sharedCarts: SharedCartsService;
  orders: Pick<OrdersService, 'tokenOf'>;
  downloads: Pick<DownloadsService, 'linksOf'>;
}): BoundRoute[] {
  const { sharedCarts, orders, downloads } = deps;
  return [
    bind(api.createSharedCart, async ({ viewer, body }) => ({
      status: 201,
      body: await sharedCarts.create(viewer, body),
    })),
    bind(api.listSharedCarts, async ({ viewer }) => ({ status: 200, body: { items: await sharedCarts.list(viewer) } })),
    bind(api.getSharedCart, async ({ viewer, params }) => ({
      status: 200,
      body: await sharedCarts.get(params.token, viewer),
    })),
    bind(api.joinSharedCart, async ({ viewer, params, body }) => ({
      status: 200,
      body: await sharedCarts.join(params.token, viewer, body.firstName),
    })),
    bind(api.addSharedCartItems, async ({ viewer, params, body }) => ({
      status: 200,
      body: await sharedCarts.add(params.token, viewer, body.photoIds),
    })),
    bind(api.removeSharedCartItems, async ({ viewer, params, body }) => ({
      status: 200,
      body: await sharedCarts.remove(params.token, viewer, body.itemIds),
    })),
    bind(api.revokeSharedCart, async ({ viewer, params }) => {
      await sharedCarts.revoke(params.token, viewer);
      return { status: 204, body: null };
    }),
    bind(api.shareOrderWithGroup, async ({ viewer, params, body }) => ({
      status: 200,
      body: await sharedCarts.shareOrder(params.token, viewer, body.isShared),
    })),
    bind(api.getSharedCartDownloads, async ({ viewer, params }) => {
      const orderId = await sharedCarts.downloadableOrder(params.token, viewer);
      const { items, zipUrl, expiresAt } = await downloads.linksOf(orderId, null, orders.tokenOf(orderId));
      return {
        status: 200,
        body: { items: items.map(({ photoId, url, fileName }) => ({ photoId, url, fileName })), zipUrl, expiresAt },
      };
    }),
  ];
}
