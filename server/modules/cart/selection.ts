import { listPriceOf, type PricedPackage, type Quote, quote } from '#contracts/pricing.ts';
import { ownedPhotoIds, unlimitedEventIds } from '#server/modules/downloads/library.ts';
import type { PackagesService } from '#server/modules/packages/service.ts';
import type { SellablePhoto } from '#server/modules/photos/service.ts';
import type { DbOrTrx } from '#server/platform/db.ts';
import type { CartLine } from './repository.ts';

export type { SellablePhoto };
export interface PhotoCatalog {
  sellable(db: DbOrTrx, photoIds: readonly string[]): Promise<SellablePhoto[]>;
}

export type LineStatus = 'available' | 'withdrawn' | 'sales_closed' | 'owned';
export interface PricedLine {
  line: CartLine;
  photo: SellablePhoto | undefined;
  status: LineStatus;
  listPriceSatang: number | null;
}
/** A cart as it stands: each line's state, and the price of the lines that are selected and available. */
export interface Selection {
  lines: PricedLine[];
  quote: Quote;
  packageId: string | null;
}

const statusOf = (photo: SellablePhoto | undefined, isOwned: boolean): LineStatus => {
  if (isOwned) return 'owned';
  if (!photo) return 'withdrawn';
  if (photo.isForSale) return 'available';
  return photo.isSalesOpen ? 'withdrawn' : 'sales_closed';
};

/** Prices a user's lines with quote(); the only place where the server does. */
export async function priceSelection(
  deps: { photos: PhotoCatalog; packages: Pick<PackagesService, 'pricedFor'> },
  db: DbOrTrx,
  cart: { userId: string; packageId: string | null; lines: readonly CartLine[] },
): Promise<Selection> {
  const photoIds = cart.lines.map((line) => line.photo_id);
  const eventIds = [...new Set(cart.lines.map((line) => line.event_id))];
  // One after the other: inside a transaction there is one connection.
  const found = photoIds.length ? await deps.photos.sellable(db, photoIds) : [];
  const owned = await ownedPhotoIds(db, cart.userId, photoIds);
  const packages: PricedPackage[] = await deps.packages.pricedFor(db, eventIds);
  const unlimited = await unlimitedEventIds(db, cart.userId, eventIds);
  const photoOf = new Map(found.map((photo) => [photo.id, photo]));
  const lines = cart.lines.map((line): PricedLine => {
    const photo = photoOf.get(line.photo_id);
    const status = statusOf(photo, owned.has(line.photo_id));
    return { line, photo, status, listPriceSatang: photo ? listPriceOf(photo, packages) : null };
  });
  const chosen = lines.filter(({ line, status }) => line.is_selected && status === 'available');
  return {
    lines,
    packageId: cart.packageId,
    quote: quote({
      photos: chosen.map(({ photo }) => photo!),
      packages,
      forcedPackageId: cart.packageId,
      unlimitedEventIds: unlimited,
    }),
  };
}
