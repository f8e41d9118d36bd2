import { api } from '../data/api.ts';
import { online } from '../data/connectivity.ts';
import type { FavoriteChange } from '../data/db/favorite-replica.ts';
import { replicaBirths } from '../data/idb.ts';
import { isProblem } from '../data/problem.ts';
import { ensureOwnSession, session, signingOut } from '../data/session.ts';
import { askToPersist } from '../data/storage.ts';
import { Store } from '../data/store.ts';
import type { Photo } from '../data/types.ts';

export interface Favorite {
  photoId: string;
  eventId: string;
  addedAt: string;
}

/** What a favourite shows without signal; photos marked on another device come with the favourites page. */
export type FavoritePhoto = Pick<
  Photo,
  | 'id'
  | 'eventId'
  | 'width'
  | 'height'
  | 'takenAt'
  | 'previewUrl'
  | 'thumbnails'
  | 'focus'
  | 'placeholderColor'
  | 'thumbHash'
  | 'priceSatang'
>;

export interface Favorites {
  /** Last marked first. */
  marks: readonly Favorite[];
  photos: Readonly<Record<string, FavoritePhoto>>;
}

interface Mirror extends Favorites {
  /** Decisions that the replica has not taken over yet. */
  pending: FavoriteChange[];
}

const MIRROR = 'px.favorites';

/**
 * Marked photos, local first, as the cart: a tap is kept in localStorage at once, then goes to the RxDB replica, which brings it to the
 * server and other devices' taps here.
 */
function readMirror(): Mirror {
  try {
    const stored = JSON.parse(localStorage.getItem(MIRROR) ?? 'null') as Mirror | null;
    if (stored && Array.isArray(stored.marks) && Array.isArray(stored.pending)) return stored;
  } catch {
    // storage refused or broken: the replica still has it
  }
  return { marks: [], photos: {}, pending: [] };
}

const mirror = readMirror();
let pending = mirror.pending;

export const favorites = new Store<Favorites>({ marks: mirror.marks, photos: mirror.photos });

let marked = new Set(mirror.marks.map(({ photoId }) => photoId));
favorites.watch(({ marks }) => {
  marked = new Set(marks.map(({ photoId }) => photoId));
});
export const isFavorite = (photoId: string): boolean => marked.has(photoId);

function write(next: Favorites): void {
  try {
    localStorage.setItem(MIRROR, JSON.stringify({ ...next, pending } satisfies Mirror));
  } catch {
    // no storage: they last for this visit and at the server
  }
  favorites.set(next);
}

const pictureOf = (photo: FavoritePhoto): FavoritePhoto => ({
  id: photo.id,
  eventId: photo.eventId,
  width: photo.width,
  height: photo.height,
  takenAt: photo.takenAt,
  previewUrl: photo.previewUrl,
  thumbnails: photo.thumbnails,
  focus: photo.focus,
  placeholderColor: photo.placeholderColor,
  thumbHash: photo.thumbHash,
  priceSatang: photo.priceSatang,
});

export function toggleFavorite(photo: FavoritePhoto): void {
  const isMarked = !isFavorite(photo.id);
  const at = new Date().toISOString();
  const others = favorites.value.marks.filter(({ photoId }) => photoId !== photo.id);
  const { [photo.id]: _old, ...photos } = favorites.value.photos;
  pending = [...pending, { photoId: photo.id, eventId: photo.eventId, isMarked, at }];
  if (isMarked) {
    askToPersist();
    write({
      marks: [{ photoId: photo.id, eventId: photo.eventId, addedAt: at }, ...others],
      photos: { ...photos, [photo.id]: pictureOf(photo) },
    });
    // The favourites page shows this size, maybe without signal.
    new Image().src = photo.thumbnails.medium;
  } else write({ marks: others, photos });
  void settle();
}

/** What the server knows of marked photos: those of other devices get their pictures, withdrawn ones are not among them. */
export function rememberFavoritePhotos(photos: readonly FavoritePhoto[]): void {
  const known = { ...favorites.value.photos };
  for (const photo of photos) if (isFavorite(photo.id)) known[photo.id] = pictureOf(photo);
  write({ ...favorites.value, photos: known });
}

/** Asked for while it ran: it may have failed for what is mended since. */
let isAsked = false;
/** Counts sign-outs: what was under way for the person before must not start anything for the next. */
let turn = 0;
let settling: Promise<void> | null = null;
/** IndexedDB is refused here: the server is told in plain calls. */
let isPlain = false;

const AGAIN_MS = 2_000;
let again: ReturnType<typeof setTimeout> | undefined;
/** Without signal its return is heard of; what failed for another reason is tried once more after a while. */
function settleLater(): void {
  clearTimeout(again);
  again = setTimeout(() => {
    if (online.value && favorites.value.marks.length + pending.length > 0) void settle();
  }, AGAIN_MS);
}

/** What is pending but for these; others may have come before and behind them meanwhile. */
const without = (taken: readonly FavoriteChange[]): FavoriteChange[] =>
  pending.filter((change) => !taken.includes(change));

