import * as api from '#contracts/http/coupons.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import type { PriceRulesService } from '#server/modules/packages/price-rules.ts';
import type { CouponsService } from './coupons.ts';

export function couponsRoutes(deps: { coupons: CouponsService; priceRules: PriceRulesService }): BoundRoute[] {
  const { coupons, priceRules } = deps;
  return [
    bind(api.listCoupons, async ({ query }) => ({ status: 200, body: await coupons.list(query) })),
    bind(api.createCouponBatch, async ({ body, viewer }) => ({
      status: 201,
      body: await coupons.createBatch(body, viewer.userId),
    })),
    bind(api.createCoupon, async ({ body, viewer }) => ({
      status: 201,
      body: await coupons.create(body, viewer.userId),
    })),
    bind(api.updateCoupon, async ({ params, body }) => ({ status: 200, body: await coupons.update(params.id, body) })),
    bind(api.deleteCoupon, async ({ params }) => {
      await coupons.remove(params.id);
      return { status: 204, body: null };
    }),
    bind(api.exportCouponBatch, async ({ params, res }) => {
      const csv = await coupons.batchCsv(params.id);
      res.setHeader('Content-Disposition', `attachment; filename="coupons-${params.id.slice(0, 8)}.csv"`);
      res.setHeader('Cache-Control', 'private, no-store');
      res.type('text/csv').send(csv);
      return 'sent';
    }),
    bind(api.listPriceRules, async ({ params, viewer }) => ({
      status: 200,
      body: await priceRules.list(params.id, viewer),
    })),
    bind(api.setPriceRule, async ({ params, body, viewer }) => ({
      status: 200,
      body: await priceRules.set(params.id, viewer, body),
    })),
    bind(api.setPhotoPrices, async ({ body, viewer }) => ({
      status: 200,
      body: await priceRules.setPhotos(viewer, body.photoIds, body.price),
    })),
  ];
}
