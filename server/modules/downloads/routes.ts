import type { Request } from 'express';
import * as api from '#contracts/http/downloads.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { sendClean, sendOriginal, sendZip } from './send.ts';
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
      await sendOriginal(downloads, original, req, res, from(req, viewer));
      return 'sent';
    }),
    bind(api.getCleanPhoto, async ({ params, query, viewer, req, res }) => {
      await sendClean(downloads, await downloads.cleanOf(params.id, viewer, query.token), req, res);
      return 'sent';
    }),
    bind(api.getOrderDownload, async ({ params, query, viewer }) => ({
      status: 200,
      body: await downloads.linksOf(params.id, viewer, query.token),
    })),
    bind(api.redownloadOrder, async ({ params, query, viewer }) => ({
      status: 200,
      body: await downloads.again(params.id, viewer, query.token),
    })),
    bind(api.downloadOne, async ({ params, viewer, req, res }) => {
      const original = await downloads.byLink(params.token);
      await sendOriginal(downloads, original, req, res, from(req, viewer));
      return 'sent';
    }),
    bind(api.downloadZip, async ({ params, viewer, req, res }) => {
      if (req.method === 'HEAD') {
        res.type('application/zip').end();
        return 'sent';
      }
      await sendZip(downloads, await downloads.byZipLink(params.token, from(req, viewer)), res);
      return 'sent';
    }),
  ];
}
