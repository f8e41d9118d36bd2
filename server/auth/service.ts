import { APIError } from 'better-auth/api';
import type { Request, Response } from 'express';
import { sql } from 'kysely';
import QRCode from 'qrcode';
import { AppError, type ErrorCode } from '#contracts/errors.ts';
import type { SessionAnswer } from '#contracts/http/auth.ts';
import type { Role } from '#contracts/http/route.ts';
import type { Viewer } from '#server/http/viewer.ts';
import type { Messages } from '#server/modules/messages/service.ts';
import type { Config } from '#server/platform/config.ts';
import type { Db, DbOrTrx } from '#server/platform/db.ts';
import { type BetterAuth, hashPassword, ipHeader, verifyPassword } from './better-auth.ts';
import type { createEmailLinks } from './email-links.ts';
import type { createLockout } from './lockout.ts';
import { requireStrongPassword } from './password.ts';
import { revokeSessions, type Sessions } from './sessions.ts';

export type AuthService = ReturnType<typeof createAuthService>;
type Language = 'th' | 'en';
interface Person {
  id: string;
  email: string;
  locale: string;
}
/** No address gets more sign-in mails than this in an hour, whoever asks for them. */
const mailsPerHour = 8;

const codes: Record<string, ErrorCode> = {
  INVALID_EMAIL_OR_PASSWORD: 'auth.invalid_credentials',
  INVALID_EMAIL: 'auth.invalid_credentials',
  INVALID_PASSWORD: 'auth.invalid_credentials',
  PASSWORD_TOO_LONG: 'auth.invalid_credentials',
  EMAIL_NOT_VERIFIED: 'auth.email_not_verified',
  BANNED_USER: 'auth.forbidden',
  INVALID_TOKEN: 'auth.token_invalid',
  USER_NOT_FOUND: 'auth.token_invalid',
  INVALID_CODE: 'auth.code_invalid',
  INVALID_BACKUP_CODE: 'auth.code_invalid',
  TOTP_NOT_ENABLED: 'auth.code_invalid',
  TWO_FACTOR_NOT_ENABLED: 'resource.conflict',
  TOTP_ALREADY_ENABLED: 'resource.conflict',
  INVALID_TWO_FACTOR_COOKIE: 'auth.code_invalid',
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: 'auth.locked',
  ACCOUNT_TEMPORARILY_LOCKED: 'auth.locked',
};
/** Runs a call of better-auth and puts its errors into our words. */
async function translated<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const code = error instanceof APIError ? codes[String(error.body?.code)] : undefined;
    throw code ? new AppError(code, {}, { cause: error }) : error;
  }
}

