import * as api from '#contracts/http/payment.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import type { CasesService } from './cases.ts';
import type { ReconcileService } from './reconcile.ts';
import type { RefundsService } from './refunds.ts';
import type { ReviewsService } from './reviews.ts';
import type { PaymentsService } from './service.ts';
import type { WebhooksService } from './webhooks.ts';

export function paymentsRoutes(deps: {
  payments: PaymentsService;
  webhooks: WebhooksService;
  reviews: ReviewsService;
  refunds: RefundsService;
  cases: CasesService;
  reconcile: ReconcileService;
}): BoundRoute[] {
  const { payments, webhooks, reviews, refunds, cases, reconcile } = deps;
  return [
    bind(api.createPayment, async ({ body, viewer }) => ({
      status: 201,
      body: await payments.start(body.orderId, viewer),
    })),
    bind(api.getPaymentStatus, async ({ params, query, viewer }) => ({
      status: 200,
      body: await payments.status(params.id, viewer, query.token),
    })),
    bind(api.listPayments, async ({ query, viewer }) => ({ status: 200, body: await payments.history(viewer, query) })),
    // The raw bytes are what is signed; the body parser keeps them in `rawBody`.
    bind(api.paymentWebhook, async ({ req }) => {
      await webhooks.receive({ body: req.rawBody, headers: req.headers, requestId: String(req.id), ipAddress: req.ip });
      return { status: 200, body: { status: 1 as const } };
    }),
    bind(api.providerWebhook, async ({ req, params: { provider } }) => {
      const from = { requestId: String(req.id), ipAddress: req.ip };
      await webhooks.receive({ body: req.rawBody, headers: req.headers, provider, ...from });
      return { status: 200, body: { status: 1 as const } };
    }),
    bind(api.requestRefund, async ({ body, viewer }) => ({ status: 201, body: await refunds.request(viewer, body) })),
    bind(api.listRefunds, async ({ query }) => ({ status: 200, body: await refunds.list(query) })),
    bind(api.decideRefund, async ({ params, body, viewer }) => ({
      status: 200,
      body: await refunds.decide(params.id, body.decision, viewer, body.note),
    })),
    bind(api.transferRefund, async ({ params, body, viewer }) => ({
      status: 200,
      body: await refunds.transfer(params.id, body.transferReference, viewer),
    })),
    bind(api.sendRefund, async ({ params, viewer }) => ({ status: 200, body: await refunds.send(params.id, viewer) })),
    bind(api.listPaymentReviews, async ({ query }) => ({ status: 200, body: await reviews.list(query) })),
    bind(api.resolvePaymentReview, async ({ params, body, viewer }) => ({
      status: 200,
      body: await reviews.resolve(params.id, body.action, viewer, body.note),
    })),
    bind(api.listMoneyCases, async ({ query }) => ({ status: 200, body: await cases.list(query) })),
    bind(api.resolveMoneyCase, async ({ params, body, viewer }) => ({
      status: 200,
      body: await cases.resolve(params.id, body, viewer),
    })),
    bind(api.transferMoneyCase, async ({ params, body, viewer }) => ({
      status: 200,
      body: await cases.transfer(params.id, body.transferReference, viewer),
    })),
    bind(api.getReconciliation, async () => ({ status: 200, body: await reconcile.overview() })),
    bind(api.runReconciliation, async () => ({ status: 200, body: { items: await reconcile.run() } })),
    bind(api.listBankRows, async ({ query }) => ({ status: 200, body: await reconcile.rows(query) })),
  ];
}
