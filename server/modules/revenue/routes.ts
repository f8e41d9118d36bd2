import * as api from '#contracts/http/revenue.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import type { RevenueService } from './service.ts';

export function revenueRoutes({ revenue }: { revenue: RevenueService }): BoundRoute[] {
  const { payouts, rules } = revenue;
  return [
    bind(api.revenueSummary, async ({ query }) => ({ status: 200, body: await revenue.summary(query) })),
    bind(api.eventRevenue, async ({ params, query, viewer }) => ({
      status: 200,
      body: await revenue.event(params.id, query, viewer),
    })),
    bind(api.photographerRevenue, async ({ query }) => ({ status: 200, body: await revenue.photographers(query) })),
    bind(api.listSplitRules, async ({ query }) => ({
      status: 200,
      body: {
        items: await rules.list({ eventId: query.eventId, history: query.history === 'true' }),
        nextCursor: null,
      },
    })),
    bind(api.setSplitRule, async ({ body, viewer }) => ({ status: 201, body: await rules.set(body, viewer.userId) })),
    bind(api.listPayouts, async ({ query }) => ({ status: 200, body: await payouts.list(query) })),
    bind(api.createPayouts, async ({ body, viewer }) => ({
      status: 201,
      body: await payouts.createBatch(viewer, body ?? {}),
    })),
    bind(api.approvePayout, async ({ params, viewer }) => ({
      status: 200,
      body: await payouts.approve(params.id, viewer),
    })),
    bind(api.payPayout, async ({ params, body, viewer }) => ({
      status: 200,
      body: await payouts.pay(params.id, body.transferReference, viewer),
    })),
    bind(api.cancelPayout, async ({ params, viewer }) => ({
      status: 200,
      body: await payouts.cancel(params.id, viewer),
    })),
    bind(api.myRevenue, async ({ query, viewer }) => ({ status: 200, body: await revenue.mine(viewer, query) })),
  ];
}
