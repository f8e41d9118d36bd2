import { randomUUID } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { betterAuth } from 'better-auth';
import { admin, anonymous, bearer, jwt, twoFactor } from 'better-auth/plugins';
import type { Cache } from '#server/platform/cache.ts';
import type { Config } from '#server/platform/config.ts';
import type { Db } from '#server/platform/db.ts';
import type { Logger } from '#server/platform/logger.ts';

export type BetterAuth = ReturnType<typeof createBetterAuth>;

/** Sessions slide: they live this long after their last use. */
export const sessionSeconds = 30 * 24 * 3600;
/** Redis keeps a copy of a session for a day (SPEC section 4); the database is the truth. */
const cachedSessionSeconds = 24 * 3600;
/** The only address better-auth may believe; we set it ourselves from what Express found behind trusted proxies. */
export const ipHeader = 'x-tps-client-ip';

/** argon2id as OWASP advises: 19 MiB, 2 passes. */
export const hashPassword = (password: string): Promise<string> =>
  hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
export const verifyPassword = (hashed: string, password: string): Promise<boolean> => verify(hashed, password);

/** better-auth's copy of sessions. A cache that is away costs nothing but speed: it is left alone for a while. */
function secondaryStorage(cache: Cache) {
  const patienceMs = 400;
  const restMs = 5_000;
  let restingUntil = 0;
  async function attempt<T>(work: () => Promise<T>, fallback: T): Promise<T> {
    if (Date.now() < restingUntil) return fallback;
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('cache too slow')), patienceMs);
    });
    try {
      return await Promise.race([work(), tooLate]);
    } catch {
      restingUntil = Date.now() + restMs;
      return fallback;
    } finally {
      clearTimeout(timer);
    }
  }
  const ttlOf = (ttl: number | undefined) => Math.min(ttl ?? cachedSessionSeconds, cachedSessionSeconds);
  return {
    get: (key: string) => attempt(() => cache.get(`auth-${key}`), null),
    set: (key: string, value: string, ttl?: number) =>
      attempt(() => cache.set(`auth-${key}`, value, ttlOf(ttl)), undefined),
    delete: (key: string) => attempt(() => cache.delete(`auth-${key}`), undefined),
    getAndDelete: (key: string) => attempt(() => cache.take(`auth-${key}`), null),
    increment: (key: string, ttl: number) => attempt(() => cache.increment(`auth-${key}`, ttl), 1),
  };
}

const stamps = { createdAt: 'created_at', updatedAt: 'updated_at' };

/** better-auth over our tables. Its own HTTP paths are reached only through the few that `auth.handler` lets pass. */
export function createBetterAuth(deps: {
  db: Db;
  config: Pick<Config, 'publicUrl' | 'secrets'>;
  logger: Logger;
  /** Only a cache that all API processes share. */
  sharedCache?: Cache | undefined;
  sendResetLink: (userId: string, token: string) => Promise<void>;
  passwordWasReset: (userId: string) => Promise<void>;
}) {
  const { db, config } = deps;
  return betterAuth({
    appName: 'ThePixStock',
    telemetry: { enabled: false },
    baseURL: config.publicUrl,
    basePath: '/api/auth',
    secret: config.secrets.auth,
    trustedOrigins: [new URL(config.publicUrl).origin],
    database: { db: db as never, type: 'postgres', transaction: true },
    logger: {
      level: 'error',
      disableColors: true,
      // Its messages may name an e-mail address; the error's own message does not.
      log: (level, _message, ...rest) =>
        deps.logger[level === 'error' ? 'error' : 'warn']({ err: rest.find((part) => part instanceof Error) }, 'auth'),
    },
    advanced: {
      database: { generateId: 'uuid' },
      cookiePrefix: 'tps',
      useSecureCookies: config.publicUrl.startsWith('https:'),
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax', path: '/' },
      ipAddress: { ipAddressHeaders: [ipHeader] },
    },
    ...(deps.sharedCache && { secondaryStorage: secondaryStorage(deps.sharedCache) }),
    // Our routes have limits of their own, per person first (server/http/rate-limit.ts).
    rateLimit: { enabled: false },
    emailAndPassword: {
      enabled: true,
      requireEmailVerification: true,
      autoSignIn: false,
      minPasswordLength: 8,
      maxPasswordLength: 200,
      resetPasswordTokenExpiresIn: 3600,
      revokeSessionsOnPasswordReset: true,
      password: { hash: hashPassword, verify: ({ hash: hashed, password }) => verifyPassword(hashed, password) },
      sendResetPassword: ({ user, token }) => deps.sendResetLink(user.id, token),
      onPasswordReset: ({ user }) => deps.passwordWasReset(user.id),
    },
    user: {
      modelName: 'users',
      fields: { emailVerified: 'email_verified', ...stamps },
      additionalFields: { locale: { type: 'string', required: false, defaultValue: 'th', input: true } },
    },
    session: {
      modelName: 'sessions',
      storeSessionInDatabase: true,
      expiresIn: sessionSeconds,
      fields: {
        userId: 'user_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        ...stamps,
      },
    },
    account: {
      modelName: 'accounts',
      fields: {
        userId: 'user_id',
        accountId: 'account_id',
        providerId: 'provider_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        idToken: 'id_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
        ...stamps,
      },
    },
    verification: {
      modelName: 'verifications',
      storeInDatabase: true,
      fields: { expiresAt: 'expires_at', ...stamps },
    },
    plugins: [
      bearer(),
      jwt({
        schema: {
          jwks: {
            modelName: 'jwks',
            fields: {
              publicKey: 'public_key',
              privateKey: 'private_key',
              createdAt: 'created_at',
              expiresAt: 'expires_at',
            },
          },
        },
        jwt: { definePayload: ({ user }) => ({ sub: user.id, role: user.role }) },
      }),
      admin({
        defaultRole: 'customer',
        adminRoles: ['admin'],
        schema: {
          user: { fields: { banReason: 'ban_reason', banExpires: 'ban_expires' } },
          session: { fields: { impersonatedBy: 'impersonated_by' } },
        },
      }),
      anonymous({
        generateRandomEmail: () => `guest-${randomUUID()}@guest.invalid`,
        generateName: () => 'Guest',
        schema: { user: { fields: { isAnonymous: 'is_anonymous' } } },
      }),
      twoFactor({
        issuer: 'ThePixStock',
        twoFactorTable: 'two_factors',
        schema: {
          user: { fields: { twoFactorEnabled: 'two_factor_enabled' } },
          twoFactor: {
            fields: {
              backupCodes: 'backup_codes',
              userId: 'user_id',
              failedVerificationCount: 'failed_verification_count',
              lockedUntil: 'locked_until',
            },
          },
        },
      }),
    ],
  });
}
