import type { Machine } from '#server/platform/machine.ts';

export type PaymentStatus = 'creating' | 'unknown' | 'pending' | 'paid' | 'expired' | 'cancelled' | 'failed';
export type ReviewKind = 'late' | 'underpaid' | 'overpaid' | 'duplicate' | 'unmatched';

/**
 * A payment attempt on one screen. creating: the gateway is being asked. unknown: it did not answer; never asked again for
 * this attempt. `paid` means that money arrived, whenever; what it is for says `review`.
 */
export const paymentMachine: Machine<PaymentStatus> = {
  table: 'payments',
  start: 'creating',
  next: {
    creating: ['pending', 'unknown', 'failed', 'expired', 'paid', 'cancelled'],
    unknown: ['pending', 'paid', 'expired', 'failed', 'cancelled'],
    pending: ['paid', 'expired', 'cancelled', 'failed'],
    expired: ['paid'],
    cancelled: ['paid'],
    failed: ['paid'],
    paid: [],
  },
};
/** At most one attempt of an order is in one of these. */
export const liveStatuses = ['creating', 'unknown', 'pending'] as const;
export const isLive = (status: string): boolean => (liveStatuses as readonly string[]).includes(status);
