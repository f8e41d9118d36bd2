import { readFile } from 'node:fs/promises';
import { AppError } from '#contracts/errors.ts';
import * as bibRoutes from '#contracts/http/bibs.ts';
import { getEventCover } from '#contracts/http/events.ts';
import * as routes from '#contracts/http/photos.ts';
import { getEventWall } from '#contracts/http/wall.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import type { Storage } from '#server/platform/storage.ts';
import { eventAccessOf } from '../events/service.ts';
import { createCoverSender } from './cover.ts';
import { createImageSender } from './images.ts';
import type { PhotosService } from './service.ts';

export function photosRoutes({ photos, storage }: { photos: PhotosService; storage: Storage }): BoundRoute[] {
  const sendImage = createImageSender({ photos, storage });
  const sendCover = createCoverSender({ photos, storage });
  return [
    bind(routes.listEventPhotos, async ({ params, query, viewer, req, res }) => {
      const { isShared, ...body } = await photos.listForEvent(params.id, query, viewer, eventAccessOf(req));
      res.setHeader('Cache-Control', isShared ? 'public, max-age=15' : 'private, no-cache');
      res.vary('Cookie');
      res.vary('Authorization');
      return { status: 200, body };
    }),
    bind(getEventWall, async ({ params, query, viewer, req, res }) => {
      const { text, isShared } = await photos.wall(params.id, query, viewer, eventAccessOf(req));
      res.setHeader('Cache-Control', isShared ? 'public, max-age=15' : 'private, no-cache');
      res.vary('Cookie');
      res.vary('Authorization');
      res.type('application/json').send(text);
      return 'sent';
    }),
    bind(bibRoutes.setPhotoBibs, async ({ params, body, viewer }) => ({
      status: 200,
      body: { photoId: params.id, bibs: await photos.setBibs(params.id, body.bibs, viewer) },
    })),
    bind(bibRoutes.importBibs, async ({ params, files, viewer }) => {
      const [file] = files;
      if (!file)
        throw new AppError('request.invalid', { errors: [{ path: 'body.file', message: 'the file is missing' }] });
      return { status: 200, body: await photos.importBibs(params.id, await readFile(file.path), viewer) };
    }),
    bind(routes.listPhotos, async ({ query, viewer }) => ({
      status: 200,
      body: await photos.listManaged(query, viewer),
    })),
    bind(routes.getPhotoPreview, ({ params, viewer, req, res }) => sendImage(req, res, viewer, params.id, 'preview')),
    bind(routes.getPhotoThumbnail, ({ params, viewer, req, res }) =>
      sendImage(req, res, viewer, params.id, params.size),
    ),
    bind(getEventCover, ({ params, viewer, req, res }) => sendCover(req, res, viewer, params.id, Number(params.width))),
    bind(routes.getPhotoMetadata, async ({ params, viewer, req }) => ({
      status: 200,
      body: await photos.metadata(params.id, viewer, eventAccessOf(req)),
    })),
    bind(routes.approvePhoto, async ({ params, viewer }) => {
      await photos.reviewOne(params.id, 'approved', undefined, viewer);
      return { status: 200, body: await photos.viewForStaff(params.id) };
    }),
    bind(routes.rejectPhoto, async ({ params, body, viewer }) => {
      await photos.reviewOne(params.id, 'rejected', body.reason, viewer);
      return { status: 200, body: await photos.viewForStaff(params.id) };
    }),
    bind(routes.updatePhoto, async ({ params, body, viewer }) => ({
      status: 200,
      body: await photos.setPrice(params.id, body.priceSatang, viewer),
    })),
    bind(routes.deletePhoto, async ({ params, viewer }) => {
      await photos.remove(params.id, viewer);
      return { status: 204, body: null };
    }),
    bind(routes.reviewPhotos, async ({ body, viewer }) => ({
      status: 200,
      body: {
        results: await photos.review(
          body.ids,
          body.decision === 'approve' ? 'approved' : 'rejected',
          body.reason,
          viewer,
        ),
      },
    })),
    bind(routes.undoReview, async ({ body, viewer }) => ({
      status: 200,
      body: { results: await photos.undo(body.ids, viewer) },
    })),
  ];
}
