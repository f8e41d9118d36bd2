import * as api from '#contracts/http/shares.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import type { SharesService } from './service.ts';

/** A page may be taken down at any time: nothing of it is kept longer than this. */
const shortCache = 'public, max-age=30';

export function sharesRoutes({ shares }: { shares: SharesService }): BoundRoute[] {
  return [
    bind(api.sharePhoto, async ({ params, viewer }) => ({ status: 200, body: await shares.share(params.id, viewer) })),
    bind(api.unsharePhoto, async ({ params, viewer }) => {
      await shares.unshare(params.id, viewer);
      return { status: 204, body: null };
    }),
    bind(api.listShares, async ({ viewer }) => ({ status: 200, body: { items: await shares.list(viewer) } })),
    bind(api.getSharedPhoto, async ({ params, res }) => {
      const body = await shares.find(params.token);
      res.setHeader('Cache-Control', shortCache);
      res.setHeader('X-Robots-Tag', 'noindex');
      return { status: 200, body };
    }),
    bind(api.getSharedPicture, async ({ params, req, res }) => {
      const { etag, bytes } = await shares.picture(params.token);
      res.setHeader('Cache-Control', shortCache);
      res.setHeader('X-Robots-Tag', 'noindex');
      res.setHeader('ETag', `"${etag}"`);
      res.setHeader('Content-Disposition', 'inline');
      // Messengers fetch it from their own side for the preview of a link.
      res.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
      res.type('image/jpeg');
      if (req.fresh) res.status(304).end();
      else res.end(await bytes());
      return 'sent';
    }),
  ];
}
