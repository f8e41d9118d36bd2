import { AppError } from '#contracts/errors.ts';
import type { CartSummary, CartView } from '#contracts/http/cart.ts';
import { listPriceOf } from '#contracts/pricing.ts';
import type { PackagesService } from '#server/modules/packages/service.ts';
import type { Db, DbOrTrx, Trx } from '#server/platform/db.ts';
import { movePushes, nextRevision, scopes } from '#server/platform/sync-revision.ts';
import { type CouponsService, personOf } from './coupons.ts';
import * as repository from './repository.ts';
import { type PhotoCatalog, priceSelection, type Selection, type SellablePhoto } from './selection.ts';
import { cartSummary, cartView } from './view.ts';

export type { ChosenLine, PhotoCatalog, Selection, SellablePhoto } from './selection.ts';
export type CartService = ReturnType<typeof createCartService>;
export interface CartDeps {
  db: Db;
  photos: PhotoCatalog;
  packages: PackagesService;
  coupons: CouponsService;
}
/** A line as devices replicate it. */
export interface ReplicatedLine {
  photoId: string;
  eventId: string;
  isSelected: boolean;
  revision: number;
  addedAt: Date;
  updatedAt: Date;
  deleted: boolean;
}
export interface LineChange {
  photoId: string;
  isSelected: boolean;
  deleted: boolean;
}
const mostLines = 2_000;

const replicated = (line: repository.CartLine): ReplicatedLine => ({
  photoId: line.photo_id,
  eventId: line.event_id,
  isSelected: line.is_selected,
  revision: line.revision,
  addedAt: line.added_at,
  updatedAt: line.updated_at,
  deleted: line.deleted_at !== null,
});

