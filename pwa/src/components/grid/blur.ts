import { thumbHashToDataURL } from 'thumbhash';

/** Drawn blurs, last used last; a screen of a desk shows about sixty. */
const drawn = new Map<string, string>();
const KEPT = 400;

/** Is it drawn already? Drawing takes a phone some milliseconds. */
export const hasBlur = (thumbHash: string): boolean => drawn.has(thumbHash);

/** `url("data:…")` of the blurred picture that stands until the photo is there; null where none is known. */
export function blurOf(thumbHash: string | null | undefined): string | null {
  if (!thumbHash) return null;
  let found = drawn.get(thumbHash);
  if (found === undefined) {
    found = draw(thumbHash);
    if (drawn.size >= KEPT) drawn.delete(drawn.keys().next().value!);
  } else drawn.delete(thumbHash);
  drawn.set(thumbHash, found);
  return found || null;
}

function draw(thumbHash: string): string {
  try {
    return `url("${thumbHashToDataURL(Uint8Array.from(atob(thumbHash), (char) => char.charCodeAt(0)))}")`;
  } catch {
    return ''; // made by nobody we know
  }
}
