import { createHmac, randomBytes } from 'node:crypto';
import type { JsonFile } from '../dev/json-file.ts';
import type { Charge, OmiseState, Remembered } from './state.ts';

const LIFETIME_MS = 30 * 60_000;
const KEPT = 2_000;
/** 3.65 % and the VAT on it. */
const FEE = 0.0365 * 1.07;
const RETRY_MS = [1_000, 2_000, 5_000, 10_000, 60_000];

export const OMISE_ACTIONS = ['pay', 'fail', 'expire', 'lose-webhook', 'repeat-webhook'] as const;
export type OmiseAction = (typeof OMISE_ACTIONS)[number];
export type OmiseGateway = ReturnType<typeof openOmise>;

const id = (prefix: string) => `${prefix}_test_${randomBytes(9).toString('hex')}`;

/** Both headers of a webhook: the HMAC of `timestamp.body` under the decoded secret, and the time in seconds. */
export function signOmise(body: string, secret: string, at: Date): Record<string, string> {
  const stamp = String(Math.floor(at.getTime() / 1000));
  const key = Buffer.from(secret, 'base64');
  const signature = createHmac('sha256', key).update(`${stamp}.${body}`).digest('hex');
  return { 'omise-signature': signature, 'omise-signature-timestamp': stamp };
}

export const chargeView = (charge: Charge, publicUrl: string) => ({
  object: 'charge',
  id: charge.id,
  amount: charge.amountSatang,
  currency: 'THB',
  status: charge.status,
  paid: charge.status === 'successful',
  authorize_uri: `${publicUrl}/dev/omise/pay/${charge.id}`,
  return_uri: charge.returnUri,
  refunded_amount: charge.refundedSatang,
  created_at: charge.createdAt,
  expires_at: charge.expiresAt,
  metadata: { ref1: charge.ref1 },
});

/** A fake of a gateway with a hosted page: charges, one answer per idempotency key, refunds, signed webhooks, fees. */
export function openOmise(options: {
  file: JsonFile<OmiseState>;
  webhookUrl: string;
  webhookSecret: string;
  /** What the buyer's browser reaches /dev under. */
  publicUrl: () => string;
  now: () => Date;
}) {
  const { file, now } = options;
  const state = file.value;
  const abort = new AbortController();
  const timers = new Set<NodeJS.Timeout>();

  function find(chargeId: string): Charge | undefined {
    const charge = state.charges.find((each) => each.id === chargeId);
    if (charge?.status === 'pending' && charge.expiresAt <= now().toISOString()) {
      charge.status = 'expired';
      file.save();
    }
    return charge;
  }
  async function send(body: string, attempt = 0): Promise<void> {
    const headers = { 'content-type': 'application/json', ...signOmise(body, options.webhookSecret, now()) };
    const isTaken = await fetch(options.webhookUrl, { method: 'POST', headers, body, signal: abort.signal }).then(
      (response) => response.ok,
      () => false,
    );
    const pause = RETRY_MS[attempt];
    if (isTaken || pause === undefined || abort.signal.aborted) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      void send(body, attempt + 1);
    }, pause);
    timers.add(timer);
  }
  function announce(charge: Charge): void {
    const data = chargeView(charge, options.publicUrl());
    const body = JSON.stringify({ object: 'event', id: id('evnt'), key: 'charge.complete', livemode: false, data });
    void send(body);
  }
  function settle(charge: Charge, isTold: boolean): void {
    if (charge.status === 'successful') return;
    charge.status = 'successful';
    const fee = Math.round(charge.amountSatang * FEE);
    const created_at = now().toISOString();
    state.transactions.unshift({
      id: id('trxn'),
      origin: charge.id,
      amount: charge.amountSatang - fee,
      fee,
      created_at,
    });
    if (isTold && !state.faults.dropWebhooks) announce(charge);
  }

  return {
    find,
    get charges(): readonly Charge[] {
      return state.charges;
    },
    get transactions() {
      return state.transactions;
    },
    get faults() {
      return state.faults;
    },
    setFaults(faults: OmiseState['faults']) {
      state.faults = faults;
      file.save();
    },
    takeFault(name: 'createFails' | 'checkFails'): boolean {
      if (state.faults[name] === 0) return false;
      state.faults[name] -= 1;
      file.save();
      return true;
    },
    /** What a request with this key was answered; 'mismatch' when the key came with another request. */
    remembered(key: string, request: string): Remembered | 'mismatch' | undefined {
      const found = state.remembered.find((each) => each.key === key);
      return found && found.request !== request ? 'mismatch' : found;
    },
    remember(answer: Remembered): void {
      state.remembered.unshift(answer);
      state.remembered.length = Math.min(state.remembered.length, KEPT);
      file.save();
    },
    create(request: { amountSatang: number; ref1: string; returnUri: string }): Charge {
      const created = now();
      const charge: Charge = {
        id: id('chrg'),
        ...request,
        status: 'pending',
        createdAt: created.toISOString(),
        expiresAt: new Date(created.getTime() + LIFETIME_MS).toISOString(),
        refundedSatang: 0,
      };
      state.charges.unshift(charge);
      state.charges.length = Math.min(state.charges.length, KEPT);
      file.save();
      return charge;
    },
    expire(chargeId: string): Charge | undefined {
      const charge = find(chargeId);
      if (charge?.status === 'pending') {
        charge.status = 'expired';
        file.save();
      }
      return charge;
    },
    /** The refund's id; undefined when it is more than what is left. */
    refund(charge: Charge, amountSatang: number): string | undefined {
      if (charge.status !== 'successful' || charge.refundedSatang + amountSatang > charge.amountSatang)
        return undefined;
      charge.refundedSatang += amountSatang;
      file.save();
      return id('rfnd');
    },
    act(chargeId: string, action: OmiseAction): Charge | undefined {
      const charge = find(chargeId);
      if (!charge) return undefined;
      if (action === 'pay') settle(charge, true);
      else if (action === 'lose-webhook') settle(charge, false);
      else if (action === 'repeat-webhook') announce(charge);
      else if (charge.status === 'pending') {
        charge.status = action === 'fail' ? 'failed' : 'expired';
        if (!state.faults.dropWebhooks) announce(charge);
      }
      file.save();
      return charge;
    },
    close(): void {
      abort.abort();
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
