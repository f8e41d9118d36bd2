import type { Satang } from '#contracts/money.ts';

/** completed: money arrived. pending: waits for it. The others: over, without money so far. */
export type GatewayStatus = 'completed' | 'pending' | 'expired' | 'cancelled' | 'failed';

export type CreateAnswer =
  | { kind: 'created'; transId: string; payableSatang: Satang; qrImageBase64: string; expiresAt: Date }
  /** The gateway said no, or was never reached: nothing exists there, trying again is safe. */
  | { kind: 'refused'; reason: string }
  /** It may or may not exist there: must not be asked for again blindly. */
  | { kind: 'unknown'; reason: string };
export type CheckAnswer =
  | { kind: 'found'; status: GatewayStatus; amountSatang: Satang | null; ref1: string | null }
  | { kind: 'not_found' }
  | { kind: 'unknown'; reason: string };

/** A verified webhook's content: claims only, the gateway is asked before anything is believed. */
export interface WebhookClaim {
  transId: string | null;
  ref1: string | null;
}
export interface PaymentProvider {
  readonly name: string;
  /** Smallest step it can ask for; a total is rounded down to it, never below one step. */
  readonly stepSatang: Satang;
  create(request: { ref1: string; amountSatang: Satang }): Promise<CreateAnswer>;
  check(transId: string): Promise<CheckAnswer>;
  /** True when the gateway confirmed that it can no longer be paid. */
  cancel(transId: string): Promise<boolean>;
  /** undefined when the signature does not fit; throws request.malformed when the body is not a webhook. */
  verifyWebhook(rawBody: Buffer): WebhookClaim | undefined;
}
