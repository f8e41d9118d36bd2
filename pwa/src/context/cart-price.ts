import { type PackageOption, type PricedPackage, packageOptions, type QuoteInput, quote } from '#contracts/pricing.ts';
import { type EventPackage, loadPackages } from '../data/packages.ts';
import { cart, cartPrice } from './cart.ts';
import { cartChoice, cartFacts } from './cart-choice.ts';

const offers = new Map<string, readonly PricedPackage[]>();
const names = new Map<string, Pick<EventPackage, 'nameTh' | 'nameEn'>>();
const asked = new Set<string>();

/** Prices on the device, by the code that the server runs; again with every change of the cart. Works without signal. */
export function startCartPrice(): void {
  cart.watch(price);
  cartChoice.watch(price);
  cartFacts.watch(price);
  price();
}

/** What quote() needs of this device's cart; null while the prices of an event are unknown. Lines that cannot be bought are left out. */
export function quoteInput(): QuoteInput | null {
  const { lines, photos } = cart.value;
  const eventIds = [...new Set(lines.map((line) => line.eventId))];
  if (!eventIds.every((eventId) => offers.has(eventId))) return null;
  const { packageId, coupon } = cartChoice.value;
  const facts = cartFacts.value;
  // What the server said last goes before what the photo cost when it was put in.
  const ownPrice = (photoId: string): number | null =>
    photoId in facts.ownPrices ? facts.ownPrices[photoId]! : (photos[photoId]?.priceSatang ?? null);
  return {
    photos: lines
      .filter(({ photoId }) => (facts.lines[photoId]?.status ?? 'available') === 'available')
      .map(({ photoId, eventId }) => ({ id: photoId, eventId, priceSatang: ownPrice(photoId) })),
    packages: eventIds.flatMap((eventId) => offers.get(eventId) ?? []),
    forcedPackageId: packageId,
    unlimitedEventIds: facts.unlimitedEventIds,
    coupon: coupon && !coupon.problem ? coupon.terms : null,
  };
}

function price(): void {
  const { lines } = cart.value;
  if (lines.length === 0) {
    cartPrice.set(null);
    return;
  }
  for (const eventId of new Set(lines.map((line) => line.eventId))) ask(eventId);
  const input = quoteInput();
  if (input) cartPrice.set(quote(input));
}

function ask(eventId: string): void {
  if (asked.has(eventId)) return;
  asked.add(eventId);
  void loadOffers(eventId);
}
function loadOffers(eventId: string): Promise<unknown> {
  return loadPackages(eventId, (packages) => {
    // Offers come as this event's own, so that two events in one cart keep their prices.
    offers.set(
      eventId,
      packages.map(({ id, kind, photoCount, priceSatang }) => ({ id, kind, photoCount, priceSatang, eventId })),
    );
    for (const { id, nameTh, nameEn } of packages) names.set(id, { nameTh, nameEn });
    price();
  }).catch(() => asked.delete(eventId));
}
/** Prices may have changed since they were loaded: asks again, for the events in the cart. */
export const refreshOffers = (): Promise<unknown> =>
  Promise.all([...new Set(cart.value.lines.map((line) => line.eventId))].map(loadOffers));

/** The packages the buyer may insist on, with what the cart would cost. */
export function cartOptions(): PackageOption[] {
  const input = quoteInput();
  return input ? packageOptions(input) : [];
}
export const packageName = (id: string): Pick<EventPackage, 'nameTh' | 'nameEn'> | undefined => names.get(id);

/** What one more photo of this event would add to the total; null while prices are unknown. */
export function nextPhotoSatang(): number | null {
  const last = cart.value.lines.at(-1);
  const now = cartPrice.value;
  const input = quoteInput();
  if (!last || !now || !input) return null;
  const next = { id: 'next', eventId: last.eventId, priceSatang: null };
  const more = quote({ ...input, photos: [...input.photos, next] });
  return more.unpricedPhotoIds.includes('next') ? null : more.totalSatang - now.totalSatang;
}
