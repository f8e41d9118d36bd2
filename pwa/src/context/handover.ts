import { photoUrls } from '#contracts/sync/photos.ts';
import { addToCart, cart, isInCart } from './cart.ts';

/** LINE opens an address with this in the browser of the phone. */
const EXTERNAL = 'openExternalBrowser';
/** The cart of the other browser: `event~photo~photo.event~photo`, ids packed. Only ids that anybody may see. */
const CARRIED = 'cart';
/** Addresses get no longer than browsers and LINE take. */
const MOST_PHOTOS = 60;

const pack = (id: string): string => {
  const bytes = id.replaceAll('-', '').match(/../g) ?? [];
  const text = btoa(String.fromCharCode(...bytes.map((hex) => Number.parseInt(hex, 16))));
  return text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
};
/** Undefined for what is no packed id. */
const unpack = (packed: string): string | undefined => {
  if (!/^[\w-]{22}$/.test(packed)) return undefined;
  const bytes = atob(packed.replaceAll('-', '+').replaceAll('_', '/'));
  const hex = [...bytes].map((char) => char.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

/** This page's address for the phone's own browser, with the cart of this one. */
export function externalAddress(address: string): string {
  const url = new URL(address);
  url.searchParams.set(EXTERNAL, '1');
  const byEvent = new Map<string, string[]>();
  for (const { eventId, photoId } of cart.value.lines.slice(0, MOST_PHOTOS))
    byEvent.set(eventId, [...(byEvent.get(eventId) ?? []), photoId]);
  const carried = [...byEvent].map(([eventId, photoIds]) => [eventId, ...photoIds].map(pack).join('~'));
  if (carried.length > 0) url.searchParams.set(CARRIED, carried.join('.'));
  return url.href;
}

/** Call once: takes over what another browser of this person handed on, and cleans the address. */
export function takeHandover(): void {
  const url = new URL(window.location.href);
  if (!url.searchParams.has(EXTERNAL)) return;
  for (const group of (url.searchParams.get(CARRIED) ?? '').split('.')) {
    const [eventId, ...photoIds] = group.split('~').map(unpack);
    if (!eventId) continue;
    const fresh = photoIds.filter((id) => id !== undefined).filter((id) => !isInCart(id));
    addToCart(
      ...fresh.map((id) => ({
        id,
        eventId,
        width: null,
        height: null,
        focus: null,
        placeholderColor: null,
        priceSatang: null,
        thumbnails: photoUrls(id).thumbnails,
      })),
    );
  }
  url.searchParams.delete(EXTERNAL);
  url.searchParams.delete(CARRIED);
  history.replaceState(history.state, '', url.pathname + url.search + url.hash);
}
