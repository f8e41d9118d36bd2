import type { CartView } from '#contracts/http/cart.ts';
import type { PricedCoupon } from '#contracts/pricing.ts';
import { api } from '../data/api.ts';
import { online } from '../data/connectivity.ts';
import type { Step } from '../data/outbox/effects.ts';
import { ApiProblem } from '../data/problem.ts';
import { ensureSession, session } from '../data/session.ts';
import { Store } from '../data/store.ts';

/** What the buyer decided beside the photos: a package to insist on, a coupon code. Local first; the server hears of it when it can. */
export interface CartChoice {
  packageId: string | null;
  coupon: {
    code: string;
    /** Null until the server knows the code. */
    terms: PricedCoupon | null;
    /** The code of the error that says why it takes nothing off; empty: it may. */
    problem: string;
  } | null;
  /** What the server has not heard of yet. */
  pending: readonly ('package' | 'coupon')[];
}
/** What the server alone knows of the lines. */
export interface CartFacts {
  /** By photo: lines that cannot be bought, and what they cost when they were put in if that changed. */
  lines: Readonly<Record<string, { status: CartView['items'][number]['status']; previousPriceSatang: number | null }>>;
  unlimitedEventIds: readonly string[];
  /** By photo: its own price, null where the packages decide. */
  ownPrices: Readonly<Record<string, number | null>>;
}

const CHOICE = 'px.cart.choice';
const FACTS = 'px.cart.facts';
const noChoice: CartChoice = { packageId: null, coupon: null, pending: [] };
const noFacts: CartFacts = { lines: {}, unlimitedEventIds: [], ownPrices: {} };

function remembered<T>(key: string, otherwise: T): T {
  try {
    return { ...otherwise, ...(JSON.parse(localStorage.getItem(key) ?? '{}') as T) };
  } catch {
    return otherwise;
  }
}
function remember(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // lasts for this visit
  }
}

export const cartChoice = new Store<CartChoice>(remembered(CHOICE, noChoice));
export const cartFacts = new Store<CartFacts>(remembered(FACTS, noFacts));
/** True while a code is on its way to be checked. */
export const couponBusy = new Store<boolean>(false);

function choose(change: Partial<CartChoice>): void {
  const value = { ...cartChoice.value, ...change };
  remember(CHOICE, value);
  cartChoice.set(value);
}
const waitFor = (what: 'package' | 'coupon'): CartChoice['pending'] => [
  ...new Set([...cartChoice.value.pending, what]),
];

export function choosePackage(packageId: string | null): void {
  choose({ packageId, pending: waitFor('package') });
  void sendChoice().catch(() => undefined);
}
export function enterCoupon(code: string): void {
  const plain = code.toUpperCase().replace(/[^A-Z0-9]/g, '');
  if (!plain) return;
  choose({ coupon: { code: plain, terms: null, problem: '' }, pending: waitFor('coupon') });
  void sendChoice().catch(() => undefined);
}
export function dropCoupon(): void {
  choose({ coupon: null, pending: waitFor('coupon') });
  void sendChoice().catch(() => undefined);
}
/** After an order, and at sign-out. */
export function forgetChoice(): void {
  choose(noChoice);
  remember(FACTS, noFacts);
  cartFacts.set(noFacts);
}

/** The server's cart: states and prices of the lines, the coupon's terms. What was decided here and not sent yet stands. */
export function takeServerCart(view: CartView): void {
  const lines = Object.fromEntries(
    view.items
      .filter((item) => item.status !== 'available' || item.previousPriceSatang !== null)
      .map(({ photoId, status, previousPriceSatang }) => [photoId, { status, previousPriceSatang }]),
  );
  const ownPrices = Object.fromEntries(view.items.map((item) => [item.photoId, item.ownPriceSatang]));
  const facts: CartFacts = { lines, unlimitedEventIds: view.unlimitedEventIds, ownPrices };
  remember(FACTS, facts);
  cartFacts.set(facts);
  const { pending } = cartChoice.value;
  const change: Partial<CartChoice> = {};
  if (!pending.includes('package')) change.packageId = view.packageId;
  if (!pending.includes('coupon'))
    change.coupon = view.coupon && {
      code: view.coupon.terms.code,
      terms: view.coupon.terms,
      problem: view.coupon.problem ?? '',
    };
  choose(change);
}