export function createCartService(deps: CartDeps) {
  const { db, photos, packages, coupons } = deps;

  async function select(at: DbOrTrx, userId: string, cart: repository.Cart | undefined, email?: string | null) {
    const lines = cart ? await repository.linesOf(at, cart.id) : [];
    const packageId = cart?.package_id ?? null;
    return priceSelection(deps, at, { userId, email, packageId, couponId: cart?.coupon_id ?? null, lines });
  }
  async function viewOf(at: DbOrTrx, userId: string): Promise<CartView> {
    const selection = await select(at, userId, await repository.findCart(at, userId));
    return cartView(selection, await repository.currentRevision(at, userId));
  }
  /** Runs a change under the cart's lock and answers the cart as it then is. */
  const change = (userId: string, work: (trx: Trx, cart: repository.Cart) => Promise<void>): Promise<CartView> =>
    db.transaction().execute(async (trx) => {
      await work(trx, await repository.lockCart(trx, userId));
      return viewOf(trx, userId);
    });
  const revisionOf = (trx: Trx, userId: string) => nextRevision(trx, scopes.cart(userId));

  /** What the photos are and cost now; throws photo.not_found, event.sales_closed or photo.not_for_sale. */
  async function newLines(trx: Trx, photoIds: readonly string[]): Promise<repository.NewLine[]> {
    const found = await photos.sellable(trx, photoIds);
    const missing = photoIds.filter((id) => !found.some((photo) => photo.id === id));
    if (missing.length > 0) throw new AppError('photo.not_found', { photoIds: missing });
    const refused = found.filter((photo) => !photo.isForSale);
    if (refused.length > 0) {
      const isClosed = refused.every((photo) => !photo.isSalesOpen);
      const code = isClosed ? 'event.sales_closed' : 'photo.not_for_sale';
      throw new AppError(code, { photoIds: refused.map((photo) => photo.id) });
    }
    return linesFor(trx, found);
  }
  async function linesFor(trx: Trx, found: readonly SellablePhoto[]): Promise<repository.NewLine[]> {
    const priced = await packages.pricedFor(trx, [...new Set(found.map((photo) => photo.eventId))]);
    return found.map((photo) => ({
      photoId: photo.id,
      eventId: photo.eventId,
      isSelected: true,
      seenPriceSatang: listPriceOf(photo, priced),
    }));
  }

  return {
    get: (userId: string): Promise<CartView> => viewOf(db, userId),
    async summary(userId: string): Promise<CartSummary> {
      return cartSummary(await select(db, userId, await repository.findCart(db, userId)));
    },
    /** Puts photos in; those that are in already stay, and are selected again. */
    add: (userId: string, photoIds: readonly string[]): Promise<CartView> =>
      change(userId, async (trx, cart) => {
        const lines = await newLines(trx, [...new Set(photoIds)]);
        const before = await repository.linesOf(trx, cart.id);
        const isIn = new Map(before.map((line) => [line.photo_id, line]));
        const added = lines.filter((line) => {
          const there = isIn.get(line.photoId);
          return !there?.is_selected || there.seen_price_satang !== line.seenPriceSatang;
        });
        if (added.length === 0) return;
        if (before.length + added.length > mostLines) {
          throw new AppError('request.invalid', { errors: [{ path: 'cart', message: `at most ${mostLines} photos` }] });
        }
        await repository.putLines(trx, cart.id, added, await revisionOf(trx, userId));
      }),
    setSelected: (userId: string, photoId: string, isSelected: boolean): Promise<CartView> =>
      change(userId, async (trx, cart) => {
        const line = await repository.findLine(trx, cart.id, photoId);
        if (!line || line.deleted_at) throw new AppError('cart.item_not_found');
        if (line.is_selected === isSelected) return;
        await repository.selectLine(trx, cart.id, photoId, isSelected, await revisionOf(trx, userId));
      }),
    remove: (userId: string, photoId: string): Promise<CartView> =>
      change(userId, async (trx, cart) => {
        const line = await repository.findLine(trx, cart.id, photoId);
        if (!line || line.deleted_at) throw new AppError('cart.item_not_found');
        await repository.dropLines(trx, cart.id, [photoId], await revisionOf(trx, userId));
      }),
    clear: (userId: string): Promise<CartView> =>
      change(userId, async (trx, cart) => {
        const lines = await repository.linesOf(trx, cart.id);
        await repository.setPackage(trx, cart.id, null);
        if (lines.length === 0) return;
        const ids = lines.map((line) => line.photo_id);
        await repository.dropLines(trx, cart.id, ids, await revisionOf(trx, userId));
      }),
    /** Throws package.not_found; cart.package_not_applicable when no event in the cart offers it. */
    choosePackage: (userId: string, packageId: string | null): Promise<CartView> =>
      change(userId, async (trx, cart) => {
        if (packageId !== null) {
          if (!(await packages.exists(trx, packageId))) throw new AppError('package.not_found');
          const lines = await repository.linesOf(trx, cart.id);
          const offered = await packages.pricedFor(trx, [...new Set(lines.map((line) => line.event_id))]);
          if (lines.length > 0 && !offered.some((each) => each.id === packageId))
            throw new AppError('cart.package_not_applicable');
        }
        await repository.setPackage(trx, cart.id, packageId);
      }),

    /** Puts a code in (null: takes it out). Throws the sentence that says why not; too many wrong ones: coupon.too_many_tries. */
    async useCoupon(
      who: { userId: string; email: string | null },
      code: string | null,
      address: string,
    ): Promise<CartView> {
      const coupon = code === null ? null : await coupons.redeemable(code, personOf(who.userId, who.email), address);
      return change(who.userId, async (trx, cart) => {
        if (coupon?.event_id) {
          const lines = await repository.linesOf(trx, cart.id);
          if (lines.length > 0 && !lines.some((line) => line.event_id === coupon.event_id))
            throw new AppError('coupon.other_event');
        }
        await repository.setCoupon(trx, cart.id, coupon?.id ?? null);
      });
    },
    /** The buyer has seen what changed: new prices count as seen, lines that cannot be bought leave. */
    acceptChanges: (userId: string, photoIds?: readonly string[]): Promise<CartView> =>
      change(userId, async (trx, cart) => {
        const { lines } = await select(trx, userId, cart);
        const meant = lines.filter(({ line }) => !photoIds || photoIds.includes(line.photo_id));
        const seen = meant.flatMap(({ line, status, listPriceSatang: priceSatang }) =>
          status === 'available' && priceSatang !== null && priceSatang !== line.seen_price_satang
            ? [{ photoId: line.photo_id, priceSatang }]
            : [],
        );
        await repository.seePrices(trx, cart.id, seen);
        const gone = meant.filter(({ status }) => status !== 'available').map(({ line }) => line.photo_id);
        if (gone.length > 0) await repository.dropLines(trx, cart.id, gone, await revisionOf(trx, userId));
      }),

    /** For placing an order: locks the cart until the transaction ends and prices it, or exactly `photoIds` of it and beyond it. */
    async lockSelection(
      trx: Trx,
      userId: string,
      email: string,
      photoIds?: readonly string[],
    ): Promise<Selection & { cartId: string }> {
      const cart = await repository.lockCart(trx, userId);
      if (!photoIds) return { ...(await select(trx, userId, cart, email)), cartId: cart.id };
      const found = await photos.sellable(trx, [...new Set(photoIds)]);
      const lines = found.map((photo) => ({
        photo_id: photo.id,
        event_id: photo.eventId,
        is_selected: true,
        seen_price_satang: null,
      }));
      const { package_id: packageId, coupon_id: couponId } = cart;
      return { ...(await priceSelection(deps, trx, { userId, email, packageId, couponId, lines })), cartId: cart.id };
    },
    /** What was ordered of a locked selection leaves the cart, with the chosen package, and with the coupon when the order has it. */
    async takeOut(
      trx: Trx,
      userId: string,
      { cartId, photoIds, withCoupon }: { cartId: string; photoIds: readonly string[]; withCoupon: boolean },
    ): Promise<void> {
      await repository.dropLines(trx, cartId, photoIds, await revisionOf(trx, userId));
      await repository.forgetChoice(trx, cartId, { withCoupon });
    },
    /** The coupon in this person's cart; they may use it for a shared cart, too. Locks the cart when asked. */
    async couponIdOf(at: DbOrTrx, userId: string): Promise<string | null> {
      return (await repository.findCart(at, userId))?.coupon_id ?? null;
    },
    async lockCouponId(trx: Trx, userId: string): Promise<string | null> {
      return (await repository.lockCart(trx, userId)).coupon_id;
    },
    /** The coupon went into an order. */
    async dropCoupon(trx: Trx, userId: string): Promise<void> {
      await repository.setCoupon(trx, (await repository.lockCart(trx, userId)).id, null);
    },
    /** Takes ordered photos out and forgets the chosen package; no effect on photos that are not in. */
    async consume(trx: Trx, userId: string, photoIds: readonly string[]): Promise<void> {
      const cart = await repository.lockCart(trx, userId);
      const lines = await repository.linesOf(trx, cart.id);
      const mine = lines.filter((line) => photoIds.includes(line.photo_id)).map((line) => line.photo_id);
      if (mine.length === 0) return;
      await repository.dropLines(trx, cart.id, mine, await revisionOf(trx, userId));
      await repository.setPackage(trx, cart.id, null);
    },
    /** Puts the photos of a given-up order back, as far as they can still be sold, with the package and coupon they had. */
    async giveBack(
      trx: Trx,
      userId: string,
      photoIds: readonly string[],
      had: { packageId?: string | null; couponId?: string | null } = {},
    ): Promise<void> {
      const cart = await repository.lockCart(trx, userId);
      if (!cart.coupon_id && had.couponId) await repository.setCoupon(trx, cart.id, had.couponId);
      if (!cart.package_id && had.packageId && (await packages.exists(trx, had.packageId)))
        await repository.setPackage(trx, cart.id, had.packageId);
      const there = new Set((await repository.linesOf(trx, cart.id)).map((line) => line.photo_id));
      const found = (await photos.sellable(trx, photoIds)).filter((photo) => photo.isForSale && !there.has(photo.id));
      if (found.length === 0) return;
      const lines = await newLines(
        trx,
        found.map((photo) => photo.id),
      );
      await repository.putLines(trx, cart.id, lines, await revisionOf(trx, userId));
    },
    /** At sign-in the guest's lines join the account's cart; a photo that is in both stays once. */
    async joinGuest(trx: Trx, guestId: string, userId: string): Promise<void> {
      const guest = await repository.findCart(trx, guestId);
      if (!guest || guestId === userId) return;
      // Both carts, always in the same order, so that two joins cannot wait for each other.
      const [first, second] = [guestId, userId].sort() as [string, string];
      const locked = new Map([[first, await repository.lockCart(trx, first)]]);
      locked.set(second, await repository.lockCart(trx, second));
      await movePushes(trx, scopes.cart(guestId), scopes.cart(userId));
      const cart = locked.get(userId)!;
      const mine = await repository.linesOf(trx, guest.id);
      if (mine.length > 0) {
        const there = new Map((await repository.linesOf(trx, cart.id)).map((line) => [line.photo_id, line]));
        const moved = mine
          .filter((line) => !there.get(line.photo_id)?.is_selected)
          .map((line) => ({
            photoId: line.photo_id,
            eventId: line.event_id,
            isSelected: line.is_selected,
            seenPriceSatang: line.seen_price_satang,
          }));
        if (moved.length > 0) await repository.putLines(trx, cart.id, moved, await revisionOf(trx, userId));
        const ids = mine.map((line) => line.photo_id);
        await repository.dropLines(trx, guest.id, ids, await revisionOf(trx, guestId));
      }
      if (!cart.package_id && guest.package_id) await repository.setPackage(trx, cart.id, guest.package_id);
      if (!cart.coupon_id && guest.coupon_id) await repository.setCoupon(trx, cart.id, guest.coupon_id);
      if (guest.coupon_id) await repository.setCoupon(trx, guest.id, null);
    },

    /** Lines and tombstones after the checkpoint, in (revision, photo id) order. */
    async pullLines(at: DbOrTrx, userId: string, after: { revision: number; id: string }, limit: number) {
      return (await repository.changedSince(at, userId, after, limit)).map(replicated);
    },
    /** The line as the server has it, tombstones too; undefined when there never was one. */
    async findLine(at: DbOrTrx, userId: string, photoId: string): Promise<ReplicatedLine | undefined> {
      const cart = await repository.findCart(at, userId);
      const line = cart && (await repository.findLine(at, cart.id, photoId));
      return line && replicated(line);
    },
    /**
     * Applies what a device wants of one line and answers the line as it then is; a change that is there already raises no
     * revision. A photo that left the sale before this arrived is put in all the same: the cart shows it as no longer for sale, as it does with
     * those that left later, and nothing that was chosen is gone without a word. undefined: nothing to keep (removing what never was, or a
     * photo that nobody could choose).
     */
    async applyLine(trx: Trx, userId: string, wanted: LineChange): Promise<ReplicatedLine | undefined> {
      const cart = await repository.lockCart(trx, userId);
      const before = await repository.findLine(trx, cart.id, wanted.photoId);
      const isLive = before !== undefined && before.deleted_at === null;
      if (wanted.deleted ? !isLive : isLive && before.is_selected === wanted.isSelected)
        return before && replicated(before);
      if (wanted.deleted) {
        await repository.dropLines(trx, cart.id, [wanted.photoId], await revisionOf(trx, userId));
      } else if (isLive) {
        await repository.selectLine(trx, cart.id, wanted.photoId, wanted.isSelected, await revisionOf(trx, userId));
      } else {
        const [photo] = await photos.sellable(trx, [wanted.photoId]);
        const mayStay = photo && (photo.isForSale || (await photos.wasForSale(trx, photo.id)));
        if (!mayStay) return before && replicated(before);
        const [line] = await linesFor(trx, [photo]);
        const put = { ...line!, isSelected: wanted.isSelected };
        await repository.putLines(trx, cart.id, [put], await revisionOf(trx, userId));
      }
      return replicated((await repository.findLine(trx, cart.id, wanted.photoId))!);
    },
  };
}
