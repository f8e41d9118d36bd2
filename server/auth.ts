import { toNodeHandler } from 'better-auth/node';
import type { Request, RequestHandler, Response } from 'express';
import { AppError } from '#contracts/errors.ts';
import type { Viewer } from '#server/http/viewer.ts';
import type { Messages } from '#server/modules/messages/service.ts';
import type { Cache } from '#server/platform/cache.ts';
import type { Config } from '#server/platform/config.ts';
import type { Db } from '#server/platform/db.ts';
import type { Logger } from '#server/platform/logger.ts';
import { createBetterAuth, ipHeader } from './auth/better-auth.ts';
import { createEmailLinks } from './auth/email-links.ts';
import { createGuestJoin, type GuestJoinHook } from './auth/guests.ts';
import { createLockout } from './auth/lockout.ts';
import { authRoutes } from './auth/routes.ts';
import { createAuthService } from './auth/service.ts';
import { createSessions } from './auth/sessions.ts';

export type { GuestJoinHook } from './auth/guests.ts';
export type Auth = ReturnType<typeof createAuth>;

/** What of better-auth's own HTTP interface is open: reading only; everything that changes something is a route of ours. */
const openPaths = new Map([
  ['/api/auth/jwks', 'public'],
  ['/api/auth/token', 'session'],
  ['/api/auth/get-session', 'session'],
]);

/** Who is who: better-auth behind the routes of SPEC section 3. */
export function createAuth(deps: {
  db: Db;
  config: Pick<Config, 'publicUrl' | 'secrets'>;
  logger: Logger;
  cache: Cache;
  /** Whether better-auth keeps a copy of sessions in the cache; default: where all processes share it (Redis). */
  cacheSessions?: boolean;
  messages: Pick<Messages, 'queue'>;
}) {
  const { db, config, logger } = deps;
  const hooks: GuestJoinHook[] = [];
  const sessions = createSessions({ db, config });
  const lockout = createLockout(db);
  const better = createBetterAuth({
    db,
    config,
    logger,
    sharedCache: (deps.cacheSessions ?? deps.cache.redis !== undefined) ? deps.cache : undefined,
    sendResetLink: (userId, token) => service.sendResetLink(userId, token),
    passwordWasReset: (userId) => service.passwordWasReset(userId),
  });
  const service = createAuthService({
    db,
    config,
    better,
    sessions,
    lockout,
    links: createEmailLinks(db),
    messages: deps.messages,
    joinGuest: createGuestJoin({ db, logger, hooks }),
  });
  const passOn = toNodeHandler(better);

  const handler: RequestHandler = async (req, res, next) => {
    const access = req.method === 'GET' ? openPaths.get(req.path) : undefined;
    if (!access || (access === 'session' && !(await sessions.current(req)))) return next();
    req.headers[ipHeader] = req.ip ?? '';
    await passOn(req, res);
  };

  return {
    routes: authRoutes({ service, sessions }),
    /** Mount with `app.use` before the not-found handler; passes on what it does not know. */
    handler,
    findViewer: async (req: Request): Promise<Viewer | null> => (await sessions.current(req))?.viewer ?? null,
    /**
     * Throws auth.session_ended when the request was sent as somebody else than this viewer (header X-Session-User), or under a session that
     * is gone: a guest who has joined an account meanwhile, a sign-out whose answer was lost. Nobody else may be taken for them.
     */
    requireSender(req: Request, viewer: Viewer | null): void {
      const sender = req.get('x-session-user');
      const isOther = sender !== undefined && sender !== viewer?.userId;
      if (isOther || (!viewer && sessions.tokenOf(req) !== undefined)) throw new AppError('auth.session_ended');
    },
    createGuest: async (req: Request, res: Response): Promise<Viewer> => (await service.createGuest(req, res)).viewer,
    /** What a guest owns in a module moves to the account through these, in the order of registration. */
    onGuestJoined: (...more: GuestJoinHook[]) => void hooks.push(...more),
    checkPassword: service.checkPassword,
    createAccount: service.createAccount,
    forgetAttempts: lockout.forget,
    /** For the test that compares better-auth's wishes with our migrations. */
    options: better.options,
  };
}
