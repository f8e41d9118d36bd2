import { faceApiDescriptor } from '#contracts/descriptors.data.ts';
import { photoUrls } from '#contracts/sync/photos.ts';
import type { WantedSpaces } from '#face/browser/wanted.ts';
import { api, send } from './api.ts';
import { dropConsent } from './consents.ts';
import type { Answer, Body } from './contract.ts';
import { seen } from './events.ts';
import { kvDelete, kvGet, kvSet } from './kv.ts';
import { cancelEffect, enqueue, flush, onSettled, refreshWaiting, waiting } from './outbox.ts';
import { ApiProblem } from './problem.ts';
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
  /** How many pictures were averaged; null for a selfie that was sent. */
  frames: number | null;
  calibration: Calibration | null;
}

/** What the bands promise, as far as the server says it. */
export type Calibration = NonNullable<Answer<'GET /api/face/search/:id/results'>['calibration']>;

export const newSearch = (eventId: string, searchId: string, frames: number | null): SearchState => ({
  eventId,
  searchId,
  status: null,
  matches: [],
  verdicts: {},
  frames,
  calibration: null,
});

const keyOf = (eventId: string): string => `search:${eventId}`;

export const loadSearch = (eventId: string): Promise<SearchState | undefined> => kvGet('cache', keyOf(eventId));
export const keepSearch = (state: SearchState): Promise<void> => kvSet('cache', keyOf(state.eventId), state);
export const forgetSearch = (eventId: string): Promise<void> => kvDelete('cache', keyOf(eventId));

/**
 * In which space this event is searched, and what describes a face in it. Known from an earlier visit without signal; never asked
 * before and no signal: face-api's, which comes with the pages.
 */
export async function loadSpaces(eventId: string): Promise<WantedSpaces> {
  try {
    const view = await seen(
      `engine:${eventId}`,
      () => api('GET /api/face/engine', { query: { eventId } }),
      () => undefined,
    );
    return {
      spaces: [view.manifest],
      networks: view.networks.flatMap(({ manifest, url }) =>
        url !== null && manifest.kind === 'network' ? [{ manifest, url }] : [],
      ),
    };
  } catch (error) {
    if (error instanceof ApiProblem && error.isOffline) return { spaces: [faceApiDescriptor], networks: [] };
    throw error;
  }
}

/** Ready for the outbox: only numbers, never a picture. The consent is asked for first when it was given without signal. */
export function queueSearch(
  event: { id: string; slug: string },
  query: { engine: string; descriptor: ArrayLike<number>; frames: number },
  consent: { id: string } | { grant: Body<'POST /api/consents'>; key: string },
): Promise<unknown> {
  const numbers = Array.from(query.descriptor, (value) => Math.round(value * 1e6) / 1e6);
  const known = 'id' in consent;
  return enqueue({
    kind: 'search',
    method: 'POST',
    path: '/api/face/search',
    body: {
      eventId: event.id,
      descriptor: numbers,
      engine: query.engine,
      ...(known ? { consentId: consent.id } : {}),
    },
    before: known
      ? []
      : [{ method: 'POST', path: '/api/consents', body: consent.grant, into: 'consentId', key: consent.key }],
    about: { eventId: event.id, slug: event.slug, frames: String(query.frames) },
  });
}

/** The other way: the picture itself, now or not at all; it is never kept on the device. */
export async function uploadSelfie(eventId: string, picture: Blob, consentId: string): Promise<{ id: string }> {
  const form = new FormData();
  form.set('eventId', eventId);
  form.set('consentId', consentId);
  form.set('image', picture, 'selfie.jpg');
  return send('POST', '/api/face/search', { body: form, idempotencyKey: crypto.randomUUID(), timeoutMs: 60_000 });
}

/** Takes back what waits in the outbox for this event: a descriptor lies in it. */
async function cancelQueued(eventId: string): Promise<void> {
  await refreshWaiting();
  for (const effect of waiting.value) {
    const isOurs = effect.kind === 'search' || effect.kind === 'feedback';
    if (isOurs && effect.about?.eventId === eventId) await cancelEffect(effect.id);
  }
}

/**
 * Consent taken back: nothing of the search stays on this device, and nothing at the server once it hears of it. 'queued': it hears when
 * there is signal. Said by event, so that it also reaches a consent or a search whose answer never came here.
 */
export async function withdrawSearch(eventId: string): Promise<'done' | 'queued'> {
  await cancelQueued(eventId);
  await forgetSearch(eventId);
  dropConsent(eventId);
  const { id } = await enqueue({
    kind: 'withdraw',
    method: 'POST',
    path: '/api/consents/withdraw',
    body: { eventId },
    about: { eventId },
  });
  await flush();
  return waiting.value.some((effect) => effect.id === id) ? 'queued' : 'done';
}

export const readStatus = (id: string): Promise<SearchStatus> =>
  api('GET /api/face/search/:id/status', { params: { id } });

/** All matches, page by page: sure ones first, each band best first. `onPage` hears of each page as it comes. */
export async function readMatches(
  id: string,
  onPage?: (matches: Match[]) => void,
): Promise<{ matches: Match[]; calibration: Calibration | null }> {
  const matches: Match[] = [];
  let cursor: string | undefined;
  let calibration: Calibration | null = null;
  do {
    const page = await api('GET /api/face/search/:id/results', {
      params: { id },
      query: { cursor, limit: cursor ? 500 : 60 },
    });
    matches.push(...page.items);
    calibration = page.calibration;
    cursor = page.nextCursor ?? undefined;
    if (cursor) onPage?.([...matches]);
  } while (cursor);
  return { matches, calibration };
}

export const giveVerdict = (
  photoId: string,
  verdict: 'me' | 'not_me',
  { searchId, eventId }: { searchId: string; eventId: string },
): Promise<unknown> =>
  enqueue({
    kind: 'feedback',
    method: 'POST',
    path: '/api/face/feedback',
    body: { photoId, verdict, searchId },
    about: { photoId, eventId },
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
    void keepSearch(newSearch(eventId, id, Number(effect.about?.frames ?? 1))).then(() =>
      onStarted(eventId, effect.about?.slug ?? eventId),
    );
  });
}
