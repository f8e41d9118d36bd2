import type { Quote } from '#contracts/pricing.ts';
import { online } from '../data/connectivity.ts';
import type { CartChange } from '../data/db/cart-replica.ts';
import { replicaBirths } from '../data/idb.ts';
import { type Effect, waiting } from '../data/outbox.ts';
import { ensureOwnSession, session, signingOut } from '../data/session.ts';
import { askToPersist } from '../data/storage.ts';
import { Store } from '../data/store.ts';
import { forgetChoice, lookAgain, refreshCart, sendChoice, startCartChoice } from './cart-choice.ts';
import {
  type CartLine,
  type CartPhoto,
  type CartState,
  localMirror,
  MIRROR,
  type Mirror,
  readMirror,
} from './cart-mirror.ts';
import { sayCartPlainly } from './cart-plain.ts';

export type { CartLine, CartPhoto, CartState } from './cart-mirror.ts';

/**
 * The cart, local first. A tap is kept in localStorage at once (it survives the very next moment), then goes to the RxDB replica, which
 * brings it to the server and brings other devices' taps here.
 */
const mirror = readMirror();
let pending = mirror.pending;
/** Every line, those too that an order waiting for signal has taken. */
let all: CartState = { lines: mirror.lines, photos: mirror.photos };

/** What can still be ordered. */
export const cart = new Store<CartState>(all);
/** True while the server may not know of a change made here. */
export const cartUnsent = new Store<boolean>(mirror.unsent ?? false);

/** Photos of orders that wait for signal: they are spoken for until the order is placed, refused or taken back. */
export const heldPhotoIds = (): ReadonlySet<string> => new Set(waiting.value.flatMap(photosOf));
const photosOf = ({ kind, body }: Effect): readonly string[] =>
  kind === 'order' ? ((body as { photoIds?: string[] }).photoIds ?? []) : [];

function publish(): void {
  const held = heldPhotoIds();
  const lines = held.size === 0 ? all.lines : all.lines.filter((line) => !held.has(line.photoId));
  if (JSON.stringify(lines) !== JSON.stringify(cart.value.lines) || all.photos !== cart.value.photos)
    cart.set({ lines, photos: all.photos });
}

/** Null until prices of every event in the cart are known. */
export const cartPrice = new Store<Quote | null>(null);

export const isInCart = (photoId: string): boolean => cart.value.lines.some((line) => line.photoId === photoId);
export const cartPhotoIds = (): ReadonlySet<string> => new Set(cart.value.lines.map((line) => line.photoId));

function write(state: CartState): void {
  all = state;
  try {
    localStorage.setItem(MIRROR, JSON.stringify({ ...state, pending, unsent: cartUnsent.value } satisfies Mirror));
  } catch {
    // no storage: the cart lasts for this visit and at the server
  }
  publish();
}

function decide(changes: readonly { photo: CartPhoto; inCart: boolean }[]): void {
  const at = new Date().toISOString();
  let lines = [...all.lines];
  const photos = { ...all.photos };
  const decided: CartChange[] = [];
  const isIn = new Set(lines.map((line) => line.photoId));
  const held = heldPhotoIds();
  for (const { photo, inCart } of changes) {
    if (held.has(photo.id) || inCart === isIn.has(photo.id)) continue;
    if (inCart) isIn.add(photo.id);
    else isIn.delete(photo.id);
    const { id, eventId } = photo;
    if (inCart) {
      lines.push({ photoId: id, eventId, addedAt: at });
      photos[id] = {
        id,
        eventId,
        width: photo.width,
        height: photo.height,
        thumbnails: photo.thumbnails,
        focus: photo.focus,
        placeholderColor: photo.placeholderColor,
        priceSatang: photo.priceSatang,
      };
      // The cart shows this size, maybe without signal.
      new Image().src = photo.thumbnails.medium;
    } else lines = lines.filter((line) => line.photoId !== id);
    decided.push({ photoId: id, eventId, inCart, at });
  }
  if (decided.length === 0) return;
  decideFurther(decided);
  askToPersist();
  write({ lines, photos });
  void settle();
}

