import { api } from './api.ts';
import type { Answer } from './contract.ts';
import { seen } from './events.ts';

export type Order = Answer<'GET /api/orders/:id'>;
export type Payment = NonNullable<Order['payment']>;
export type OrderSummary = Answer<'GET /api/orders'>['items'][number];
export type DownloadLinks = Answer<'GET /api/orders/:id/download'>;

const KEYS = 'px.intents';

/**
 * The Idempotency-Key of an intent, kept until the intent is done: a tap repeated after a reload or a lost answer is the same order, not
 * a second one. `intent` changes when what is asked for changes (other photos, another e-mail).
 */
export function keyFor(intent: string): string {
  let keys: Record<string, string> = {};
  try {
    keys = JSON.parse(sessionStorage.getItem(KEYS) ?? '{}') as Record<string, string>;
  } catch {
    // broken or refused: a fresh key
  }
  keys[intent] ??= crypto.randomUUID();
  try {
    sessionStorage.setItem(KEYS, JSON.stringify(keys));
  } catch {
    // lasts for this call
  }
  return keys[intent];
}

export function forgetKey(intent: string): void {
  try {
    const keys = JSON.parse(sessionStorage.getItem(KEYS) ?? '{}') as Record<string, string>;
    delete keys[intent];
    sessionStorage.setItem(KEYS, JSON.stringify(keys));
  } catch {
    // nothing was kept
  }
}

/** An order as remembered, then as it is. The e-mailed link's token opens it without a session. */
export const loadOrder = (id: string, token: string, onValue: (order: Order) => void): Promise<Order> =>
  seen(
    `order:${id}`,
    () => api('GET /api/orders/:id', { params: { id }, query: { token: token || undefined } }),
    onValue,
  );

export const loadOrders = (onValue: (orders: OrderSummary[]) => void): Promise<OrderSummary[]> =>
  seen('orders', async () => (await api('GET /api/orders', { query: { limit: 60 } })).items, onValue);

/** A PromptPay QR for the order: the live one, or after expiry a new one. */
export const startPayment = (orderId: string): Promise<Payment> =>
  api('POST /api/payment/create', { body: { orderId }, idempotencyKey: crypto.randomUUID(), timeoutMs: 30_000 });

export const readPayment = (id: string): Promise<Payment> => api('GET /api/payment/:id/status', { params: { id } });

export const loadDownloads = (id: string, token: string): Promise<DownloadLinks> =>
  api('GET /api/orders/:id/download', { params: { id }, query: { token: token || undefined } });
