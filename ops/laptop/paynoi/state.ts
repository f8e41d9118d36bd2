import { z } from 'zod';
import type { Satang } from '#contracts/money.ts';

export type TransactionStatus = 'pending' | 'completed' | 'failed' | 'expired' | 'cancelled';

/** One QR the simulator has given out. Times are ISO 8601 in UTC. */
export interface Transaction {
  transId: string;
  ref1: string;
  /** What the shop asked for. */
  requestedSatang: Satang;
  /** What the QR says: the requested amount plus 1 to 99 satang that no other live QR has. */
  payableSatang: Satang;
  /** What arrived, null until something did. */
  paidSatang: Satang | null;
  status: TransactionStatus;
  qrPayload: string;
  createdAt: string;
  expiresAt: string;
  paidAt: string | null;
}

/** One webhook on its way. `rawData` is the exact text that is signed, fixed when the event happened. */
export interface Delivery {
  id: string;
  transId: string;
  rawData: string;
  attempts: number;
  /** Milliseconds since the epoch. */
  dueAt: number;
  status: 'waiting' | 'acknowledged' | 'given-up' | 'lost';
  lastAnswer: string | null;
}

/** Money seen on the bank account, in the words of PayNoi's bank feed. */
export interface FeedEntry {
  source: string;
  amount: string;
  bankaccount: string;
  currency: 'THB';
  /** Naive Thai time. */
  date: string;
  balance: string;
  trans_id: string;
  transactiontype: 'เงินเข้า' | 'เงินออก';
}
/** A row as the feed will list it: from when on, and how often. */
export interface FeedRow extends FeedEntry {
  visibleAt?: string;
  copies?: number;
}

const times = z.union([z.boolean(), z.number().int().min(0).max(1_000_000)]);
export const faultsSchema = z.object({
  /** The transaction is made, the answer comes this much later. */
  createDelayMs: z.number().int().min(0).max(600_000).default(0),
  /** true: every create answers 503 and makes nothing; a number: that many do. The same for checks. */
  createFails: times.default(false),
  checkFails: times.default(false),
  /** Extra copies of each webhook, sent in parallel. */
  duplicateWebhooks: z.number().int().min(0).max(100).default(0),
  dropWebhooks: z.boolean().default(false),
  /** The bank feed's own, of the rows that come from now on: shown so much later, listed twice, without the payment's id,
   *  with another amount, less a fee, never. */
  feedLateMs: z.number().int().min(0).max(604_800_000).default(0),
  feedTwice: z.boolean().default(false),
  feedWithoutIds: z.boolean().default(false),
  feedOffSatang: z.number().int().min(-1000).max(1000).default(0),
  feedFeeSatang: z.number().int().min(0).max(10_000).default(0),
  feedDrops: z.boolean().default(false),
});
export type Faults = z.output<typeof faultsSchema>;

export interface GatewayState {
  transactions: Transaction[];
  deliveries: Delivery[];
  feed: FeedRow[];
  balanceSatang: Satang;
  faults: Faults;
  /** The satang that was added last, 1 to 99; the next QR starts looking after it. */
  lastSatang: number;
}

export const emptyState = (): GatewayState => ({
  transactions: [],
  deliveries: [],
  feed: [],
  balanceSatang: 0,
  faults: faultsSchema.parse({}),
  lastSatang: 0,
});

/** "2026-11-22 20:45:00": the gateway's times are Thai wall clock without an offset. */
export function naiveThaiTime(date: Date): string {
  return new Date(date.getTime() + 7 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
}
