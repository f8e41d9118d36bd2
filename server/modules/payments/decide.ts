import type { Satang } from '#contracts/money.ts';
import { isLive, type PaymentStatus, type ReviewKind } from './machine.ts';
import type { GatewayStatus } from './providers/port.ts';

export interface Situation {
  payment: {
    status: PaymentStatus;
    ref1: string;
    requestedSatang: Satang;
    /** What the gateway made of it; null when its answer to create never arrived. */
    payableSatang: Satang | null;
    /** Set once money was recorded. */
    paidSatang: Satang | null;
    expiresAt: Date | null;
  };
  orderStatus: string;
  /** Another payment of this order has brought its money. */
  isPaidOtherwise: boolean;
  /** What the order holds can still be handed out. */
  isDeliverable: boolean;
  answer: { status: GatewayStatus; amountSatang: Satang | null; ref1: string | null };
  now: Date;
}
export type Decision =
  | { kind: 'nothing' }
  /** No money: the attempt is over. */
  | { kind: 'close'; status: 'expired' | 'cancelled' | 'failed' }
  /** Money arrived. `fulfils`: the order is delivered with `appliedSatang` of it; the rest waits for a person. */
  | {
      kind: 'money';
      paidSatang: Satang;
      appliedSatang: Satang;
      /** What was to be paid, as far as it can be known. */
      payableSatang: Satang;
      review: ReviewKind | null;
    };

/** A gateway that still says pending this long after the QR's end is not waited for. */
export const graceMs = 60_000;

/** Without the gateway's figure: what was asked for, with up to 99 satang on top, as it does. */
function payableOf({ requestedSatang, payableSatang }: Situation['payment'], paid: Satang): Satang {
  if (payableSatang !== null) return payableSatang;
  return paid >= requestedSatang && paid < requestedSatang + 100 ? paid : requestedSatang;
}

function review(situation: Situation, paid: Satang, payable: Satang): ReviewKind | null {
  const { payment, answer, orderStatus, isPaidOtherwise, isDeliverable } = situation;
  if (answer.ref1 !== null && answer.ref1 !== payment.ref1) return 'unmatched';
  if (isPaidOtherwise || !['pending', 'expired', 'cancelled'].includes(orderStatus)) return 'duplicate';
  if (paid < payable) return 'underpaid';
  if (orderStatus === 'cancelled' || (orderStatus === 'expired' && !isDeliverable)) return 'late';
  return paid > payable ? 'overpaid' : null;
}

/** What a gateway's answer means for a payment. Pure: webhook, poll, sweep and their repeats all come to the same. */
export function decide(situation: Situation): Decision {
  const { payment, answer, now } = situation;
  if (payment.paidSatang !== null) return { kind: 'nothing' };
  if (answer.status === 'completed') {
    // Without an amount nothing can be booked: asked again later.
    if (answer.amountSatang === null || answer.amountSatang <= 0) return { kind: 'nothing' };
    const paidSatang = answer.amountSatang;
    const payable = payableOf(payment, paidSatang);
    const kind = review(situation, paidSatang, payable);
    const applied = kind === null || kind === 'overpaid' ? Math.min(paidSatang, payable) : 0;
    return { kind: 'money', paidSatang, appliedSatang: applied, payableSatang: payable, review: kind };
  }
  if (!isLive(payment.status)) return { kind: 'nothing' };
  if (answer.status !== 'pending') return { kind: 'close', status: answer.status };
  const isOver = payment.expiresAt !== null && now.getTime() > payment.expiresAt.getTime() + graceMs;
  return isOver ? { kind: 'close', status: 'expired' } : { kind: 'nothing' };
}
