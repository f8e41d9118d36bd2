import { createHmac } from 'node:crypto';
import type { Request } from 'express';
import { createTokens, safeEqual } from '#server/platform/crypto.ts';

const cookiePrefix = 'tps.event.';
const validDays = 30;

/** Access codes are typed from a poster: case and outer spaces do not matter. */
const normal = (code: string) => code.normalize('NFKC').trim().toLocaleUpperCase('en');

/** Codes of events: kept as HMAC under a secret of ours; whoever typed one gets a signed token that dies with the code. */
export function createEventAccess(secret: string) {
  const tokens = createTokens(secret, 'event-access');
  const hash = (code: string) => createHmac('sha256', `${secret} event code`).update(normal(code)).digest('base64url');
  return {
    hash,
    fits: (code: string, codeHash: string) => safeEqual(hash(code), codeHash),
    issue(eventId: string, codeHash: string, now: Date): { token: string; expiresAt: Date } {
      const expiresAt = new Date(now.getTime() + validDays * 24 * 3600_000);
      return { token: tokens.issue({ event: eventId, code: codeHash.slice(0, 12) }, expiresAt), expiresAt };
    },
    /** The events that these tokens are for, each with the beginning of its code's hash at that time. */
    opened(given: readonly string[], now: Date): { eventId: string; code: string }[] {
      return given.flatMap((token) => {
        const read = tokens.read<{ event: string; code: string }>(token, now);
        return typeof read === 'object' ? [{ eventId: read.data.event, code: read.data.code }] : [];
      });
    },
    /** Does one of these tokens open the event, with the code it has now? */
    opens(given: readonly string[], eventId: string, codeHash: string, now: Date): boolean {
      return given.some((token) => {
        const read = tokens.read<{ event: string; code: string }>(token, now);
        return typeof read === 'object' && read.data.event === eventId && read.data.code === codeHash.slice(0, 12);
      });
    },
  };
}

export const accessCookie = (eventId: string) => ({
  name: `${cookiePrefix}${eventId}`,
  options: {
    httpOnly: true,
    sameSite: 'lax' as const,
    path: '/api',
    maxAge: validDays * 24 * 3600_000,
  },
});

/** The access tokens that a request carries: header X-Event-Access (comma separated) and cookies. */
export function eventAccessOf(req: Pick<Request, 'get'>): string[] {
  const header = (req.get('x-event-access') ?? '').split(',');
  const cookies = (req.get('cookie') ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(cookiePrefix))
    .map((pair) => decodeURIComponent(pair.slice(pair.indexOf('=') + 1)));
  return [...header.map((token) => token.trim()), ...cookies].filter(Boolean).slice(0, 50);
}
