import { pipeline } from 'node:stream/promises';
import * as api from '#contracts/http/orders.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import type { Viewer } from '#server/http/viewer.ts';
import type { InvoicesService } from '#server/modules/invoices/service.ts';
import type { RefundsService } from '#server/modules/payments/refunds.ts';
import type { PaymentsService } from '#server/modules/payments/service.ts';
import type { Db } from '#server/platform/db.ts';
import type { OrderRow, OrdersService } from './service.ts';

export function ordersRoutes(deps: {
  db: Db;
  orders: OrdersService;
  payments: PaymentsService;
  refunds: RefundsService;
  invoices: InvoicesService;
}): BoundRoute[] {
  const { db, orders, payments, refunds, invoices } = deps;
  const view = async (order: OrderRow, viewer: Viewer | null, token?: string) =>
    orders.view(order, await payments.currentOf(order), await refunds.ofOrder(order.id), viewer, token);
  const find = (id: string, viewer: Viewer | null, token?: string) => orders.requireOrder(db, id, viewer, token);
  return [
    bind(api.placeOrder, async ({ viewer, body, requestKey }) => {
      const { order, isNew } = await orders.place(viewer, { ...body, requestKey });
      // Nothing was paid or given back of an order of this moment: its page needs no look.
      const answer = isNew ? await orders.view(order, null, [], viewer) : await view(order, viewer);
      return { status: isNew ? 201 : 200, body: answer };
    }),
    bind(api.listOrders, async ({ viewer, query }) => ({
      status: 200,
      body: await orders.list({ userId: viewer.userId }, query),
    })),
    bind(api.getOrder, async ({ params, query, viewer }) => ({
      status: 200,
      body: await view(await find(params.id, viewer, query.token), viewer, query.token),
    })),
    bind(api.cancelOrder, async ({ params, viewer }) => ({
      status: 200,
      body: await view(await payments.cancelOrder(params.id, viewer), viewer),
    })),
    bind(api.getInvoice, async ({ params, query, viewer, res }) => {
      const order = await find(params.id, viewer, query.token);
      const { fileName, stream } = await invoices.pdf(order, { kind: query.document, number: query.number });
      res.setHeader('Content-Type', 'application/pdf');
      res.setHeader('Content-Disposition', `inline; filename="${fileName}"`);
      res.setHeader('Cache-Control', 'private, no-store');
      await pipeline(stream, res);
      return 'sent';
    }),
    bind(api.listAllOrders, async ({ query }) => ({ status: 200, body: await orders.list(query, query) })),
  ];
}
