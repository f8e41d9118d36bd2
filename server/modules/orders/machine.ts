import type { Machine } from '#server/platform/machine.ts';

export type OrderStatus = 'pending' | 'paid' | 'partially_refunded' | 'refunded' | 'cancelled' | 'expired';

/** An order on one screen. Money that arrives after the end reopens an expired order by itself, a cancelled one by a person. */
export const orderMachine: Machine<OrderStatus> = {
  table: 'orders',
  start: 'pending',
  next: {
    pending: ['paid', 'cancelled', 'expired'],
    expired: ['paid'],
    cancelled: ['paid'],
    paid: ['partially_refunded', 'refunded'],
    partially_refunded: ['refunded'],
    refunded: [],
  },
};
export const isPaid = (status: string): boolean => status === 'paid' || status === 'partially_refunded';
