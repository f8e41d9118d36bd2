import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { AppError } from '#contracts/errors.ts';
import type { Viewer } from '#server/http/viewer.ts';
import type { Storage } from '#server/platform/storage.ts';
import { eventAccessOf } from '../events/service.ts';
import type { PhotosService } from './service.ts';

/** Streams a derivative of a photo. It changes only with the pipeline, so that a cached one is confirmed by its ETag. */
export function createImageSender({ photos, storage }: { photos: PhotosService; storage: Storage }) {
  return async (
    req: Request,
    res: Response,
    viewer: Viewer | null,
    photoId: string,
    kind: 'small' | 'medium' | 'large' | 'preview',
  ): Promise<'sent'> => {
    const { photo, isManager, isOpen } = await photos.requireViewable(photoId, kind, viewer, eventAccessOf(req));
    const createdAt = photo.file_created_at?.getTime();
    if (!photo.object_key || createdAt === undefined || photo.file_bytes === null) {
      throw new AppError(isManager && !photo.deleted_at ? 'photo.not_ready' : 'photo.not_found');
    }
    // Short for everybody: a photo may be withdrawn at any time.
    res.setHeader('Cache-Control', isOpen ? 'public, max-age=300' : 'private, max-age=60');
    if (!isOpen) res.vary('Cookie');
    res.setHeader('ETag', `"${kind}-${photo.pipeline_version}-${createdAt.toString(36)}-${photo.file_bytes}"`);
    res.setHeader('Content-Disposition', 'inline');
    res.type(photo.file_type ?? 'image/jpeg');
    if (kind === 'preview' && req.method === 'GET') photos.countView(photoId);
    if (req.fresh) {
      res.status(304).end();
      return 'sent';
    }
    res.setHeader('Content-Length', photo.file_bytes);
    if (req.method === 'HEAD') {
      res.end();
      return 'sent';
    }
    const stream = await storage.getStream(photo.object_key);
    try {
      await pipeline(stream, res);
    } catch (error) {
      // The viewer scrolled on; nothing is wrong with the picture.
      if ((error as { code?: string }).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
    }
    return 'sent';
  };
}
