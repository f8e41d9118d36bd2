import type { IncomingHttpHeaders } from 'node:http';
import type { Satang } from '#contracts/money.ts';

/** completed: money arrived. pending: waits for it. The others: over, without money so far. */
export type GatewayStatus = 'completed' | 'pending' | 'expired' | 'cancelled' | 'failed';

export interface CreateRequest {
  /** Ours, random per attempt; where the gateway knows idempotency keys it is the key, too. */
  ref1: string;
  amountSatang: Satang;
  /** Where a hosted page sends the buyer back to. */
  returnUrl: string;
}
export type CreateAnswer =
  | {
      kind: 'created';
      transId: string;
      payableSatang: Satang;
      /** A QR to show, or a hosted page to go to. */
      qrImageBase64: string | null;
      redirectUrl: string | null;
      expiresAt: Date;
    }
  /** The gateway said no, or was never reached: nothing exists there, trying again is safe. */
  | { kind: 'refused'; reason: string }
  /** It may or may not exist there: must not be asked for again blindly. */
  | { kind: 'unknown'; reason: string };
export type CheckAnswer =
  | { kind: 'found'; status: GatewayStatus; amountSatang: Satang | null; ref1: string | null }
  | { kind: 'not_found' }
  | { kind: 'unknown'; reason: string };
export type RefundAnswer =
  | { kind: 'refunded'; reference: string }
  | { kind: 'refused'; reason: string }
  /** May have happened; the same key may be sent again. */
  | { kind: 'unknown'; reason: string };

/** Money on the bank account, as the gateway tells it. */
export interface BankRow {
  /** The same row always has the same key, however often it is listed; a second transfer has another one. */
  key: string;
  transId: string | null;
  /** What the account got. */
  amountSatang: Satang;
  /** What the gateway kept of it, where the feed says so. */
  feeSatang: Satang;
  arrivedAt: Date;
  source: string;
}
export type FeedAnswer = { kind: 'rows'; rows: BankRow[] } | { kind: 'unknown'; reason: string };

/** A verified webhook's content: claims only, the gateway is asked before anything is believed. */
export interface WebhookClaim {
  transId: string | null;
  ref1: string | null;
}
export interface ReceivedWebhook {
  rawBody: Buffer;
  headers: IncomingHttpHeaders;
  receivedAt: Date;
}
export interface PaymentProvider {
  readonly name: string;
  /** Smallest step it can ask for; a total is rounded down to it, never below one step. */
  readonly stepSatang: Satang;
  /** True where a create with the same ref1 answers the first one's payment instead of making a second. */
  readonly isCreateRepeatable: boolean;
  create(request: CreateRequest): Promise<CreateAnswer>;
  check(transId: string): Promise<CheckAnswer>;
  /** True when the gateway confirmed that it can no longer be paid. */
  cancel(transId: string): Promise<boolean>;
  /** undefined when the signature does not fit or is too old; throws request.malformed when the body is not a webhook. */
  verifyWebhook(webhook: ReceivedWebhook): WebhookClaim | undefined;
  /** Sends money back the way it came; missing where the gateway cannot. `key` makes a repeat harmless. */
  refund?(request: { transId: string; amountSatang: Satang; key: string }): Promise<RefundAnswer>;
  /** Money that arrived lately; missing where there is no feed. */
  bankFeed?(): Promise<FeedAnswer>;
}
