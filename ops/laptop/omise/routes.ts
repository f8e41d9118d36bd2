import { setTimeout as sleep } from 'node:timers/promises';
import express, { type RequestHandler, Router } from 'express';
import { z } from 'zod';
import { formatBaht } from '#contracts/money.ts';
import { escapeHtml, page } from '../dev/page.ts';
import { chargeView, OMISE_ACTIONS, type OmiseGateway } from './gateway.ts';
import { omiseFaults } from './state.ts';

const chargeRequest = z.object({
  amount: z.int().min(2_000).max(15_000_000),
  currency: z.literal('thb'),
  source: z.object({ type: z.string().min(1) }),
  return_uri: z.url(),
  metadata: z.object({ ref1: z.string().default('') }).default({ ref1: '' }),
});
const problem = (code: string, message: string) => ({ object: 'error', code, message });
const labels: Record<string, string> = {
  pay: 'Pay',
  'lose-webhook': 'Pay, lose the webhook',
  fail: 'Fail',
  expire: 'Expire',
  'repeat-webhook': 'Repeat the webhook',
};

/** The gateway's API under /dev/omise/api, its hosted page under /dev/omise/pay, its switches under /dev/omise. */
export function omiseRoutes(options: { gateway: OmiseGateway; secretKey: string; publicUrl: () => string }): Router {
  const { gateway, secretKey, publicUrl } = options;
  const router = Router();
  const api = Router();
  router.use('/dev/omise', express.json({ limit: '100kb' }));
  router.use('/dev/omise/api', api);
  const view = (charge: NonNullable<ReturnType<OmiseGateway['find']>>) => chargeView(charge, publicUrl());

  const expected = `Basic ${Buffer.from(`${secretKey}:`).toString('base64')}`;
  api.use((req, res, next) => {
    if (req.headers.authorization === expected) next();
    else res.status(401).json(problem('authentication_failure', 'authentication failed'));
  });
  /** One answer per Idempotency-Key, whatever happened to the first one on its way. */
  const once =
    (work: RequestHandler): RequestHandler =>
    (req, res, next) => {
      const key = req.get('idempotency-key');
      if (!key) return work(req, res, next);
      const request = `${req.path} ${JSON.stringify(req.body)}`;
      const before = gateway.remembered(key, request);
      if (before === 'mismatch') return void res.status(409).json(problem('idempotency_mismatch', 'another request'));
      if (before) return void res.status(before.status).json(before.body);
      res.locals.remember = (status: number, body: unknown) => gateway.remember({ key, request, status, body });
      return work(req, res, next);
    };

  api.post(
    '/charges',
    once(async (req, res) => {
      if (gateway.takeFault('createFails')) return void res.status(503).json(problem('service_unavailable', 'told to'));
      const parsed = chargeRequest.safeParse(req.body);
      if (!parsed.success) return void res.status(400).json(problem('invalid_charge', z.prettifyError(parsed.error)));
      const { amount, metadata, return_uri } = parsed.data;
      const charge = view(gateway.create({ amountSatang: amount, ref1: metadata.ref1, returnUri: return_uri }));
      res.locals.remember?.(200, charge);
      if (gateway.faults.createDelayMs > 0) await sleep(gateway.faults.createDelayMs);
      res.json(charge);
    }),
  );
  api.get('/charges/:id', (req, res) => {
    if (gateway.takeFault('checkFails')) return void res.status(503).json(problem('service_unavailable', 'told to'));
    const charge = gateway.find(req.params.id);
    if (charge) res.json(view(charge));
    else res.status(404).json(problem('not_found', 'charge was not found'));
  });
  api.post('/charges/:id/expire', (req, res) => {
    const charge = gateway.expire(req.params.id);
    if (charge) res.json(view(charge));
    else res.status(404).json(problem('not_found', 'charge was not found'));
  });
  api.post(
    '/charges/:id/refunds',
    once((req, res) => {
      const charge = gateway.find(String(req.params.id));
      const amount = z.object({ amount: z.int().positive() }).safeParse(req.body).data?.amount;
      if (!charge || !amount) return void res.status(404).json(problem('not_found', 'charge was not found'));
      const refundId = gateway.refund(charge, amount);
      if (!refundId) return void res.status(422).json(problem('failed_refund', 'more than what is left'));
      const body = { object: 'refund', id: refundId, amount, charge: charge.id, currency: 'THB' };
      res.locals.remember?.(200, body);
      res.json(body);
    }),
  );
  api.get('/transactions', (_req, res) => {
    const data = gateway.transactions
      .slice(0, 100)
      .map((each) => ({ object: 'transaction', direction: 'credit', currency: 'THB', ...each }));
    res.json({ object: 'list', data });
  });

  router.get('/dev/omise', (_req, res) => {
    const cards = gateway.charges.slice(0, 100).map((charge) => {
      const actions = charge.status === 'pending' ? OMISE_ACTIONS.slice(0, 4) : OMISE_ACTIONS.slice(4);
      const buttons = actions.map(
        (action) => `<button data-post="/dev/omise/${charge.id}/${action}">${escapeHtml(labels[action]!)}</button>`,
      );
      const look = charge.status === 'successful' ? 'completed' : charge.status;
      return `<article class="card"><div class="row"><span class="amount">฿${formatBaht(charge.amountSatang)}</span>
<span class="badge ${look}">${charge.status}</span></div><div class="muted">${charge.id} · reference ${escapeHtml(charge.ref1)} ·
refunded ฿${formatBaht(charge.refundedSatang)}</div><div class="row">${buttons.join(' ')}</div></article>`;
    });
    const none = '<p class="card">No charge yet. Set PAYMENT_PROVIDER=omise and start one at the checkout.</p>';
    res.send(page('Payments (hosted page, fake)', cards.join('') || none));
  });
  router.get('/dev/omise.json', (_req, res) => void res.json(gateway.charges));
  router.get('/dev/omise/pay/:id', (req, res) => {
    const charge = gateway.find(req.params.id);
    if (!charge) return void res.status(404).send(page('Not found', '<p class="card">There is no such charge.</p>'));
    const back = `<a class="button" href="${escapeHtml(charge.returnUri)}">Back to the shop</a>`;
    const pay = ['pay', 'fail'].map(
      (action) => `<button class="gold" data-post="/dev/omise/${charge.id}/${action}">${labels[action]}</button>`,
    );
    const body = `<article class="card"><div class="row"><span class="amount">฿${formatBaht(charge.amountSatang)}</span>
<span class="badge">${charge.status}</span></div><div class="row">${charge.status === 'pending' ? pay.join(' ') : ''} ${back}</div></article>`;
    res.send(page('Pay (fake hosted page)', body));
  });
  router.post('/dev/omise/faults', (req, res) => {
    const faults = omiseFaults.safeParse({ ...gateway.faults, ...req.body });
    if (!faults.success) return void res.status(400).json({ error: z.prettifyError(faults.error) });
    gateway.setFaults(faults.data);
    res.json(gateway.faults);
  });
  router.post('/dev/omise/:id/:action', (req, res) => {
    const action = OMISE_ACTIONS.find((each) => each === req.params.action);
    if (!action) return void res.status(400).json({ error: `the actions are ${OMISE_ACTIONS.join(', ')}` });
    const charge = gateway.act(req.params.id, action);
    if (charge) res.json({ ok: true, action, charge });
    else res.status(404).json({ error: 'there is no such charge' });
  });
  return router;
}