export function createAuthService(deps: {
  db: Db;
  config: Pick<Config, 'publicUrl'>;
  better: BetterAuth;
  sessions: Sessions;
  lockout: ReturnType<typeof createLockout>;
  links: ReturnType<typeof createEmailLinks>;
  messages: Pick<Messages, 'queue'>;
  joinGuest: (guestId: string, userId: string) => Promise<void>;
}) {
  const { db, better, sessions, lockout, links, config } = deps;

  const findByEmail = (email: string) =>
    db
      .selectFrom('users')
      .select(['id', 'email', 'locale', 'email_verified'])
      .where('email', '=', email)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();

  function headersOf(req: Request, cookie?: string): Headers {
    const headers = new Headers({ [ipHeader]: req.ip ?? '', 'user-agent': req.get('user-agent')?.slice(0, 500) ?? '' });
    if (cookie) headers.set('cookie', cookie);
    return headers;
  }
  /** As the caller's own session, for better-auth's endpoints that need one. */
  function ownHeaders(req: Request): Headers {
    const headers = headersOf(req);
    const token = sessions.tokenOf(req);
    if (token) headers.set('authorization', `Bearer ${sessions.signedToken(token)}`);
    return headers;
  }

  async function mayMail(executor: DbOrTrx, email: string): Promise<boolean> {
    const { sent } = await executor
      .selectFrom('messages')
      .select((eb) => eb.fn.countAll<number>().as('sent'))
      .where('recipient', '=', email)
      .where('template', 'like', 'auth.%')
      .where('created_at', '>', sql<Date>`now() - interval '1 hour'`)
      .executeTakeFirstOrThrow();
    return sent < mailsPerHour;
  }
  async function mail(
    trx: Parameters<Messages['queue']>[0],
    person: Person,
    template: 'auth.verify' | 'auth.reset' | 'auth.exists',
    token: string,
    link: string,
  ) {
    await deps.messages.queue(trx, {
      template,
      dedupeKey: `${template}-${person.id}-${token.slice(0, 16)}`,
      userId: person.id,
      recipient: person.email,
      language: person.locale as Language,
      payload: { link },
    });
  }
  const sendVerification = (person: Person, attempt: { passwordHash?: string; name?: string } = {}) =>
    db.transaction().execute(async (trx) => {
      if (!(await mayMail(trx, person.email))) return;
      const token = await links.issue(trx, { userId: person.id, ...attempt });
      await mail(trx, person, 'auth.verify', token, `${config.publicUrl}/api/auth/verify-email?token=${token}`);
    });

  /** Signs in: joins what the guest of this request owned, then answers tokens and sets the cookie. */
  async function enter(token: string, req: Request, res: Response): Promise<SessionAnswer> {
    const guest = req.viewer?.isGuest ? req.viewer : undefined;
    if (guest) {
      const found = await sessions.find(token);
      if (found && found.viewer.userId !== guest.userId) await deps.joinGuest(guest.userId, found.viewer.userId);
    }
    const { viewer: _viewer, ...answer } = await sessions.answer(token, res);
    return answer;
  }

  async function signIn(body: { email: string; password: string; code?: string | undefined }, req: Request) {
    const first = await translated(
      better.api.signInEmail({
        body: { email: body.email, password: body.password },
        headers: headersOf(req),
        returnHeaders: true,
      }),
    );
    if (!('twoFactorRedirect' in first.response)) return first.response.token;
    if (!body.code) throw new AppError('auth.two_factor_required');
    const cookie = first.headers
      .getSetCookie()
      .map((line) => line.split(';')[0]!)
      .filter((pair) => pair.includes('two_factor='))
      .join('; ');
    const headers = headersOf(req, cookie);
    const second = /^\d{6}$/.test(body.code)
      ? await translated(better.api.verifyTOTP({ body: { code: body.code }, headers, returnHeaders: true }))
      : await translated(better.api.verifyBackupCode({ body: { code: body.code }, headers, returnHeaders: true }));
    const token = sessions.tokenSetBy(second.headers);
    if (!token) throw new AppError('auth.code_invalid');
    return token;
  }

  /** Throws auth.invalid_credentials; counts towards the lock. */
  async function checkPassword(viewer: Viewer, password: string, ipAddress: string | null): Promise<void> {
    if (!viewer.email) throw new AppError('auth.required');
    await lockout.attempt(viewer.email, ipAddress, async () => {
      const account = await db
        .selectFrom('accounts')
        .select('password')
        .where('user_id', '=', viewer.userId)
        .where('provider_id', '=', 'credential')
        .executeTakeFirst();
      if (!account?.password || !(await verifyPassword(account.password, password)))
        throw new AppError('auth.invalid_credentials');
    });
  }

  return {
    checkPassword,
    async register(
      body: { email: string; password: string; name: string; locale?: Language | undefined },
      req: Request,
    ) {
      requireStrongPassword(body.password);
      if (body.email.endsWith('.invalid')) {
        throw new AppError('request.invalid', {
          errors: [{ path: 'body.email', message: 'an address that can receive mail' }],
        });
      }
      const locale = body.locale ?? (req.acceptsLanguages('th', 'en') === 'en' ? 'en' : 'th');
      let existing = await findByEmail(body.email);
      if (!existing) {
        await translated(
          better.api.signUpEmail({
            body: { email: body.email, password: body.password, name: body.name, locale },
            headers: headersOf(req),
          }),
        );
        const created = await findByEmail(body.email);
        if (created && !created.email_verified) await sendVerification(created);
        return;
      }
      const passwordHash = await hashPassword(body.password);
      existing = (await findByEmail(body.email)) ?? existing;
      if (!existing.email_verified) return sendVerification(existing, { passwordHash, name: body.name });
      const person = existing;
      await db.transaction().execute(async (trx) => {
        if (!(await mayMail(trx, person.email))) return;
        await mail(trx, person, 'auth.exists', String(Date.now()), `${config.publicUrl}/sign-in`);
      });
    },
    async login(body: { email: string; password: string; code?: string | undefined }, req: Request, res: Response) {
      const token = await lockout.attempt(body.email, req.ip ?? null, async () => {
        try {
          return await signIn(body, req);
        } catch (error) {
          if (error instanceof AppError && error.code === 'auth.email_not_verified') {
            const person = await findByEmail(body.email);
            if (person) await sendVerification(person);
          }
          throw error;
        }
      });
      return enter(token, req, res);
    },
    refresh: sessions.refresh,
    async logout(req: Request, res: Response) {
      if (req.viewer) await sessions.end(req.viewer.sessionId);
      sessions.clearCookie(res);
    },
    async forgotPassword(email: string, req: Request) {
      await translated(better.api.requestPasswordReset({ body: { email }, headers: headersOf(req) }));
    },
    /** Called by better-auth with the token it made. */
    async sendResetLink(userId: string, token: string) {
      await db.transaction().execute(async (trx) => {
        const person = await trx
          .selectFrom('users')
          .select(['id', 'email', 'locale'])
          .where('id', '=', userId)
          .where('is_anonymous', '=', false)
          .where('deleted_at', 'is', null)
          .executeTakeFirst();
        if (person && (await mayMail(trx, person.email)))
          await mail(trx, person, 'auth.reset', token, `${config.publicUrl}/reset?token=${encodeURIComponent(token)}`);
      });
    },
    /** Whoever could read the mail owns the address: it counts as confirmed, and a lock is lifted. */
    async passwordWasReset(userId: string) {
      const person = await db
        .updateTable('users')
        .set({ email_verified: true, updated_at: sql<Date>`now()` })
        .where('id', '=', userId)
        .returning('email')
        .executeTakeFirst();
      await revokeSessions(db, userId);
      if (person) await lockout.unlock(person.email);
    },
    async resetPassword(body: { token: string; password: string }, req: Request) {
      requireStrongPassword(body.password);
      await translated(
        better.api.resetPassword({
          body: { token: body.token, newPassword: body.password },
          headers: headersOf(req),
        }),
      );
    },
    async changePassword(
      viewer: Viewer,
      body: { currentPassword: string; newPassword: string },
      req: Request,
      res: Response,
    ): Promise<SessionAnswer> {
      requireStrongPassword(body.newPassword);
      await checkPassword(viewer, body.currentPassword, req.ip ?? null);
      const { headers } = await translated(
        better.api.changePassword({
          body: { ...body, revokeOtherSessions: true },
          headers: ownHeaders(req),
          returnHeaders: true,
        }),
      );
      const token = sessions.tokenSetBy(headers);
      if (!token) throw new AppError('auth.required');
      return enter(token, req, res);
    },
    /** undefined session: the address was confirmed before. Throws auth.token_invalid. */
    async verifyEmail(token: string, req: Request, res: Response): Promise<SessionAnswer | null> {
      const result = await links.confirm(token);
      if (result.kind === 'invalid') throw new AppError('auth.token_invalid');
      if (result.kind === 'already') return null;
      const context = await better.$context;
      const session = await context.internalAdapter.createSession(result.userId, false, {
        ipAddress: req.ip ?? '',
        userAgent: req.get('user-agent')?.slice(0, 500) ?? '',
      });
      return enter(session.token, req, res);
    },
    async resendVerification(email: string) {
      const person = await findByEmail(email);
      if (person && !person.email_verified && !email.endsWith('.invalid')) await sendVerification(person);
    },
    async createGuest(req: Request, res: Response) {
      const { token, user } = await better.api.signInAnonymous({ headers: headersOf(req) });
      if (req.acceptsLanguages('th', 'en') === 'en')
        await db.updateTable('users').set({ locale: 'en' }).where('id', '=', user.id).execute();
      const found = await sessions.find(token);
      if (!found) throw new AppError('server.unavailable');
      sessions.setCookie(res, token);
      // For programs that keep no cookies.
      res.setHeader('set-auth-token', token);
      return { ...found, token };
    },
    async listSessions(viewer: Viewer) {
      const rows = await db
        .selectFrom('sessions')
        .select(['id', 'user_agent', 'ip_address', 'created_at', 'expires_at'])
        .where('user_id', '=', viewer.userId)
        .where('expires_at', '>', sql<Date>`now()`)
        .orderBy('created_at', 'desc')
        .limit(100)
        .execute();
      return rows.map((row) => ({
        id: row.id,
        isCurrent: row.id === viewer.sessionId,
        userAgent: row.user_agent || null,
        ipAddress: row.ip_address || null,
        createdAt: row.created_at.toISOString(),
        expiresAt: row.expires_at.toISOString(),
      }));
    },
    async revokeSession(viewer: Viewer, sessionId: string) {
      const gone = await db
        .deleteFrom('sessions')
        .where('id', '=', sessionId)
        .where('user_id', '=', viewer.userId)
        .returning('id')
        .executeTakeFirst();
      if (!gone) throw new AppError('resource.not_found');
    },
    async enableTwoFactor(viewer: Viewer, password: string, req: Request) {
      await checkPassword(viewer, password, req.ip ?? null);
      const answer = await translated(better.api.enableTwoFactor({ body: { password }, headers: ownHeaders(req) }));
      if (answer.method !== 'totp') throw new AppError('resource.conflict');
      const totpUri = answer.totpURI;
      return {
        totpUri,
        secret: new URL(totpUri).searchParams.get('secret') ?? '',
        qr: await QRCode.toString(totpUri, { type: 'svg', margin: 2, errorCorrectionLevel: 'M' }),
        backupCodes: answer.backupCodes,
      };
    },
    /** Throws resource.conflict while the second factor is off. */
    async renewBackupCodes(viewer: Viewer, password: string, req: Request) {
      await checkPassword(viewer, password, req.ip ?? null);
      const { backupCodes } = await translated(
        better.api.generateBackupCodes({ body: { password }, headers: ownHeaders(req) }),
      );
      return { backupCodes };
    },
    async confirmTwoFactor(code: string, req: Request, res: Response): Promise<SessionAnswer> {
      const { headers } = await translated(
        better.api.verifyTOTP({ body: { code }, headers: ownHeaders(req), returnHeaders: true }),
      );
      return enter(sessions.tokenSetBy(headers) ?? sessions.tokenOf(req)!, req, res);
    },
    async disableTwoFactor(viewer: Viewer, password: string, req: Request, res: Response): Promise<SessionAnswer> {
      await checkPassword(viewer, password, req.ip ?? null);
      const { headers } = await translated(
        better.api.disableTwoFactor({ body: { password }, headers: ownHeaders(req), returnHeaders: true }),
      );
      return enter(sessions.tokenSetBy(headers) ?? sessions.tokenOf(req)!, req, res);
    },
    /** An account that is confirmed already: for seeds, the first admin, and tests. Answers the id; again changes nothing. */
    async createAccount(account: { email: string; password: string; name: string; role?: Role; locale?: Language }) {
      const password = await hashPassword(account.password);
      return db.transaction().execute(async (trx) => {
        const created = await trx
          .insertInto('users')
          .values({
            email: account.email.toLowerCase(),
            name: account.name,
            role: account.role ?? 'customer',
            locale: account.locale ?? 'th',
            email_verified: true,
          })
          .onConflict((c) => c.column('email').doNothing())
          .returning('id')
          .executeTakeFirst();
        if (!created) {
          const found = await trx
            .selectFrom('users')
            .select('id')
            .where('email', '=', account.email.toLowerCase())
            .executeTakeFirstOrThrow();
          return found.id;
        }
        await trx
          .insertInto('accounts')
          .values({ user_id: created.id, account_id: created.id, provider_id: 'credential', password })
          .execute();
        return created.id;
      });
    },
  };
}
