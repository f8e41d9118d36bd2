import { z } from 'zod';
import type { Satang } from '#contracts/money.ts';

export interface Charge {
  id: string;
  ref1: string;
  amountSatang: Satang;
  status: 'pending' | 'successful' | 'failed' | 'expired';
  returnUri: string;
  createdAt: string;
  expiresAt: string;
  refundedSatang: Satang;
}
/** What the account got for a charge, after the fee. */
export interface Transaction {
  id: string;
  origin: string;
  amount: Satang;
  fee: Satang;
  created_at: string;
}
/** The answer to a request, kept under its Idempotency-Key. */
export interface Remembered {
  key: string;
  request: string;
  status: number;
  body: unknown;
}
export interface OmiseState {
  charges: Charge[];
  transactions: Transaction[];
  remembered: Remembered[];
  faults: OmiseFaults;
}
const times = z.int().min(0).max(1_000_000);
export const omiseFaults = z.object({
  /** The charge is made, the answer comes this much later. */
  createDelayMs: z.int().min(0).max(600_000).default(0),
  /** So many calls answer 503 and do nothing. */
  createFails: times.default(0),
  checkFails: times.default(0),
  dropWebhooks: z.boolean().default(false),
});
export type OmiseFaults = z.output<typeof omiseFaults>;
export const emptyOmise = (): OmiseState => ({
  charges: [],
  transactions: [],
  remembered: [],
  faults: omiseFaults.parse({}),
});
