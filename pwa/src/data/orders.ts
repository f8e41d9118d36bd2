import { api } from './api.ts';
import type { Answer } from './contract.ts';
import { seen } from './events.ts';

export type Order = Answer<'GET /api/orders/:id'>;
export type Payment = NonNullable<Order['payment']>;
export type OrderSummary = Answer<'GET /api/orders'>['items'][number];
export type DownloadLinks = Answer<'GET /api/orders/:id/download'>;

const KEYS = 'px.intents';

function readKeys(): Record<string, string> {
  try {
    return JSON.parse(localStorage.getItem(KEYS) ?? '{}') as Record<string, string>;
  } catch {
    return {}; // broken or refused: fresh keys
  }
}
function writeKeys(keys: Record<string, string>): void {
  try {
    localStorage.setItem(KEYS, JSON.stringify(keys));
  } catch {
    // lasts for this call
  }
}

/**
 * The Idempotency-Key of an intent, kept until the intent is done: a tap repeated after a reload, in another tab or after a lost
 * answer is the same order, not a second one. `intent` changes when what is asked for changes (other photos, another e-mail).
 */
export function keyFor(intent: string): string {
  const keys = readKeys();
  keys[intent] ??= crypto.randomUUID();
  writeKeys(keys);
  return keys[intent];
}

export function forgetKey(intent: string): void {
  const keys = readKeys();
  delete keys[intent];
  writeKeys(keys);
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

export const readPayment = (id: string, token: string): Promise<Payment> =>
  api('GET /api/payment/:id/status', { params: { id }, query: { token: token || undefined } });

export const loadDownloads = (id: string, token: string): Promise<DownloadLinks> =>
  api('GET /api/orders/:id/download', { params: { id }, query: { token: token || undefined } });
