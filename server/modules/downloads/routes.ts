import type { Request } from 'express';
import * as api from '#contracts/http/downloads.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { sendClean, sendDownload } from './send.ts';
import type { DownloadsService, From } from './service.ts';

const from = (req: Request, viewer: Viewer | null): From => ({
  userId: viewer?.userId ?? null,
  requestId: String(req.id),
  ipAddress: req.ip,
});

export function downloadsRoutes({ downloads }: { downloads: DownloadsService }): BoundRoute[] {
  return [
    bind(api.getOriginal, async ({ params, query, viewer, req, res }) => {
      const original = await downloads.byPhoto(params.id, viewer, query.token);
      await sendDownload(downloads, original, req, res, from(req, viewer));
      return 'sent';
    }),
    bind(api.getCleanPhoto, async ({ params, query, viewer, req, res }) => {
      await sendClean(downloads, await downloads.cleanOf(params.id, viewer, query.token), req, res);
      return 'sent';
    }),
    bind(api.listBoughtPhotos, async ({ query, viewer }) => ({
      status: 200,
      body: { items: await downloads.bought(viewer, query.eventId) },
    })),
    bind(api.getOrderDownload, async ({ params, query, viewer }) => ({
      status: 200,
      body: await downloads.linksOf(params.id, viewer, query.token),
    })),
    bind(api.redownloadOrder, async ({ params, query, viewer }) => ({
      status: 200,
      body: await downloads.again(params.id, viewer, query.token),
    })),
    bind(api.downloadOne, async ({ params, viewer, req, res }) => {
      const original = await downloads.byLink(params.token, from(req, viewer));
      await sendDownload(downloads, original, req, res, from(req, viewer));
      return 'sent';
    }),
    bind(api.downloadZip, async ({ params, viewer, req, res }) => {
      const resumes = req.get('range') !== undefined && (req.get('if-range') ?? true);
      const archive = await downloads.byZipLink(params.token, from(req, viewer), resumes);
      await sendDownload(downloads, archive, req, res, from(req, viewer));
      return 'sent';
    }),
  ];
}
