import { listPriceOf, type PricedPackage, type Quote, type QuoteInput, quote } from '#contracts/pricing.ts';
import { ownedPhotoIds, unlimitedEventIds } from '#server/modules/downloads/library.ts';
import type { PackagesService } from '#server/modules/packages/service.ts';
import type { SellablePhoto } from '#server/modules/photos/service.ts';
import type { DbOrTrx } from '#server/platform/db.ts';
import { type CouponProblem, type CouponRow, type CouponsService, personOf, termsOf } from './coupons.ts';

export type { SellablePhoto };
export interface PhotoCatalog {
  sellable(db: DbOrTrx, photoIds: readonly string[]): Promise<SellablePhoto[]>;
  wasForSale(db: DbOrTrx, photoId: string): Promise<boolean>;
}
export interface SelectionDeps {
  photos: PhotoCatalog;
  packages: Pick<PackagesService, 'pricedFor'>;
  coupons: Pick<CouponsService, 'find' | 'problemOf'>;
}

export type LineStatus = 'available' | 'withdrawn' | 'sales_closed' | 'owned';
/** A chosen photo, of one's own cart or of a shared one. */
export interface ChosenLine {
  photo_id: string;
  event_id: string;
  is_selected: boolean;
  seen_price_satang: number | null;
}
export interface PricedLine<L extends ChosenLine = ChosenLine> {
  line: L;
  photo: SellablePhoto | undefined;
  status: LineStatus;
  listPriceSatang: number | null;
}
/** A cart as it stands: each line's state, and the price of the lines that are selected and available. */
export interface Selection<L extends ChosenLine = ChosenLine> {
  lines: PricedLine<L>[];
  quote: Quote;
  /** What the quote was made from. */
  input: QuoteInput;
  packageId: string | null;
  /** With a problem it takes nothing off. */
  coupon: { row: CouponRow; problem: CouponProblem | null } | null;
}
export interface SelectionOf<L extends ChosenLine> {
  /** Who would buy: what they own already costs nothing more, and coupons count by person. */
  userId: string;
  email?: string | null | undefined;
  packageId: string | null;
  couponId: string | null;
  lines: readonly L[];
}

const statusOf = (photo: SellablePhoto | undefined, isOwned: boolean): LineStatus => {
  if (isOwned) return 'owned';
  if (!photo) return 'withdrawn';
  if (photo.isForSale) return 'available';
  return photo.isSalesOpen ? 'withdrawn' : 'sales_closed';
};

async function couponOf(deps: SelectionDeps, db: DbOrTrx, cart: SelectionOf<ChosenLine>): Promise<Selection['coupon']> {
  const row = cart.couponId ? await deps.coupons.find(db, cart.couponId) : undefined;
  if (!row) return null;
  return { row, problem: await deps.coupons.problemOf(db, row, personOf(cart.userId, cart.email)) };
}

/** Prices a user's lines with quote(); the only place where the server does. */
export async function priceSelection<L extends ChosenLine>(
  deps: SelectionDeps,
  db: DbOrTrx,
  cart: SelectionOf<L>,
): Promise<Selection<L>> {
  const photoIds = cart.lines.map((line) => line.photo_id);
  const eventIds = [...new Set(cart.lines.map((line) => line.event_id))];
  // One after the other: inside a transaction there is one connection.
  const found = photoIds.length ? await deps.photos.sellable(db, photoIds) : [];
  const owned = await ownedPhotoIds(db, cart.userId, photoIds);
  const packages: PricedPackage[] = await deps.packages.pricedFor(db, eventIds);
  const unlimited = await unlimitedEventIds(db, cart.userId, eventIds);
  const coupon = await couponOf(deps, db, cart);
  const photoOf = new Map(found.map((photo) => [photo.id, photo]));
  const priceOf = new Map<string, number | null>();
  const listPrice = (photo: SellablePhoto): number | null => {
    if (photo.priceSatang !== null) return photo.priceSatang;
    if (!priceOf.has(photo.eventId)) priceOf.set(photo.eventId, listPriceOf(photo, packages));
    return priceOf.get(photo.eventId)!;
  };
  const lines = cart.lines.map((line): PricedLine<L> => {
    const photo = photoOf.get(line.photo_id);
    const status = statusOf(photo, owned.has(line.photo_id));
    return { line, photo, status, listPriceSatang: photo ? listPrice(photo) : null };
  });
  const chosen = lines.filter(({ line, status }) => line.is_selected && status === 'available');
  const input: QuoteInput = {
    photos: chosen.map(({ photo }) => photo!),
    packages,
    forcedPackageId: cart.packageId,
    unlimitedEventIds: unlimited,
    coupon: coupon && !coupon.problem ? termsOf(coupon.row) : null,
  };
  return { lines, packageId: cart.packageId, coupon, input, quote: quote(input) };
}
