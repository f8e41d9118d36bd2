import { AppError } from '#contracts/errors.ts';
import * as contract from '#contracts/http/auth.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import type { AuthService } from './service.ts';
import type { Sessions } from './sessions.ts';

const accepted = { status: 202, body: { status: 'accepted' } } as const;

export const authRoutes = ({ service, sessions }: { service: AuthService; sessions: Sessions }): BoundRoute[] => [
  bind(contract.register, async ({ body, req }) => {
    await service.register(body, req);
    return { status: 201, body: { status: 'verification_sent' as const, email: body.email } };
  }),
  bind(contract.login, async ({ body, req, res }) => ({ status: 200, body: await service.login(body, req, res) })),
  bind(contract.refresh, async ({ body, res }) => ({
    status: 200,
    body: await service.refresh(body.refreshToken, res),
  })),
  bind(contract.logout, async ({ req, res }) => {
    await service.logout(req, res);
    return { status: 204, body: null };
  }),
  bind(contract.forgotPassword, async ({ body, req }) => {
    await service.forgotPassword(body.email, req);
    return accepted;
  }),
  bind(contract.resetPassword, async ({ body, req, res }) => {
    await service.resetPassword(body, req);
    sessions.clearCookie(res);
    return { status: 200, body: { status: 'changed' as const } };
  }),
  bind(contract.changePassword, async ({ body, viewer, req, res }) => ({
    status: 200,
    body: await service.changePassword(viewer, body, req, res),
  })),
  bind(contract.verifyEmail, async ({ query, req, res }) => {
    const isPage = req.accepts(['json', 'html']) === 'html';
    try {
      const session = await service.verifyEmail(query.token, req, res);
      if (!isPage) return { status: 200, body: { status: 'verified' as const, session } };
      res.redirect(303, `/verify?status=${session ? 'verified' : 'already'}`);
    } catch (error) {
      if (!isPage || !(error instanceof AppError)) throw error;
      res.redirect(303, `/verify?error=${error.code}`);
    }
    return 'sent';
  }),
  bind(contract.resendVerification, async ({ body }) => {
    await service.resendVerification(body.email);
    return accepted;
  }),
  bind(contract.session, async ({ req, res }) => {
    const found = await sessions.current(req);
    res.setHeader('Cache-Control', 'no-store');
    return { status: 200, body: { user: found?.user ?? null, expiresAt: found?.expiresAt.toISOString() ?? null } };
  }),
  bind(contract.guest, async ({ req, res }) => {
    const found = await sessions.current(req);
    if (found)
      return { status: 200, body: { user: found.user, token: null, expiresAt: found.expiresAt.toISOString() } };
    const made = await service.createGuest(req, res);
    return { status: 201, body: { user: made.user, token: made.token, expiresAt: made.expiresAt.toISOString() } };
  }),
  bind(contract.listSessions, async ({ viewer }) => ({
    status: 200,
    body: { items: await service.listSessions(viewer) },
  })),
  bind(contract.revokeSession, async ({ viewer, params }) => {
    await service.revokeSession(viewer, params.id);
    return { status: 204, body: null };
  }),
  bind(contract.twoFactorEnable, async ({ viewer, body, req }) => ({
    status: 200,
    body: await service.enableTwoFactor(viewer, body.password, req),
  })),
  bind(contract.twoFactorVerify, async ({ body, req, res }) => ({
    status: 200,
    body: await service.confirmTwoFactor(body.code, req, res),
  })),
  bind(contract.renewBackupCodes, async ({ viewer, body, req }) => ({
    status: 200,
    body: await service.renewBackupCodes(viewer, body.password, req),
  })),
  bind(contract.twoFactorDisable, async ({ viewer, body, req, res }) => ({
    status: 200,
    body: await service.disableTwoFactor(viewer, body.password, req, res),
  })),
];
