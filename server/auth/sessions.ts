import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import { sql } from 'kysely';
import { AppError } from '#contracts/errors.ts';
import type { SessionAnswer, UserView } from '#contracts/http/auth.ts';
import type { Role } from '#contracts/http/route.ts';
import type { Viewer } from '#server/http/viewer.ts';
import type { Config } from '#server/platform/config.ts';
import { randomToken, sha256Hex } from '#server/platform/crypto.ts';
import type { Db, DbOrTrx } from '#server/platform/db.ts';
import { sessionSeconds } from './better-auth.ts';

const refreshSeconds = 90 * 24 * 3600;
/** A session in use is prolonged at most once a day. */
const slideAfterSeconds = 24 * 3600;

export type Sessions = ReturnType<typeof createSessions>;
interface FoundSession {
  viewer: Viewer;
  user: UserView;
  expiresAt: Date;
}

/** Our side of better-auth's sessions: reading them in one query, cookies, refresh tokens, ending them. */
export function createSessions(deps: { db: Db; config: Pick<Config, 'publicUrl' | 'secrets'> }) {
  const { db, config } = deps;
  const isSecure = config.publicUrl.startsWith('https:');
  const cookieName = `${isSecure ? '__Secure-' : ''}tps.session_token`;
  const cookieOptions = { httpOnly: true, sameSite: 'lax', path: '/', secure: isSecure } as const;

  // better-auth's cookie: encodeURIComponent(token.base64(HMAC-SHA256(token))).
  const sign = (token: string) => createHmac('sha256', config.secrets.auth).update(token).digest('base64');
  function openSigned(value: string): string | undefined {
    const dot = value.lastIndexOf('.');
    if (dot < 1) return undefined;
    const token = value.slice(0, dot);
    const given = Buffer.from(value.slice(dot + 1));
    const expected = Buffer.from(sign(token));
    return given.length === expected.length && timingSafeEqual(given, expected) ? token : undefined;
  }
  function decode(text: string): string {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  }
  function cookieToken(req: Request): string | undefined {
    const header = req.headers.cookie;
    if (!header) return undefined;
    for (const part of header.split(';')) {
      const equals = part.indexOf('=');
      if (equals > 0 && part.slice(0, equals).trim() === cookieName)
        return openSigned(decode(part.slice(equals + 1).trim()));
    }
    return undefined;
  }
  function bearerToken(req: Request): string | undefined {
    const match = /^bearer +(\S{1,300})$/i.exec(req.headers.authorization?.trim() ?? '');
    if (!match) return undefined;
    const value = decode(match[1]!);
    return value.includes('.') ? openSigned(value) : value;
  }
  const hasBearer = (req: Request) => /^bearer /i.test(req.headers.authorization ?? '');
  /** A bearer token decides where there is one, even a bad one; else the cookie. */
  const tokenOf = (req: Request): string | undefined => (hasBearer(req) ? bearerToken(req) : cookieToken(req));

  async function find(token: string): Promise<FoundSession | null> {
    const row = await db
      .selectFrom('sessions as s')
      .innerJoin('users as u', 'u.id', 's.user_id')
      .select(['s.id as sessionId', 's.expires_at', 'u.id', 'u.name', 'u.role', 'u.email', 'u.locale'])
      .select(['u.is_anonymous', 'u.email_verified', 'u.two_factor_enabled'])
      .where('s.token', '=', token)
      .where('s.expires_at', '>', sql<Date>`now()`)
      .where('u.deleted_at', 'is', null)
      .where((eb) => eb.or([eb('u.banned', '=', false), eb('u.ban_expires', '<', sql<Date>`now()`)]))
      .executeTakeFirst();
    if (!row) return null;
    const role = row.role as Role;
    const locale = row.locale as 'th' | 'en';
    const email = row.is_anonymous ? null : row.email;
    return {
      viewer: { userId: row.id, role, isGuest: row.is_anonymous, sessionId: row.sessionId, email, locale },
      user: {
        id: row.id,
        name: row.name,
        email,
        role,
        locale,
        isGuest: row.is_anonymous,
        emailVerified: row.email_verified,
        twoFactorEnabled: row.two_factor_enabled,
      },
      expiresAt: row.expires_at,
    };
  }

  const setCookie = (res: Response, token: string) =>
    res.cookie(cookieName, `${token}.${sign(token)}`, { ...cookieOptions, maxAge: sessionSeconds * 1000 });

  /** Prolongs a session that is used, at most once a day. */
  async function slide(found: FoundSession, token: string, req: Request): Promise<void> {
    const left = found.expiresAt.getTime() - Date.now();
    if (left > (sessionSeconds - slideAfterSeconds) * 1000) return;
    found.expiresAt = new Date(Date.now() + sessionSeconds * 1000);
    await db
      .updateTable('sessions')
      .set({ expires_at: found.expiresAt, updated_at: sql<Date>`now()` })
      .where('id', '=', found.viewer.sessionId)
      .execute();
    if (req.res && !req.res.headersSent && !hasBearer(req)) setCookie(req.res, token);
  }

  async function current(req: Request): Promise<FoundSession | null> {
    const token = tokenOf(req);
    const found = token ? await find(token) : null;
    if (found && token) await slide(found, token, req);
    return found;
  }

  /** Gives the session of `token` a fresh refresh token, sets the cookie, and answers what a program keeps. */
  async function answer(token: string, res: Response): Promise<SessionAnswer & { viewer: Viewer }> {
    const refreshToken = randomToken();
    await db
      .updateTable('sessions')
      .set({
        refresh_token_hash: sha256Hex(refreshToken),
        refresh_expires_at: new Date(Date.now() + refreshSeconds * 1000),
      })
      .where('token', '=', token)
      .execute();
    const found = await find(token);
    if (!found) throw new AppError('auth.required');
    setCookie(res, token);
    return { ...found, token, refreshToken, expiresAt: found.expiresAt.toISOString() };
  }

  /**
   * Trades a refresh token for new tokens of the same session; the old ones stop working at once. A refresh token that was
   * traded already means that two hold it: the session ends. Throws auth.refresh_invalid.
   */
  async function refresh(refreshToken: string, res: Response): Promise<SessionAnswer> {
    const given = sha256Hex(refreshToken);
    const next = { token: randomToken(24).replace(/[-_]/g, 'x'), refreshToken: randomToken() };
    const expiresAt = new Date(Date.now() + sessionSeconds * 1000);
    const traded = await db
      .updateTable('sessions')
      .set({
        token: next.token,
        expires_at: expiresAt,
        refresh_token_hash: sha256Hex(next.refreshToken),
        replaced_refresh_hash: given,
        refresh_expires_at: new Date(Date.now() + refreshSeconds * 1000),
        updated_at: sql<Date>`now()`,
      })
      .where('refresh_token_hash', '=', given)
      .where('refresh_expires_at', '>', sql<Date>`now()`)
      .returning('id')
      .executeTakeFirst();
    const found = traded ? await find(next.token) : null;
    if (!found) {
      await db.deleteFrom('sessions').where('replaced_refresh_hash', '=', given).execute();
      throw new AppError('auth.refresh_invalid');
    }
    setCookie(res, next.token);
    return { user: found.user, ...next, expiresAt: expiresAt.toISOString() };
  }

  return {
    current,
    find,
    answer,
    refresh,
    setCookie,
    tokenOf,
    signedToken: (token: string) => `${token}.${sign(token)}`,
    /** The session token that better-auth set in its answer's cookies, if any. */
    tokenSetBy(headers: Headers): string | undefined {
      for (const line of headers.getSetCookie()) {
        const [pair = ''] = line.split(';');
        const equals = pair.indexOf('=');
        if (pair.slice(0, equals) !== cookieName) continue;
        const token = openSigned(decode(pair.slice(equals + 1)));
        if (token) return token;
      }
      return undefined;
    },
    clearCookie: (res: Response) => res.clearCookie(cookieName, cookieOptions),
    end: (sessionId: string) => db.deleteFrom('sessions').where('id', '=', sessionId).execute(),
  };
}

/** Signs a person out everywhere, at once; `exceptId` stays. */
export async function revokeSessions(db: DbOrTrx, userId: string, exceptId?: string): Promise<void> {
  await db
    .deleteFrom('sessions')
    .where('user_id', '=', userId)
    .$if(exceptId !== undefined, (query) => query.where('id', '!=', exceptId!))
    .execute();
}
