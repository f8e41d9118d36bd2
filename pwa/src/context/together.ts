import type { SharedCartView } from '#contracts/http/shared-carts.ts';
import { api } from '../data/api.ts';
import { online } from '../data/connectivity.ts';
import { kvGet, kvSet } from '../data/kv.ts';
import { ApiProblem } from '../data/problem.ts';
import { ensureSession } from '../data/session.ts';
import { Store } from '../data/store.ts';
import { cart, removeFromCart } from './cart.ts';

/** A change of a shared cart that waits for the server; kept on the device until it was heard. */
export interface TogetherChange {
  id: string;
  kind: 'add' | 'remove';
  /** Photos to put in, or lines to take out. */
  ids: readonly string[];
}
export interface Together {
  token: string;
  view: SharedCartView | null;
  pending: readonly TogetherChange[];
  /** Why the link does not open, or why a change was refused. */
  problem: unknown;
}

/** The shared cart on the screen. */
export const together = new Store<Together>({ token: '', view: null, pending: [], problem: null });

type Kept = Pick<Together, 'view' | 'pending'>;
const keyOf = (token: string): string => `together:${token}`;
/** Changes that the server has heard from here. */
const heard = new Set<string>();
let saving: Promise<unknown> = Promise.resolve();
/** What another tab has waiting stays: it may be closed before there is signal. Heard twice, under one key, it counts once. */
function save(): void {
  const { token, view, pending } = together.value;
  saving = saving
    .then(() => kvGet<Kept>('cache', keyOf(token)))
    .then((kept) => {
      const own = new Set(pending.map(({ id }) => id));
      const others = (kept?.pending ?? []).filter(({ id }) => !own.has(id) && !heard.has(id));
      return kvSet('cache', keyOf(token), { view, pending: [...others, ...pending] } satisfies Kept);
    });
}
function update(token: string, change: Partial<Together>): void {
  if (together.value.token !== token) return;
  together.set({ ...together.value, ...change });
  save();
}

/** What the device shows: the server's view with the changes that wait. */
export function visibleItems({ view, pending }: Together): SharedCartView['items'] {
  const removed = new Set(pending.filter((each) => each.kind === 'remove').flatMap((each) => each.ids));
  return (view?.items ?? []).filter((item) => !removed.has(item.id));
}

/** Opens a shared cart: as remembered at once, then as it is. */
export async function openTogether(token: string): Promise<void> {
  together.set({ token, view: null, pending: [], problem: null });
  const kept = await kvGet<Kept>('cache', keyOf(token));
  if (kept && together.value.token === token) together.set({ ...together.value, ...kept });
  await flushTogether();
  await refreshTogether();
}

export async function refreshTogether(): Promise<void> {
  const { token } = together.value;
  try {
    await ensureSession();
    const view = await api('GET /api/cart/shared/:token', { params: { token } });
    update(token, { view, problem: null });
  } catch (error) {
    if (error instanceof ApiProblem && error.isOffline && together.value.view) return;
    update(token, { problem: error });
  }
}

export async function joinTogether(firstName: string): Promise<void> {
  const { token } = together.value;
  await ensureSession();
  const view = await api('POST /api/cart/shared/:token/join', { params: { token }, body: { firstName } });
  update(token, { view });
}

/** Puts photos in, or takes lines out: kept on the device first, then sent; each once, in order. */
export function changeTogether(kind: TogetherChange['kind'], ids: readonly string[]): void {
  if (ids.length === 0) return;
  const { token, pending } = together.value;
  update(token, { pending: [...pending, { id: crypto.randomUUID(), kind, ids }], problem: null });
  void flushTogether();
}

let flushing: Promise<void> | null = null;
export function flushTogether(): Promise<void> {
  flushing ??= drain().finally(() => {
    flushing = null;
  });
  return flushing;
}
async function drain(): Promise<void> {
  for (;;) {
    const { token, pending } = together.value;
    const [change] = pending;
    if (!change) return;
    try {
      await ensureSession();
      const view = await send(token, change);
      heard.add(change.id);
      update(token, { view, pending: together.value.pending.filter((each) => each.id !== change.id) });
      if (change.kind === 'add') leaveOwnCart(view, change.ids);
    } catch (error) {
      if (error instanceof ApiProblem && (error.isOffline || error.retryable)) return;
      // Refused for good: paid or ended meanwhile. Say so, and show what is there.
      heard.add(change.id);
      update(token, { pending: together.value.pending.filter((each) => each.id !== change.id), problem: error });
    }
  }
}
/** What arrived in the shared cart leaves one's own: bought once, not twice. What was refused stays where it was. */
function leaveOwnCart(view: SharedCartView, photoIds: readonly string[]): void {
  const arrived = new Set(view.items.map((item) => item.photoId).filter((id) => photoIds.includes(id)));
  const { lines, photos } = cart.value;
  const moved = lines.filter((line) => arrived.has(line.photoId));
  removeFromCart(...moved.map(({ photoId, eventId }) => photos[photoId] ?? { ...bare, id: photoId, eventId }));
}
const bare = {
  width: null,
  height: null,
  focus: null,
  placeholderColor: null,
  priceSatang: null,
  thumbnails: { small: '', medium: '', large: '' },
};
const send = (token: string, { id, kind, ids }: TogetherChange): Promise<SharedCartView> =>
  kind === 'add'
    ? api('POST /api/cart/shared/:token/items', { params: { token }, body: { photoIds: [...ids] }, idempotencyKey: id })
    : api('POST /api/cart/shared/:token/remove', {
        params: { token },
        body: { itemIds: [...ids] },
        idempotencyKey: id,
      });

online.watch((reachable) => {
  if (reachable && together.value.token) void flushTogether().then(refreshTogether);
});