/** Asks for the cart as the server sees it; nothing happens offline. */
export async function refreshCart(): Promise<void> {
  if (!session.value.user) return;
  try {
    takeServerCart(await api('GET /api/cart'));
  } catch {
    // offline: the device's own view stands
  }
}

const FRESH_MS = 30_000;
const looking = new Set<() => void>();
/**
 * As long as somebody looks at what they are about to buy: asks now, when who is here becomes known, when the page or the signal comes back,
 * and twice a minute. So that a withdrawn photo or a new price is seen before the order, not by its refusal. Returns how to stop.
 */
export function watchServerCart(): () => void {
  const look = (): void => {
    if (document.visibilityState === 'visible' && online.value) void refreshCart();
  };
  const timer = setInterval(look, FRESH_MS);
  document.addEventListener('visibilitychange', look);
  const stops = [session.watch(look), online.watch(look)];
  looking.add(look);
  void refreshCart();
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', look);
    looking.delete(look);
    for (const stop of stops) stop();
  };
}
/** The server has heard of what was tapped here: what it makes of it is seen at once by whoever looks. */
export const lookAgain = (): void => {
  for (const look of looking) look();
};

let sending: Promise<void> | null = null;
/** Tells the server what is pending. Rejects without signal; a code that is refused keeps its sentence and does not reject. */
export function sendChoice(): Promise<void> {
  sending ??= (async () => {
    while (cartChoice.value.pending.length > 0) {
      const [what] = cartChoice.value.pending;
      await ensureSession();
      if (what === 'package') await sendPackage();
      else await sendCoupon();
    }
  })().finally(() => {
    sending = null;
    couponBusy.set(false);
  });
  return sending;
}
const done = (what: 'package' | 'coupon') => ({ pending: cartChoice.value.pending.filter((each) => each !== what) });

async function sendPackage(): Promise<void> {
  const { packageId } = cartChoice.value;
  try {
    const view = await api('PUT /api/cart/package', { body: { packageId } });
    if (cartChoice.value.packageId !== packageId) return;
    choose(done('package'));
    takeServerCart(view);
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.isOffline || error.retryable) throw error;
    // It does not fit any more: the cheapest combination holds again.
    choose({ packageId: null, ...done('package') });
  }
}
async function sendCoupon(): Promise<void> {
  const { coupon } = cartChoice.value;
  couponBusy.set(coupon !== null);
  try {
    const view = await api('PUT /api/cart/coupon', { body: { code: coupon?.code ?? null } });
    if (cartChoice.value.coupon?.code !== coupon?.code) return;
    choose(done('coupon'));
    takeServerCart(view);
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.isOffline) throw error;
    if (cartChoice.value.coupon?.code !== coupon?.code) return;
    choose({ coupon: coupon && { ...coupon, terms: null, problem: error.code }, ...done('coupon') });
  }
}

/** What the server has not heard of, as calls that an order takes along. */
export const pendingSteps = (): Step[] =>
  cartChoice.value.pending.map((what) =>
    what === 'package'
      ? { method: 'PUT', path: '/api/cart/package', body: { packageId: cartChoice.value.packageId } }
      : { method: 'PUT', path: '/api/cart/coupon', body: { code: cartChoice.value.coupon?.code ?? null } },
  );

export function startCartChoice(): void {
  online.watch((reachable) => {
    if (reachable && cartChoice.value.pending.length > 0) void sendChoice().catch(() => undefined);
  });
  window.addEventListener('storage', (event) => {
    if (event.key === CHOICE) cartChoice.set(remembered(CHOICE, noChoice));
    if (event.key === FACTS) cartFacts.set(remembered(FACTS, noFacts));
  });
}