export const addToCart = (...photos: CartPhoto[]): void => decide(photos.map((photo) => ({ photo, inCart: true })));
export const removeFromCart = (...photos: CartPhoto[]): void =>
  decide(photos.map((photo) => ({ photo, inCart: false })));
export const toggleInCart = (photo: CartPhoto): void => decide([{ photo, inCart: !isInCart(photo.id) }]);

/** Whether the account's cart has come to this device once: until then an empty cart is not known to be empty. */
export const cartArrived = new Store(localMirror() !== null);
export const isCartKnown = (): boolean =>
  cartArrived.value || !online.value || (session.value.known && !session.value.user);

/** Counts sign-outs: what was under way for the person before must not start anything for the next. */
let turn = 0;

/** Counts decisions: that the server has heard all of them is only true of those that were made before it was asked. */
let decisions = 0;

/** `asked`: the count of decisions when the server was asked. */
function heard(asked: number): void {
  if (pending.length > 0 || asked !== decisions) return;
  if (cartUnsent.value) lookAgain();
  cartUnsent.set(false);
  write(all);
}

const HEARD_MS = 10_000;
const AGAIN_MS = 2_000;
let isHearing = false;
/** Waits until the server has everything, however often the replica is started anew meanwhile. */
async function hear(): Promise<void> {
  if (isHearing) return;
  isHearing = true;
  const began = turn;
  const { cartInSync } = await import('../data/db/cart-replica.ts');
  while (began === turn && cartUnsent.value && pending.length === 0) {
    const asked = decisions;
    try {
      await cartInSync(HEARD_MS);
      if (began === turn) heard(asked);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
  isHearing = false;
  if (began !== turn && cartUnsent.value) void hear();
}

let again: ReturnType<typeof setTimeout> | undefined;
/** It failed for a reason other than the signal, whose return is heard of: after a while it is tried once more. */
function settleLater(): void {
  clearTimeout(again);
  again = setTimeout(() => {
    if (cartUnsent.value && online.value) void settle();
  }, AGAIN_MS);
}

/** What is pending but for these; others may have come before and behind them meanwhile. */
const without = (taken: readonly CartChange[]): CartChange[] => pending.filter((change) => !taken.includes(change));

/** Adds to what the server has to hear of. */
function decideFurther(changes: readonly CartChange[], where: 'before' | 'after' = 'after'): void {
  pending = where === 'after' ? [...pending, ...changes] : [...changes, ...pending];
  decisions += 1;
  cartUnsent.set(true);
}

/** Asked for while it ran: it may have failed for what is mended since (a sign-in while a guest's session was waited for in vain). */
let isAsked = false;
let settling: Promise<void> | null = null;
/** IndexedDB is refused here: the server is told in plain calls. Asked anew each time, for a browser may come round. */
let isPlain = false;

/** Hands what is pending to the replica and lets it travel. */
function settle(): Promise<void> {
  // What were begun now would hold on to what is about to be cleared.
  if (signingOut.value) return Promise.resolve();
  const began = turn;
  isAsked = settling !== null;
  settling ??= (async () => {
    const replica = await import('../data/db/cart-replica.ts');
    isPlain = await follow().then(
      () => false,
      () => true,
    );
    if (isPlain) return settlePlainly(began);
    // Taps go on while this waits; none may be left for a later occasion.
    do {
      while (pending.length > 0) {
        const taken = pending;
        try {
          await replica.applyCartChanges(taken);
        } catch {
          // It fails in the background; what it has missed it gets from the server when it comes round.
          isPlain = true;
          if (began === turn) await settlePlainly(began);
          return;
        }
        if (began !== turn) return;
        pending = without(taken);
        write(all);
      }
      await ensureOwnSession();
      if (began !== turn) return;
      await replica.startCartReplication();
    } while (pending.length > 0);
    void replica
      .cartInSync(8_000)
      .then(() => {
        if (isBare) show(lastLines);
        isBare = false;
      })
      .catch(() => undefined)
      .then(() => cartArrived.set(true));
    void hear();
  })()
    // No signal, or a database that fails: the mirror keeps it, the next tap, the network's return or the checkout goes on.
    .catch(settleLater)
    .finally(() => {
      settling = null;
      // Somebody else is here since: what they have was waited for in vain.
      if ((began !== turn || isAsked) && session.value.user) void settle();
    });
  return settling;
}

async function settlePlainly(began: number): Promise<void> {
  if (pending.length === 0 && !session.value.user) return;
  let asked: number;
  do {
    await ensureOwnSession();
    asked = decisions;
    const taken = pending;
    const lines = await sayCartPlainly(taken);
    if (began !== turn) return;
    pending = without(taken);
    show(lines);
  } while (pending.length > 0);
  cartArrived.set(true);
  heard(asked);
}

let following: Promise<() => void> | null = null;
/** Takes over what the replica knows; what is still pending wins until it is written there. */
function follow(): Promise<() => void> {
  following ??= import('../data/db/cart-replica.ts')
    .then(({ watchCartLines }) =>
      watchCartLines((docs) => {
        const lines = docs
          .filter(({ isSelected }) => isSelected)
          .map(({ id, eventId, addedAt }) => ({ photoId: id, eventId, addedAt }));
        lastLines = lines;
        numbers = new Map(docs.map(({ id, revision }) => [id, revision]));
        if (!carryOver(lines)) show(lines);
      }),
    )
    .catch((error: unknown) => {
      following = null;
      throw error;
    });
  return following;
}

/** Lines as the replica or the server has them, and what was decided here since. */
function show(known: readonly CartLine[], isKept = true): void {
  const lines = new Map(known.map((line) => [line.photoId, line]));
  for (const { photoId, eventId, inCart, at } of pending) {
    if (!inCart) lines.delete(photoId);
    else if (!lines.has(photoId)) lines.set(photoId, { photoId, eventId, addedAt: at });
  }
  const sorted = [...lines.values()].sort((a, b) => (a.addedAt < b.addedAt ? -1 : a.addedAt > b.addedAt ? 1 : 0));
  if (JSON.stringify(sorted) === JSON.stringify(all.lines)) return;
  const photos = Object.fromEntries(
    sorted.flatMap(({ photoId }) => (all.photos[photoId] ? [[photoId, all.photos[photoId]]] : [])),
  );
  if (isKept) write({ lines: sorted, photos });
  else {
    all = { lines: sorted, photos };
    publish();
  }
}

let birthsSeen = 0;
let hasShown = false;
/** Until the server has been heard, an empty new replica says nothing. */
let isBare = false;
let lastLines: readonly CartLine[] = [];
let numbers: ReadonlyMap<string, number> = new Map();
/**
 * The replica had to be made anew: the browser threw the old one away. What is on the screen stays there; it goes into the new one when
 * that happened under our eyes, or when the server may not have heard all of it, else the server says what there is.
 */
function carryOver(lines: readonly CartLine[]): boolean {
  const births = replicaBirths();
  if (births !== birthsSeen) {
    birthsSeen = births;
    const decided = new Set([...pending, ...lines].map(({ photoId }) => photoId));
    const lost = all.lines.filter(({ photoId }) => !decided.has(photoId));
    if (lost.length > 0 && (hasShown || cartUnsent.value)) {
      decideFurther(
        lost.map(({ photoId, eventId, addedAt }) => ({ photoId, eventId, inCart: true, at: addedAt })),
        'before',
      );
      void settle();
    } else isBare = lost.length > 0;
    if (lost.length > 0) write(all); // the mirror went, too
  }
  hasShown = true;
  return isBare && lines.length === 0;
}

/** After first paint: pick up what was left, and what other devices did. Nobody without a session gets one by looking. */
export function startCart(): void {
  startCartChoice();
  waiting.watch(publish);
  if (pending.length > 0 || session.value.user) void settle();
  session.watch(({ user }) => {
    if (user) void settle();
  });
  // A sign-out that did not come to its end.
  signingOut.watch((isOn) => {
    if (!isOn && session.value.user) void settle();
  });
  online.watch((reachable) => {
    if (reachable && (all.lines.length > 0 || cartUnsent.value)) void settle();
  });
  window.addEventListener('storage', (event) => {
    if (event.key !== MIRROR) return;
    const other = readMirror();
    all = { lines: all.lines, photos: { ...other.photos, ...all.photos } };
    // Closed before it could say so, the other tab leaves that to this one.
    if (other.unsent && !cartUnsent.value) {
      cartUnsent.set(true);
      void settle();
    } else if (!other.unsent && pending.length === 0) cartUnsent.set(false);
    // Where there is a replica it tells by itself what the other tab did.
    if (!hasShown || isPlain) show(other.lines, false);
  });
}

/** Sign-out: this device forgets the cart; the account keeps it. */
export async function forgetCart(): Promise<void> {
  turn++;
  pending = [];
  const { stopCartReplication } = await import('../data/db/cart-replica.ts');
  await stopCartReplication().catch(() => undefined);
  void following?.then((stop) => stop()).catch(() => undefined);
  following = null;
  cartUnsent.set(false);
  numbers = new Map();
  forgetChoice();
  write({ lines: [], photos: {} });
}

/** Before an order: the server must know every line. Rejects when it cannot be told now. */
export async function bringCartToServer(): Promise<void> {
  await settle();
  await ensureOwnSession();
  if (pending.length > 0) throw new Error('the cart did not reach the server');
  const asked = decisions;
  if (!isPlain) await (await import('../data/db/cart-replica.ts')).cartInSync(12_000);
  heard(asked);
  await sendChoice();
  await refreshCart();
}

/** What an order was made from, as far as it says what came after it. */
export interface OrderedFrom {
  /** Whose cart. */
  owner: string | undefined;
  /** The numbers of its lines (`linesNow`). */
  lines: Readonly<Record<string, number>>;
}
/** The numbers of these photos' lines on this device: the server's, or negative as long as it has given none. */
export const linesNow = (photoIds: readonly string[]): OrderedFrom['lines'] =>
  Object.fromEntries(photoIds.flatMap((id) => (numbers.has(id) ? [[id, numbers.get(id)!]] : [])));

/**
 * After an order: its photos leave the cart, here at once and in the replica, too: a line that the server never heard of would
 * otherwise arrive there after the order. What another device put in after the order stays. (A guest who ordered and is an account since has
 * another cart with numbers of its own: there they go in any case.)
 */
export function takeOrderedOut(photoIds: readonly string[], { owner, lines: then }: OrderedFrom): void {
  const isOrdered = owner !== undefined && owner === session.value.user?.id;
  const isLater = (id: string): boolean => isOrdered && (then[id] ?? 0) > 0 && (numbers.get(id) ?? 0) > then[id]!;
  const ordered = new Set(photoIds.filter((id) => !isLater(id)));
  const at = new Date().toISOString();
  const lines = all.lines.filter((line) => ordered.has(line.photoId));
  // Behind what is being written at this moment: the last word on a line is that it was ordered.
  if (lines.length > 0)
    decideFurther(lines.map(({ photoId, eventId }) => ({ photoId, eventId, inCart: false, at, isOrdered })));
  write({ ...all, lines: all.lines.filter((line) => !ordered.has(line.photoId)) });
  forgetChoice();
  void settle();
}
