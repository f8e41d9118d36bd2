import { CURRENT_ENGINE } from '#contracts/pipeline.ts';
import { photoUrls } from '#contracts/sync/photos.ts';
import { api } from './api.ts';
import type { Answer, Body } from './contract.ts';
import { kvDelete, kvGet, kvSet } from './kv.ts';
import { enqueue, onSettled } from './outbox.ts';
import type { Photo } from './types.ts';

export type SearchStatus = Answer<'GET /api/face/search/:id/status'>;
export type Match = Answer<'GET /api/face/search/:id/results'>['items'][number];

/** Where this device stands with looking for its person at one event. */
export interface SearchState {
  eventId: string;
  /** Null while it waits in the outbox. */
  searchId: string | null;
  status: SearchStatus | null;
  matches: Match[];
  /** Answers given here that the server may not have yet. */
  verdicts: Record<string, 'me' | 'not_me'>;
}

const keyOf = (eventId: string): string => `search:${eventId}`;

export const loadSearch = (eventId: string): Promise<SearchState | undefined> => kvGet('cache', keyOf(eventId));
export const keepSearch = (state: SearchState): Promise<void> => kvSet('cache', keyOf(state.eventId), state);
export const forgetSearch = (eventId: string): Promise<void> => kvDelete('cache', keyOf(eventId));

/** Ready for the outbox: only numbers, never a picture. The consent is asked for first when it was given without signal. */
export function queueSearch(
  event: { id: string; slug: string },
  descriptor: ArrayLike<number>,
  consent: { id: string } | { grant: Body<'POST /api/consents'> },
): Promise<unknown> {
  const numbers = Array.from(descriptor, (value) => Math.round(value * 1e6) / 1e6);
  const known = 'id' in consent;
  return enqueue({
    kind: 'search',
    method: 'POST',
    path: '/api/face/search',
    body: {
      eventId: event.id,
      descriptor: numbers,
      engine: CURRENT_ENGINE,
      ...(known ? { consentId: consent.id } : {}),
    },
    before: known
      ? undefined
      : { kind: 'consent', method: 'POST', path: '/api/consents', body: consent.grant, into: 'consentId' },
    about: { eventId: event.id, slug: event.slug },
  });
}

export const readStatus = (id: string): Promise<SearchStatus> =>
  api('GET /api/face/search/:id/status', { params: { id } });

/** All matches, page by page: sure ones first, each band best first. */
export async function readMatches(id: string): Promise<Match[]> {
  const matches: Match[] = [];
  let cursor: string | undefined;
  do {
    const page = await api('GET /api/face/search/:id/results', { params: { id }, query: { cursor, limit: 500 } });
    matches.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  return matches;
}

export const giveVerdict = (photoId: string, verdict: 'me' | 'not_me', searchId: string): Promise<unknown> =>
  enqueue({
    kind: 'feedback',
    method: 'POST',
    path: '/api/face/feedback',
    body: { photoId, verdict, searchId },
    about: { photoId },
  });

export const matchToPhoto = (match: Match): Photo => ({
  id: match.photoId,
  eventId: match.eventId,
  width: match.width,
  height: match.height,
  takenAt: match.takenAt,
  placeholderColor: match.placeholderColor,
  focus: faceCentre(match) ?? match.focus,
  priceSatang: match.priceSatang,
  ...photoUrls(match.photoId),
  previewUrl: match.previewUrl,
});

/** The person's own face is what a crop must keep. */
function faceCentre({ box, width, height }: Match): { x: number; y: number } | null {
  if (!box || width <= 0 || height <= 0) return null;
  const [x, y, w, h] = box;
  const share = (value: number): number => Math.min(1, Math.max(0, value));
  return { x: share((x + w / 2) / width), y: share((y + h / 2) / height) };
}

/**
 * Takes the outcome of queued searches down, whichever page is open: the id when the server took it, nothing when it refused.
 * Call once; `onStarted` hears of each that started.
 */
export function watchQueuedSearches(onStarted: (eventId: string, slug: string) => void): void {
  onSettled((effect, result) => {
    const eventId = effect.about?.eventId;
    if (effect.kind !== 'search' || !eventId) return;
    if (!result.ok) return;
    const { id } = result.body as { id: string };
    void keepSearch({ eventId, searchId: id, status: null, matches: [], verdicts: {} }).then(() =>
      onStarted(eventId, effect.about?.slug ?? eventId),
    );
  });
}
