import { api } from './api.ts';
import type { Answer, Body } from './contract.ts';
import { type Effect, enqueue, waiting } from './outbox.ts';
import { session } from './session.ts';

export type Hide = Answer<'GET /api/face/hide'>['items'][number];

/** Wishes of this person to be hidden, newest first; none without a session. */
export async function loadHides(): Promise<readonly Hide[]> {
  if (session.value.known && !session.value.user) return [];
  return (await api('GET /api/face/hide')).items;
}

/** What stands at an event, else what became of the last wish there. */
export function hideAt(hides: readonly Hide[], eventId: string): Hide | null {
  const here = hides.filter((hide) => hide.eventId === eventId);
  return here.find(isStanding) ?? here[0] ?? null;
}
export const isStanding = ({ status }: Hide): boolean => status === 'requested' || status === 'confirmed';

/**
 * The wish, now or when there is signal: only numbers, never the picture. The consent is asked for first when it was given without
 * signal. `onSettled` tells what became of it, under the kind `hide`.
 */
export function hideMe(
  event: { id: string; slug: string },
  query: { engine: string; descriptor: ArrayLike<number> },
  consent: { id: string } | { grant: Body<'POST /api/consents'>; key: string },
): Promise<Effect> {
  const isKnown = 'id' in consent;
  return enqueue({
    kind: 'hide',
    method: 'POST',
    path: '/api/face/hide',
    body: {
      eventId: event.id,
      engine: query.engine,
      descriptor: Array.from(query.descriptor, (value) => Math.round(value * 1e6) / 1e6),
      ...(isKnown && { consentId: consent.id }),
    },
    before: isKnown
      ? []
      : [{ method: 'POST', path: '/api/consents', body: consent.grant, into: 'consentId', key: consent.key }],
    about: { eventId: event.id, slug: event.slug },
  });
}
/** The wish of this event that waits for signal. */
export const waitingHide = (eventId: string): Effect | undefined =>
  waiting.value.find(({ kind, about }) => kind === 'hide' && about?.eventId === eventId);

export const showMeAgain = (id: string): Promise<Hide> => api('DELETE /api/face/hide/:id', { params: { id } });

/** The way without a selfie: a person looks for the photos. */
export const askToHide = (eventId: string, words: { details: string; email?: string | undefined }): Promise<unknown> =>
  api('POST /api/privacy/requests', {
    body: { kind: 'hide', eventId, details: words.details, email: words.email || undefined },
    idempotencyKey: crypto.randomUUID(),
  });
