import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import * as api from '#contracts/http/revenue.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import type { RevenueService } from './service.ts';

async function sendPdf(res: Response, fileName: string, pdf: Readable): Promise<void> {
  res.setHeader('Content-Type', 'application/pdf');
  res.setHeader('Content-Disposition', `inline; filename="${fileName}"`);
  res.setHeader('Cache-Control', 'private, no-store');
  await pipeline(pdf, res);
}

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
      body: await payouts.pay(params.id, body, viewer),
    })),
    bind(api.cancelPayout, async ({ params, viewer }) => ({
      status: 200,
      body: await payouts.cancel(params.id, viewer),
    })),
    bind(api.failPayout, async ({ params, body, viewer }) => ({
      status: 200,
      body: await payouts.fail(params.id, body.reason, viewer),
    })),
    bind(api.approvePayoutBatch, async ({ params, viewer }) => ({
      status: 200,
      body: await payouts.approveBatch(params.id, viewer),
    })),
    bind(api.payPayoutBatch, async ({ params, body, viewer }) => ({
      status: 200,
      body: await payouts.payBatch(params.id, body, viewer),
    })),
    bind(api.payoutBankFile, async ({ params, query, viewer, res }) => {
      const file = await payouts.bankFile(params.id, query, viewer);
      res.attachment(file.fileName);
      res.setHeader('Content-Type', file.fileName.endsWith('.csv') ? 'text/csv' : 'text/plain');
      res.setHeader('Cache-Control', 'private, no-store');
      res.end(file.content);
      return 'sent';
    }),
    bind(api.payoutStatement, async ({ params, viewer, res }) => {
      const row = await revenue.ownPayout(params.id, viewer);
      await sendPdf(res, `${row.number}.pdf`, await revenue.statement(row));
      return 'sent';
    }),
    bind(api.payoutCertificate, async ({ params, viewer, res }) => {
      const { fileName, stream } = revenue.certificate(await revenue.ownPayout(params.id, viewer));
      await sendPdf(res, fileName, stream);
      return 'sent';
    }),
    bind(api.getPayeeTax, async ({ params }) => ({
      status: 200,
      body: await revenue.taxes.get(params.kind, params.id),
    })),
    bind(api.putPayeeTax, async ({ params, body, viewer }) => ({
      status: 200,
      body: await revenue.taxes.set(params.kind, params.id, body, viewer),
    })),
    bind(api.withholdingReport, async ({ query }) => ({
      status: 200,
      body: await revenue.taxes.report(query.month),
    })),
    bind(api.withholdingFile, async ({ query, res }) => {
      res.attachment(`${query.form}-${query.month}.csv`);
      res.setHeader('Content-Type', 'text/csv; charset=utf-8');
      res.setHeader('Cache-Control', 'private, no-store');
      res.end(await revenue.withholdingFile(query.month, query.form));
      return 'sent';
    }),
    bind(api.withholdingCertificates, async ({ query, res }) => {
      await sendPdf(res, `certificates-${query.month}.pdf`, await revenue.certificatesOf(query.month));
      return 'sent';
    }),
    bind(api.myRevenue, async ({ query, viewer }) => ({ status: 200, body: await revenue.mine(viewer, query) })),
  ];
}
