import { api } from './api.ts';
import type { Answer } from './contract.ts';
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

/** Only numbers go, never the picture. */
export const hideMe = (
  eventId: string,
  consentId: string,
  query: { engine: string; descriptor: ArrayLike<number> },
): Promise<Hide> =>
  api('POST /api/face/hide', {
    body: {
      eventId,
      consentId,
      engine: query.engine,
      descriptor: Array.from(query.descriptor, (value) => Math.round(value * 1e6) / 1e6),
    },
    idempotencyKey: crypto.randomUUID(),
  });

export const showMeAgain = (id: string): Promise<Hide> => api('DELETE /api/face/hide/:id', { params: { id } });

/** The way without a selfie: a person looks for the photos. */
export const askToHide = (eventId: string, words: { details: string; email?: string | undefined }): Promise<unknown> =>
  api('POST /api/privacy/requests', {
    body: { kind: 'hide', eventId, details: words.details, email: words.email || undefined },
    idempotencyKey: crypto.randomUUID(),
  });