/** Hands what is pending to the replica and lets it travel. */
function settle(): Promise<void> {
  // What were begun now would hold on to what is about to be cleared.
  if (signingOut.value) return Promise.resolve();
  const began = turn;
  isAsked = settling !== null;
  settling ??= (async () => {
    const replica = await import('../data/db/favorite-replica.ts');
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
          await replica.applyFavoriteChanges(taken);
        } catch {
          // It fails in the background; what it has missed it gets from the server when it comes round.
          isPlain = true;
          if (began === turn) await settlePlainly(began);
          return;
        }
        if (began !== turn) return;
        pending = without(taken);
        write(favorites.value);
      }
      await ensureOwnSession();
      if (began !== turn) return;
      await replica.startFavoriteReplication();
    } while (pending.length > 0);
  })()
    // No signal, or a database that fails: the mirror keeps it, the next tap or the network's return goes on.
    .catch(settleLater)
    .finally(() => {
      settling = null;
      if ((began !== turn || isAsked) && session.value.user) void settle();
    });
  return settling;
}

async function settlePlainly(began: number): Promise<void> {
  if (pending.length === 0 && !session.value.user) return;
  do {
    await ensureOwnSession();
    const taken = pending;
    for (const { photoId, isMarked } of taken)
      await api(isMarked ? 'PUT /api/favorites/:photoId' : 'DELETE /api/favorites/:photoId', {
        params: { photoId },
      }).catch((error: unknown) => {
        if (!isProblem(error) || error.isOffline || error.retryable) throw error; // gone: not among what comes below
      });
    const { items } = await api('GET /api/favorites', { query: { limit: 100 } });
    if (began !== turn) return;
    pending = without(taken);
    show(items.map(({ photoId, addedAt, photo }) => ({ photoId, eventId: photo.eventId, addedAt })));
  } while (pending.length > 0);
}

/** Marks as the replica or the server has them, and what was decided here since. */
function show(known: readonly Favorite[], isKept = true): void {
  const marks = new Map(known.map((mark) => [mark.photoId, mark]));
  for (const { photoId, eventId, isMarked, at } of pending) {
    if (!isMarked) marks.delete(photoId);
    else if (!marks.has(photoId)) marks.set(photoId, { photoId, eventId, addedAt: at });
  }
  const sorted = [...marks.values()].sort((a, b) =>
    a.addedAt === b.addedAt ? (a.photoId < b.photoId ? -1 : 1) : a.addedAt < b.addedAt ? 1 : -1,
  );
  if (JSON.stringify(sorted) === JSON.stringify(favorites.value.marks)) return;
  const { photos: pictures } = favorites.value;
  const photos = Object.fromEntries(
    sorted.flatMap(({ photoId }) => (pictures[photoId] ? [[photoId, pictures[photoId]]] : [])),
  );
  if (isKept) write({ marks: sorted, photos });
  else favorites.set({ marks: sorted, photos });
}

let birthsSeen = 0;
let hasShown = false;
/** The browser threw the replica away: what is marked on the screen goes into the new one. Again changes nothing at the server. */
function carryOver(known: readonly Favorite[]): void {
  hasShown = true;
  if (birthsSeen === replicaBirths()) return;
  birthsSeen = replicaBirths();
  const decided = new Set([...pending, ...known].map(({ photoId }) => photoId));
  const lost = favorites.value.marks.filter(({ photoId }) => !decided.has(photoId));
  if (lost.length === 0) return;
  pending = [
    ...lost.map(({ photoId, eventId, addedAt }) => ({ photoId, eventId, isMarked: true, at: addedAt })),
    ...pending,
  ];
  write(favorites.value);
  void settle();
}

let following: Promise<() => void> | null = null;
/** Takes over what the replica knows. */
function follow(): Promise<() => void> {
  following ??= import('../data/db/favorite-replica.ts')
    .then(({ watchFavorites }) =>
      watchFavorites((docs) => {
        const known = docs.map(({ id, eventId, addedAt }) => ({ photoId: id, eventId, addedAt }));
        carryOver(known);
        show(known);
      }),
    )
    .catch((error: unknown) => {
      following = null;
      throw error;
    });
  return following;
}

/** After first paint: pick up what was left, and what other devices did. Nobody without a session gets one by looking. */
export function startFavorites(): void {
  if (pending.length > 0 || session.value.user) void settle();
  session.watch(({ user }) => {
    if (user) void settle();
  });
  // A sign-out that did not come to its end.
  signingOut.watch((isOn) => {
    if (!isOn && session.value.user) void settle();
  });
  online.watch((reachable) => {
    if (reachable && favorites.value.marks.length + pending.length > 0) void settle();
  });
  window.addEventListener('storage', (event) => {
    if (event.key !== MIRROR) return;
    const other = readMirror();
    favorites.set({ marks: favorites.value.marks, photos: { ...other.photos, ...favorites.value.photos } });
    // Where there is a replica it tells by itself what the other tab did.
    if (!hasShown || isPlain) show(other.marks, false);
  });
}

/** Whether every mark made here is at the server, waiting for it a while. */
export async function favoritesAreSent(timeoutMs: number): Promise<boolean> {
  if (pending.length === 0 && favorites.value.marks.length === 0) return true;
  await settle();
  if (isPlain) return pending.length === 0;
  const { favoritesInSync } = await import('../data/db/favorite-replica.ts');
  const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), timeoutMs));
  return Promise.race([favoritesInSync().then(() => pending.length === 0), late]).catch(() => false);
}

/** Sign-out: this device forgets them; the account keeps them. */
export async function forgetFavorites(): Promise<void> {
  turn++;
  pending = [];
  const { stopFavoriteReplication } = await import('../data/db/favorite-replica.ts');
  await stopFavoriteReplication().catch(() => undefined);
  void following?.then((stop) => stop()).catch(() => undefined);
  following = null;
  write({ marks: [], photos: {} });
}
