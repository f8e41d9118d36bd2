import { z } from 'zod';
import { isoTime, route } from './route.ts';

export const roles = ['customer', 'photographer', 'organizer', 'admin'] as const;
export const locales = ['th', 'en'] as const;
const tag = 'Auth';

export const emailField = z.string().trim().toLowerCase().max(254).pipe(z.email());
/** Rules are checked by the service (auth.weak_password), so that a weak password has its own code. */
const newPassword = z.string().min(1).max(200);
const personName = z.string().trim().min(1).max(100);

export const userView = z.object({
  id: z.uuid(),
  name: z.string(),
  email: z.string().nullable().describe('null for guests'),
  role: z.enum(roles),
  locale: z.enum(locales),
  isGuest: z.boolean(),
  emailVerified: z.boolean(),
  twoFactorEnabled: z.boolean(),
});
export type UserView = z.output<typeof userView>;

export const sessionAnswer = z.object({
  user: userView,
  token: z.string().describe('for `Authorization: Bearer`; the same session is in the cookie'),
  refreshToken: z.string().describe('single use: POST /api/auth/refresh answers the next one'),
  expiresAt: isoTime,
});
export type SessionAnswer = z.output<typeof sessionAnswer>;
const accepted = z.object({ status: z.literal('accepted') });

export const register = route({
  method: 'post',
  path: '/api/auth/register',
  summary: 'Register. An address that has an account gets the same answer; its owner is told by e-mail.',
  tag,
  access: 'public',
  rateLimit: 'auth',
  body: z.object({ email: emailField, password: newPassword, name: personName, locale: z.enum(locales).optional() }),
  responses: { 201: z.object({ status: z.literal('verification_sent'), email: z.string() }) },
  errors: ['auth.weak_password'],
});

export const login = route({
  method: 'post',
  path: '/api/auth/login',
  summary: 'Sign in with e-mail and password; `code` is the second factor (or a backup code) where it is on',
  tag,
  access: 'public',
  rateLimit: 'auth',
  body: z.object({
    email: emailField,
    password: z.string().min(1).max(200),
    code: z.string().trim().min(6).max(32).optional(),
  }),
  responses: { 200: sessionAnswer },
  errors: ['auth.invalid_credentials', 'auth.email_not_verified', 'auth.locked', 'auth.two_factor_required'],
});

export const refresh = route({
  method: 'post',
  path: '/api/auth/refresh',
  summary: 'Trade a refresh token for new tokens; using a replaced one ends the session',
  tag,
  access: 'public',
  body: z.object({ refreshToken: z.string().min(20).max(200) }),
  responses: { 200: sessionAnswer },
  errors: ['auth.refresh_invalid'],
});

export const logout = route({
  method: 'post',
  path: '/api/auth/logout',
  summary: 'End this session',
  tag,
  access: 'public',
  responses: { 204: null },
});

export const forgotPassword = route({
  method: 'post',
  path: '/api/auth/forgot-password',
  summary: 'Send a link to set a new password, if the address has an account',
  tag,
  access: 'public',
  rateLimit: 'auth',
  body: z.object({ email: emailField }),
  responses: { 202: accepted },
});

export const resetPassword = route({
  method: 'post',
  path: '/api/auth/reset-password',
  summary: 'Set a new password with the token of the link; ends all sessions and lifts a lock',
  tag,
  access: 'public',
  rateLimit: 'auth',
  body: z.object({ token: z.string().min(1).max(500), password: newPassword }),
  responses: { 200: z.object({ status: z.literal('changed') }) },
  errors: ['auth.token_invalid', 'auth.weak_password'],
});

export const changePassword = route({
  method: 'post',
  path: '/api/auth/change-password',
  summary: 'Change the password; every other session ends, this one gets new tokens',
  tag,
  access: 'user',
  rateLimit: 'auth',
  body: z.object({ currentPassword: z.string().min(1).max(200), newPassword }),
  responses: { 200: sessionAnswer },
  errors: ['auth.invalid_credentials', 'auth.weak_password', 'auth.locked'],
});

