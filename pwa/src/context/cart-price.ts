import { type PricedPackage, quote } from '#contracts/pricing.ts';
import { loadPackages } from '../data/packages.ts';
import { cart, cartPrice } from './cart.ts';

const offers = new Map<string, readonly PricedPackage[]>();
const asked = new Set<string>();

/** Prices on the device, by the code that the server runs; again with every change of the cart. Works without signal. */
export function startCartPrice(): void {
  cart.watch(price);
  price();
}

function price(): void {
  const { lines, photos } = cart.value;
  if (lines.length === 0) {
    cartPrice.set(null);
    return;
  }
  const eventIds = [...new Set(lines.map((line) => line.eventId))];
  for (const eventId of eventIds) ask(eventId);
  if (!eventIds.every((eventId) => offers.has(eventId))) return;
  cartPrice.set(
    quote({
      photos: lines.map(({ photoId, eventId }) => ({
        id: photoId,
        eventId,
        priceSatang: photos[photoId]?.priceSatang ?? null,
      })),
      packages: eventIds.flatMap((eventId) => offers.get(eventId) ?? []),
    }),
  );
}

function ask(eventId: string): void {
  if (asked.has(eventId)) return;
  asked.add(eventId);
  loadPackages(eventId, (packages) => {
    // Offers come as this event's own, so that two events in one cart keep their prices.
    offers.set(
      eventId,
      packages.map(({ id, kind, photoCount, priceSatang }) => ({ id, kind, photoCount, priceSatang, eventId })),
    );
    price();
  }).catch(() => asked.delete(eventId));
}

/** What one more photo of this event would add to the total; null while prices are unknown. */
export function nextPhotoSatang(): number | null {
  const { lines, photos } = cart.value;
  const last = lines.at(-1);
  const now = cartPrice.value;
  if (!last || !now || !offers.has(last.eventId)) return null;
  const eventIds = [...new Set(lines.map((line) => line.eventId))];
  const more = quote({
    photos: [
      ...lines.map(({ photoId, eventId }) => ({
        id: photoId,
        eventId,
        priceSatang: photos[photoId]?.priceSatang ?? null,
      })),
      { id: 'next', eventId: last.eventId, priceSatang: null },
    ],
    packages: eventIds.flatMap((eventId) => offers.get(eventId) ?? []),
  });
  return more.unpricedPhotoIds.includes('next') ? null : more.totalSatang - now.totalSatang;
}
