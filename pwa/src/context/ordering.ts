import { online } from '../data/connectivity.ts';
import { forgetKey, keyFor, type Order } from '../data/orders.ts';
import { type Effect, enqueue, onSettled, waiting } from '../data/outbox.ts';
import type { ApiProblem } from '../data/problem.ts';
import { lang } from '../i18n/i18n.ts';
import { bringCartToServer, linesNow, takeOrderedOut } from './cart.ts';
import { cartChoice, pendingSteps } from './cart-choice.ts';

export interface OrderRequest {
  email?: string;
  /** The secret of a shared cart; left out: the own cart. */
  sharedCart?: string;
  /** What the page showed; the server refuses another price. */
  expectedTotalSatang?: number;
  photoIds: readonly string[];
  /** In whose name the receipt is made out. */
  buyer?: { name?: string; address?: string; taxId?: string; branch?: string } | undefined;
}
export type OrderAnswer = { ok: true; order: Order } | { ok: false; problem: ApiProblem };
type Listener = (answer: OrderAnswer) => void;

/** The order of that cart (its secret; empty: the own) that waits for signal. */
export const waitingOrder = (sharedCart: string): Effect | undefined =>
  waiting.value.find(
    ({ kind, body }) => kind === 'order' && ((body as { sharedCart?: string }).sharedCart ?? '') === sharedCart,
  );

const followers = new Map<string, Listener>();
/** Hears what becomes of a waiting order instead of `onOther`; returns the function that stops. */
export function followOrder(effectId: string, listener: Listener): () => void {
  followers.set(effectId, listener);
  return () => {
    if (followers.get(effectId) === listener) followers.delete(effectId);
  };
}

/**
 * Asks for an order, with or without signal: exactly these photos, once, whatever is repeated. Resolves when the wish is kept on
 * the device; `onAnswer` hears what the server says, if this page still stands then (see `watchOrders`).
 */
export async function requestOrder(request: OrderRequest, onAnswer: Listener): Promise<() => void> {
  const { photoIds, sharedCart } = request;
  // Best said in order; without an answer the order itself carries what it needs.
  if (!sharedCart && online.value) await within(SYNC_MS, bringCartToServer());
  const intent = intentOf(request);
  const { photoIds: _ids, ...rest } = request;
  const id = keyFor(intent);
  const stop = followOrder(id, onAnswer);
  await enqueue({
    id,
    kind: 'order',
    method: 'POST',
    path: '/api/orders',
    body: { ...rest, locale: lang.value, ...(sharedCart ? {} : { photoIds: [...photoIds].sort() }) },
    before: sharedCart ? [] : pendingSteps(),
    about: {
      intent,
      photos: String(photoIds.length),
      sharedCart: sharedCart ?? '',
      lines: JSON.stringify(sharedCart ? {} : linesNow(photoIds)),
    },
  });
  return stop;
}

const intentOf = ({ photoIds, email, sharedCart, expectedTotalSatang, buyer }: OrderRequest): string => {
  const what = sharedCart ?? [...photoIds].sort().join(',');
  return `order:${what}:${email ?? ''}:${expectedTotalSatang ?? ''}:${cartChoice.value.coupon?.code ?? ''}:${JSON.stringify(buyer ?? '')}`;
};

const SYNC_MS = 8_000;
const within = (ms: number, work: Promise<unknown>): Promise<unknown> =>
  Promise.race([work.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, ms))]);

/** The page of a placed order, with the link's secret: opens without a session, too. */
export const orderPath = (order: Pick<Order, 'id' | 'links'>): string =>
  `/orders/${order.id}${new URL(order.links.page, window.location.origin).search}`;

/**
 * Takes the outcome of orders down, whichever page is open. `onOther` hears of those that no open page asked for. Call once.
 */
export function watchOrders(onOther: Listener): void {
  onSettled((effect, result) => {
    if (effect.kind !== 'order') return false;
    if (effect.about?.intent) forgetKey(effect.about.intent);
    const answer: OrderAnswer = result.ok
      ? { ok: true, order: result.body as Order }
      : { ok: false, problem: result.problem };
    if (answer.ok && !effect.about?.sharedCart)
      takeOrderedOut(
        answer.order.items.map((item) => item.photoId),
        { owner: effect.owner?.id, lines: JSON.parse(effect.about?.lines ?? '{}') },
      );
    const follower = followers.get(effect.id);
    followers.delete(effect.id);
    (follower ?? onOther)(answer);
    return follower !== undefined;
  });
}
