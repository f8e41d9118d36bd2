import { setTimeout as sleep } from 'node:timers/promises';
import express, { type RequestHandler, type Response, Router } from 'express';
import { z } from 'zod';
import { formatBaht } from '#contracts/money.ts';
import { ACTIONS, type Gateway } from './gateway.ts';
import { gatewayPage } from './page.ts';
import { qrPngBase64 } from './qr.ts';
import { faultsSchema, naiveThaiTime, type Transaction } from './state.ts';
import type { WebhookSender } from './webhooks.ts';

const text = z.union([z.string(), z.number()]).transform(String);
const callSchema = z.object({
  method: z.enum(['create', 'check', 'cancel']),
  api_key: z.string(),
  amount: text.default(''),
  ref1: text.default(''),
  type: text.default('1'),
  account: text.default(''),
  trans_id: text.default(''),
});
type Call = z.output<typeof callSchema>;

const actionOptions = z.object({
  count: z.number().int().min(1).max(50).optional(),
  delayMs: z.number().int().min(0).max(3_600_000).optional(),
});

const refuse = (res: Response, msg: string, status = 200): void => void res.status(status).json({ status: 0, msg });

/** POST /dev/paynoi/api speaks the gateway's protocol; refusals are status 0 with HTTP 200, as PayNoi answers. */
function protocol(gateway: Gateway, apiKey: string): RequestHandler {
  const summary = (transaction: Transaction) => ({
    status: 1,
    msg: 'success',
    trans_id: transaction.transId,
    payment_status: transaction.status,
    amount: formatBaht(transaction.paidSatang ?? transaction.payableSatang, true),
    ref1: transaction.ref1,
  });

  async function create(call: Call, res: Response): Promise<void> {
    if (gateway.takeFault('createFails')) return refuse(res, 'the simulator was told to fail', 503);
    const transaction = gateway.create(call);
    const { createDelayMs } = gateway.faults;
    if (createDelayMs > 0) await sleep(createDelayMs);
    res.json({
      status: 1,
      msg: 'success',
      trans_id: transaction.transId,
      amount: formatBaht(transaction.payableSatang, true),
      amount_check: transaction.payableSatang,
      qr_image_base64: await qrPngBase64(transaction.qrPayload),
      expire_at: naiveThaiTime(new Date(transaction.expiresAt)),
    });
  }

  return async (req, res) => {
    const call = callSchema.safeParse(req.body);
    if (!call.success) return refuse(res, 'method, api_key and the fields of the method are needed');
    if (call.data.api_key !== apiKey) return refuse(res, 'invalid api_key');
    try {
      if (call.data.method === 'create') return await create(call.data, res);
      if (call.data.method === 'check' && gateway.takeFault('checkFails')) {
        return refuse(res, 'the simulator was told to fail', 503);
      }
      const transaction = gateway[call.data.method](call.data.trans_id);
      if (!transaction) return refuse(res, 'transaction not found');
      if (call.data.method === 'cancel' && transaction.status !== 'cancelled') {
        return refuse(res, `transaction is ${transaction.status}`);
      }
      res.json(summary(transaction));
    } catch (error) {
      if (error instanceof RangeError) return refuse(res, error.message);
      throw error;
    }
  };
}

/** The simulator's page, its switches and the protocol itself, all under /dev/paynoi. */
export function paynoiRoutes(options: {
  gateway: Gateway;
  webhooks: WebhookSender;
  apiKey: string;
  recordKey: string;
}): Router {
  const { gateway, webhooks, apiKey, recordKey } = options;
  const router = Router();
  router.use('/dev/paynoi', express.json({ limit: '100kb' }), express.urlencoded({ extended: false, limit: '100kb' }));

  router.get('/dev/paynoi', (_req, res) => {
    res.send(gatewayPage(gateway.list(), webhooks.deliveries, gateway.faults));
  });
  router.get('/dev/paynoi.json', (_req, res) => {
    res.json(gateway.list().map((each) => ({ ...each, deliveries: webhooks.deliveries(each.transId) })));
  });
  router.post('/dev/paynoi/api', protocol(gateway, apiKey));
  router.get('/dev/paynoi/api_line', (req, res) => {
    if (req.query.api_key !== apiKey || req.query.record_key !== recordKey) {
      res.json({ status: 'error', msg: 'invalid key', list: [] });
      return;
    }
    res.json({ status: 'success', list: gateway.feed() });
  });
  router.get('/dev/paynoi/faults', (_req, res) => {
    res.json(gateway.faults);
  });
  router.post('/dev/paynoi/faults', (req, res) => {
    const faults = faultsSchema.safeParse({ ...gateway.faults, ...req.body });
    if (!faults.success) {
      res.status(400).json({ error: z.prettifyError(faults.error) });
      return;
    }
    gateway.setFaults(faults.data);
    res.json(gateway.faults);
  });
  router.post('/dev/paynoi/stray', (req, res) => {
    const amount = z.object({ amountSatang: z.int().min(1).max(100_000_000) }).safeParse(req.body);
    if (!amount.success) return void res.status(400).json({ error: 'amountSatang is needed' });
    gateway.stray(amount.data.amountSatang);
    res.json({ ok: true });
  });
  router.get('/dev/paynoi/:transId/qr.png', async (req, res) => {
    const transaction = gateway.check(req.params.transId);
    if (!transaction) res.status(404).end();
    else res.type('png').send(Buffer.from(await qrPngBase64(transaction.qrPayload), 'base64'));
  });
  router.post('/dev/paynoi/:transId/:action', (req, res) => {
    const action = ACTIONS.find((each) => each === req.params.action);
    const chosen = actionOptions.safeParse(req.body ?? {});
    if (!action || !chosen.success) {
      res.status(400).json({ error: `the actions are ${ACTIONS.join(', ')}; options are count (1-50) and delayMs` });
      return;
    }
    const transaction = gateway.act(req.params.transId, action, chosen.data);
    if (!transaction) res.status(404).json({ error: 'there is no such transaction' });
    else res.json({ ok: true, action, transaction });
  });
  return router;
}