export const verifyEmail = route({
  method: 'get',
  path: '/api/auth/verify-email',
  summary:
    'Confirm the e-mail and sign in. A browser is sent on to /verify?status=verified|already or ?error=; programs get JSON.',
  tag,
  access: 'public',
  query: z.object({ token: z.string().min(1).max(2000) }),
  responses: { 200: z.object({ status: z.literal('verified'), session: sessionAnswer.nullable() }) },
  errors: ['auth.token_invalid'],
});

export const resendVerification = route({
  method: 'post',
  path: '/api/auth/resend-verification',
  summary: 'Send the confirmation link again, if there is an unconfirmed account',
  tag,
  access: 'public',
  rateLimit: 'auth',
  body: z.object({ email: emailField }),
  responses: { 202: accepted },
});

export const session = route({
  method: 'get',
  path: '/api/auth/session',
  summary: 'Who am I; user is null without a session',
  tag,
  access: 'public',
  responses: { 200: z.object({ user: userView.nullable(), expiresAt: isoTime.nullable() }) },
});

export const guest = route({
  method: 'post',
  path: '/api/auth/guest',
  summary: 'A guest session, or the session that is there already (token is null then)',
  tag,
  access: 'public',
  responses: {
    200: z.object({ user: userView, token: z.string().nullable(), expiresAt: isoTime }),
    201: z.object({ user: userView, token: z.string().nullable(), expiresAt: isoTime }),
  },
});

export const listSessions = route({
  method: 'get',
  path: '/api/auth/sessions',
  summary: 'My sessions: which devices are signed in',
  tag,
  access: 'user',
  responses: {
    200: z.object({
      items: z.array(
        z.object({
          id: z.uuid(),
          isCurrent: z.boolean(),
          userAgent: z.string().nullable(),
          ipAddress: z.string().nullable(),
          createdAt: isoTime,
          expiresAt: isoTime,
        }),
      ),
    }),
  },
});

export const revokeSession = route({
  method: 'delete',
  path: '/api/auth/sessions/:id',
  summary: 'End one of my sessions',
  tag,
  access: 'user',
  params: z.object({ id: z.uuid() }),
  responses: { 204: null },
  errors: ['resource.not_found'],
});

export const twoFactorEnable = route({
  method: 'post',
  path: '/api/auth/two-factor/enable',
  summary: 'Start the second factor: the secret for an authenticator app and backup codes; confirm with /verify',
  tag,
  access: 'user',
  rateLimit: 'auth',
  body: z.object({ password: z.string().min(1).max(200) }),
  responses: {
    200: z.object({
      totpUri: z.string(),
      secret: z.string().describe('base32, to be typed where the QR cannot be scanned'),
      qr: z.string().describe('the same as an SVG picture'),
      backupCodes: z.array(z.string()).describe('each works once'),
    }),
  },
  errors: ['auth.invalid_credentials', 'auth.locked'],
});

export const twoFactorVerify = route({
  method: 'post',
  path: '/api/auth/two-factor/verify',
  summary: 'Confirm the first code: from now on sign-in asks for one; the session gets new tokens',
  tag,
  access: 'user',
  rateLimit: 'auth',
  body: z.object({ code: z.string().trim().min(6).max(10) }),
  responses: { 200: sessionAnswer },
  errors: ['auth.code_invalid'],
});

export const renewBackupCodes = route({
  method: 'post',
  path: '/api/auth/two-factor/backup-codes',
  summary: 'New backup codes; the old ones end',
  tag,
  access: 'user',
  rateLimit: 'auth',
  body: z.object({ password: z.string().min(1).max(200) }),
  responses: { 200: z.object({ backupCodes: z.array(z.string()) }) },
  errors: ['auth.invalid_credentials', 'auth.locked', 'resource.conflict'],
});

export const twoFactorDisable = route({
  method: 'post',
  path: '/api/auth/two-factor/disable',
  summary: 'Switch the second factor off; the session gets new tokens',
  tag,
  access: 'user',
  rateLimit: 'auth',
  body: z.object({ password: z.string().min(1).max(200) }),
  responses: { 200: sessionAnswer },
  errors: ['auth.invalid_credentials', 'auth.locked'],
});
