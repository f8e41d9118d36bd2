import { html, type TemplateResult } from 'lit';
import { coverSrcset, coverUrl, photoIdOf } from '#contracts/first-screen.ts';
import type { EventView } from '../data/types.ts';

/** Pictures of the server's document that the app took over: the same node, so that nothing is decoded or painted twice. */
const taken = new Map<string, HTMLImageElement>();

function fromDocument(photoId: string): HTMLImageElement | undefined {
  const known = taken.get(photoId);
  if (known) return known;
  const found = document.querySelector<HTMLImageElement>(`px-app > .first img[data-photo="${CSS.escape(photoId)}"]`);
  if (!found || (found.complete && found.naturalWidth === 0)) return undefined;
  taken.set(photoId, found);
  return found;
}

/** A page that was left: its pictures are made anew when it comes back. */
export const forgetFirstImages = (): void => taken.clear();

/** An event's cover in the width that the screen wants. `isFirst`: what the eye falls on; fetched before everything else. */
export function coverImage(
  event: Pick<EventView, 'id' | 'coverUrl'>,
  sizes: string,
  isFirst: boolean,
): TemplateResult | HTMLImageElement | null {
  const { coverUrl: thumbnail } = event;
  const photoId = thumbnail && photoIdOf(thumbnail);
  if (!photoId) return null;
  const fallBack = (failed: Event): void => {
    // Not kept for offline in this width: the thumbnail may be.
    const image = failed.target as HTMLImageElement;
    if (image.getAttribute('src') === thumbnail) return;
    image.removeAttribute('srcset');
    image.src = thumbnail;
  };
  const standing = fromDocument(photoId);
  if (standing) {
    standing.onerror = (failed) => fallBack(failed as Event);
    return standing;
  }
  return html`<img
    data-photo=${photoId}
    sizes=${sizes}
    srcset=${coverSrcset(event.id, photoId)}
    src=${coverUrl(event.id, photoId, 960)}
    alt=""
    fetchpriority=${isFirst ? 'high' : 'auto'}
    loading=${isFirst ? 'eager' : 'lazy'}
    decoding="async"
    @error=${fallBack}
  />`;
}
