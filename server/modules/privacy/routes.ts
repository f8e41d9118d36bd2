import type { Request } from 'express';
import { deleteAccount } from '#contracts/http/account.ts';
import * as hidingContract from '#contracts/http/hiding.ts';
import * as contract from '#contracts/http/privacy.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import { exportArchive } from './archive.ts';
import type { Privacy } from './service.ts';

const requestOf = (req: Request) => ({
  ipAddress: req.ip ?? '',
  userAgent: req.get('user-agent')?.slice(0, 500) ?? '',
});

export const privacyRoutes = ({ privacy }: { privacy: Privacy }): BoundRoute[] => [
  bind(contract.getConsentText, async ({ query }) => ({
    status: 200,
    body: privacy.consents.text(query.purpose, query.language),
  })),
  bind(contract.grantConsent, async ({ viewer, body, req, requestKey: key }) => ({
    status: 201,
    body: await privacy.consents.grant(viewer, body, { ipAddress: req.ip, userAgent: req.get('user-agent'), key }),
  })),
  bind(contract.listConsents, async ({ viewer, query }) => ({
    status: 200,
    body: await privacy.consents.list(viewer.userId, query),
  })),
  bind(contract.withdrawConsent, async ({ viewer, params, req }) => ({
    status: 200,
    body: await privacy.consents.withdraw(viewer.userId, params.id, requestOf(req)),
  })),
  bind(contract.withdrawEventConsents, async ({ viewer, body, req }) => ({
    status: 200,
    body: {
      withdrawn: await privacy.consents.withdrawAtEvent(viewer.userId, body.eventId, {
        ipAddress: req.ip ?? '',
        userAgent: req.get('user-agent')?.slice(0, 500) ?? '',
      }),
    },
  })),
  bind(contract.createPrivacyRequest, async ({ viewer, body, requestKey }) => ({
    status: 201,
    body: await privacy.request(viewer, { ...body, requestKey }),
  })),
  bind(contract.listPrivacyRequests, async ({ viewer, query }) => ({
    status: 200,
    body: await privacy.listOwn(viewer.userId, query),
  })),
  bind(contract.exportMyData, async ({ viewer, res }) => {
    res.setHeader('Cache-Control', 'no-store');
    res.setHeader('Content-Disposition', 'attachment; filename="thepixstock-my-data.json"');
    return { status: 200, body: await privacy.exportPerson(viewer.userId) };
  }),
  bind(contract.exportMyArchive, async ({ viewer, res }) => {
    const archive = exportArchive(await privacy.exportPerson(viewer.userId));
    res.set({
      'Cache-Control': 'no-store',
      'Content-Type': 'application/zip',
      'Content-Disposition': 'attachment; filename="thepixstock-my-data.zip"',
    });
    res.send(Buffer.from(archive));
    return 'sent';
  }),
  bind(deleteAccount, async ({ viewer, body, req }) => {
    await privacy.deleteAccount(viewer, body.password, req.ip ?? null);
    return { status: 204, body: null };
  }),
  bind(hidingContract.hideMe, async ({ viewer, body, requestKey }) => ({
    status: 202,
    body: await privacy.hiding.start(viewer, body, requestKey),
  })),
  bind(hidingContract.listMyHides, async ({ viewer }) => ({
    status: 200,
    body: { items: await privacy.hiding.listOwn(viewer.userId) },
  })),
  bind(hidingContract.undoHide, async ({ viewer, params, req }) => ({
    status: 200,
    body: await privacy.hiding.undo(viewer, params.id, requestOf(req)),
  })),
  bind(hidingContract.adminReadHide, async ({ params }) => ({
    status: 200,
    body: await privacy.hiding.facesOf(params.id),
  })),
  bind(hidingContract.adminMarkHide, async ({ viewer, params, body }) => ({
    status: 200,
    body: await privacy.hiding.mark(viewer.userId, params.id, body.faces),
  })),
  bind(contract.adminListPrivacyRequests, async ({ query }) => ({ status: 200, body: await privacy.listAll(query) })),
  bind(contract.adminDecidePrivacyRequest, async ({ viewer, params, body }) => ({
    status: 200,
    body: await privacy.decide(viewer.userId, params.id, body),
  })),
];
