import { consentTexts } from '#contracts/consents.ts';
import { lang } from '../i18n/i18n.ts';
import { api } from './api.ts';
import type { Answer, Body } from './contract.ts';
import { ensureSession } from './session.ts';

export type Consent = Answer<'POST /api/consents'>;

const KEY = 'px.consents';

interface Kept {
  id: string;
  userId: string | null;
  expiresAt: string | null;
}

function readKept(): Record<string, Kept> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}') as Record<string, Kept>;
  } catch {
    return {};
  }
}

function writeKept(kept: Record<string, Kept>): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // asked again next time
  }
}

/** The live consent to face search at this event that this device knows of; null: ask. */
export function keptConsent(eventId: string, userId: string | null): string | null {
  const kept = readKept()[eventId];
  if (!kept || kept.userId !== userId) return null;
  return kept.expiresAt === null || Date.parse(kept.expiresAt) > Date.now() ? kept.id : null;
}

export function keepConsent(eventId: string, consent: Consent, userId: string | null): void {
  writeKept({ ...readKept(), [eventId]: { id: consent.id, userId, expiresAt: consent.expiresAt } });
}

/** After a withdrawal, or when the server no longer accepts it. */
export function dropConsent(idOrEventId: string): void {
  const kept = readKept();
  for (const [eventId, each] of Object.entries(kept))
    if (eventId === idOrEventId || each.id === idOrEventId) delete kept[eventId];
  writeKept(kept);
}

export const dropAllConsents = (): void => writeKept({});

/** What is sent when somebody turns the switch: exactly the text that was on the screen. */
export const consentGrant = (
  eventId: string,
  purpose: 'face_search' | 'selfie_upload' | 'hide_me' = 'face_search',
): Body<'POST /api/consents'> => ({
  purpose,
  eventId,
  textVersion: consentTexts[purpose].version,
  language: lang.value,
  method: 'switch',
});

/** `key`: the same for the same turn of the switch, also when it has to go through the outbox after all. */
export async function grantConsent(
  eventId: string,
  purpose: 'face_search' | 'selfie_upload' | 'hide_me' = 'face_search',
  key: string = crypto.randomUUID(),
): Promise<Consent> {
  await ensureSession();
  return api('POST /api/consents', { body: consentGrant(eventId, purpose), idempotencyKey: key });
}

/** Everything this person agreed to, newest first. */
export async function allConsents(): Promise<Consent[]> {
  const found: Consent[] = [];
  let cursor: string | undefined;
  do {
    const page = await api('GET /api/consents', { query: { cursor, limit: 100 } });
    found.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  return found;
}
